"""After a line the face goes back to rest, and lines that lie close blend into each other."""

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import baking
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.keyframes import Timing
from emotalk.face.basis import ARKIT
from emotalk.face.curves import FaceCurves, performance_of

SETTINGS = baking.KeySettings(0, settle_time=0.5)


@pytest.fixture
def face(add_face):
    bpy.context.scene.render.fps = 30
    return add_face()


def bake(face, line, start, level, frames=60):
    """A line of two seconds during which every channel has one value."""
    values = np.full((frames, 52), level, np.float32)
    performance = performance_of(FaceCurves(values, ARKIT, 30.0))
    scene = bpy.context.scene
    baking.bake(performance, find_character(face, scene), line, Timing.of(scene, start, 30.0), SETTINGS)


def jaw(face, *frames):
    values = []
    for frame in frames:
        bpy.context.scene.frame_set(int(frame), subframe=frame % 1)
        values.append(face.data.shape_keys.key_blocks["jawOpen"].value)
    return values


def test_before_and_after_the_sound_the_face_is_at_rest(face):
    bake(face, "one", 101, 0.6)
    assert jaw(face, 1, 86, 101, 130, 160) == pytest.approx([0, 0, 0.6, 0.6, 0.6], abs=1e-6)
    assert jaw(face, 175, 176, 900) == pytest.approx([0, 0, 0], abs=1e-6)
    middle = jaw(face, 93, 167)
    assert all(0.2 < value < 0.4 for value in middle)


def test_far_lines_share_a_track_and_rest_in_between(face):
    bake(face, "one", 101, 0.6)
    bake(face, "two", 301, 0.4)
    assert len(face.data.shape_keys.animation_data.nla_tracks) == 1
    assert jaw(face, 130, 200, 250, 330, 500) == pytest.approx([0.6, 0, 0, 0.4, 0], abs=1e-6)


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one")])
def test_close_lines_blend_without_a_jump(face, order):
    starts = {"one": 101, "two": 167}  # six frames of pause between them
    for line in order:
        bake(face, line, starts[line], 0.6)
    values = np.array(jaw(face, *range(80, 260)))
    assert np.abs(np.diff(values)).max() < 0.1
    assert values[130 - 80] == pytest.approx(0.6, abs=1e-6)
    assert values[200 - 80] == pytest.approx(0.6, abs=1e-6)
    assert values[-1] == 0
    assert values[158 - 80 : 170 - 80].min() > 0.2


def test_clear_takes_all_of_it_back(face):
    bake(face, "one", 101, 0.6)
    bake(face, "two", 167, 0.4)
    for line in ("two", "one"):
        assert baking.clear(find_character(face, bpy.context.scene), line) == 1
    assert face.data.shape_keys.animation_data is None
    assert not bpy.data.actions


def test_a_line_does_not_go_to_a_track_that_the_animator_has_muted(face):
    bake(face, "one", 101, 0.6)
    bake(face, "two", 301, 0.4)
    (track,) = face.data.shape_keys.animation_data.nla_tracks
    track.mute = True
    bake(face, "three", 501, 0.5)
    assert jaw(face, 330, 530) == pytest.approx([0, 0.5], abs=1e-6)
