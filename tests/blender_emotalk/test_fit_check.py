"""Fit Check sees what Blender evaluates, says what it cannot measure, and leaves no trace."""

import json

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import fit_check, lip_marks, mapping_desk
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.heads import add_sample_head
from emotalk.face.basis import ARKIT, FLAME
from emotalk.face.fit import VISEME_GAPS
from emotalk.face.mapping import LOCATION, PROPERTY, ROTATION, SHAPE_KEY, Mapping, Row, Target
from emotalk.face.sample_head import build_sample_head
from emotalk.inference.contract import EmoTalkError

PLAIN = Mapping(tuple(Row(Target(SHAPE_KEY, name), ((name, 1.0),)) for name in ARKIT.channels))


@pytest.fixture
def head():
    line_to_set(bpy.context.scene)
    armature = add_sample_head(bpy.context.scene.collection)
    bpy.context.view_layer.objects.active = skin(armature)
    return armature


def skin(_armature=None):
    return bpy.data.objects["EmoTalk Head Skin"]


def key():
    return skin().data.shape_keys.key_blocks


def check(anchor):
    return mapping_desk.check(anchor, bpy.context.scene, ARKIT)[0]


def points_of(block):
    points = np.empty(3 * len(block.data), np.float32)
    block.data.foreach_get("co", points)
    return points


def stretch(name, factor, mesh=None):
    """Make a shape of a mesh stronger."""
    blocks = (mesh or skin()).data.shape_keys.key_blocks
    basis, points = points_of(blocks[0]), points_of(blocks[name])
    blocks[name].data.foreach_set("co", basis + factor * (points - basis))


def empty(name):
    for mesh in skin().parent.children:
        if mesh.data.shape_keys is not None and name in mesh.data.shape_keys.key_blocks:
            stretch(name, 0, mesh)


def test_the_built_in_head_is_measured_with_lids_and_teeth(head):
    fit = check(head)
    assert fit.lines == ("13 of 15 mouth openings fit: FF, TH too open",)
    assert fit.collisions.teeth is not None
    assert 0 < fit.collisions.lip_to_teeth < 0.02
    assert set(fit.blinks) == {"left", "right"}


def animate_it():
    scene = bpy.context.scene
    blocks, armature = key(), skin().parent
    blocks["jawOpen"].value = 0.3
    blocks["jawOpen"].keyframe_insert("value", frame=1)
    blocks["jawOpen"].value = 0.9
    blocks["jawOpen"].keyframe_insert("value", frame=20)
    bone = armature.pose.bones["head"]
    bone.rotation_mode = "XYZ"
    bone.rotation_euler = (0.3, 0.2, 0.5)
    bone.keyframe_insert("rotation_euler", frame=1)
    armature.rotation_euler[2] = 1.1
    armature.location.x = 3
    scene.frame_set(7, subframe=0.25)
    blocks["mouthSmileLeft"].value = 0.4
    blocks["mouthPucker"].slider_max = 0.5
    skin().modifiers.new("Smooth", "SUBSURF")
    bpy.context.view_layer.update()


def test_the_scene_is_left_as_it_was(head, everything):
    animate_it()
    before = everything()
    assert bpy.ops.emotalk.check_fit() == {"FINISHED"}
    bpy.context.view_layer.update()
    assert everything() == before
    matrices = [tuple(map(tuple, obj.matrix_world)) for obj in bpy.data.objects]
    assert bpy.ops.emotalk.check_fit() == {"FINISHED"}
    assert [tuple(map(tuple, obj.matrix_world)) for obj in bpy.data.objects] == matrices


def test_animation_turned_heads_and_subdivision_do_not_change_the_measures(head):
    still = check(head)
    animate_it()
    key()["mouthSmileLeft"].value = 0
    moved = check(head)
    # The head turns by half a radian, and the chin hangs a little on the neck.
    assert moved.gaps == pytest.approx(still.gaps, abs=2e-3)
    assert moved.blinks == pytest.approx(still.blinks, abs=2e-3)
    assert moved.widths == pytest.approx(still.widths, abs=2e-3)
    assert moved.collisions.lip_to_teeth == pytest.approx(still.collisions.lip_to_teeth, abs=2e-3)


