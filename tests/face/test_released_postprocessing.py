import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.basis import ARKIT
from emotalk.face.controls import Controls
from emotalk.face.curves import FaceCurves
from emotalk.face.eyes import merge_eyes
from emotalk.face.liveliness import liven
from emotalk.face.released_postprocessing import BLINK_CURVES, released_blinks, savitzky_golay
from emotalk.face.shaping import shape
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import savgol_filter

FPS = 30.0
BLINKS = arkit.indices(arkit.sides("eyeBlink"))
AS_RELEASED = {"clamping": "off", "blink_kind": "released demo", "gaze_gain": 0, "head_gain": 0}


def network_curves(frames=200, seed=0):
    """Curves as the network gives them: noisy, below 0 and above 1 here and there."""
    noise = np.random.default_rng(seed).normal(0.3, 0.5, (frames, 52)).astype(np.float32)
    return FaceCurves(noise, ARKIT, FPS)


@settings(max_examples=40, deadline=None)
@given(frames=st.integers(5, 40), seed=st.integers(0, 99))
def test_the_filter_is_scipy_s(frames, seed):
    values = network_curves(frames, seed).values
    expected = savgol_filter(values.astype(float), 5, 2, axis=0, mode="interp")
    np.testing.assert_allclose(savitzky_golay(values), expected, atol=1e-6)


def test_the_filter_keeps_parabolas_and_has_no_delay():
    times = np.linspace(-1, 1, 30, dtype=np.float32)[:, None]
    parabola = 0.5 * times**2 - 0.2 * times + 0.1
    np.testing.assert_allclose(savitzky_golay(parabola), parabola, atol=1e-6)
    spike = np.zeros((11, 1), np.float32)
    spike[5] = 1
    np.testing.assert_array_equal(savitzky_golay(spike), savitzky_golay(spike)[::-1])


@pytest.mark.parametrize("frames", [0, 1, 4])
def test_too_short_to_filter(frames):
    curves = network_curves(frames)
    np.testing.assert_array_equal(savitzky_golay(curves.values), curves.values)
    assert shape(curves, Controls({"savitzky_golay": "on"})).frames == frames


def test_with_every_option_the_result_is_the_released_one():
    curves = network_curves()
    loudness = np.ones(curves.frames)
    controls = Controls({**AS_RELEASED, "savitzky_golay": "on"})
    values = merge_eyes(liven(shape(curves, controls), loudness, controls)).face.values
    expected = savgol_filter(curves.values, 5, 2, axis=0)
    others = [column for column in range(52) if column not in BLINKS]
    np.testing.assert_allclose(values[:, others], expected[:, others], atol=2e-6)
    assert set(np.unique(values[:, BLINKS])) <= {0, *np.unique(BLINK_CURVES)}
    np.testing.assert_array_equal(values[:, BLINKS[0]], values[:, BLINKS[1]])


def test_without_clamping_nothing_is_cut():
    curves = network_curves()
    assert curves.values.min() < -0.5
    np.testing.assert_array_equal(shape(curves, Controls({"clamping": "off"})).values, curves.values)
    clamped = shape(curves, Controls()).values
    assert clamped.min() == 0
    assert clamped.max() == 1


@settings(max_examples=40, deadline=None)
@given(frames=st.integers(0, 2000), seed=st.integers(0, 99999))
def test_blinks_lie_as_far_apart_as_in_the_released_demo(frames, seed):
    lids = released_blinks(frames, FPS, seed)
    assert lids.shape == (frames,)
    starts = np.flatnonzero((lids > 0) & (np.concatenate([[0], lids])[:-1] == 0))
    if len(starts):
        assert 0 <= starts[0] <= 60
        assert starts[-1] < frames - 7
    assert ((np.diff(starts) >= 60) & (np.diff(starts) <= 180)).all()
    for start in starts:
        assert any(np.array_equal(lids[start : start + 7], curve) for curve in BLINK_CURVES)


def test_every_gap_and_every_curve_occurs():
    lids = released_blinks(400_000, FPS, 1)
    starts = np.flatnonzero((lids[1:] > 0) & (lids[:-1] == 0)) + 1
    assert set(np.diff(starts)) == set(range(60, 181))
    assert {lids[start : start + 7].tobytes() for start in starts} == {curve.tobytes() for curve in BLINK_CURVES}


def test_blinks_follow_the_seed():
    assert released_blinks(3000, FPS, 5).tobytes() == released_blinks(3000, FPS, 5).tobytes()
    assert released_blinks(3000, FPS, 5).tobytes() != released_blinks(3000, FPS, 6).tobytes()


def test_the_network_s_own_blinks_are_replaced():
    curves = network_curves()
    assert (curves.values[:, BLINKS] > 0).any()
    performance = merge_eyes(liven(curves, np.ones(curves.frames), Controls({**AS_RELEASED, "blink_rate": 0})))
    assert (performance.face.values[:, BLINKS] == 0).mean() > 0.8
