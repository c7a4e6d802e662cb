"""The rigged FLAME head as parts and bones: expressions, correctives, the jaw's sliders and the 52 ARKit shapes."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..sample_head.palette import EYE_MATERIALS, SKIN
from ..sample_head.parts import Bone, Part
from .arkit_shapes import ArkitShapes, solve_arkit_shapes, upright
from .model import JOINTS, PARENTS, SKIN_VERTICES, FlameModel
from .skinning import joints_of, shaped

BONE_METRES: Final = 0.03
"""Length of every bone. All stand upright: then the rotation of a bone about its own axes is FLAME's."""
_IRIS, _PUPIL = np.cos(np.radians((28, 11)))


@dataclass(frozen=True)
class FlameHead:
    """A FLAME head at rest for one identity.

    Attributes:
        part: its one mesh, with all shapes.
        bones: root, neck, jaw and eyes.
        correctives: (36,) names of the shapes to be driven by (R - I) of neck, jaw and eyes, row after row.
        solved: what the ARKit shapes are made of.
    """

    part: Part
    bones: tuple[Bone, ...]
    correctives: tuple[str, ...]
    solved: ArkitShapes


JAW_SLIDERS: Final = ("jaw_x", "jaw_y", "jaw_z")
"""Shapes without moves whose values turn the jaw bone, in radians, so that FLAME's curves are keys of one mesh."""


def expression_name(number: int) -> str:
    """The name of an expression's shape key, from 0: ``Exp000`` as in Meshcapade's add-on."""
    return f"Exp{number:03}"


def identity_name(number: int) -> str:
    """The name of an identity's shape key, from 0."""
    return f"Shape{number:03}"


def build_head(model: FlameModel, identity: np.ndarray | None = None, identity_sliders: int = 0) -> FlameHead:
    """Build the head; solving the ARKit shapes takes seconds.

    Args:
        model: the user's FLAME.
        identity: up to 300 coefficients that are baked into the neutral head.
        identity_sliders: how many identities become shapes.
    """
    solved = solve_arkit_shapes(model, identity)
    neutral = shaped(model, identity)
    joints = upright(joints_of(model, neutral))
    correctives = tuple(f"Pose{number:03}" for number in range(model.correctives.shape[2]))
    identities = model.identities[..., :identity_sliders]
    shapes = {
        **solved.moves,
        **{expression_name(k): model.expressions[..., k] for k in range(model.expressions.shape[2])},
        **{name: np.zeros_like(neutral) for name in JAW_SLIDERS},
        **{name: model.correctives[..., k] for k, name in enumerate(correctives)},
        **{identity_name(k): identities[..., k] for k in range(identities.shape[2])},
    }
    part = Part(
        "face",
        upright(neutral).astype(np.float32),
        model.triangles,
        (SKIN, *EYE_MATERIALS[:3]),
        _materials(model, upright(neutral), joints),
        {name: upright(moves).astype(np.float32) for name, moves in shapes.items()},
        {name: model.weights[:, k].astype(np.float32) for k, name in enumerate(JOINTS)},
    )
    return FlameHead(part, _bones(joints), correctives, solved)


def _bones(joints: np.ndarray) -> tuple[Bone, ...]:
    ends = joints + np.array([0, 0, BONE_METRES])
    return tuple(
        Bone(name, tuple(joints[k]), tuple(ends[k]), JOINTS[PARENTS[k]] if PARENTS[k] >= 0 else None)
        for k, name in enumerate(JOINTS)
    )


def _materials(model: FlameModel, vertices: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """(9976,) numbers of skin, eye white, iris and pupil; the eyes look straight ahead."""
    middles = vertices[model.triangles].mean(axis=1)
    first = model.triangles.min(axis=1)
    is_right = first >= SKIN_VERTICES + (len(vertices) - SKIN_VERTICES) // 2
    outward = middles - joints[np.where(is_right, 4, 3)]
    ahead = -outward[:, 1] / np.linalg.norm(outward, axis=1)
    return np.where(first < SKIN_VERTICES, 0, np.select([ahead > _PUPIL, ahead > _IRIS], [3, 2], 1))
