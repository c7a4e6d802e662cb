"""Clear brings back the values from before our keys, whatever was renamed, and survives damaged properties."""

import json

import bpy
import pytest
from emotalk.blender_emotalk import baking
from emotalk.blender_emotalk.actions import active_curves
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.keyframes import Timing

SETTINGS = baking.KeySettings(tolerance=0.01)


@pytest.fixture
def face(add_face, add_armature, performance):
    """A face with values of its own; the head of its rig is turned."""
    rig = add_armature()
    face = add_face(armature=rig)
    blocks = face.data.shape_keys.key_blocks
    blocks["jawOpen"].value, blocks["mouthSmileLeft"].value, blocks["mouthSmileRight"].value = 0.25, 0.5, 0.75
    rig.pose.bones["head"].rotation_quaternion = (0.6, 0.8, 0, 0)
    return face


def bake(face, performance, line="line", start=1):
    scene = bpy.context.scene
    found = find_character(face, scene)
    baking.bake(performance(frames=30), found, line, Timing.of(scene, start, 30), SETTINGS)
    scene.frame_set(int(start) + 10)


def clear(face, line=None):
    return baking.clear(find_character(face, bpy.context.scene, None), line)


def values(face):
    return {block.name: round(block.value, 4) for block in face.data.shape_keys.key_blocks if block.name != "Basis"}


