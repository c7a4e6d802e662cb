"""The dialogue list: lines are added, removed and ordered, and the keys of their sliders go with them."""

import random

import bpy
import pytest
from emotalk.blender_emotalk import desk
from emotalk.blender_emotalk.actions import active_curves, all_curves

NAMES = ("one", "two", "three", "four")


def add_keyed_lines(scene):
    """Four lines, each with a key on its slider happy and a driver on sad whose values are its own."""
    for number, name in enumerate(NAMES):
        line = desk.add_line(scene)
        line.name, line.happy = name, number / 10
        line.keyframe_insert("happy", frame=1)
        line.driver_add("sad").driver.expression = str(number / 10)


def keyed_values(scene):
    """What the keys and the drivers give each line."""
    places = {line.path_from_id("happy"): line.name for line in scene.emotalk.lines}
    by_name = {places[curve.data_path]: round(curve.evaluate(1), 3) for curve in active_curves(scene)}
    paths = {line.path_from_id("sad"): line.name for line in scene.emotalk.lines}
    drivers = {paths[curve.data_path]: float(curve.driver.expression) for curve in scene.animation_data.drivers}
    assert drivers == by_name
    return by_name


def expected(names):
    return {name: NAMES.index(name) / 10 for name in names}


@pytest.mark.parametrize("seed", range(20))
def test_keys_and_the_active_line_follow_every_move(seed):
    chance = random.Random(seed)
    moves, active = [(chance.randrange(4), chance.randrange(4)) for _ in range(seed % 5 + 1)], chance.randrange(4)
    scene = bpy.context.scene
    add_keyed_lines(scene)
    scene.emotalk.active_index = active
    order = list(NAMES)
    for index, to in moves:
        desk.move_line(scene, index, to)
        order.insert(to, order.pop(index))
    assert [line.name for line in scene.emotalk.lines] == order
    assert scene.emotalk.lines[scene.emotalk.active_index].name == NAMES[active]
    assert keyed_values(scene) == expected(NAMES)


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize("active", range(4))
def test_a_removed_line_takes_only_its_own_keys_along(index, active):
    scene = bpy.context.scene
    add_keyed_lines(scene)
    scene.emotalk.active_index = active
    desk.remove_line(scene, index)
    left = [name for name in NAMES if name != NAMES[index]]
    assert keyed_values(scene) == expected(left)
    shown = scene.emotalk.lines[scene.emotalk.active_index].name
    assert shown == (NAMES[active] if active != index else left[min(index, 2)])


def test_places_that_do_not_exist_are_refused():
    scene = bpy.context.scene
    add_keyed_lines(scene)
    for call in (lambda: desk.remove_line(scene, 4), lambda: desk.move_line(scene, 0, 4)):
        with pytest.raises(IndexError):
            call()
    with pytest.raises(IndexError):
        desk.duplicate_line(scene, -1)
    assert [line.name for line in scene.emotalk.lines] == list(NAMES)


def test_a_copy_has_the_settings_but_neither_the_keys_nor_the_identity(stage):
    scene = bpy.context.scene
    add_keyed_lines(scene)
    scene.emotalk.active_index = 1
    bpy.ops.emotalk.animate(audio=scene.emotalk.lines[0].audio, line="one")
    first = scene.emotalk.lines[0]
    copy = desk.duplicate_line(scene, 0)
    assert [line.name for line in scene.emotalk.lines][:2] == [first.name, copy.name]
    assert scene.emotalk.active_index == 1
    assert (copy.audio, copy.happy, copy.state, copy.key_count) == (first.audio, first.happy, "NEW", 0)
    assert copy.identity not in ("", first.identity)
    assert keyed_values(scene).keys() == {*NAMES}


def test_a_new_line_uses_the_model_of_the_one_before_and_its_way_with_keys(line_wav):
    scene = bpy.context.scene
    first = desk.add_line(scene)
    first.model, first.existing_keys, first.happy = "theirs", "TRACK", 0.5
    second = desk.add_line(scene)
    assert (second.model, second.existing_keys, second.happy) == ("theirs", "TRACK", 0)
    assert desk.line_of_identity(scene, second.identity) == second
    assert desk.line_of_identity(scene, "nobody") is None


def test_what_became_of_a_line_is_not_copied():
    scene = bpy.context.scene
    line = desk.add_line(scene)
    line.failure, line.remarks, line.performed_inputs, line.key_count, line.live = "Gone", "Odd", "abc", 7, True
    line.state, line.text = "FAILED", "Hello"
    copy = desk.duplicate_line(scene, 0)
    assert (copy.failure, copy.remarks, copy.performed_inputs, copy.key_count, copy.live) == ("", "", "", 0, False)
    assert (copy.state, copy.text) == ("NEW", "Hello")


def test_sliders_in_a_pushed_down_action_follow_their_lines():
    scene = bpy.context.scene
    add_keyed_lines(scene)
    data = scene.animation_data
    action = data.action
    track = data.nla_tracks.new()
    strip = track.strips.new(action.name, 1, action)
    if hasattr(data, "action_slot"):
        strip.action_slot = data.action_slot
    data.action = None
    desk.move_line(scene, 0, 3)
    paths = {curve.data_path: curve.evaluate(1) for curve in all_curves(action)}
    assert paths == pytest.approx(
        {f"emotalk.lines[{place}].happy": value for place, value in enumerate((0.1, 0.2, 0.3, 0))}
    )
