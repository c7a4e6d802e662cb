"""A newcomer opens the tab: it says what is missing where the eye is, before anything fails."""

import time

import bpy
import pytest
from emotalk import registration
from emotalk.blender_emotalk import suitability
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.lines import BUTTON


@pytest.fixture
def tab(drawn):
    """A function: the sentences of the main panel, in one text, and its buttons."""

    def draw():
        record = drawn(registration.MainPanel)
        return " ".join(text for kind, text in record if kind == "label"), [
            name for kind, name in record if kind == "operator"
        ]

    return draw


def is_animate_grey():
    with bpy.context.temp_override(**{BUTTON: line_to_set(bpy.context.scene)}):
        return not bpy.ops.emotalk.animate.poll()


def why_grey():
    with bpy.context.temp_override(**{BUTTON: line_to_set(bpy.context.scene)}), pytest.raises(RuntimeError) as error:
        bpy.ops.emotalk.animate()
    return str(error.value)


def test_the_default_scene(tab, line_wav):
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    assert bpy.context.object.name == "Cube"
    sentence = "Cube is no face: it has no shape keys; choose a face that has some, or add the sample head"
    text, buttons = tab()
    assert sentence in text
    assert "emotalk.add_sample_head" in buttons
    assert bpy.ops.emotalk.choose_audio(filepath=str(line_wav)) == {"FINISHED"}
    assert is_animate_grey()
    assert sentence in why_grey()
    bpy.ops.emotalk.add_sample_head()
    text, buttons = tab()
    assert "no face" not in text
    assert "emotalk.add_sample_head" not in buttons
    assert not is_animate_grey()


def camera():
    return bpy.data.cameras.new("It")


def lamp():
    return bpy.data.lights.new("It", "POINT")


@pytest.mark.parametrize("make", [camera, lamp, lambda: None], ids=["camera", "lamp", "empty"])
def test_other_objects_are_no_faces_either(tab, make):
    thing = bpy.data.objects.new("It", make())
    bpy.context.scene.collection.objects.link(thing)
    bpy.context.view_layer.objects.active = thing
    text, buttons = tab()
    assert "It is no face" in text
    assert "emotalk.add_sample_head" in buttons


def test_keys_of_other_names_are_named_before_the_press(add_face, tab, line_wav):
    face = add_face(names=("smile", "frown"))
    line_to_set(bpy.context.scene).audio = str(line_wav)
    text, buttons = tab()
    assert "is named like an ARKit blendshape" in text
    assert "emotalk.add_sample_head" in buttons
    assert is_animate_grey()
    face.data.shape_keys.key_blocks["smile"].name = "mouthSmileLeft"
    text, buttons = tab()
    assert "ARKit" not in text
    assert not is_animate_grey()


def test_a_face_its_rig_and_an_empty_scene(add_face, add_armature, tab):
    assert "no face" not in tab()[0]
    rig = add_armature()
    add_face(armature=rig)
    for active in (bpy.data.objects["Face"], rig):
        bpy.context.view_layer.objects.active = active
        text, buttons = tab()
        assert "no face" not in text
        assert "emotalk.add_sample_head" not in buttons


def test_drawing_asks_once_a_second(add_face, monkeypatch, tab):
    asked = []
    find = suitability.find_character
    monkeypatch.setattr(suitability, "find_character", lambda *given: (asked.append(given), find(*given))[1])
    monkeypatch.setattr(suitability, "_known", (None, 0.0, ""))
    add_face()
    for _ in range(20):
        tab()
        is_animate_grey()
    assert len(asked) == 1
    now = time.monotonic()
    monkeypatch.setattr(suitability.time, "monotonic", lambda: now + 2)
    tab()
    assert len(asked) == 2