def reopen(tmp_path):
    path = str(tmp_path / "scene.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)


RENAMES = {
    "nothing": {},
    "one": {"jawOpen": "Kiefer auf"},
    "several": {"jawOpen": "Kiefer auf", "mouthSmileLeft": "grin_l", "browInnerUp": "Brows"},
    "sides swapped": {"mouthSmileLeft": "x", "mouthSmileRight": "mouthSmileLeft", "x": "mouthSmileRight"},
    "with quotes": {"jawOpen": 'jaw "open"'},
}


@pytest.mark.parametrize("renames", RENAMES.values(), ids=RENAMES)
@pytest.mark.parametrize("saved", [False, True])
def test_renamed_data_gets_its_values_back(face, performance, renames, saved, tmp_path):
    expected = values(face)
    bake(face, performance)
    key, rig = face.data.shape_keys, face.parent
    for old, new in renames.items():
        key.key_blocks[old].name = new
        expected = {new if name == old else name: value for name, value in expected.items()}
    key.name, face.name, rig.name = "Other key", "Other face", "Other rig"
    rig.data.bones["head"].name = "Kopf head"
    if saved:
        reopen(tmp_path)
        face, rig = bpy.data.objects["Other face"], bpy.data.objects["Other rig"]
    assert clear(face) == 1
    assert values(face) == expected
    assert list(rig.pose.bones["Kopf head"].rotation_quaternion) == pytest.approx([0.6, 0.8, 0, 0])
    assert not face.data.shape_keys.keys()
    assert not [name for name in rig.keys() if name.startswith("emotalk")]  # noqa: SIM118 - an object has no __iter__


def test_names_that_two_data_blocks_have_exchanged(add_face, add_armature, performance):
    rig = add_armature()
    one, two = add_face("One", armature=rig), add_face("Two", ["jawOpen"], rig)
    one.data.shape_keys.key_blocks["jawOpen"].value = 0.25
    two.data.shape_keys.key_blocks["jawOpen"].value = 0.75
    bake(one, performance)
    keys = one.data.shape_keys, two.data.shape_keys
    names = [key.name for key in keys]
    keys[0].name, keys[1].name, keys[0].name = "x", names[0], names[1]
    clear(one)
    assert [key.key_blocks["jawOpen"].value for key in keys] == [0.25, 0.75]


def test_a_rename_between_two_lines(face, performance):
    bake(face, performance, "one")
    face.data.shape_keys.key_blocks["jawOpen"].name = "JawOpen"
    bake(face, performance, "two", 200)
    face.data.shape_keys.key_blocks["JawOpen"].name = "jaw_open"
    clear(face, "one")
    clear(face, "two")
    assert values(face)["jaw_open"] == 0.25
    assert sum(values(face).values()) == pytest.approx(1.5)


def test_a_shape_key_that_was_removed_and_a_curve_that_was_deleted(face, performance):
    bake(face, performance)
    key = face.data.shape_keys
    face.shape_key_remove(key.key_blocks["browInnerUp"])
    face.shape_key_remove(key.key_blocks["jawLeft"])
    key.key_blocks["jawOpen"].name = "Kiefer auf"
    clear(face)
    assert {name: value for name, value in values(face).items() if value} == {
        "Kiefer auf": 0.25,
        "mouthSmileLeft": 0.5,
        "mouthSmileRight": 0.75,
    }


def test_a_copy_of_a_face_gets_its_values_back_too(face, performance):
    bake(face, performance)
    copy = face.copy()
    copy.data = face.data.copy()
    bpy.context.scene.collection.objects.link(copy)
    expected = {"jawOpen": 0.25, "mouthSmileLeft": 0.5, "mouthSmileRight": 0.75}
    bake(face, performance)
    clear(face)
    for each in (face, copy):
        assert {name: value for name, value in values(each).items() if value} == expected


def test_values_stored_by_an_earlier_version_under_the_name(face, performance):
    bake(face, performance)
    key = face.data.shape_keys
    action = key.animation_data.action
    stored = json.loads(action["emotalk_before"])
    owners = {owner["emotalk_owner"]: owner for owner in (key, face.parent)}
    action["emotalk_before"] = json.dumps(
        {owners[owner].name: [value[:3] for value in values] for owner, values in stored.items()}
    )
    for owner in owners.values():
        del owner["emotalk_owner"]
    clear(face)
    assert values(face)["jawOpen"] == 0.25
    assert list(face.parent.pose.bones["head"].rotation_quaternion) == pytest.approx([0.6, 0.8, 0, 0])


@pytest.mark.parametrize(
    "damage",
    ["", "{", "[]", '{"a": 1}', "null", 7, b"x", '{"OWNER": 1}', '{"OWNER": [1]}', '{"OWNER": [["x", "y", "z"]]}'],
)
def test_damaged_values_are_one_sentence_and_the_keys_are_gone(stage, damage):
    bpy.ops.emotalk.animate()
    key = stage.data.shape_keys
    if isinstance(damage, str):
        damage = damage.replace("OWNER", key["emotalk_owner"])
    for action in bpy.data.actions:
        action["emotalk_before"] = damage
    assert bpy.ops.emotalk.clear() == {"FINISHED"}
    assert "from before could not be read, so set the shape keys" in bpy.context.window_manager.emotalk.message
    assert not bpy.data.actions


@pytest.mark.parametrize("path", ['key_blocks["none"].value', "nonsense", "", "key_blocks", "name", "bl_rna.name"])
def test_a_damaged_path_is_left_out(stage, path):
    bpy.ops.emotalk.animate()
    key = stage.data.shape_keys
    stored = [[path, 0, 0.5, -1], ['key_blocks["jawOpen"].value', 0, 0.5, -1]]
    bpy.data.actions[0]["emotalk_before"] = json.dumps({key["emotalk_owner"]: stored})
    bpy.ops.emotalk.clear()
    assert key.key_blocks["jawOpen"].value == 0.5
    assert key.name == "Key"


@pytest.mark.parametrize("name", ["emotalk_line", "emotalk_identity", "emotalk_seal", "emotalk_fade"])
@pytest.mark.parametrize("value", [None, 7, "", "x", [1.0, 2.0]])
def test_damaged_marks_never_end_in_a_traceback(stage, name, value):
    bpy.ops.emotalk.animate()
    action = bpy.data.actions[0]
    if value is None:
        del action[name]
    else:
        action[name] = value
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    assert bpy.ops.emotalk.clear(all_lines=True) == {"FINISHED"}
    assert not active_curves(stage.data.shape_keys) or value is None
