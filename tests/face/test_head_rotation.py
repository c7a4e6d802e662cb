"""Rotations of the head in three ways of writing them."""

import numpy as np
from emotalk.face.head_rotation import degrees_of, matrices_of, vectors_of
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

angles = st.floats(-80, 80)


@given(degrees=st.lists(st.tuples(angles, angles, angles), min_size=1, max_size=5))
def test_degrees_come_back_and_scipy_turns_alike(degrees):
    degrees = np.array(degrees)
    matrices = matrices_of(degrees)
    np.testing.assert_allclose(degrees_of(matrices), degrees, atol=1e-9)
    pitch, yaw, roll = degrees.T
    expected = Rotation.from_euler("YXZ", np.stack([yaw, pitch, -roll], axis=1), degrees=True)
    np.testing.assert_allclose(matrices, expected.as_matrix(), atol=1e-12)
    np.testing.assert_allclose(vectors_of(matrices), expected.as_rotvec(), atol=1e-9)


def test_directions():
    down, left, tilted = (matrices_of(np.array([row]))[0] for row in ([30, 0, 0], [0, 30, 0], [0, 0, 30]))
    face, crown = np.array([0, 0, 1]), np.array([0, 1, 0])
    assert (down @ face)[1] < -0.4
    assert (left @ face)[0] > 0.4
    assert (tilted @ crown)[0] > 0.4


def test_rest_is_no_rotation():
    np.testing.assert_array_equal(vectors_of(matrices_of(np.zeros((1, 3)))), 0)
