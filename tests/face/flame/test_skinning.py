"""Skinning against the formulae, written once more with homogeneous matrices and loops."""

import math

import numpy as np
import pytest
from emotalk.face.flame.skinning import joints_of, pose_features, posed, rotations_of, shaped


def rotation(vector):
    """The exponential of the cross product's matrix, as a series."""
    x, y, z = vector
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return sum((np.linalg.matrix_power(cross, k) / math.factorial(k) for k in range(1, 30)), np.eye(3))


def by_the_formulae(arrays, identities, identity, expression, pose, translation):
    beta = np.zeros(arrays["shapedirs"].shape[2])
    beta[: len(identity)] = identity
    beta[identities : identities + len(expression)] = expression
    shaped_vertices = arrays["v_template"].copy()
    for k in np.flatnonzero(beta):
        shaped_vertices += arrays["shapedirs"][:, :, k] * beta[k]
    joints = np.array([sum(arrays["J_regressor"][j][:, None] * shaped_vertices) for j in range(5)])
    turns = [rotation(vector) for vector in pose]
    feature = [value for turn in turns[1:] for value in (turn - np.eye(3)).ravel()]
    vertices = shaped_vertices + sum(arrays["posedirs"][:, :, k] * value for k, value in enumerate(feature))
    parents = [-1, *arrays["kintree_table"][0, 1:]]
    world = []
    for j in range(5):
        local = np.eye(4)
        local[:3, :3] = turns[j]
        local[:3, 3] = joints[j] - (joints[parents[j]] if j else 0)
        world.append(local if j == 0 else world[parents[j]] @ local)
    result = np.zeros_like(vertices)
    for j in range(5):
        back = np.eye(4)
        back[:3, 3] = -joints[j]
        moved = np.column_stack([vertices, np.ones(len(vertices))]) @ (world[j] @ back).T
        result += arrays["weights"][:, j : j + 1] * moved[:, :3]
    return result + translation


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("directions", [400, 150])
def test_the_formulae(synthetic, flame_model, directions, seed):
    from emotalk.face.flame.model import model_from
    from emotalk.face.flame.variants import UNKNOWN

    arrays = synthetic.arrays(directions)
    model = flame_model if directions == 400 else model_from(arrays, UNKNOWN, "")
    rng = np.random.default_rng(seed)
    identity, expression = rng.normal(size=20), rng.normal(size=30)
    pose, translation = rng.normal(scale=0.5, size=(5, 3)), rng.normal(size=3)
    expected = by_the_formulae(arrays, {400: 300, 150: 100}[directions], identity, expression, pose, translation)
    np.testing.assert_allclose(posed(model, identity, expression, pose, translation), expected, atol=1e-6)


def test_rest_is_the_template(flame_model):
    np.testing.assert_allclose(posed(flame_model), flame_model.template, atol=1e-12)
    np.testing.assert_allclose(rotations_of(np.zeros((5, 3))), np.tile(np.eye(3), (5, 1, 1)), atol=1e-12)
    assert not pose_features(rotations_of(np.zeros((5, 3)))).any()


def test_the_root_turns_the_whole_head_about_its_joint(flame_model):
    turn = rotations_of(np.array([[0.3, -0.2, 0.4]]))[0]
    root = joints_of(flame_model, flame_model.template)[0]
    pose = np.zeros((5, 3))
    pose[0] = 0.3, -0.2, 0.4
    expected = (flame_model.template - root) @ turn.T + root
    np.testing.assert_allclose(posed(flame_model, pose=pose), expected, atol=1e-12)


def test_joints_that_stay(flame_model):
    expression = np.full(100, 2.0)
    joints = joints_of(flame_model, shaped(flame_model))
    pose = np.full((5, 3), 0.2)
    there = joints_of(flame_model, shaped(flame_model, None, expression))
    np.testing.assert_array_equal(
        posed(flame_model, None, expression, pose), posed(flame_model, None, expression, pose, joints=there)
    )
    moved = joints + np.array([0, 0.01, 0])
    assert np.abs(posed(flame_model, pose=pose, joints=moved) - posed(flame_model, pose=pose)).max() > 1e-3
