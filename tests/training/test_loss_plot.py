"""The plot of a training, pixel by pixel."""

import math

import numpy as np
import pytest
from emotalk.training.loss_plot import GROUND, LOSS_COLOUR, SCORE_COLOUR, loss_plot
from hypothesis import given
from hypothesis import strategies as st


def where(picture, colour):
    """(row, column) of the pixels of a colour."""
    return np.argwhere(np.abs(picture - np.float32(colour)).max(axis=2) < 1e-6)


def test_without_a_point_there_is_ground_and_grid():
    picture = loss_plot([], [], 100, 64, 48)
    assert picture.shape == (48, 64, 4)
    assert picture.dtype == np.float32
    assert not len(where(picture, LOSS_COLOUR))
    assert (picture[1, 1] == np.float32(GROUND)).all()


def test_a_falling_loss_goes_from_the_upper_left_to_the_lower_right():
    picture = loss_plot([(0, 8.0), (50, 4.0), (100, 1.0)], [], 100, 101, 101)
    pixels = where(picture, LOSS_COLOUR)
    assert set(pixels[:, 1]) == set(range(101))
    top = [pixels[pixels[:, 1] == column][:, 0].max() for column in range(101)]
    assert top == sorted(top, reverse=True)
    assert top[0] > 90
    assert top[-1] < 10
    assert top[50] == pytest.approx(6 + 88 * math.log(4) / math.log(8), abs=2)  # on a logarithmic scale


def test_a_loss_below_zero_has_an_even_scale():
    picture = loss_plot([(0, 1.0), (50, 0.0), (100, -1.0)], [], 100, 101, 101)
    pixels = where(picture, LOSS_COLOUR)
    assert pixels[pixels[:, 1] == 50][:, 0].mean() == pytest.approx(50, abs=2)


def test_half_of_the_steps_reach_half_of_the_width():
    pixels = where(loss_plot([(10, 3.0), (50, 2.0)], [], 100, 101, 101), LOSS_COLOUR)
    assert (pixels[:, 1].min(), pixels[:, 1].max()) == (10, 50)


def test_each_score_is_a_dot():
    pixels = where(loss_plot([], [(20, 0.5), (80, 0.25)], 100, 101, 101), SCORE_COLOUR)
    for column in (20, 80):
        assert np.ptp(pixels[pixels[:, 1] == column][:, 0]) >= 6
    assert np.ptp(pixels[pixels[:, 1] == 50][:, 0]) <= 3


numbers = st.floats(allow_nan=True, allow_infinity=True, width=32)


@given(st.lists(st.tuples(st.integers(0, 200), numbers), max_size=20), st.integers(0, 150))
def test_no_number_breaks_it(points, steps):
    points.sort(key=lambda point: point[0])
    picture = loss_plot(points, points, steps, 32, 32)
    assert np.isfinite(picture).all()
    assert picture.min() >= 0
    assert picture.max() <= 1
