"""The menu of presets, and copying sliders."""

import shutil

import bpy
import pytest
from emotalk.blender_emotalk import preset_folder
from emotalk.blender_emotalk.desk import add_line
from emotalk.blender_emotalk.sliders import set_sliders
from emotalk.dialogue.presets import Preset, write_preset
from emotalk.face.controls import CONTROLS


@pytest.fixture(autouse=True)
def own_folder():
    """No presets before and after each test."""
    shutil.rmtree(preset_folder.folder(), ignore_errors=True)
    yield
    shutil.rmtree(preset_folder.folder(), ignore_errors=True)


def scene():
    return bpy.context.scene


def changed_line():
    line = add_line(scene())
    line.anger, line.brow_gain, line.personal_style, line.blink_kind, line.seed = 0.7, 1.5, "Crisp", "Released demo", 9
    return line


def values_of(line):
    return {control.name: getattr(line, control.name) for control in CONTROLS}


def test_a_preset_is_saved_loaded_and_removed():
    before = values_of(changed_line())
    assert bpy.ops.emotalk.save_preset(name=" 🎭 Angry/brow ") == {"FINISHED"}
    other = add_line(scene())
    other.happy = 1
    assert bpy.ops.emotalk.load_preset(preset="🎭 Angry/brow") == {"FINISHED"}
    assert values_of(other) == before
    assert scene().emotalk.active_index == 1
    (file,) = preset_folder.presets()
    assert bpy.ops.emotalk.remove_preset(preset=file.path.name) == {"FINISHED"}
    assert preset_folder.presets() == ()
    with pytest.raises(RuntimeError, match="There is no preset"):
        bpy.ops.emotalk.load_preset(preset="🎭 Angry/brow")


def test_a_preset_is_replaced_only_when_that_was_asked_for():
    line = changed_line()
    bpy.ops.emotalk.save_preset(name="Mine")
    line.anger = 0.1
    with pytest.raises(RuntimeError, match="already; choose Replace"):
        bpy.ops.emotalk.save_preset(name="Mine")
    assert preset_folder.load("Mine").controls["anger"] == 0.7
    bpy.ops.emotalk.save_preset(name="Mine", overwrite=True)
    assert preset_folder.load("Mine").controls["anger"] == 0.1
    with pytest.raises(RuntimeError, match="needs a name"):
        bpy.ops.emotalk.save_preset(name="  ")


def test_presets_are_shared_as_files(tmp_path):
    line = changed_line()
    assert bpy.ops.emotalk.export_preset(filepath=str(tmp_path / "For Bob")) == {"FINISHED"}
    with pytest.raises(RuntimeError, match="exists already"):
        bpy.ops.emotalk.export_preset(filepath=str(tmp_path / "For Bob.json"))
    assert bpy.ops.emotalk.import_preset(filepath=str(tmp_path / "For Bob.json")) == {"FINISHED"}
    with pytest.raises(RuntimeError, match="already; choose Replace"):
        bpy.ops.emotalk.import_preset(filepath=str(tmp_path / "For Bob.json"))
    line.anger = 0
    bpy.ops.emotalk.load_preset(preset="For Bob")
    assert line.anger == pytest.approx(0.7)
    (tmp_path / "broken.json").write_text("{}")
    with pytest.raises(RuntimeError, match="is no preset"):
        bpy.ops.emotalk.import_preset(filepath=str(tmp_path / "broken.json"))


def test_what_the_model_lacks_is_said_and_the_rest_is_set(tmp_path):
    line = add_line(scene())
    write_preset(tmp_path / "x.json", Preset("x", {"jaw_gain": 1.5, "personal_style": "Theirs"}, {"longing": 0.5}))
    bpy.ops.emotalk.import_preset(filepath=str(tmp_path / "x.json"))
    assert bpy.ops.emotalk.load_preset(preset="x") == {"FINISHED"}
    assert (line.jaw_gain, line.personal_style) == (1.5, "")
    assert set_sliders(scene(), line, preset_folder.load("x").values) == ["Theirs", "longing"]


def test_a_keyframed_slider_keeps_the_preset_from_being_loaded():
    line = changed_line()
    bpy.ops.emotalk.save_preset(name="Mine")
    line.jaw_gain, line.anger = 1.25, 0
    scene().keyframe_insert(line.path_from_id("jaw_gain"))
    with pytest.raises(RuntimeError, match="Jaw is keyframed"):
        bpy.ops.emotalk.load_preset(preset="Mine")
    assert line.anger == 0


def test_files_that_are_put_there_appear_and_damaged_ones_can_be_removed():
    assert preset_folder.presets() == ()
    preset_folder.folder().mkdir(parents=True)
    write_preset(preset_folder.folder() / "a.json", Preset("Ann's", {}))
    assert [preset.name for preset in preset_folder.presets()] == ["Ann's"]
    (preset_folder.folder() / "broken.json").write_text("{")
    assert [preset.name for preset in preset_folder.presets()] == ["Ann's", "broken"]
    bpy.ops.emotalk.remove_preset(preset="broken.json")
    assert [preset.name for preset in preset_folder.presets()] == ["Ann's"]


def test_controls_are_copied_to_selected_lines():
    source = changed_line()
    for _number in range(2):
        add_line(scene())
    source, second, third = scene().emotalk.lines
    scene().emotalk.active_index = 0
    with pytest.raises(RuntimeError, match="Select other lines"):
        bpy.ops.emotalk.copy_controls()
    third.selected = True
    third.happy = 1
    assert bpy.ops.emotalk.copy_controls() == {"FINISHED"}
    assert values_of(third) == values_of(source)
    assert second.anger == 0
    assert scene().emotalk.active_index == 0


def test_one_box_can_be_copied():
    changed_line()
    target = add_line(scene())
    scene().emotalk.active_index = 0
    target.selected = True
    bpy.ops.emotalk.copy_controls(group="shape")
    assert (target.brow_gain, target.anger, target.seed) == (1.5, 0, 0)
    with pytest.raises(RuntimeError, match="There is no group"):
        bpy.ops.emotalk.copy_controls(group="ears")


def test_a_line_that_cannot_take_them_stays_and_the_others_get_them():
    changed_line()
    for _number in range(2):
        add_line(scene()).selected = True
    _source, keyed, free = scene().emotalk.lines
    scene().emotalk.active_index = 0
    scene().keyframe_insert(keyed.path_from_id("jaw_gain"))
    assert bpy.ops.emotalk.copy_controls() == {"FINISHED"}
    assert (keyed.anger, free.anger) == (0, pytest.approx(0.7))
