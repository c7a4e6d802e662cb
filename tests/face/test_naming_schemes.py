"""Rigs with exactly the names that were published are recognised, and every channel moves what it should."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from emotalk.face.basis import ARKIT, FLAME
from emotalk.face.mapping import LOCATION, PROPERTY, ROTATION, SHAPE_KEY, SOLVE
from emotalk.face.naming_schemes import BoneRest, Rig, recognise, schemes

_spec = importlib.util.spec_from_file_location("published_names", Path(__file__).parent / "published_names.py")
names = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(names)

RIGS = {
    "CC4_EXTENDED": ("Character Creator 4 (Extended)", ""),
    "CC4_STANDARD": ("Character Creator 4 (Standard)", ""),
    "CC3_TRADITIONAL": ("Character Creator 3 and iClone (Traditional)", "jawForward jawLeft eyeLookUpLeft"),
    "CC3_EXPRESSION_PLUS": ("Character Creator 3 (ExpressionPlus)", "tongueOut"),
    "DAZ_8": ("Daz Genesis 8.1 FACS", ""),
    "DAZ_9": ("Daz Genesis 9 FACS", "jawForward"),
    "METAHUMAN": ("MetaHuman", ""),
    "ICT": ("ICT-FaceKit", "tongueOut"),
    "VROID": ("VRoid", "cheekPuff jawLeft eyeLookUpLeft"),
    "VRM_0": ("VRM 0 expressions", "browInnerUp cheekPuff"),
    "VRM_1": ("VRM 1 expressions", "browInnerUp cheekPuff"),
    "READY_PLAYER_ME": ("Ready Player Me", "browInnerUp jawLeft"),
    "OCULUS": ("Oculus visemes", "browInnerUp eyeBlinkLeft"),
    "VRCHAT": ("VRChat visemes", "browInnerUp eyeBlinkLeft"),
    "MMD": ("MMD", "cheekPuff jawLeft eyeLookUpLeft"),
    "PRESTON_BLAIR": ("Preston-Blair", "browInnerUp eyeBlinkLeft tongueOut"),
    "RHUBARB": ("Hanna-Barbera (Rhubarb)", "browInnerUp eyeBlinkLeft tongueOut"),
    "MPFB2": ("MPFB2 (Microsoft visemes)", "browInnerUp eyeBlinkLeft"),
}


def rows_of(mapping):
    return {row.target.name: row for row in mapping.rows}


@pytest.mark.parametrize("rig", RIGS)
def test_published_names_are_recognised(rig):
    published = getattr(names, rig)
    found = recognise(Rig((tuple(reversed(published)), ("jawOpenFix", "Smile_Big"))))
    scheme, missing = RIGS[rig]
    assert found.mapping.name == scheme
    assert found.confidence >= 0.9
    assert {row.target.name for row in found.mapping.rows} <= set(published)
    assert set(missing.split()) <= set(found.missing)
    assert "jawOpen" not in found.missing
    if not missing:
        assert found.missing == ()


@pytest.mark.parametrize("form", ["{}.001", "Genesis8_1Female__{}", "{}_morph", "Face.{}"])
@pytest.mark.parametrize("rig", ["CC4_EXTENDED", "DAZ_8", "METAHUMAN", "OCULUS", "VROID", "MPFB2"])
def test_copies_and_what_all_names_have_in_common_are_understood(rig, form):
    published = [form.format(name) for name in getattr(names, rig)]
    plain = recognise(Rig((tuple(getattr(names, rig)),)))
    found = recognise(Rig((tuple(published),)))
    assert {row.target.name for row in found.mapping.rows} == {form.format(n) for n in rows_of(plain.mapping)}
    assert (found.mapping.name, found.missing) == (plain.mapping.name, plain.missing)


def test_each_channel_reaches_the_control_that_means_the_same():
    cc = rows_of(recognise(Rig((tuple(names.CC4_EXTENDED),))).mapping)
    assert cc["Eye_L_Look_R"].sources == (("eyeLookInLeft", 1.0),)
    assert cc["Eye_R_Look_R"].sources == (("eyeLookOutRight", 1.0),)
    assert cc["Brow_Drop_L"].sources == (("browDownLeft", 1.0),)
    meta = rows_of(recognise(Rig((tuple(names.METAHUMAN),))).mapping)
    assert meta["CTRL_expressions_mouthCornerPullL"].sources == (("mouthSmileLeft", 1.0),)
    assert meta["CTRL_expressions_eyeLookLeftR"].sources == (("eyeLookInRight", 1.0),)
    mmd = rows_of(recognise(Rig((tuple(names.MMD),))).mapping)
    assert mmd["ウィンク２"].sources == (("eyeBlinkLeft", 1.0),)
    assert "まばたき" not in mmd  # both eyes have their own
    assert mmd["あ"].combine == SOLVE


def test_arkit_wins_where_it_moves_as_much():
    everything = (*ARKIT.channels, *names.OCULUS, *names.CC4_EXTENDED)
    found = recognise(Rig((everything,)))
    assert found.mapping.name == "ARKit"
    assert [row.target.name for row in found.mapping.rows] == list(ARKIT.channels)
    assert found.confidence == 1


def test_a_lone_shape_of_the_mouth_is_solved_together_with_visemes():
    found = recognise(Rig((("jawOpen", "browInnerUp", *names.OCULUS),)))
    rows = rows_of(found.mapping)
    assert rows["jawOpen"].combine == rows["viseme_aa"].combine == SOLVE
    assert rows["browInnerUp"].combine != SOLVE
    assert found.mapping.name == "Oculus visemes + ARKit"


def test_a_head_with_two_sets_of_visemes_speaks_by_one():
    found = recognise(Rig(((*names.VRCHAT, *names.MMD),)))
    assert not {"あ", "い"} & set(rows_of(found.mapping)) or not {"vrc.v_aa"} & set(rows_of(found.mapping))


def test_half_a_set_is_told_by_the_confidence():
    half = tuple(names.OCULUS[:12])
    found = recognise(Rig((half,)))
    assert found.found < found.expected
    assert 0 < found.confidence < 1 or not found.mapping.rows


def test_nothing_is_recognised_on_a_body():
    assert recognise(Rig((("Basis", "belly", "fat", "L", "R", "A", "smile", "hand_fist_L"),))).mapping.rows == ()


def test_properties_come_before_the_shape_keys_that_they_drive():
    found = recognise(Rig((tuple(names.DAZ_8),), properties=tuple(names.DAZ_8)))
    assert {row.target.kind for row in found.mapping.rows} == {PROPERTY}


@pytest.mark.parametrize(("form", "first"), [("Exp{}", 1), ("Exp{:03}", 0)])
@pytest.mark.parametrize("stands_up_z", [True, False])
def test_flame_heads_of_others(form, first, stands_up_z):
    keys = [form.format(number) for number in range(first, first + 100)]
    poses = [f"Pose{n:03}" if first == 0 else f"Pose{n}" for n in range(first, first + 18)]
    axes = np.eye(3)
    neck = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], float) if stands_up_z else np.eye(3)
    bones = {"neck": BoneRest(np.zeros(3), neck), "jaw": BoneRest(np.zeros(3), axes)}
    found = recognise(Rig(((*keys, *poses),), bones), FLAME(50))
    rows = {(row.target.kind, row.target.name, row.target.axis): row for row in found.mapping.rows}
    assert rows[SHAPE_KEY, keys[0], 0].sources == (("exp000", 1.0),)
    assert rows[SHAPE_KEY, keys[49], 0].sources == (("exp049", 1.0),)
    assert (SHAPE_KEY, keys[50], 0) not in rows
    assert rows[SHAPE_KEY, poses[9], 0].sources == (("jaw_r00", 1.0),)
    assert rows[ROTATION, "jaw", 0].sources == (("jaw_x", 1.0),)
    up = rows[ROTATION, "jaw", 2 if stands_up_z else 1]
    assert up.sources == (("jaw_y", 1.0),)
    assert found.missing == ()


def test_the_face_of_rigify():
    rest = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], float)
    places = {"lips.L": (0.035, -0.15, 1.8), "lips.R": (-0.035, -0.15, 1.8), "lip.T": (0, -0.17, 1.81)}
    places |= {"lip.B": (0, -0.17, 1.79), "jaw_master": (0, -0.06, 1.87)}
    places |= {"lid.T.L.002": (0.05, -0.14, 1.902), "lid.B.L.002": (0.05, -0.14, 1.883)}
    bones = {name: BoneRest(np.array(place, float), rest) for name, place in places.items()}
    rows = {
        (r.target.kind, r.target.name, r.target.axis): dict(r.sources) for r in recognise(Rig((), bones)).mapping.rows
    }
    assert rows[ROTATION, "jaw_master", 0]["jawOpen"] == pytest.approx(np.radians(20), abs=1e-5)
    assert rows[LOCATION, "lips.L", 0]["mouthSmileLeft"] == -rows[LOCATION, "lips.R", 0]["mouthSmileRight"] > 0
    assert rows[LOCATION, "lips.R", 1]["mouthSmileRight"] > 0
    closed = rows[LOCATION, "lid.T.L.002", 1]["eyeBlinkLeft"] - rows[LOCATION, "lid.B.L.002", 1]["eyeBlinkLeft"]
    assert closed == pytest.approx(-0.019, abs=1e-5)


def test_every_scheme_that_comes_with_us_names_channels_that_there_are():
    for scheme in schemes():
        controls = [entry.control for entry in scheme.entries]
        assert len(set(controls)) == len(controls), scheme.name
        assert set(scheme.needs) <= set(controls)
        for entry in scheme.entries:
            assert set(entry.row.channels) <= set(ARKIT.channels), (scheme.name, entry.control)


def test_the_names_of_a_rig_are_compared_once_however_often_somebody_asks():
    names = tuple(f"Head.{name}" for name in ARKIT.channels)
    assert recognise(Rig((names,))) is recognise(Rig((names,)))


@pytest.mark.parametrize(
    "other",
    [
        Rig((("jawOpen", "mouthClose", "jawLeft"),)),
        Rig((("jawOpen", "mouthClose"), ("tongueOut",))),
        Rig((("jawOpen", "mouthClose"),), properties=("tongueOut",)),
    ],
)
def test_rigs_that_differ_are_told_apart(other):
    first = recognise(Rig((("jawOpen", "mouthClose"),)))
    assert recognise(other) is not first
    assert recognise(Rig((("jawOpen", "mouthClose"),)), FLAME(10)) is not first


def test_a_jaw_that_rests_elsewhere_gets_axes_of_its_own():
    keys = (tuple(f"exp_{number}" for number in range(10)),)
    turned = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    jaws = [recognise(Rig(keys, {"jaw": BoneRest(np.zeros(3), axes)}), FLAME(10)) for axes in (np.eye(3), turned)]
    assert jaws[0].mapping != jaws[1].mapping
