import numpy as np
import pytest
from emotalk.face import capture_metrics
from emotalk.face.basis import ARKIT, FLAME, basis_of
from emotalk.face.capture_metrics import (
    closed_f1,
    closure_f1,
    closure_threshold,
    compare,
    correlation,
    dynamics_deviation,
    lag,
    loudness_correlation,
    on_same_frames,
    opening_difference,
    temporal_misalignment,
    velocity_ratio,
    vertex_error,
)
from emotalk.face.curves import FaceCurves
from hypothesis import given
from hypothesis import strategies as st


def arkit(fps=30.0, **channels):
    values = np.zeros((len(next(iter(channels.values()))), len(ARKIT)), np.float32)
    for name, track in channels.items():
        values[:, ARKIT.index[name]] = track
    return FaceCurves(values, ARKIT, fps)


def test_a_comparison_by_hand():
    captured = arkit(jawOpen=[0.0, 0.2, 0.4, 0.2], mouthPucker=[0.1, 0.1, 0.3, 0.3], mouthLeft=[0.001, 0, 0, 0])
    predicted = arkit(jawOpen=[0.1, 0.2, 0.3, 0.2], mouthPucker=[0.2, 0.2, 0.2, 0.2], mouthRight=[1, 1, 1, 1])
    figures = compare(captured, predicted)
    assert figures.moving == ("jawOpen", "mouthPucker")
    assert figures.jaw_r == pytest.approx(1)
    assert figures.r == pytest.approx(0.5)
    assert figures.jaw_error == pytest.approx(0.05)
    assert figures.error == pytest.approx((0.05 + 0.1) / 2)
    assert figures.velocity_ratio == pytest.approx((0.1 + 0.1 + 0.1) / (0.2 + 0.2 + 0.2 + 0.2))


def test_a_prediction_at_another_rate_is_compared_at_the_captures_moments():
    captured = arkit(30.0, jawOpen=np.arange(7) / 10)
    predicted = arkit(60.0, jawOpen=np.arange(9) / 20)
    true, guess = on_same_frames(captured, predicted)
    np.testing.assert_allclose(true, guess, atol=1e-6)
    assert len(true) == 5


def test_curves_of_other_channels_or_without_frames_are_refused():
    captured = arkit(jawOpen=[0.0, 1.0])
    with pytest.raises(ValueError, match="same channels"):
        compare(captured, FaceCurves(np.zeros((2, 4), np.float32), FLAME(1), 30.0))
    with pytest.raises(ValueError, match="without frames"):
        compare(captured, arkit(jawOpen=[]))


def test_a_face_without_lip_terms_has_a_jaw_and_no_closures():
    values = np.zeros((8, 4), np.float32)
    values[:, 1] = np.sin(np.arange(8))
    figures = compare(*(FaceCurves(gain * values, FLAME(1), 30.0) for gain in (1.0, 0.5)))
    assert figures.jaw_r == pytest.approx(1)
    assert figures.velocity_ratio == pytest.approx(0.5)
    assert np.isnan(figures.closure_f1)
    unknown = basis_of(("a", "b", "c", "d"))
    assert np.isnan(compare(*(FaceCurves(values, unknown, 30.0),) * 2).jaw_r)


def opening_with(closures, frames=60):
    opened = np.ones(frames)
    for start, end in closures:
        opened[start:end] = 0
    return opened


def test_closures_by_hand():
    captured = opening_with([(5, 8), (20, 23), (40, 42), (45, 60)])
    assert closure_threshold(captured) == pytest.approx(0.2)
    # Found: the first, a frame late, and the third. Wrong: the one at 30. A rest is no closure.
    predicted = opening_with([(8, 10), (30, 33), (40, 42), (45, 60)])
    f1, closures = closure_f1(captured, predicted, 30.0)
    assert closures == 3
    assert f1 == pytest.approx(2 / 3)
    assert closure_f1(captured, opening_with([(9, 11)]), 30.0)[0] == 0
    assert closure_f1(captured, np.ones(60), 30.0) == (0, 3)
    f1, closures = closure_f1(np.ones(60), captured, 30.0)
    assert np.isnan(f1)
    assert closures == 0


