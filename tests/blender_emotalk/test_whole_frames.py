"""Keys stand on whole frames of the scene, in sync with the sound, whatever the rate and the start."""

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import baking
from emotalk.blender_emotalk.access import active_line
from emotalk.blender_emotalk.actions import active_curves, all_curves
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.keyframes import Timing
from emotalk.face.aperture import lip_contact
from emotalk.face.arkit import CHANNELS
from emotalk.face.closures import blink_peaks, kept_frames, lip_contacts
from emotalk.face.settling import settle
from emotalk.face.whole_frames import on_whole_frames
from emotalk.inference.engine import Engine
from emotalk.inference.sound.audio import read_speech

RATES = {"23.976": (24, 1.001), "24": (24, 1), "25": (25, 1), "29.97": (30, 1.001), "30": (30, 1), "60": (60, 1)}


@pytest.fixture(scope="module")
def spoken():
    """The sample line as the built-in model performs it."""
    from emotalk.blender_emotalk.lines import SAMPLE_LINE
    from emotalk.face.controls import Controls

    return Engine().perform(read_speech(SAMPLE_LINE), Controls({"blink_rate": 40}))


def bake(performance, anchor, start, settings):
    scene = bpy.context.scene
    timing = Timing.of(scene, start, performance.face.fps)
    baking.bake(performance, find_character(anchor, scene), "line", timing, settings)
    return timing


def keys_of(curve):
    points = np.empty(2 * len(curve.keyframe_points), np.float32)
    curve.keyframe_points.foreach_get("co", points)
    return points.reshape(-1, 2).T


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("start", [-37, 1, 1001.4])
@pytest.mark.parametrize("tolerance", [0.0, 0.01])
def test_every_key_is_on_a_whole_frame_and_the_curves_are_those_of_the_line(
    add_face, add_armature, performance, rate, start, tolerance
):
    render = bpy.context.scene.render
    render.fps, render.fps_base = RATES[rate]
    face = add_face(armature=add_armature())
    line = performance(frames=45)
    timing = bake(line, face, start, baking.KeySettings(tolerance))
    expected, first = on_whole_frames(line, timing.first, timing.step)
    action = face.data.shape_keys.animation_data.action
    for curve in all_curves(action):
        frames, _values = keys_of(curve)
        assert (frames == np.round(frames)).all()
    assert tuple(action.frame_range) == (first, first + expected.face.frames - 1)
    curves = {curve.data_path: curve for curve in active_curves(face.data.shape_keys)}
    for channel in CHANNELS:
        curve = curves[f'key_blocks["{channel}"].value']
        keyed = [curve.evaluate(first + frame) for frame in range(expected.face.frames)]
        assert np.abs(keyed - expected.face.channel(channel)).max() <= tolerance + 2e-4


@pytest.mark.parametrize("rate", ["23.976", "24", "25"])
@pytest.mark.parametrize("tolerance", [0.0, 0.01, 0.1])
def test_lips_close_and_lids_blink_on_frames_of_a_spoken_line(add_face, spoken, rate, tolerance):
    render = bpy.context.scene.render
    render.fps, render.fps_base = RATES[rate]
    face = add_face()
    settings = baking.KeySettings(tolerance, settle_time=0.5)
    timing = bake(spoken, face, -37, settings)
    prepared = baking.prepare(spoken, timing, settings)
    curves = {curve.data_path.split('"')[1]: curve for curve in active_curves(face.data.shape_keys)}
    first = int(prepared.timing.first)
    on_frames = np.stack(
        [[curves[name].evaluate(first + i) for i in range(prepared.performance.face.frames)] for name in CHANNELS], 1
    )
    settled = settle(spoken, 0.5).face
    start = timing.first - 15 * timing.step
    contacts = lip_contacts(settled)
    assert len(contacts) > 3
    for sample in contacts:
        near = round(start + sample * timing.step) - first
        assert lip_contact(on_frames)[max(near - 1, 0) : near + 2].max() >= 1 - 1e-4
    lid = prepared.performance.face.channel("eyeBlinkLeft")
    peaks = blink_peaks(lid, prepared.performance.face.fps)
    assert len(peaks)
    for channel, kept in kept_frames(prepared.performance.face).items():
        frames, values = keys_of(curves[channel])
        if len(frames) > 1:
            assert set(first + kept) <= set(frames.astype(int))
            at = np.searchsorted(frames, first + kept)
            np.testing.assert_allclose(values[at], prepared.performance.face.channel(channel)[kept], atol=1e-6)


def test_subframes_are_the_option(add_face, performance):
    face = add_face()
    bake(performance(frames=45), face, 1, baking.KeySettings(0, whole_frames=False))
    frames, _values = keys_of(active_curves(face.data.shape_keys)[0])
    np.testing.assert_allclose(frames, 1 + np.arange(45) * 0.8, atol=1e-5)


@pytest.mark.parametrize("choice", ["Whole frames", "Subframes"])
def test_the_line_chooses(stage, choice):
    bpy.ops.emotalk.animate(keys_on=choice)
    assert active_line(bpy.context.scene).keys_on == choice
    frames = np.concatenate([keys_of(curve)[0] for curve in active_curves(stage.data.shape_keys)])
    assert (frames == np.round(frames)).all() == (choice == "Whole frames")


def test_two_runs_write_the_same_bytes(add_face, performance, key_bytes):
    face = add_face()
    bake(performance(), face, 0.3, baking.KeySettings(0.01))
    first = key_bytes(face)
    bake(performance(), face, 0.3, baking.KeySettings(0.01))
    assert key_bytes(face) == first
