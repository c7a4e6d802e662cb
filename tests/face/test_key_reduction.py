import numpy as np
import pytest
from emotalk.face.key_reduction import SparseKeys, reduce_curves, reduce_keys
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.interpolate import CubicHermiteSpline

curves = arrays(np.float32, st.integers(1, 120), elements=st.floats(0, 1, width=32))


@settings(max_examples=80, deadline=None)
@given(curves, st.floats(0, 0.2))
def test_no_sample_is_missed_by_more_than_the_tolerance(values, tolerance):
    keys = reduce_keys(values, tolerance)
    assert np.abs(keys.sampled(len(values)) - values).max() <= tolerance + 1e-9


@pytest.mark.parametrize("tolerance", [0.0, 5e-324, 1e-18])
def test_a_tolerance_below_the_last_bit_comes_to_an_end(tolerance):
    values = np.random.default_rng(0).uniform(0, 1, 600)
    assert np.abs(reduce_keys(values, tolerance).sampled(600) - values).max() < 1e-12


def test_the_curve_between_keys_is_the_hermite_spline():
    keys = SparseKeys(np.array([0, 4, 11]), np.array([0.0, 0.7, 0.2]), np.array([0.3, 0.0, -0.1]))
    spline = CubicHermiteSpline(keys.frames, keys.values, keys.slopes)
    np.testing.assert_allclose(keys.sampled(12), spline(np.arange(12)), atol=1e-12)


def test_smooth_motion_needs_few_keys():
    values = 0.5 + 0.5 * np.sin(np.arange(300) / 12)
    assert len(reduce_keys(values, 0.004).frames) < 60


@pytest.mark.parametrize("values", [[0.3], [0.3] * 40])
def test_a_constant_is_one_key(values):
    keys = reduce_keys(np.array(values), 0.0)
    assert keys.frames.tolist() == [0]
    assert keys.values.tolist() == [0.3]


@pytest.mark.parametrize("tolerance", [0.0, 0.01])
def test_the_curve_between_keys_does_not_overshoot_at_extremes(tolerance):
    values = np.tile(np.repeat([0.0, 1.0], 12), 4)
    between = reduce_keys(values, tolerance).at(np.linspace(0, len(values) - 1, 2000))
    assert between.min() >= -tolerance - 1e-9
    assert between.max() <= 1 + tolerance + 1e-9


@pytest.mark.parametrize("tolerance", [0.0, 0.004, 0.05])
@pytest.mark.parametrize("frames", [1, 2, 300, 1300])
def test_many_curves_at_once_get_the_keys_of_each_alone(frames, tolerance):
    rng = np.random.default_rng(0)
    values = np.cumsum(rng.normal(0, 0.02, (frames, 9)), axis=0)
    values[:, 3], values[:, 5] = 0.4, 0.3 + 0.001 * rng.random(frames)
    for together, column in zip(reduce_curves(values, tolerance), values.T, strict=True):
        alone = reduce_keys(column, tolerance)
        for attribute in ("frames", "values", "slopes"):
            np.testing.assert_array_equal(getattr(together, attribute), getattr(alone, attribute))
        assert np.abs(together.sampled(frames) - column).max() <= tolerance + 1e-12


def test_a_long_line_is_reduced_in_parts(monkeypatch):
    values = np.random.default_rng(1).random((400, 7))
    whole = reduce_curves(values, 0.05)
    monkeypatch.setattr("emotalk.face.key_reduction._SAMPLES_AT_ONCE", 1000)
    for first, second in zip(whole, reduce_curves(values, 0.05), strict=True):
        np.testing.assert_array_equal(first.frames, second.frames)


def test_a_curve_is_held_before_its_first_key_and_after_its_last_one():
    keys = SparseKeys(np.array([2, 6]), np.array([0.25, 0.75]), np.array([0.5, 0.5]))
    np.testing.assert_allclose(keys.at(np.array([-3, 0, 2, 6, 9])), [0.25, 0.25, 0.25, 0.75, 0.75])
