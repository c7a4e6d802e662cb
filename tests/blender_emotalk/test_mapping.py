"""Characters with other names and other controls: what is written where, and what is said."""

import importlib.util
from pathlib import Path

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import baking, hidden_motion, resting, rigs, stored_mapping
from emotalk.blender_emotalk.actions import all_curves
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.keyframes import Timing
from emotalk.face.basis import ARKIT, FLAME
from emotalk.face.curves import FaceCurves, performance_of
from emotalk.face.mapping import Mapping, Row, Target
from emotalk.inference.contract import EmoTalkError

_spec = importlib.util.spec_from_file_location(
    "published_names", Path(__file__).parent.parent / "face" / "published_names.py"
)
names = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(names)

EVERY_FRAME = baking.KeySettings(0)


def find(anchor, basis=ARKIT):
    return find_character(anchor, bpy.context.scene, basis)


def bake(anchor, made, settings=EVERY_FRAME):
    character = find(anchor, made.face.basis)
    return character, baking.bake(made, character, "line", Timing(1, 1), settings)


def shown(face, name):
    """The value of a shape key as Blender evaluates it, drivers included."""
    evaluated = face.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return evaluated.data.shape_keys.key_blocks[name].value


def played(face, frames):
    """(frames, keys) values of all shape keys, evaluated by Blender."""
    rows = []
    for frame in range(1, frames + 1):
        bpy.context.scene.frame_set(frame)
        bpy.context.view_layer.update()
        rows.append([shown(face, block.name) for block in face.data.shape_keys.key_blocks[1:]])
    return np.array(rows)


def add_bones(armature, **places):
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    for name, place in places.items():
        bone = armature.data.edit_bones.new(name)
        bone.head, bone.tail = place, np.add(place, (0, 0, 0.1))
    bpy.ops.object.mode_set(mode="OBJECT")


@pytest.mark.parametrize("rig", ["OCULUS", "CC4_EXTENDED", "MMD", "VROID", "DAZ_9", "METAHUMAN"])
def test_a_rig_with_other_names_moves_as_its_mapping_says(add_face, performance, rig):
    face = add_face(names=getattr(names, rig))
    made = performance(20)
    character, baked = bake(face, made)
    assert baked.keys == 20 * len(character.moved_keys)
    values = {
        block.name: column
        for block, column in zip(face.data.shape_keys.key_blocks[1:], played(face, 20).T, strict=True)
    }
    whole = rigs.rig_of([(face, face.data.shape_keys)], None, ARKIT)
    from emotalk.face.naming_schemes import recognise

    mapping = recognise(whole).mapping
    expected = mapping.apply(made)
    for row in mapping.rows:
        assert values[row.target.name] == pytest.approx(expected.channel(row.target.label), abs=2e-4), row.target.name
    assert max(np.ptp(values[row.target.name]) for row in mapping.rows) > 0.1


def test_several_meshes_have_the_same_keys(add_face, add_armature, performance):
    rig = add_armature()
    head, teeth = add_face("Head", names.OCULUS, rig), add_face("Teeth", ["viseme_aa", "viseme_O"], rig)
    bake(rig, performance(10))
    both = played(head, 10)[:, [names.OCULUS.index("viseme_aa"), names.OCULUS.index("viseme_O")]]
    assert played(teeth, 10) == pytest.approx(both)


def test_a_face_with_nothing_but_a_jaw_hears_of_it(add_face):
    character = find(add_face(names=["jawOpen"]))
    assert character.shape_keys == {"jawOpen": ("jawOpen",)}
    assert character.remarks == (
        "Face has nothing for the brows, the lids, the gaze, the cheeks, the lips, the tongue, jawForward, jawLeft and "
        "jawRight",
    )
    assert find(add_face("Whole")).remarks == ()


def test_animate_says_what_is_missing(add_face, line_wav):
    from emotalk.blender_emotalk.desk import line_to_set

    add_face(names=[name for name in ARKIT.channels if name != "tongueOut"])
    line_to_set(bpy.context.scene).audio = str(line_wav)
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    assert "Face has nothing for the tongue" in bpy.context.window_manager.emotalk.message


