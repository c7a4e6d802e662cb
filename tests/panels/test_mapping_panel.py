"""The box Mapping: Auto-Map, the table, files, Fit Check and Calibrate."""

import json

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import line_states, mapping_table
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.mapping_desk import check
from emotalk.face.basis import ARKIT
from emotalk.face.fit import VISEME_GAPS
from emotalk.face.visemes import VISEMES
from emotalk.panels.mapping import MappingPanel

OCULUS = ["viseme_" + name for name in "sil PP FF TH DD kk CH SS nn RR aa E I O U".split()]


def table():
    return bpy.context.window_manager.emotalk_mapping


@pytest.fixture
def viseme_face(add_face):
    line_to_set(bpy.context.scene)
    return add_face(names=OCULUS)


@pytest.fixture
def head():
    line_to_set(bpy.context.scene)
    bpy.ops.emotalk.add_sample_head()
    return bpy.data.objects["EmoTalk Head Skin"]


def test_auto_map_stores_and_says_what_is_missing(viseme_face, capfd):
    assert bpy.ops.emotalk.auto_map() == {"FINISHED"}
    said = capfd.readouterr().out
    assert "Warning: Face: Oculus visemes, 14 of 14 names; nothing for the brows" in said
    assert json.loads(viseme_face.emotalk_mapping)["name"] == "Oculus visemes"
    assert len(table().rows) == 14
    assert table().heading == "Oculus visemes: 14 of 14 names, confidence 100%"
    assert table().missing.startswith("Nothing for the brows, the lids")


def test_auto_map_refuses_what_it_does_not_know(add_face):
    line_to_set(bpy.context.scene)
    face = add_face(names=["Smile"])
    with pytest.raises(RuntimeError, match="None of the shape keys, bones and properties of 'Face' has a name"):
        bpy.ops.emotalk.auto_map()
    assert face.emotalk_mapping == ""


def test_an_edit_in_the_table_is_stored_and_heeded(viseme_face):
    mapping_table.fill(bpy.context)
    assert mapping_table.is_current(bpy.context)
    row = next(row for row in table().rows if row.target == "viseme_aa")
    row.gain, row.offset = 0.5, 0.125
    stored = {row.target.name: row for row in find_character(viseme_face, bpy.context.scene).mapping.rows}
    assert (stored["viseme_aa"].gain, stored["viseme_aa"].offset) == (0.5, 0.125)
    assert stored["viseme_PP"].gain == 1
    row = next(row for row in table().rows if row.target == "viseme_aa")
    row.target = "viseme_sil"
    names = {row.target.name for row in find_character(viseme_face, bpy.context.scene).mapping.rows}
    assert "viseme_sil" in names
    assert "viseme_aa" not in names
    row = next(row for row in table().rows if row.target == "viseme_PP")
    row.target = "viseme_FF"
    assert "viseme_FF is a target twice" in table().sentence


def test_the_table_can_be_searched_by_control_and_by_channel(viseme_face):
    mapping_table.fill(bpy.context)
    assert any("viseme_FF" in row.name and "mouthRollLower" in row.name for row in table().rows)


def test_the_table_follows_the_character(viseme_face, add_face):
    mapping_table.fill(bpy.context)
    add_face("Other", ["jawOpen"])
    assert not mapping_table.is_current(bpy.context)
    mapping_table.fill(bpy.context)
    assert [row.target for row in table().rows] == ["jawOpen"]
    bpy.context.view_layer.objects.active = None
    mapping_table.fill(bpy.context)
    assert "No character is selected" in table().sentence


def test_forget_brings_the_names_back(viseme_face):
    viseme_face.emotalk_mapping = '{"emotalk_mapping": 1, "rows": []}'
    assert bpy.ops.emotalk.forget_mapping() == {"FINISHED"}
    assert viseme_face.emotalk_mapping == ""
    assert find_character(viseme_face, bpy.context.scene).moved_keys


