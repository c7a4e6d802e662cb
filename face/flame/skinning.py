"""FLAME's linear blend skinning, as in the authors' code (Li et al. 2017, equations 2 to 4)."""

import numpy as np

from .model import JOINTS, PARENTS, FlameModel


def rotations_of(pose: np.ndarray) -> np.ndarray:
    """(J, 3, 3) rotation matrices of (J, 3) axis-angles in radians (Rodrigues' formula)."""
    pose = np.asarray(pose, np.float64)
    angle = np.sqrt((pose**2).sum(axis=1))
    x, y, z = (pose / np.maximum(angle, 1e-12)[:, None]).T
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1).reshape(-1, 3, 3)
    sine, cosine = np.sin(angle)[:, None, None], np.cos(angle)[:, None, None]
    return np.eye(3) + sine * cross + (1 - cosine) * cross @ cross


def pose_features(rotations: np.ndarray) -> np.ndarray:
    """(36,) entries of (R - I) of every joint but the root, row after row: the weights of the correctives."""
    return (rotations[1:] - np.eye(3)).ravel()


def shaped(model: FlameModel, identity: np.ndarray | None = None, expression: np.ndarray | None = None) -> np.ndarray:
    """(5023, 3) the head before it is posed; fewer coefficients than the model has are filled up with zeros."""
    vertices = model.template
    for values, directions in ((identity, model.identities), (expression, model.expressions)):
        if values is not None and len(values):
            vertices = vertices + directions[..., : len(values)] @ values
    return vertices


def joints_of(model: FlameModel, vertices: np.ndarray) -> np.ndarray:
    """(5, 3) joints of a shaped head."""
    return model.regressor @ vertices


def posed(
    model: FlameModel,
    identity: np.ndarray | None = None,
    expression: np.ndarray | None = None,
    pose: np.ndarray | None = None,
    translation: np.ndarray | None = None,
    joints: np.ndarray | None = None,
) -> np.ndarray:
    """The head's vertices.

    Args:
        model: FLAME.
        identity: up to 300 coefficients, in standard deviations.
        expression: up to 100 coefficients, in standard deviations.
        pose: (5, 3) axis-angles of root, neck, jaw, left and right eye in radians.
        translation: (3,) metres.
        joints: (5, 3) where the joints are; None computes them from the shaped head as the authors' code does. A rig's
            bones stay where they are for expression 0, as in the paper.

    Returns:
        (5023, 3) float64 metres.
    """
    vertices = shaped(model, identity, expression)
    if joints is None:
        joints = joints_of(model, vertices)
    rotations = rotations_of(np.zeros((len(JOINTS), 3)) if pose is None else pose)
    vertices = vertices + model.correctives @ pose_features(rotations)
    turned, moved = np.empty((len(JOINTS), 3, 3)), np.empty((len(JOINTS), 3))
    for joint, parent in enumerate(PARENTS):
        if parent < 0:
            turned[joint], moved[joint] = rotations[joint], joints[joint]
        else:
            turned[joint] = turned[parent] @ rotations[joint]
            moved[joint] = moved[parent] + turned[parent] @ (joints[joint] - joints[parent])
    moved = moved - np.einsum("jab,jb->ja", turned, joints)
    skinned = np.einsum("vj,jab,vb->va", model.weights, turned, vertices, optimize=True) + model.weights @ moved
    return skinned if translation is None else skinned + translation
