"""Choosing the sound, the head and the emotion of a line."""

import shutil

import bpy
import pytest
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.lines import SAMPLE_LINE
from emotalk.blender_emotalk.strips import all_strips, audible_section
from emotalk.face.controls import CONTROLS
from emotalk.face.emotions import EMOTIONS


def line():
    return line_to_set(bpy.context.scene)


def test_the_line_is_named_after_the_chosen_file(line_wav):
    assert bpy.ops.emotalk.choose_audio(filepath=str(line_wav)) == {"FINISHED"}
    assert (line().audio, line().name) == (str(line_wav), "line")


def test_a_file_beside_the_scene_stays_beside_it(line_wav, tmp_path):
    shutil.copy(line_wav, tmp_path / "hello.wav")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert bpy.ops.emotalk.choose_audio(filepath="//hello.wav") == {"FINISHED"}
    assert (line().audio, line().name) == ("//hello.wav", "hello")


def test_what_is_no_sound_is_not_chosen(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("Remember the milk")
    with pytest.raises(RuntimeError, match="not a sound file of a known kind"):
        bpy.ops.emotalk.choose_audio(filepath=str(path))
    assert not line().audio


def test_a_placed_sound_becomes_the_lines_strip_and_can_be_let_go(line_wav):
    bpy.ops.emotalk.choose_audio(filepath=str(line_wav))
    line().start_frame = 33
    assert bpy.ops.emotalk.place_sound() == {"FINISHED"}
    strip = all_strips(bpy.context.scene)[0]
    assert line().strip == strip.name == line().name
    assert strip.sound.filepath == str(line_wav)
    assert audible_section(strip, bpy.context.scene)[0] == 33
    with pytest.raises(RuntimeError, match="on the timeline already"):
        bpy.ops.emotalk.place_sound()
    bpy.ops.emotalk.forget_strip()
    assert not line().strip
    assert bpy.ops.emotalk.place_sound() == {"FINISHED"}
    assert {strip.channel for strip in all_strips(bpy.context.scene)} == {1, 2}


def test_the_selected_strip_becomes_the_line(line_wav):
    with pytest.raises(RuntimeError, match="Select a sound strip"):
        bpy.ops.emotalk.use_sound_strip()
    bpy.ops.emotalk.choose_audio(filepath=str(line_wav))
    bpy.ops.emotalk.place_sound()
    bpy.ops.emotalk.forget_strip()
    strip = all_strips(bpy.context.scene)[0]
    bpy.context.scene.sequence_editor.active_strip = strip
    assert bpy.ops.emotalk.use_sound_strip() == {"FINISHED"}
    assert line().strip == strip.name


def test_one_click_sets_one_emotion():
    line().happy = 0.3
    bpy.ops.emotalk.set_emotion(emotion="fear")
    assert {name: getattr(line(), name) for name in EMOTIONS if getattr(line(), name)} == {"fear": 1.0}


def test_reset_follows_the_table_again():
    line().jaw_gain, line().seed, line().personal_style = 2, 7, "Crisp"
    bpy.ops.emotalk.reset_controls(group="life")
    assert (line().jaw_gain, line().seed) == (2, 0)
    bpy.ops.emotalk.reset_controls()
    for control in CONTROLS:
        default = control.choices[int(control.default)] if control.choices else pytest.approx(control.default)
        assert getattr(line(), control.name) == default


def test_the_sample_head_speaks_at_once():
    assert bpy.ops.emotalk.add_sample_head() == {"FINISHED"}
    assert line().character == bpy.context.object
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    assert "keys in" in bpy.context.window_manager.emotalk.message
    assert "but" not in bpy.context.window_manager.emotalk.message
    rig = line().character
    assert rig.animation_data.action
    assert rig.pose.bones["head"]


def test_the_sample_head_is_the_only_thing_selected_and_keeps_the_sound_that_is_chosen(add_face, line_wav):
    face = add_face()
    face.select_set(True)
    bpy.ops.emotalk.choose_audio(filepath=str(line_wav))
    bpy.ops.emotalk.add_sample_head()
    assert bpy.context.selected_objects == [bpy.context.object]
    assert (line().character, line().audio) == (bpy.context.object, str(line_wav))
    bpy.ops.emotalk.remove_line()
    bpy.ops.emotalk.add_sample_head()
    assert (line().audio, line().name) == (str(SAMPLE_LINE), "line")
    with bpy.context.temp_override(object=face, active_object=face):
        bpy.context.view_layer.objects.active = face
        bpy.ops.object.mode_set(mode="EDIT")
        with pytest.raises(RuntimeError, match="Leave Edit Mode first"):
            bpy.ops.emotalk.add_sample_head()


def test_a_reset_of_a_box_leaves_the_other_boxes():
    changed = {"emotion": ("happy", 0.5), "style": ("style_blend", 0.5), "shape": ("jaw_gain", 2), "life": ("seed", 7)}
    for group, (name, _) in changed.items():
        for other, value in changed.values():
            setattr(line(), other, value)
        bpy.ops.emotalk.reset_controls(group=group)
        assert {other for other, value in changed.values() if getattr(line(), other) != value} == {name}


def test_a_strip_that_is_used_already_keeps_the_name_of_its_line(line_wav):
    bpy.ops.emotalk.choose_audio(filepath=str(line_wav))
    bpy.ops.emotalk.place_sound()
    line().name = "greeting"
    bpy.context.scene.sequence_editor.active_strip = all_strips(bpy.context.scene)[0]
    assert bpy.ops.emotalk.use_sound_strip() == {"FINISHED"}
    assert line().name == "greeting"


def test_a_selected_strip_will_do_where_none_is_active(line_wav):
    bpy.ops.emotalk.choose_audio(filepath=str(line_wav))
    bpy.ops.emotalk.place_sound()
    bpy.ops.emotalk.forget_strip()
    (strip,) = all_strips(bpy.context.scene)
    bpy.context.scene.sequence_editor.active_strip = None
    strip.select = False
    with pytest.raises(RuntimeError, match="Select a sound strip"):
        bpy.ops.emotalk.use_sound_strip()
    strip.select = True
    assert bpy.ops.emotalk.use_sound_strip() == {"FINISHED"}
    assert line().strip == strip.name


def test_only_a_file_can_be_placed():
    with pytest.raises(RuntimeError, match="Add a line first"):
        bpy.ops.emotalk.place_sound()
    line()
    with pytest.raises(RuntimeError, match="Choose an audio file first"):
        bpy.ops.emotalk.place_sound()
    line().audio = "/nowhere.wav"
    with pytest.raises(RuntimeError, match=r"There is no file /nowhere\.wav"):
        bpy.ops.emotalk.place_sound()
    assert not all_strips(bpy.context.scene)