def faceit(add_face, add_armature):
    """A face whose shape keys the bones of another armature drive, with the expressions of Faceit's control rig."""
    control = add_armature("FaceitControlRig")
    add_bones(control, **{bone: (0, 0, 0) for bone, _channel, _side in names.FACEIT.values()})
    face = add_face(names=list(names.FACEIT))
    for name, (bone, channel, side) in names.FACEIT.items():
        control[name + "_amp"] = 1.5
        driver = face.data.shape_keys.key_blocks[name].driver_add("value").driver
        mover, amplitude = driver.variables.new(), driver.variables.new()
        mover.name, mover.type = "var", "TRANSFORMS"
        mover.targets[0].id, mover.targets[0].bone_target = control, bone
        mover.targets[0].transform_type, mover.targets[0].transform_space = channel, "LOCAL_SPACE"
        amplitude.name, amplitude.targets[0].id = "amp", control
        amplitude.targets[0].data_path = f'["{name}_amp"]'
        driver.expression = "(max(0, var/3.0)) * amp" if side > 0 else "-(min(0, var/3.0)) * amp"
    return face, control


def test_the_bones_that_drive_shape_keys_are_moved_instead(add_face, add_armature, performance):
    face, control = faceit(add_face, add_armature)
    made = performance(12)
    opposed = {
        "eyeWideLeft",
        "eyeWideRight",
        "eyeLookDownLeft",
        "eyeLookInLeft",
        "jawRight",
        "mouthRight",
        "mouthFrownLeft",
    }
    values = made.face.values.copy()
    values[:, ARKIT.columns(opposed)] = 0
    made = performance_of(made.face.with_values(values))
    character, _baked = bake(face, made)
    assert character.shape_keys == {}
    assert set(character.holders.values()) == {control}
    blocks = face.data.shape_keys.key_blocks[1:]
    for block, column in zip(blocks, played(face, 12).T, strict=True):
        assert column == pytest.approx(made.face.channel(block.name), abs=1e-3), block.name
    assert len(face.data.shape_keys.animation_data.drivers) == len(names.FACEIT)
    assert not face.data.shape_keys.animation_data.action
    baking.clear(find(face, None))
    assert control.animation_data is None
    assert control.pose.bones["c_jaw_target"].location[:] == (0, 0, 0)
    assert not bpy.data.actions


def drive(face, name, path, owner, expression="var"):
    driver = face.data.shape_keys.key_blocks[name].driver_add("value").driver
    variable = driver.variables.new()
    variable.name, variable.targets[0].id, variable.targets[0].data_path = "var", owner, path
    driver.expression = expression


def test_custom_properties_that_drive_shape_keys_are_moved_and_restored(add_face, add_armature, performance):
    rig = add_armature()
    face = add_face(armature=rig, names=["jawOpen", "mouthPucker"])
    rig["Open.Mouth"], rig.pose.bones["head"]["pucker"] = 0.125, 0.25
    drive(face, "jawOpen", '["Open.Mouth"]', rig, "var * 2")
    drive(face, "mouthPucker", 'pose.bones["head"]["pucker"]', rig, "1 - var")
    made = performance(8)
    character, _baked = bake(face, made)
    assert {row.target.kind for row in character.mapping.rows} == {"property"}
    shapes = played(face, 8)
    assert shapes[:, 0] == pytest.approx(made.face.channel("jawOpen"), abs=1e-3)
    assert shapes[:, 1] == pytest.approx(made.face.channel("mouthPucker"), abs=1e-3)
    baking.clear(find(face, None))
    assert (rig["Open.Mouth"], rig.pose.bones["head"]["pucker"]) == (0.125, 0.25)


@pytest.mark.parametrize("expression", ["var * var", "sin(var)", "0", "noise(var)", "var if frame > 3 else 0"])
def test_drivers_that_are_not_plain_are_refused(add_face, add_armature, expression):
    rig = add_armature()
    rig["open"] = 0.0
    face = add_face(armature=rig, names=["jawOpen"])
    drive(face, "jawOpen", '["open"]', rig, expression)
    with pytest.raises(EmoTalkError, match="The shape keys of 'Face' are moved by drivers of its rig"):
        find(face)