def test_a_closure_lasts_at_most_400_ms():
    assert closure_f1(opening_with([(10, 22)]), opening_with([(10, 22)]), 30.0) == (1, 1)
    assert closure_f1(opening_with([(10, 23)]), opening_with([(10, 23)]), 30.0)[1] == 0


def test_closed_frames_by_hand():
    # 4 captured, 6 predicted, 3 in common.
    f1 = closed_f1(opening_with([(10, 14)]), opening_with([(11, 17)]))
    assert f1 == pytest.approx(2 * (3 / 6) * (3 / 4) / (3 / 6 + 3 / 4))


@given(st.integers(-8, 8))
def test_the_lag_of_a_shifted_curve_is_its_shift(frames):
    curve = np.random.default_rng(0).normal(0, 1, 100)
    shifted = np.roll(curve, frames)
    assert lag(curve, shifted, 30.0) == pytest.approx(frames / 30)


def test_a_constant_curve_correlates_with_nothing():
    curve = np.sin(np.arange(30))
    assert correlation(curve, np.full(30, 0.3)) == 0
    assert lag(curve, np.full(30, 0.3), 30.0) == 0
    assert loudness_correlation(curve, 2 * curve + 1) == pytest.approx(1)


def test_the_velocity_ratio_of_a_still_capture_is_not_a_number():
    assert np.isnan(velocity_ratio(np.zeros((3, 2)), np.ones((3, 2))))


def test_vertex_errors_by_hand():
    true = np.zeros((2, 3, 3))
    guess = true.copy()
    guess[0, 1] = 3, 0, 4  # 5 away
    guess[0, 2] = 1, 0, 0
    guess[1, 0] = 0, 1, 0
    assert vertex_error(true, guess) == (pytest.approx(3), pytest.approx(13))


def test_the_deviation_of_the_dynamics_by_hand():
    rest = np.ones((1, 3))
    true, guess = np.tile(rest, (2, 1, 1)), np.tile(rest, (2, 1, 1))
    true[1, 0, 0] += 2  # squared distances 0, 4: spread 2
    guess[1, 0, 1] += 1  # 0, 1: spread 0.5
    assert dynamics_deviation(true, guess, rest) == pytest.approx(1.5)
    assert dynamics_deviation(guess, true, rest) == pytest.approx(-1.5)


def test_the_opening_is_the_height_of_the_lips():
    true, guess = np.zeros((2, 2, 3)), np.zeros((2, 2, 3))
    true[:, 0, 2] = 3, 5
    guess[:, 0, 2] = 2, 5
    guess[:, 0, 0] = 9
    assert opening_difference(true, guess) == pytest.approx(0.5)
    assert opening_difference(true, guess, up=0) == pytest.approx(9)


def test_extrema_are_matched_in_time():
    captured = np.array([0, 1, 0, 0, 1, 0, 0, 1, 0], float)
    predicted = np.array([0, 0, 1, 0, 0, 1, 0, 0, 1], float)
    # Peaks at 1, 4, 7 and 2, 5 (the last one has not fallen yet); valleys between them at 2 and 5, 3 and 6.
    peaks = [1, 1, 2]
    valleys = [1, 1]
    wanted = 1000 / 25 * np.mean(peaks + valleys)
    assert temporal_misalignment(captured, predicted, 25.0, 0.5) == pytest.approx(wanted)
    assert np.isnan(temporal_misalignment(captured, np.zeros(9), 25.0, 0.5))
    assert temporal_misalignment(captured, captured, 25.0, 0.5) == 0


def test_small_wiggles_are_no_extrema():
    curve = np.array([0, 1, 0.9, 1.1, 0.2, 0.3, 0, 1, 0])
    assert capture_metrics._peaks(curve, 0.5) == [3, 7]