def test_a_corrective_that_a_driver_moves_counts(head):
    still = check(head)
    corrective = skin().shape_key_add(name="corrective", from_mix=False)
    corrective.value = 0
    corrective.data.foreach_set("co", points_of(key()[0]) + points_of(key()["jawOpen"]) - points_of(key()[0]))
    driver = corrective.driver_add("value").driver
    driver.expression = "jaw"
    variable = driver.variables.new()
    variable.name = "jaw"
    variable.targets[0].id_type, variable.targets[0].id = "KEY", skin().data.shape_keys
    variable.targets[0].data_path = key()["jawOpen"].path_from_id("value")
    doubled = check(head)
    assert doubled.gaps["aa"] > 1.8 * still.gaps["aa"]
    assert doubled.closure == pytest.approx(2 * still.closure, rel=1e-3)


def test_a_jaw_bone_is_measured_and_calibrated(head):
    empty("jawOpen")
    bones = Row(Target(ROTATION, "jaw", 0), (("jawOpen", 0.6),))
    group = skin().vertex_groups["jaw"] if "jaw" in skin().vertex_groups else skin().vertex_groups.new(name="jaw")
    basis = points_of(key()[0]).reshape(-1, 3)
    lower = lower_half(basis)
    group.add(lower.tolist(), 1.0, "REPLACE")
    for other in skin().vertex_groups:
        if other != group:
            other.remove(lower.tolist())
    rows = [row for row in PLAIN.rows if row.target.name != "jawOpen"]
    mapping_desk.store(head, Mapping((bones, *rows), "bones"))
    before = check(head)
    assert abs(before.gaps["aa"] / VISEME_GAPS["aa"] - 1) > 0.15
    _before, after = mapping_desk.calibrate_character(head, bpy.context.scene, ARKIT)
    assert after.gaps["aa"] == pytest.approx(VISEME_GAPS["aa"], rel=0.15)
    assert tuple(head.pose.bones["jaw"].rotation_euler) == (0, 0, 0)


def lower_half(basis):
    """The vertices that jawOpen of the built-in head takes along by half at least."""
    moves = build_sample_head().parts["skin"].shapes["jawOpen"]
    assert len(moves) == len(basis)
    return np.flatnonzero(-moves[:, 2] > 0.5 * -moves[:, 2].min())


def test_values_of_bones_and_properties_come_back(head, everything):
    head["level"] = 0.125
    head.pose.bones["jaw"].location.y = 0.25
    head.pose.bones["jaw"].rotation_quaternion = (0.8, 0.6, 0, 0)
    rows = [
        Row(Target(PROPERTY, "level"), (("mouthPress", 1.0),)),
        Row(Target(LOCATION, "jaw", 1), (("cheekPuff", 1.0),)),
    ]
    rows = [*rows, Row(Target(ROTATION, "jaw", 2), (("jawLeft", 1.0),))]
    mapping_desk.store(head, Mapping((*rows, *PLAIN.rows), "mixed"))
    bpy.context.view_layer.update()
    before = everything()
    check(head)
    bpy.context.view_layer.update()
    assert everything() == before
    assert head["level"] == 0.125


@pytest.mark.parametrize("name", ["jawOpen", "cheekPuff"])
def test_what_fails_on_the_way_leaves_nothing_behind_either(head, everything, monkeypatch, name):
    animate_it()
    before = everything()

    def fail(meshes, play, pose):
        play(name)
        raise EmoTalkError("broken")

    monkeypatch.setattr(fit_check, "_places", fail)
    with pytest.raises((EmoTalkError, ValueError)):
        check(head)
    bpy.context.view_layer.update()
    assert everything() == before


def test_teeth_that_go_through_a_lip_are_found(head):
    teeth = bpy.data.objects["EmoTalk Head Teeth Upper"]
    assert "teeth" not in check(head).sentence
    block = teeth.shape_key_add(name="Basis")
    block = teeth.shape_key_add(name="mouthPucker")
    block.value = 0
    points = points_of(block).reshape(-1, 3) + np.array([0, -0.015, 0])
    block.data.foreach_set("co", points.ravel())
    fit = check(head)
    assert "the teeth go through the lips in " in fit.sentence


def test_lips_that_go_through_each_other_are_found(head):
    stretch("mouthPressLeft", 16)
    stretch("mouthPressRight", 16)
    assert "the lips go through each other in PP" in check(head).sentence


def test_a_face_without_teeth_says_so(head):
    for name in ("EmoTalk Head Teeth Upper", "EmoTalk Head Teeth Lower"):
        bpy.data.objects.remove(bpy.data.objects[name])
    assert "the teeth were not measured: no visible mesh and no material is named Teeth" in check(head).sentence


