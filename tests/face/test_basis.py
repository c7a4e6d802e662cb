"""Bases say what their channels are, and the sample head moves as ARKit's basis says."""

import dataclasses
import json

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.aperture import lip_aperture, lip_contact
from emotalk.face.basis import ARKIT, EYES, FLAME, HEAD, Basis, LipTerm, basis_of
from emotalk.face.controls import Controls
from emotalk.face.curves import FaceCurves
from emotalk.face.sample_head.head import build_sample_head
from emotalk.face.sample_head.measures import lip_gap_mm
from emotalk.face.shaping import shape
from hypothesis import given, settings
from hypothesis import strategies as st

BASES = [ARKIT, HEAD, EYES, FLAME(1), FLAME(50), FLAME(100)]


@pytest.mark.parametrize("basis", BASES, ids=lambda basis: basis.name)
def test_what_a_basis_says_fits_its_channels(basis):
    assert len(set(basis.channels)) == len(basis.channels) == len(basis) == len(basis.units) == len(basis.lowest)
    assert (basis.lowest < basis.highest).all()
    named = [channel for channels in basis.regions.values() for channel in channels]
    assert sorted(named) == sorted(set(named) & set(basis.channels))
    for name, other in basis.mirrored.items():
        assert name != other
        assert basis.mirrored[other] == name
    assert basis.has((*basis.opens_lips, *basis.closes_lips, *(name for seal in basis.seals for name in seal)))


def test_every_channel_of_arkit_has_a_region_and_sides_are_mirrored():
    assert sorted(ARKIT.region(*ARKIT.regions)) == list(range(52))
    assert ARKIT.mirrored["mouthSmileLeft"] == "mouthSmileRight"
    assert "jawOpen" not in ARKIT.mirrored


def test_flame_has_expressions_and_a_jaw():
    basis = FLAME(50)
    assert basis is FLAME(50)
    assert (basis.channels[0], basis.channels[49], basis.channels[50:]) == (
        "exp000",
        "exp049",
        ("jaw_x", "jaw_y", "jaw_z"),
    )
    assert basis.region("jaw") == [50, 51, 52]
    assert (basis.units[0], basis.units[50]) == ("sd", "rad")
    assert not basis.is_bounded
    for expressions in (0, 101):
        with pytest.raises(ValueError, match="1 to 100"):
            FLAME(expressions)


@pytest.mark.parametrize("basis", BASES, ids=lambda basis: basis.name)
def test_channels_tell_their_basis(basis):
    assert basis_of(tuple(json.loads(json.dumps(basis.channels)))) is basis


def test_unknown_channels_are_a_basis_without_regions():
    basis = basis_of(("mouth_oh_c", "jaw"))
    assert basis.channels == ("mouth_oh_c", "jaw")
    assert not basis.regions
    assert basis_of(tuple(reversed(arkit.CHANNELS))) is not ARKIT
    for channels in ((), ("a", "a")):
        with pytest.raises(ValueError, match="unique names"):
            basis_of(channels)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_the_formula_and_its_weights_are_the_same(seed):
    values = np.random.default_rng(seed).random((5, 52)).astype(np.float32)
    np.testing.assert_allclose(lip_aperture(values), values @ ARKIT.lip_weights, atol=1e-6)


@pytest.mark.parametrize("channel", ["mouthClose", "mouthLowerDown", "mouthUpperUp", "mouthFunnel"])
@pytest.mark.parametrize("jaw", [0.0, 0.5])
def test_the_sample_head_opens_its_lips_as_the_formula_says(channel, jaw):
    head = build_sample_head()
    wide = lip_gap_mm(head, arkit.row({"jawOpen": 1})) - lip_gap_mm(head, arkit.row({}))
    gap = lip_gap_mm(head, arkit.row({"jawOpen": jaw, channel: 1})) - lip_gap_mm(head, arkit.row({"jawOpen": jaw}))
    weight = ARKIT.lip_weights[arkit.indices(arkit.sides(channel))].sum()
    assert gap / wide == pytest.approx(weight, abs=0.012)


def test_a_basis_that_does_not_tell_has_no_contacts():
    values = np.random.default_rng(0).normal(0, 1, (9, 53)).astype(np.float32)
    assert not lip_contact(values, FLAME(50)).any()
    assert not lip_aperture(values, FLAME(50)).any()


def test_shaping_asks_the_basis_where_lips_meet_and_how_far_a_channel_goes():
    """A rig of three channels in another order than any of ours, whose lips meet at its own number."""
    rig = Basis(
        name="rig",
        channels=("brow", "lipsTogether", "jawDrop"),
        limits=((-1.0, 1.0), (0.0, 2.0), (0.0, 0.5)),
        units=("", "", ""),
        regions={"brows": ("brow",), "jaw": ("jawDrop",), "lips": ("lipsTogether",)},
        lip_terms=(LipTerm(("jawDrop",), 2.0), LipTerm(("lipsTogether",), -1.0)),
        seals=(("lipsTogether", "jawDrop"),),
    )
    values = np.array([[-0.8, 0.0, 0.4], [-0.8, 0.4, 0.2]], np.float32)
    shaped = shape(FaceCurves(values, rig, 30.0), Controls({"brow_gain": 2, "jaw_gain": 2})).values
    np.testing.assert_allclose(shaped, [[-1, 0, 0.5], [-1, 0.4, 0.4]])
    assert (lip_contact(values, rig) == [0, 1]).all()


def test_a_basis_must_be_complete():
    with pytest.raises(ValueError, match="needs limits and a unit"):
        dataclasses.replace(HEAD, units=())