def test_a_driver_of_whole_numbers_or_of_a_driven_property_is_refused(add_face, add_armature):
    rig = add_armature()
    rig["whole"], rig["driven"] = 0, 0.0
    rig.driver_add('["driven"]').driver.expression = "frame"
    face = add_face(armature=rig, names=["jawOpen", "mouthPucker"])
    drive(face, "jawOpen", '["whole"]', rig)
    drive(face, "mouthPucker", '["driven"]', rig)
    with pytest.raises(EmoTalkError, match=r"moved by a driver|moved by drivers"):
        find(face)


def test_muted_drivers_do_not_count(add_face):
    face = add_face(names=["jawOpen"])
    curve = face.data.shape_keys.key_blocks["jawOpen"].driver_add("value")
    curve.mute = True
    assert find(face).shape_keys == {"jawOpen": ("jawOpen",)}


def store(obj, *rows):
    stored_mapping.write(obj, Mapping(tuple(rows), "Mine"))


JAW = Row(Target("rotation", "jaw"), (("jawOpen", 0.35),))
SMILE = Row(Target("location", "corner", 2), (("mouthSmileLeft", 0.02), ("mouthFrownLeft", -0.02)))
BLINK = Row(Target("shape_key", "Shut"), (("eyeBlinkLeft", 1.0), ("eyeBlinkRight", 1.0)), combine="max", highest=0.8)
SNEER = Row(Target("property", "sneer"), (("noseSneerLeft", 1.0),), gain=2, offset=0.1)


@pytest.mark.parametrize("mode", ["QUATERNION", "XYZ", "AXIS_ANGLE"])
def test_a_stored_mapping_moves_bones_properties_and_shape_keys(add_face, add_armature, performance, mode):
    rig = add_armature()
    add_bones(rig, jaw=(0, 0, 0), corner=(0.1, 0, 0))
    rig["sneer"] = 0.5
    rig.pose.bones["jaw"].rotation_mode = mode
    face = add_face(armature=rig, names=["Shut", "jawOpen"])
    store(rig, JAW, SMILE, BLINK, SNEER)
    made = performance(10)
    character, _baked = bake(face, made)
    assert character.moved_keys == {"Shut"}
    value = made.face.channel
    for frame in range(10):
        bpy.context.scene.frame_set(frame + 1)
        bone = rig.pose.bones["jaw"]
        turn = bone.matrix_basis.to_quaternion()
        assert turn.angle == pytest.approx(0.35 * value("jawOpen")[frame], abs=1e-4)
        assert turn.to_euler().x == pytest.approx(0.35 * value("jawOpen")[frame], abs=1e-4)
        corner = 0.02 * (value("mouthSmileLeft")[frame] - value("mouthFrownLeft")[frame])
        assert rig.pose.bones["corner"].location[2] == pytest.approx(corner, abs=1e-5)
        assert rig["sneer"] == pytest.approx(0.1 + 2 * value("noseSneerLeft")[frame], abs=1e-4)
        lids = min(max(value("eyeBlinkLeft")[frame], value("eyeBlinkRight")[frame]), 0.8)
        assert shown(face, "Shut") == pytest.approx(lids, abs=1e-4)
    baking.clear(find(face, None))
    assert rig["sneer"] == 0.5
    assert rig.pose.bones["corner"].location[:] == (0, 0, 0)


