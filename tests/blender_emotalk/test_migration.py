"""A file of version 0.1.0 keeps what was set in it: its line is the first one of the list."""

import bpy
import pytest
from emotalk.blender_emotalk.actions import active_curves
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.face.styles import STYLE_NAMES


@pytest.fixture
def reopened(tmp_path):
    """A function: the open file, saved and opened again; gives the scene."""

    def reopen():
        path = str(tmp_path / "scene.blend")
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.ops.wm.open_mainfile(filepath=path, load_ui=False)
        return bpy.context.scene

    return reopen


def test_the_line_is_in_the_list(reopened, as_version_0_1_0, add_face, line_wav):
    scene = bpy.context.scene
    line = line_to_set(scene)
    line.audio, line.start_frame, line.character = str(line_wav), 42, add_face()
    line.happy, line.key_tolerance, line.existing_keys = 0.25, 0.01, "TRACK"
    line.own_emotions.add().name = "weary"
    line.own_emotions[0].weight = 0.75
    as_version_0_1_0(scene)
    assert not scene.emotalk.lines
    (line,) = reopened().emotalk.lines
    assert (line.audio, line.name, line.start_frame, line.character.name) == (str(line_wav), "line", 42, "Face")
    assert (line.happy, round(line.key_tolerance, 4), line.existing_keys) == (0.25, 0.01, "TRACK")
    assert (line.own_emotions["weary"].weight, line.state) == (0.75, "NEW")


def test_keys_of_its_sliders_come_along(reopened, as_version_0_1_0):
    scene = bpy.context.scene
    line = line_to_set(scene)
    line.name = "greeting"
    line.own_emotions.add().name = "weary"
    for owner, name, value in ((line, "happy", 0.5), (line.own_emotions[0], "weight", 1.0)):
        setattr(owner, name, value)
        owner.keyframe_insert(name, frame=10)
    scene.keyframe_insert("audio_volume", frame=3)
    for curve in active_curves(scene):
        curve.data_path = curve.data_path.replace("emotalk.lines[0].", "emotalk.")
    line.driver_add("sad").driver.expression = "0.125"
    scene.animation_data.drivers[0].data_path = "emotalk.sad"
    as_version_0_1_0(scene)
    scene = reopened()
    assert {curve.data_path for curve in active_curves(scene)} == {
        "emotalk.lines[0].happy", "emotalk.lines[0].own_emotions[0].weight", "audio_volume"
    }  # fmt: skip
    assert [driver.data_path for driver in scene.animation_data.drivers] == ["emotalk.lines[0].sad"]
    scene.frame_set(10)
    line = scene.emotalk.lines[0]
    assert (line.happy, line.own_emotions[0].weight, line.sad) == (0.5, 1.0, 0.125)


def test_styles_stored_as_numbers_become_names(reopened, as_version_0_1_0):
    bpy.data.scenes.new("Second")
    for scene, number in zip(bpy.data.scenes, (1, 21), strict=True):
        line_to_set(scene)
        as_version_0_1_0(scene, personal_style=number)
    reopened()
    assert [scene.emotalk.lines[0].personal_style for scene in bpy.data.scenes] == [STYLE_NAMES[1], STYLE_NAMES[21]]
    assert bpy.context.scene.emotalk.lines[0].second_style == ""


def test_a_number_that_is_no_style_is_the_first_one(reopened, as_version_0_1_0):
    line_to_set(bpy.context.scene)
    as_version_0_1_0(bpy.context.scene, personal_style=99)
    assert reopened().emotalk.lines[0].personal_style == ""


def test_a_file_of_this_version_stays_as_it_is(reopened):
    line_to_set(bpy.context.scene).personal_style = "Crisp"
    (line,) = reopened().emotalk.lines
    assert line.personal_style == "Crisp"
    bpy.data.scenes.new("Without a line")
    assert [len(scene.emotalk.lines) for scene in bpy.data.scenes] == [1, 0]
