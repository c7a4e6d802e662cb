"""Blinks and gaze are merged into the channels of a face that has them, and kept separate otherwise."""

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.basis import ARKIT, EYES, FLAME
from emotalk.face.curves import FaceCurves, Performance, performance_of, still
from emotalk.face.eyes import merge_eyes
from hypothesis import given
from hypothesis import strategies as st


def looking(clamped=True, face=None, **eyes):
    """One frame of a face with these eyes."""
    values = np.zeros((1, 52), np.float32)
    for name, value in (face or {}).items():
        values[0, arkit.INDEX[name]] = value
    moved = np.zeros((1, 4), np.float32)
    for name, value in eyes.items():
        moved[0, EYES.index[name]] = value
    plain = performance_of(FaceCurves(values, ARKIT, 30.0))
    return Performance(plain.face, plain.head, FaceCurves(moved, EYES, 30.0), clamped)


def changed(performance):
    """The channels that are not 0."""
    return {name: float(value) for name, value in zip(ARKIT.channels, performance.face.values[0], strict=True) if value}


@pytest.mark.parametrize(
    ("look", "channels"),
    [
        ({"lookLeft": 0.5}, {"eyeLookOutLeft": 0.5, "eyeLookInRight": 0.5}),
        ({"lookLeft": -0.5}, {"eyeLookInLeft": 0.5, "eyeLookOutRight": 0.5}),
        ({"lookUp": 0.25}, {"eyeLookUpLeft": 0.25, "eyeLookUpRight": 0.25}),
        ({"lookUp": -0.25}, {"eyeLookDownLeft": 0.25, "eyeLookDownRight": 0.25}),
        ({"blinkLeft": 1}, {"eyeBlinkLeft": 1}),
        ({"blinkRight": 0.5}, {"eyeBlinkRight": 0.5}),
    ],
    ids=str,
)
def test_both_eyes_look_the_same_way(look, channels):
    assert changed(merge_eyes(looking(**look))) == channels


@given(own=st.floats(0, 1, width=32), blink=st.floats(0, 1, width=32))
def test_a_blink_closes_what_the_lid_leaves_open(own, blink):
    lid = merge_eyes(looking(face={"eyeBlinkLeft": own}, blinkLeft=blink)).face.channel("eyeBlinkLeft")[0]
    assert lid == pytest.approx(1 - (1 - own) * (1 - blink), abs=1e-6)


def test_looks_are_added_and_kept_within_the_limits_unless_clamping_is_off():
    face = {"eyeLookUpLeft": 0.8, "jawOpen": -0.1}
    assert changed(merge_eyes(looking(face=face, lookUp=0.5))) == {"eyeLookUpLeft": 1, "eyeLookUpRight": 0.5}
    free = changed(merge_eyes(looking(clamped=False, face=face, lookUp=0.5)))
    assert free == pytest.approx({"eyeLookUpLeft": 1.3, "eyeLookUpRight": 0.5, "jawOpen": -0.1})


@pytest.mark.parametrize("clamped", [False, True])
def test_a_merged_performance_still_says_whether_it_is_clamped(clamped):
    assert merge_eyes(looking(clamped, lookUp=0.5)).clamped is clamped


def test_it_happens_once():
    merged = merge_eyes(looking(blinkLeft=0.5, lookUp=0.5))
    assert not merged.eyes.values.any()
    np.testing.assert_array_equal(merge_eyes(merged).face.values, merged.face.values)


def test_a_face_without_such_channels_keeps_its_eyes_beside_it():
    face = still(FLAME(50), 3, 25.0)
    eyes = FaceCurves(np.ones((3, 4), np.float32), EYES, 25.0)
    performance = Performance(face, performance_of(face).head, eyes)
    assert merge_eyes(performance) is performance


def test_the_parts_of_a_performance_last_as_long_and_run_at_one_rate():
    face = still(ARKIT, 3, 30.0)
    plain = performance_of(face)
    for eyes in (still(EYES, 2, 30.0), still(EYES, 3, 25.0)):
        with pytest.raises(ValueError, match="same frames at the same rate"):
            Performance(face, plain.head, eyes)
    other = plain.resampled(60.0)
    assert other.face.frames == other.eyes.frames == other.head.frames == 5


def test_the_head_is_left_as_it_is():
    performance = looking(lookUp=0.5)
    performance.head.values[:] = 7
    assert (merge_eyes(performance).head.values == 7).all()