def test_reduced_keys_stay_within_the_tolerance_of_what_they_move(add_face, add_armature, performance):
    rig = add_armature()
    add_bones(rig, corner=(0, 0, 0))
    add_face(armature=rig)
    store(rig, SMILE)
    made = performance(80)
    _character, baked = bake(rig, made, baking.KeySettings(0.01))
    assert baked.keys < 80
    curve = next(c for c in all_curves(bpy.data.actions["EmoTalk line"]) if "location" in c.data_path)
    expected = Mapping((SMILE,)).apply(made).values[:, 0]
    written = [curve.evaluate(frame) for frame in range(1, 81)]
    assert written == pytest.approx(expected, abs=0.01 * 0.02 + 1e-6)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (Row(Target("location", "ear"), (("jawOpen", 1),)), "ear location X is no bone of 'Rig'"),
        (Row(Target("property", "wink"), (("jawOpen", 1),)), "is no custom property of 'Rig'"),
        (Row(Target("property", "whole"), (("jawOpen", 1),)), "is no property with decimals; change its type to Float"),
        (Row(Target("property", "x", object="Gone"), (("jawOpen", 1),)), "is on 'Gone', which is not in the scene"),
        (Row(Target("property", "x", bone="Gone"), (("jawOpen", 1),)), "is on the bone 'Gone', which 'Rig' has not"),
        (Row(Target("shape_key", "Gone"), (("jawOpen", 1),)), "Gone is on no mesh of the character"),
    ],
)
def test_targets_that_are_gone_are_said(add_face, add_armature, row, reason):
    rig = add_armature()
    rig["whole"] = 3
    face = add_face(armature=rig)
    store(rig, row, Row(Target("shape_key", "jawLeft"), (("jawLeft", 1),)))
    character = find(face)
    assert character.shape_keys == {"jawLeft": ("jawLeft",)}
    assert any(reason in remark for remark in character.remarks)
    store(rig, row)
    with pytest.raises(EmoTalkError, match=r"press Auto-Map|moves nothing"):
        find(face)


def test_an_empty_or_damaged_mapping_is_said(add_face):
    face = add_face()
    store(face)
    with pytest.raises(EmoTalkError, match="The mapping of 'Face' moves nothing; press Auto-Map"):
        find(face)
    face.emotalk_mapping = "{"
    with pytest.raises(EmoTalkError, match="stored on 'Face' cannot be read: this is no character mapping"):
        find(face)
    stored_mapping.write(face, None)
    assert find(face).shape_keys


