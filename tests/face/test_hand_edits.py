"""An edit is found where it is, and put on top of another curve without touching the rest."""

import numpy as np
import pytest
from emotalk.face.hand_edits import difference, edited_stretches, reapply, total
from emotalk.face.key_reduction import SparseKeys, reduce_keys
from hypothesis import given, settings
from hypothesis import strategies as st

FRAMES = np.arange(-37, 84, dtype=float)
NO_KEYS = np.zeros(0)


def curve(seed, tolerance=0.01):
    values = 0.4 + 0.3 * np.sin(FRAMES * (0.1 + 0.02 * (seed % 7)) + seed)
    if tolerance is None:
        return SparseKeys(FRAMES, values)
    return reduce_keys(values, tolerance).moved(1, FRAMES[0])


def bump(centre, width, height):
    return height * np.clip(1 - np.abs(FRAMES - centre) / width, 0, None)


edits = st.tuples(
    st.integers(0, 100),
    st.integers(0, 100),
    st.floats(-60, 110),
    st.floats(2, 30),
    st.floats(0.02, 1) | st.floats(-1, -0.02),
    st.sampled_from([None, 0.002, 0.01, 0.05]),
)


@settings(max_examples=200, deadline=None)
@given(edits)
def test_an_edit_stays_and_everything_else_follows_the_new_curve(edit):
    old_seed, new_seed, centre, width, height, tolerance = edit
    old, new = curve(old_seed, tolerance), curve(new_seed, tolerance)
    change = difference(FRAMES, old.at(FRAMES) + bump(centre, width, height), old.at(FRAMES))
    if change is None:
        assert np.abs(bump(centre, width, height)).max() < 1e-3
        return
    stretches = edited_stretches(change)
    keys = reapply(new, change, tolerance or 0, 0, 1, NO_KEYS)
    assert (np.diff(keys.frames) > 0).all()
    error = np.abs(keys.at(FRAMES) - new.at(FRAMES) - change.at(FRAMES))
    assert error.max() <= (tolerance or 0) + 1e-9
    fine = np.linspace(FRAMES[0], FRAMES[-1], 3000)
    outside = ~np.any([(fine > start) & (fine < end) for start, end in stretches], axis=0)
    np.testing.assert_allclose(keys.at(fine[outside]), new.at(fine[outside]), atol=1e-9)
    untouched = ~np.any([(new.frames >= start) & (new.frames <= end) for start, end in stretches], axis=0)
    assert set(new.frames[untouched]) <= set(keys.frames)


def test_frames_that_somebody_has_keyed_stay_keys():
    new = curve(1)
    change = difference(FRAMES, new.at(FRAMES) + bump(20, 10, 0.3), new.at(FRAMES))
    keys = reapply(new, change, 0.05, 0, 1, np.array([13.0, 17.0, 23.0, 400.0]))
    assert {13, 17, 23} <= set(keys.frames)
    assert keys.at(np.array([400.0])) == new.at(np.array([400.0]))


def test_an_edit_at_the_end_of_a_line_lasts():
    base = curve(3)
    edited = base.at(FRAMES) + np.where(FRAMES >= 70, 0.2, 0)
    change = difference(FRAMES, edited, base.at(FRAMES))
    assert edited_stretches(change) == [(69, np.inf)]
    keys = reapply(curve(4), change, 0.01, 0, 1, NO_KEYS)
    assert keys.at(np.array([500.0])) == pytest.approx(curve(4).at(np.array([500.0])) + 0.2)


def test_a_curve_that_never_moved_can_be_edited():
    still = SparseKeys(np.array([1.0]), np.array([0.0]), np.array([0.0]))
    change = difference(FRAMES, bump(20, 10, 0.5), np.zeros(len(FRAMES)))
    keys = reapply(still, change, 0.001, 0, 1, NO_KEYS)
    assert np.abs(keys.at(FRAMES) - change.at(FRAMES)).max() <= 0.001 + 1e-9


@pytest.mark.parametrize("step", [0.8, 1.25])
def test_keys_can_stand_on_the_frames_of_the_model(step):
    grid = 0.3 + step * np.arange(150)
    new = reduce_keys(0.4 + 0.3 * np.sin(np.arange(150) / 7), 0.01).moved(step, 0.3)
    change = SparseKeys(np.array([20.0, 33.0, 41.0]), np.array([0, 0.4, 0]))
    keys = reapply(new, change, 0.01, 0.3, step, np.array([33.0]))
    on_grid = (keys.frames[keys.frames != 33] - 0.3) / step
    np.testing.assert_allclose(on_grid, np.round(on_grid), atol=1e-9)
    assert 33 in keys.frames
    assert np.abs(keys.at(grid) - new.at(grid) - change.at(grid)).max() <= 0.01 + 1e-9


def test_edits_add_up_and_can_cancel_each_other():
    one = difference(FRAMES, bump(10, 8, 0.3), np.zeros(len(FRAMES)))
    two = difference(FRAMES, bump(60, 8, -0.2), np.zeros(len(FRAMES)))
    both = total(one, two)
    np.testing.assert_allclose(both.at(FRAMES), bump(10, 8, 0.3) + bump(60, 8, -0.2), atol=1e-3)
    assert len(edited_stretches(both)) == 2
    assert total(one, SparseKeys(one.frames, -one.values)) is None
    assert total(one, None) is one
    assert total(None, two) is two


def test_what_is_no_edit_is_none():
    assert difference(FRAMES, np.full(len(FRAMES), 9e-4), np.zeros(len(FRAMES))) is None
