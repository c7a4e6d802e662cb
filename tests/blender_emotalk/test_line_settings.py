"""Settings of a line from a script: what each of them does to the line."""

import bpy
import pytest
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.line_settings import LineSettings
from emotalk.blender_emotalk.properties import LineProperties
from emotalk.blender_emotalk.strips import add_sound_strip


@pytest.fixture
def line(line_wav) -> LineProperties:
    """A line that is named after its file, in a scene with the strip Take 3."""
    add_sound_strip(bpy.context.scene, "Take 3", str(line_wav), 20)
    line = line_to_set(bpy.context.scene)
    LineSettings(audio=line_wav).apply(bpy.context.scene)
    assert (line.strip, line.name) == ("", "line")
    return line


def test_a_line_is_named_after_its_strip_unless_it_is_given_a_name(line):
    line = LineSettings(strip="Take 3").apply(bpy.context.scene)
    assert (line.strip, line.name) == ("Take 3", "Take 3")
    LineSettings(strip="Take 3", line="greeting").apply(bpy.context.scene)
    assert len(bpy.context.scene.emotalk.lines) == 3
    line = line_to_set(bpy.context.scene)
    assert (line.strip, line.name) == ("Take 3", "greeting")