def test_a_mapping_survives_saving_and_appending(add_face, tmp_path):
    store(add_face(), BLINK)
    path = str(tmp_path / "a.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert stored_mapping.text_on(bpy.data.objects["Face"])
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    with bpy.data.libraries.load(path) as (_source, target):
        target.objects = ["Face"]
    face = target.objects[0]
    assert stored_mapping.read(face, None, ()).rows == (BLINK,)


def test_a_mapping_of_a_library_override_survives(add_face, tmp_path):
    collection = bpy.data.collections.new("Ann")
    collection.objects.link(add_face())
    library, shot = str(tmp_path / "library.blend"), str(tmp_path / "shot.blend")
    bpy.data.libraries.write(library, {collection}, fake_user=True)
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    with bpy.data.libraries.load(library, link=True) as (_source, target):
        target.collections = ["Ann"]
    scene = bpy.context.scene
    linked = target.collections[0]
    with pytest.raises(EmoTalkError, match="'Face' is linked from another file; make a library override"):
        stored_mapping.write(linked.objects["Face"], Mapping((BLINK,)))
    scene.collection.children.link(linked)
    override = linked.override_hierarchy_create(scene, bpy.context.view_layer, do_fully_editable=True)
    face = next(obj for obj in override.all_objects if obj.type == "MESH")
    store(face, BLINK)
    bpy.ops.wm.save_as_mainfile(filepath=shot)
    bpy.ops.wm.open_mainfile(filepath=shot)
    again = next(obj for obj in bpy.data.objects if obj.library is None and obj.type == "MESH")
    assert stored_mapping.read(again, None, ()).rows == (BLINK,)


def test_a_head_of_flame_by_others_performs_flame(add_face, add_armature):
    rig = add_armature()
    add_bones(rig, jaw=(0, 0, 0))
    keys = [f"Exp{n}" for n in range(1, 11)] + [f"Pose{n}" for n in range(1, 19)]
    face = add_face(armature=rig, names=keys)
    basis = FLAME(10)
    values = np.zeros((6, 13), np.float32)
    values[:, 0] = np.linspace(-3, 4, 6)
    values[:, basis.index["jaw_x"]] = np.linspace(0, 0.5, 6)
    bake(face, performance_of(FaceCurves(values, basis, 30)))
    shapes = played(face, 6)
    assert shapes[:, 0] == pytest.approx(values[:, 0], abs=1e-4)
    assert shapes[-1, keys.index("Pose14")] == pytest.approx(np.cos(0.5) - 1, abs=1e-4)
    assert shapes[-1, keys.index("Pose15")] == pytest.approx(-np.sin(0.5), abs=1e-4)
    assert rig.pose.bones["jaw"].matrix_basis.to_quaternion().angle == pytest.approx(0.5, abs=1e-4)
    with pytest.raises(EmoTalkError, match="are those of FLAME; choose a model that performs FLAME"):
        find(face)


def test_the_keys_of_an_arkit_face_are_those_of_its_channels(add_face, performance):
    face = add_face()
    made = performance(30)
    character, _baked = bake(face, made, baking.KeySettings(0.004))
    assert character.mapping.rows == ()
    prepared = baking.prepare(made, Timing(1, 1), baking.KeySettings(0.004))
    for curve in all_curves(bpy.data.actions["EmoTalk line"]):
        keys = prepared.face_keys[curve.data_path.split('"')[1]]
        assert [point.co[0] for point in curve.keyframe_points] == pytest.approx(prepared.timing.frames(keys.frames))
        assert [point.co[1] for point in curve.keyframe_points] == pytest.approx(keys.values, abs=1e-6)


def test_a_second_run_writes_to_the_curves_that_are_there(add_face, add_armature, performance):
    rig = add_armature()
    add_bones(rig, jaw=(0, 0, 0), corner=(0.1, 0, 0))
    rig["sneer"] = 0.5
    face = add_face(armature=rig, names=["Shut"])
    store(rig, JAW, SMILE, BLINK, SNEER)
    bake(face, performance(10))
    action = bpy.data.actions["EmoTalk line"]
    made = performance(10, seed=3)
    bake(face, made)
    assert bpy.data.actions["EmoTalk line"] == action
    curve = next(c for c in all_curves(action) if c.data_path == '["sneer"]')
    expected = 0.1 + 2 * made.face.channel("noseSneerLeft")
    assert [point.co[1] for point in curve.keyframe_points] == pytest.approx(expected, abs=1e-5)
    store(rig, JAW)
    bake(face, made)
    assert {c.data_path for c in all_curves(bpy.data.actions["EmoTalk line"])} & {'["sneer"]'} == set()
    assert rig["sneer"] == 0.5


def test_the_upper_face_alone_leaves_the_mouths_controls_alone(add_face, add_armature, performance):
    rig = add_armature()
    add_bones(rig, jaw=(0, 0, 0), corner=(0.1, 0, 0))
    add_face(armature=rig, names=["Shut"])
    store(rig, JAW, SMILE, BLINK)
    bake(rig, performance(10), baking.KeySettings(0, part="Upper face"))
    paths = {curve.data_path for curve in all_curves(bpy.data.actions["EmoTalk line"])}
    assert 'key_blocks["Shut"].value' in paths
    assert not any("jaw" in path or "corner" in path for path in paths)


def test_edits_of_mapped_curves_survive_the_next_run(add_face, performance):
    face = add_face(names=names.OCULUS)
    bake(face, performance(20))
    curve = next(c for c in all_curves(bpy.data.actions["EmoTalk line"]) if "viseme_aa" in c.data_path)
    curve.keyframe_points[10].co[1] += 0.2
    curve.update()
    made = performance(20, seed=5)
    character, baked = bake(face, made)
    assert baked.edited == 1
    again = next(c for c in all_curves(bpy.data.actions["EmoTalk line"]) if "viseme_aa" in c.data_path)
    generated = character.mapping.apply(made).channel("viseme_aa")
    assert again.evaluate(11) == pytest.approx(generated[10] + 0.2, abs=2e-3)


def test_a_flattened_action_has_bones_and_properties_too(add_face, add_armature, performance):
    from emotalk.blender_emotalk import flattening

    rig = add_armature()
    add_bones(rig, jaw=(0, 0, 0), corner=(0.1, 0, 0))
    rig["sneer"] = 0.5
    face = add_face(armature=rig, names=["Shut"])
    store(rig, JAW, SMILE, SNEER, BLINK)
    bake(face, performance(10))
    flattening.flatten(find(face, None), bpy.context.scene)
    flat = next(action for action in bpy.data.actions if "Flattened" in action.name)
    paths = {curve.data_path for curve in all_curves(flat)}
    assert {'["sneer"]', 'pose.bones["corner"].location', 'key_blocks["Shut"].value'} <= paths


def test_reset_brings_bones_and_properties_to_rest(add_face, add_armature):
    rig = add_armature()
    add_bones(rig, jaw=(0, 0, 0), corner=(0.1, 0, 0))
    rig["sneer"] = 0.5
    face = add_face(armature=rig, names=["Shut"])
    rig.pose.bones["corner"].location = (1, 2, 3)
    rig.pose.bones["jaw"].rotation_quaternion = (0, 1, 0, 0)
    store(rig, JAW, SMILE, SNEER, BLINK)
    rested = resting.rest(find(face))
    assert (rested.shape_keys, rested.controls) == (1, 3)
    assert rig["sneer"] == pytest.approx(0.1)
    assert rig.pose.bones["corner"].location[:] == (1, 2, 0)
    assert rig.pose.bones["jaw"].rotation_quaternion[:] == (1, 0, 0, 0)


@pytest.fixture
def rigify():
    """A human rig as Rigify generates it."""
    import addon_utils  # only there once Blender has started

    addon = bpy.context.preferences.addons.new()
    addon.module = "rigify"
    addon_utils.enable("rigify")
    bpy.ops.object.armature_human_metarig_add()
    bpy.ops.pose.rigify_generate()
    yield bpy.context.object
    addon_utils.disable("rigify")
    bpy.context.preferences.addons.remove(addon)


def test_a_face_of_rigify_opens_its_mouth_and_closes_its_eyes(rigify):
    character = find(rigify)
    assert character.mapping.name == "Rigify face"
    assert character.faces == ()

    def pose(**values):
        row = np.zeros((2, 52), np.float32)
        for name, value in values.items():
            row[:, ARKIT.index[name]] = value
        bake(rigify, performance_of(FaceCurves(row, ARKIT, 30)))
        bpy.context.scene.frame_set(2)
        bones = rigify.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
        gap = bones["DEF-lip.T.L"].head.z - bones["DEF-lip.B.L"].head.z
        lids = bones["DEF-lid.T.L.002"].head.z - bones["DEF-lid.B.L.002"].head.z
        return gap, bones["DEF-lip.T.L.001"].tail.x, lids

    rest, opened = pose(), pose(jawOpen=1)
    mouth = 2 * rest[1]
    assert 0.3 * mouth < opened[0] - rest[0] < 1.0 * mouth
    closed = pose(jawOpen=0.5, mouthClose=0.42)
    assert closed[0] - rest[0] < 0.35 * (pose(jawOpen=0.5)[0] - rest[0])
    assert pose(mouthSmileLeft=1, mouthSmileRight=1)[1] > rest[1] + 0.05 * mouth
    assert pose(mouthPucker=1)[1] < rest[1] - 0.05 * mouth
    assert abs(pose(eyeBlinkLeft=1, eyeBlinkRight=1)[2]) < 0.35 * rest[2]
    baking.clear(find(rigify, None))
    assert rigify.pose.bones["jaw_master"].rotation_quaternion[:] == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("hide", "sentence"),
    [
        ("mute", "the shape keys of Face are muted; press Repair"),
        ("absolute", "the shape keys of Face are absolute; press Repair, or switch Relative on"),
        ("edit", "the shape keys of Face are not shown in Edit Mode"),
    ],
)
def test_what_hides_a_viseme_is_said_and_left_as_it_is(add_face, performance, hide, sentence):
    face = add_face(names=names.OCULUS)
    key = face.data.shape_keys
    for block in key.key_blocks[1:]:
        block.mute = hide == "mute"
    key.use_relative = hide != "absolute"
    if hide == "edit":
        bpy.ops.object.mode_set(mode="EDIT")
    character, _baked = bake(face, performance(20))
    hindrance = hidden_motion.find(character, "line", bpy.context.scene)
    assert sentence in hindrance.clause
    assert all(block.mute == (hide == "mute") for block in key.key_blocks[1:])
    assert key.use_relative == (hide != "absolute")


def test_locked_shape_keys_are_said(add_face):
    face = add_face()
    face.data.shape_keys.key_blocks["jawOpen"].lock_shape = True
    assert find(face).remarks == ("One locked shape key is keyed on Face, too: a lock protects a shape, not its value",)
