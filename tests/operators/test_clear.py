"""Clear removes our keys, for this line or all lines, and reports it when there are none."""

import bpy
import pytest


def test_clear_undoes_animate(stage):
    bpy.ops.emotalk.animate()
    assert bpy.ops.emotalk.clear() == {"FINISHED"}
    assert not bpy.data.actions
    assert stage.data.shape_keys.animation_data is None
    assert bpy.ops.emotalk.clear() == {"CANCELLED"}


def test_only_this_line_goes_unless_all_are_asked_for(stage):
    for name, start in (("one", 1), ("two", 200)):
        bpy.ops.emotalk.animate(line=name, start_frame=start)
    bpy.ops.emotalk.clear()
    assert [action.name for action in bpy.data.actions] == ["EmoTalk one"]
    bpy.ops.emotalk.animate()
    bpy.ops.emotalk.clear(all_lines=True)
    assert not bpy.data.actions


def test_without_a_character_it_says_what_to_do():
    with pytest.raises(RuntimeError, match="Click the character"):
        bpy.ops.emotalk.clear()


@pytest.mark.parametrize(("arguments", "what"), [({}, "the line 'line'"), ({"all_lines": True}, "any line")])
def test_what_is_not_there_is_named(stage, capfd, arguments, what):
    assert bpy.ops.emotalk.clear(**arguments) == {"CANCELLED"}
    assert f"Face does not perform {what}; nothing was removed" in capfd.readouterr().out
    assert bpy.context.window_manager.emotalk.message == ""


def test_what_was_removed_is_said(stage):
    bpy.ops.emotalk.animate(line="one")
    bpy.ops.emotalk.animate(line="two", start_frame=200)
    bpy.ops.emotalk.clear()
    assert bpy.context.window_manager.emotalk.message == "Removed 1 line from Face"
    bpy.ops.emotalk.animate()
    bpy.ops.emotalk.clear(all_lines=True)
    assert bpy.context.window_manager.emotalk.message == "Removed 2 lines from Face"
    assert [line.state for line in bpy.context.scene.emotalk.lines] == ["NEW"] * len(bpy.context.scene.emotalk.lines)


def test_values_that_another_line_has_lost_are_no_matter(stage):
    bpy.ops.emotalk.animate(line="one")
    bpy.ops.emotalk.animate(line="two", start_frame=200)
    bpy.data.actions["EmoTalk one"]["emotalk_before"] = "{"
    bpy.ops.emotalk.clear(line="two")
    assert "could not be read" not in bpy.context.window_manager.emotalk.message
    bpy.ops.emotalk.clear(line="one")
    assert "could not be read" in bpy.context.window_manager.emotalk.message
