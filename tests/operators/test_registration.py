"""The extension registers and unregisters completely, and generates its sliders from the table of controls."""

import bpy
from emotalk import registration
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.face.controls import CONTROLS, LINE_CONTROLS


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
