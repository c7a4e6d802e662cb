import numpy as np
import pytest
from emotalk.face.sample_head.fields import diffused, falloff, smooth_step
from emotalk.face.sample_head.subdivision import subdivision_of
from hypothesis import given
from hypothesis import strategies as st

CUBE = [(0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
CUBE_POINTS = np.array([(x, y, z) for z in (-1, 1) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))], float)


def test_a_cube_becomes_24_quads_round_a_ball():
    step = subdivision_of(CUBE, 8)
    points = step.apply(CUBE_POINTS)
    assert points.shape == (26, 3)
    assert step.polygons.shape == (24, 4)
    # Catmull and Clark's rule for a corner of three: (F + 2 E) / 3 with F = 1/3 and E = 2/3 of the corner.
    np.testing.assert_allclose(np.abs(points[:8]), 5 / 9)
    np.testing.assert_allclose(np.sort(np.abs(points[-6:]), axis=1), np.tile([0, 0, 1.0], (6, 1)))


def test_quads_keep_the_direction_of_the_polygons():
    step = subdivision_of(CUBE, 8)
    corners = step.apply(CUBE_POINTS)[step.polygons]
    normals = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    assert (np.einsum("fc,fc->f", normals, corners.mean(axis=1)) > 0).all()


def test_a_border_stays_in_its_plane_and_polygons_may_have_any_number_of_corners():
    angles = np.arange(5) / 5 * 2 * np.pi
    flat = np.stack([np.cos(angles), np.sin(angles), np.zeros(5)], axis=1)
    step = subdivision_of([tuple(range(5))], 5)
    points = step.apply(flat)
    assert step.polygons.shape == (5, 4)
    assert not points[:, 2].any()
    np.testing.assert_allclose(points[0], 0.75 * flat[0] + 0.125 * (flat[1] + flat[4]))


@given(st.integers(0, 2**32 - 1))
def test_subdividing_is_linear_and_leaves_constants(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(2, 8, 3))
    step = subdivision_of(CUBE, 8)
    np.testing.assert_allclose(step.apply(first + 2 * second), step.apply(first) + 2 * step.apply(second), atol=1e-12)
    np.testing.assert_allclose(step.apply(np.full((8, 1), 3.7)), 3.7)


@given(st.floats(-100, 100), st.floats(0.1, 50))
def test_steps_and_falloffs_stay_between_nought_and_one(value, width):
    assert 0 <= smooth_step(-width, width, np.array(value)) <= 1
    assert smooth_step(width, -width, np.array(value)) == pytest.approx(1 - smooth_step(-width, width, np.array(value)))
    assert 0 <= falloff(np.array(abs(value)), width) <= 1


def test_diffusion_settles_between_what_is_held():
    strip = [(2 * k, 2 * k + 2, 2 * k + 3, 2 * k + 1) for k in range(6)]
    values = np.zeros(14)
    values[-2:] = 1
    free = np.ones(14, bool)
    free[[0, 1, 12, 13]] = False
    settled = diffused(strip, values, free, rounds=400)
    np.testing.assert_allclose(settled[::2], np.linspace(0, 1, 7), atol=1e-3)
