"""A stretch of a curve gets new keys; the others stay to the last bit."""

import numpy as np
import pytest
from emotalk.face.key_reduction import SparseKeys, reduce_keys
from emotalk.face.splicing import crossfade, splice
from hypothesis import given
from hypothesis import strategies as st

TOLERANCE = 0.004
NONE = np.zeros(0)


def curve(seed, frames=200):
    noise = np.random.default_rng(seed).normal(size=frames + 20)
    return np.clip(0.4 + np.convolve(noise, np.hanning(21) / 10, "valid") * 0.3, 0, 1)


def change_between(first, last, height):
    frames = np.arange(first - 8.0, last + 9)
    return SparseKeys(frames, height * crossfade(frames, first, last, 8))


@given(st.integers(0, 50), st.integers(20, 100), st.integers(0, 60), st.floats(-0.3, 0.3), st.booleans())
def test_only_the_stretch_changes(seed, first, length, height, is_polyline):
    values = curve(seed)
    keys = SparseKeys(np.arange(200.0), values) if is_polyline else reduce_keys(values, TOLERANCE)
    change = change_between(first, first + length, height)
    new, start, end = splice(keys, change, TOLERANCE, 0, 1, NONE)
    for old_part, new_part in ((keys.frames <= start, new.frames <= start), (keys.frames >= end, new.frames >= end)):
        assert (keys.frames[old_part] == new.frames[new_part]).all()
        assert (keys.values[old_part] == new.values[new_part]).all()
        if not is_polyline:
            assert keys.slopes[old_part] == pytest.approx(new.slopes[new_part])
    assert (np.diff(new.frames) > 0).all()
    frames = np.arange(200.0)
    wanted = keys.at(frames) + np.interp(frames, change.frames, change.values, 0, 0)
    assert np.abs(new.at(frames) - wanted).max() <= TOLERANCE + 1e-9
    outside = (frames <= start) | (frames >= end)
    assert new.at(frames[outside]) == pytest.approx(keys.at(frames[outside]), abs=1e-12)


def test_frames_to_be_kept_become_keys():
    keys = reduce_keys(curve(3), 0.05)
    new, start, end = splice(keys, change_between(60, 80, 0.2), 0.05, 0, 1, np.array([10.0, 66.5, 71.0]))
    assert {66.5, 71.0} <= set(new.frames)
    assert (10.0 in new.frames) == (10.0 in keys.frames)
    assert start <= 52
    assert end >= 88


def test_a_constant_curve_gets_keys_and_comes_back_to_its_value():
    keys = SparseKeys(np.zeros(1), np.full(1, 0.25), np.zeros(1))
    new, _start, _end = splice(keys, change_between(60, 80, 0.5), TOLERANCE, 0, 1, NONE)
    assert new.at(np.array([0.0, 40, 70, 100, 150])) == pytest.approx([0.25, 0.25, 0.75, 0.25, 0.25])


def test_the_sum_stays_within_its_limits():
    keys = reduce_keys(curve(3), TOLERANCE)
    new, *_ = splice(keys, change_between(60, 80, 2), TOLERANCE, 0, 1, NONE, (0, 1))
    assert new.at(np.arange(60.0, 81)).max() == pytest.approx(1, abs=TOLERANCE)


@pytest.mark.parametrize("origin", [0.0, 0.3])
def test_keys_stand_on_the_grid(origin):
    frames = origin + 0.8 * np.arange(200)
    keys = reduce_keys(curve(5), TOLERANCE).moved(0.8, origin)
    change = SparseKeys(frames[50:90], 0.3 * np.hanning(40))
    new, *_ = splice(keys, change, TOLERANCE, origin, 0.8, NONE)
    steps = (new.frames - origin) / 0.8
    assert steps == pytest.approx(np.round(steps), abs=1e-6)


def test_the_new_curve_fades_in_and_out():
    share = crossfade(np.arange(0.0, 41), 15, 25, 5)
    assert (share[:11] == 0).all()
    assert (share[15:26] == 1).all()
    assert (np.diff(share[10:16]) > 0).all()
    assert share[30:] == pytest.approx(0)
