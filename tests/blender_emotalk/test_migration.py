"""A file of version 0.1.0 keeps what was set in it."""

import bpy
import pytest
from emotalk.face.styles import STYLE_NAMES


def store(line, name, number):
    """A property as version 0.1.0 stored it: the number of an entry in a list."""
    if hasattr(line, "bl_system_properties_get"):
        line.bl_system_properties_get(do_create=True)[name] = number
    else:
        line[name] = number


@pytest.fixture
def reopened(tmp_path):
    """A function: the open file, saved and opened again."""

    def reopen():
        path = str(tmp_path / "scene.blend")
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.ops.wm.open_mainfile(filepath=path, load_ui=False)
        return bpy.context.scene.emotalk

    return reopen


def test_styles_stored_as_numbers_become_names(reopened):
    bpy.data.scenes.new("Second")
    for scene, number in zip(bpy.data.scenes, (1, 21), strict=True):
        store(scene.emotalk, "personal_style", number)
    reopened()
    assert [scene.emotalk.personal_style for scene in bpy.data.scenes] == [STYLE_NAMES[1], STYLE_NAMES[21]]
    assert bpy.context.scene.emotalk.second_style == ""


def test_a_number_that_is_no_style_is_the_first_one(reopened):
    store(bpy.context.scene.emotalk, "personal_style", 99)
    assert reopened().personal_style == ""


def test_a_file_of_this_version_stays_as_it_is(reopened):
    bpy.context.scene.emotalk.personal_style = "Crisp"
    assert reopened().personal_style == "Crisp"
