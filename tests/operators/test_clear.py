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