def test_a_mapping_goes_to_another_character_by_a_file(viseme_face, add_face, tmp_path):
    mapping_table.fill(bpy.context)
    next(row for row in table().rows if row.target == "viseme_aa").gain = 0.5
    path = tmp_path / "mine"
    assert bpy.ops.emotalk.export_mapping(filepath=str(path)) == {"FINISHED"}
    with pytest.raises(RuntimeError, match="mine"):
        bpy.ops.emotalk.export_mapping(filepath=str(path))
    other = add_face("Other", OCULUS)
    assert bpy.ops.emotalk.import_mapping(filepath=str(path.with_suffix(".json"))) == {"FINISHED"}
    assert other.emotalk_mapping == viseme_face.emotalk_mapping
    path.with_suffix(".json").write_text("{}")
    with pytest.raises(RuntimeError, match=r"mine.json: this is no character mapping"):
        bpy.ops.emotalk.import_mapping(filepath=str(path.with_suffix(".json")))


def test_the_panel_shows_the_table_and_its_buttons(viseme_face, drawn):
    mapping_table.fill(bpy.context)
    record = drawn(MappingPanel)
    assert ("list", "rows") in record
    assert {"emotalk.auto_map", "emotalk.calibrate", "emotalk.check_fit"} <= {name for _kind, name in record}
    assert any("Oculus visemes: 14 of 14" in text for kind, text in record if kind == "label")


def test_calibration_brings_other_gains_to_the_same_openings(head):
    scene = bpy.context.scene
    skin = head.data.shape_keys
    factors = {
        "jawOpen": 1.7,
        "mouthClose": 1.7,
        "mouthFunnel": 0.6,
        "mouthLowerDownLeft": 2.0,
        "mouthLowerDownRight": 2.0,
    }
    for name, factor in factors.items():
        block, basis = skin.key_blocks[name], skin.key_blocks[0]
        points = [np.empty(3 * len(block.data)) for _each in range(2)]
        basis.data.foreach_get("co", points[0])
        block.data.foreach_get("co", points[1])
        block.data.foreach_set("co", points[0] + factor * (points[1] - points[0]))
    before, _changes = check(head, scene, ARKIT)
    assert len(before.misses) >= 8
    assert bpy.ops.emotalk.check_fit() == {"FINISHED"}
    assert "too open" in table().findings
    assert bpy.ops.emotalk.calibrate() == {"FINISHED"}
    after, _changes = check(head, scene, ARKIT)
    assert not after.misses
    for name in set(VISEMES) - {"PP"}:
        assert after.gaps[name] == pytest.approx(VISEME_GAPS[name], rel=0.15)
    assert not after.is_contact_missed
    assert table().findings.splitlines()[0] == "15 of 15 mouth openings fit"
    assert "Before: " in table().findings
    assert find_character(head, scene).mapping.rows


def test_a_face_that_cannot_be_measured_is_said(viseme_face, add_face):
    with pytest.raises(RuntimeError, match="nothing moves for eyeBlinkLeft; mark the inner edges of the lips"):
        bpy.ops.emotalk.calibrate()
    add_face("Jaw", ["browInnerUp", "jawOpen"])
    with pytest.raises(RuntimeError, match="nothing moves for"):
        bpy.ops.emotalk.check_fit()
    add_face("Bare", ())
    with pytest.raises(RuntimeError, match="Bare is no face: it has no shape keys"):
        bpy.ops.emotalk.calibrate()


def test_the_panel_shows_what_was_found_and_lips_can_be_marked_in_edit_mode(head, drawn):
    bpy.ops.emotalk.check_fit()
    record = drawn(MappingPanel)
    labels = " ".join(text for kind, text in record if kind == "label")
    assert "13 of 15 mouth openings fit" in labels
    assert "Calibrate would set" in labels
    assert ("operator", "emotalk.mark_lips") not in record
    bpy.context.view_layer.objects.active = head
    bpy.ops.object.mode_set(mode="EDIT")
    assert [button["text"] for button in drawn(MappingPanel).buttons if button["name"] == "emotalk.mark_lips"] == [
        "Upper Lip",
        "Lower Lip",
    ]


def test_a_line_is_stale_after_its_characters_mapping_has_changed(head):
    scene = bpy.context.scene
    line = line_to_set(scene)
    line.character = head
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    line_states.refresh(scene)
    assert line.state == line_states.ANIMATED
    bpy.ops.emotalk.auto_map()
    next(row for row in table().rows if row.target == "jawOpen").gain = 0.5
    line_states.refresh(scene)
    assert line.state == line_states.STALE