def test_muted_keys_are_said_and_a_still_face_is_refused(head):
    key()["mouthLeft"].mute = True
    assert "one muted shape key took no part" in check(head).sentence
    for mesh in head.children:
        if mesh.data.shape_keys is not None:
            for block in mesh.data.shape_keys.key_blocks:
                block.mute = True
    with pytest.raises(EmoTalkError, match="Nothing would move, because the shape keys of"):
        check(head)


def test_hidden_meshes_and_other_bases_are_said(head):
    skin().hide_set(True)
    with pytest.raises(EmoTalkError, match="'EmoTalk Head Skin' is hidden; show it to measure it"):
        check(head)
    skin().hide_set(False)
    with pytest.raises(EmoTalkError, match="measured with ARKit's coefficients"):
        mapping_desk.check(head, bpy.context.scene, FLAME(10))


def select(numbers):
    """Select these vertices only, in Edit Mode."""
    import bmesh  # bpy brings it

    if skin().mode != "EDIT":
        bpy.ops.object.mode_set(mode="EDIT")
    edited = bmesh.from_edit_mesh(skin().data)
    for vertex in edited.verts:
        vertex.select_set(vertex.index in set(numbers))
    bmesh.update_edit_mesh(skin().data)


def test_marked_lips_are_measured_where_none_are_found(head):
    usual = check(head)
    landmarks = build_sample_head().landmarks
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        empty(name)
    with pytest.raises(EmoTalkError, match="nothing moves for eyeBlinkLeft; mark the inner edges of the lips"):
        check(head)
    basis = points_of(key()[0]).reshape(-1, 3)
    corners = [landmarks["mouth corner left"], landmarks["mouth corner right"]]
    for lip, middle in (("UPPER", landmarks["upper lip"]), ("LOWER", landmarks["lower lip"])):
        select([*corners, middle])
        assert bpy.ops.emotalk.mark_lips(lip=lip) == {"FINISHED"}
    bpy.ops.object.mode_set(mode="OBJECT")
    assert set(lip_marks.marked(skin(), "UPPER")) == {*corners, landmarks["upper lip"]}
    fit = check(head)
    width = basis[corners[0], 0] - basis[corners[1], 0]
    ratio = 0.06066 / (1.38 * width)
    assert fit.gaps["aa"] == pytest.approx(usual.gaps["aa"] * ratio, rel=0.02)
    assert "the lids were not measured" in fit.sentence


def test_marking_replaces_the_earlier_mark_and_needs_a_selection(head):
    with pytest.raises(RuntimeError, match="Select the inner edge of one lip in Edit Mode"):
        bpy.ops.emotalk.mark_lips(lip="UPPER")
    select([1, 2, 3, 4])
    bpy.ops.emotalk.mark_lips(lip="UPPER")
    select([2, 3, 5])
    bpy.ops.emotalk.mark_lips(lip="UPPER")
    select([2])
    with pytest.raises(RuntimeError, match="three vertices at least"):
        bpy.ops.emotalk.mark_lips(lip="UPPER")
    bpy.ops.object.mode_set(mode="OBJECT")
    assert lip_marks.marked(skin(), "UPPER").tolist() == [2, 3, 5]
    assert lip_marks.marked(skin(), "LOWER").tolist() == []


def test_one_click_applies_the_correction_and_a_preset_takes_it_elsewhere(head, tmp_path):
    stretch("jawOpen", 1.7)
    stretch("eyeBlinkLeft", 0.7)
    assert bpy.ops.emotalk.check_fit() == {"FINISHED"}
    table = bpy.context.window_manager.emotalk_mapping
    findings = table.findings.splitlines()
    assert not table.fits
    assert findings[0].endswith("too open")
    assert any(line.startswith("The left eye does not close: ") for line in findings)
    assert findings[-1].startswith("Calibrate would set jawOpen × 0.5")
    assert head.emotalk_mapping == ""
    assert bpy.ops.emotalk.calibrate() == {"FINISHED"}
    assert table.fits
    assert table.findings.splitlines()[0] == "15 of 15 mouth openings fit"
    assert check(head).is_good
    gains = {row["shape_key"]: row.get("gain", 1) for row in json.loads(head.emotalk_mapping)["rows"]}
    assert gains["eyeBlinkLeft"] == pytest.approx(1 / 0.7, rel=0.05)
    path = tmp_path / "preset.json"
    bpy.ops.emotalk.export_mapping(filepath=str(path))
    mapping_desk.store(head, None)
    assert not check(head).is_good
    bpy.ops.emotalk.import_mapping(filepath=str(path))
    assert check(head).is_good
