"""The extension registers and unregisters completely, and generates its sliders from the table of controls."""

import bpy
import pytest
from emotalk import api, registration
from emotalk.blender_emotalk import runs
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.properties import _search_styles
from emotalk.face.controls import CONTROLS, LINE_CONTROLS
from emotalk.face.styles import STYLES


def test_enabling_and_disabling_leaves_nothing_behind():
    handlers = bpy.app.handlers.load_pre, bpy.app.handlers.load_post
    counts = [len(some) for some in handlers]
    registration.unregister()
    try:
        assert not hasattr(bpy.types.Scene, "emotalk")
        assert not hasattr(bpy.types.WindowManager, "emotalk")
        assert not any(cls.is_registered for cls in registration.CLASSES)
        assert [len(some) for some in handlers] == [count - 1 for count in counts]
    finally:
        registration.register()
    assert line_to_set(bpy.context.scene).intensity == 1


def test_sliders_say_what_the_table_says():
    properties = line_to_set(bpy.context.scene).bl_rna.properties
    for control in (*CONTROLS, *LINE_CONTROLS):
        prop = properties[control.name]
        assert prop.description == control.sentence
        assert prop.is_animatable == control.animatable
        if control.kind == "name":
            assert prop.default == control.default == ""
        elif control.choices:
            assert tuple(item.name for item in prop.enum_items) == control.choices
        else:
            assert abs(prop.default - control.default) < 1e-6
            assert abs(prop.hard_min - control.minimum) < 1e-6
            assert abs(prop.hard_max - control.maximum) < 1e-6


def test_settings_are_saved_and_the_run_is_not(tmp_path):
    path = str(tmp_path / "scene.blend")
    line_to_set(bpy.context.scene).happy = 0.75
    bpy.context.window_manager.emotalk.message = "left over"
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path, load_ui=False)
    assert line_to_set(bpy.context.scene).happy == 0.75
    assert bpy.context.window_manager.emotalk.message == ""


def test_disabling_ends_the_worker(stage):
    bpy.ops.emotalk.animate()
    assert runs.worker_pid() is not None
    registration.unregister()
    try:
        assert runs.worker_pid() is None
    finally:
        registration.register()


def test_scripts_find_the_api_only_while_the_extension_is_enabled():
    assert bpy.context.window_manager.emotalk.api is api
    registration.unregister()
    try:
        assert not hasattr(registration.RunProperties, "api")
        with pytest.raises(api.EmoTalkError, match="EmoTalk is not enabled in this Blender"):
            api.animate(audio="line.wav")
    finally:
        registration.register()


def test_the_names_of_sliders_have_their_units_and_only_factors_are_bars():
    properties = line_to_set(bpy.context.scene).bl_rna.properties
    for control in (*CONTROLS, *LINE_CONTROLS):
        prop = properties[control.name]
        assert prop.name == (f"{control.label} ({control.unit})" if control.unit else control.label)
        assert prop.type == {"number": "FLOAT", "whole": "INT", "choice": "ENUM", "name": "STRING"}[control.kind]
        if control.kind == "number":
            assert (prop.subtype == "FACTOR") == (not control.unit)
            assert prop.precision == (2 if not control.unit and control.maximum >= 1 else prop.precision)


def test_styles_are_searched_by_a_part_of_their_name():
    found = dict(_search_styles(line_to_set(bpy.context.scene), bpy.context, "TALKER"))
    assert found == {style.name: style.sentence for style in STYLES if style.name in ("Jaw talker", "Lip talker")}
    assert len(list(_search_styles(line_to_set(bpy.context.scene), bpy.context, ""))) == 24


def test_another_file_has_no_message_of_the_one_before(stage):
    state = bpy.context.window_manager.emotalk
    state.message, state.ran_on, state.failed, state.repairable = "left over", "CPU", True, True
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    state = bpy.context.window_manager.emotalk
    assert (state.message, state.ran_on, state.failed, state.repairable) == ("", "", False, False)
