"""The 52 ARKit shapes on the user's FLAME, solved for expression and jaw so that it moves like the built-in head.

The built-in head's moves are transferred onto FLAME's skin (``face.shape_transfer``); then expression coefficients and
the jaw's rotation are found that come nearest to them. The lips, whose contacts must not be lost, and shapes that
FLAME's space cannot express keep the transferred moves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from .. import arkit, landmarks
from ..basis import ARKIT, FLAME
from ..curves import FaceCurves
from ..errors import EmoTalkError
from ..face_mesh import FaceMesh, triangulated
from ..sample_head import build_sample_head
from ..sample_head.landmarks import sample_landmarks
from ..shape_transfer import correspond, transfer
from .model import EYEBALL_VERTICES, JOINTS, SKIN_VERTICES, VERTICES, FlameModel
from .skinning import joints_of, posed, rotations_of, shaped
from .solving import solve_bounded

LIMIT: Final = 3.0
"""Standard deviations: no shape uses more of an expression."""
JAW_LIMIT: Final = 0.6
"""Radians."""
JAW_CHANNEL_STEP: Final = 0.2
"""Radians over which the jaw's moves count as linear for the way back."""
WELL_FITTED: Final = 0.5
"""Share of the moves that may be left over; a shape with more keeps the transferred moves."""

_RIDGE: Final = 1e-3
_BACK_RIDGE: Final = 1e-6
_LIP_WEIGHT: Final = 3.0
_LIP_REACH: Final = 0.02
_ROUNDS: Final = 4
_TURN: Final = 1e-3
_JAW_SHAPES: Final = ("jawOpen", "jawLeft", "jawRight", "jawForward")
_GAZE: Final = {
    "eyeLookDown": (1, 0, 0),
    "eyeLookUp": (-1, 0, 0),
    "eyeLookOut": (0, 1, 0),
    "eyeLookIn": (0, -1, 0),
}
"""Axes about which the left eye turns."""


@dataclass(frozen=True, eq=False)
class ArkitShapes:
    """The ARKit shapes of one FLAME head.

    Attributes:
        moves: (5023, 3) float64 metres in FLAME's axes by channel, those that FLAME has: all but ``tongueOut``.
        flame: (52, expressions + 3) what each channel is worth in FLAME's coefficients: expression, then jaw pose.
        left_over: share of the transferred moves that FLAME's space lacks, by channel, 0 to 1.
        back: (52, expressions + 3) the linear map from FLAME's coefficients to the channels.
    """

    moves: Mapping[str, np.ndarray]
    flame: np.ndarray
    left_over: Mapping[str, float]
    back: np.ndarray

    @cached_property
    def transferred(self) -> tuple[str, ...]:
        """Channels that keep the transferred moves."""
        return tuple(name for name, share in self.left_over.items() if share > WELL_FITTED)

    def to_flame(self, face: FaceCurves) -> FaceCurves:
        """ARKit curves as FLAME's expression and jaw. Raises EmoTalkError for curves of another basis."""
        if face.basis is not ARKIT:
            raise EmoTalkError(f"These curves are {face.basis.name}, not ARKit's; choose a line of 52 coefficients")
        values = (face.values @ self.flame).astype(np.float32)
        return FaceCurves(values, FLAME(self.flame.shape[1] - 3), face.fps)

    def to_arkit(self, face: FaceCurves) -> FaceCurves:
        """FLAME's curves as the 52 coefficients, kept within 0 and 1; expressions that the curves lack count as 0.

        Raises:
            EmoTalkError: the curves are not FLAME's, or have more expressions than this model.
        """
        expressions = len(face.basis) - 3
        most = self.back.shape[1] - 3
        if not 1 <= expressions <= 100 or face.basis is not FLAME(expressions):
            raise EmoTalkError(f"These curves are {face.basis.name}, not FLAME's; choose a line of FLAME's")
        if expressions > most:
            raise EmoTalkError(f"These curves have {expressions} expressions, but this FLAME model has {most}")
        columns = [*range(expressions), *range(most, most + 3)]
        values = np.clip(face.values @ self.back[:, columns].T, 0, 1).astype(np.float32)
        return FaceCurves(values, ARKIT, face.fps)


def face_mesh(model: FlameModel, identity: np.ndarray | None = None) -> FaceMesh:
    """The skin of a FLAME head as the transfer wants it: Z up, the face looks along -Y."""
    triangles = model.triangles[(model.triangles < SKIN_VERTICES).all(axis=1)]
    return FaceMesh(upright(shaped(model, identity)[:SKIN_VERTICES]), triangles, np.array(landmarks.FLAME))


def upright(points: np.ndarray) -> np.ndarray:
    """(..., 3) from FLAME's axes (Y up, face along +Z) to Blender's (Z up, face along -Y)."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)


def solve_arkit_shapes(model: FlameModel, identity: np.ndarray | None = None) -> ArkitShapes:
    """Solve the 52 shapes for one identity; takes seconds.

    Args:
        model: the user's FLAME.
        identity: up to 300 coefficients in standard deviations.
    """
    return _Solver(model, identity).solve()


class _Solver:
    """What all shapes of one head share."""

    def __init__(self, model: FlameModel, identity: np.ndarray | None) -> None:
        self.model, self.identity = model, identity
        self.neutral = shaped(model, identity)
        self.joints = joints_of(model, self.neutral)
        mesh = face_mesh(model, identity)
        away = mesh.distances(list(mesh.landmarks[list(landmarks.LIPS)]), _LIP_REACH)
        self.lips = np.zeros(VERTICES)
        self.lips[:SKIN_VERTICES] = 1 - away / _LIP_REACH
        is_skin = np.arange(VERTICES) < SKIN_VERTICES
        self.weights = np.sqrt(is_skin * (1 + _LIP_WEIGHT * self.lips))[:, None]
        self.wanted = self._transferred(mesh)
        self.system = self._rows(model.expressions)
        self.ridge = _RIDGE * float((self.system**2).sum(axis=0).mean())

    def solve(self) -> ArkitShapes:
        solved = np.zeros((len(arkit.CHANNELS), self.model.expressions.shape[2] + 3))
        if self.model.variant.has_jaw:
            for name in _JAW_SHAPES:
                solved[arkit.INDEX[name]] = self._with_jaw(self.wanted[name])
        others = [name for name in self.wanted if not (self.model.variant.has_jaw and name in _JAW_SHAPES)]
        targets = np.stack([self._rows(self.wanted[name][..., None])[:, 0] for name in others], axis=1)
        solved[arkit.indices(others), :-3] = solve_bounded(self.system, targets, self.ridge, LIMIT).T
        moves, left_over = {}, {}
        for name, wanted in self.wanted.items():
            moves[name] = self._moves(solved[arkit.INDEX[name]])
            size = np.linalg.norm(self.weights * wanted)
            left_over[name] = float(np.linalg.norm(self.weights * (moves[name] - wanted)) / np.maximum(size, 1e-12))
            kept = 1.0 if left_over[name] > WELL_FITTED else self.lips[:, None]
            moves[name] = moves[name] + kept * (wanted - moves[name]) + self._gaze(name)
        return ArkitShapes(moves, solved, left_over, self._way_back(solved))

    def _transferred(self, mesh: FaceMesh) -> dict[str, np.ndarray]:
        """(5023, 3) moves in FLAME's axes; eyeballs stay."""
        skin = build_sample_head().parts["skin"]
        source = FaceMesh(skin.vertices.astype(np.float64), triangulated(skin.polygons), sample_landmarks())
        moved = transfer(skin.shapes, correspond(source, mesh), mesh)
        wanted = {}
        for name, moves in moved.items():
            if name != "tongueOut":
                wanted[name] = np.zeros((VERTICES, 3))
                wanted[name][:SKIN_VERTICES] = np.stack([moves[:, 0], moves[:, 2], -moves[:, 1]], axis=1)
        return wanted

    def _rows(self, moves: np.ndarray) -> np.ndarray:
        """(3 x 5023, K) weighted moves as the rows of an equation system."""
        return (moves * self.weights[..., None]).reshape(3 * VERTICES, -1)

    def _moves(self, coefficients: np.ndarray) -> np.ndarray:
        pose = np.zeros((len(JOINTS), 3))
        pose[2] = coefficients[-3:]
        return posed(self.model, self.identity, coefficients[:-3], pose, joints=self.joints) - self.neutral

    def _with_jaw(self, wanted: np.ndarray) -> np.ndarray:
        """Expression and jaw by Gauss-Newton: the jaw's rotation is the only thing that is not linear."""
        coefficients = np.zeros(self.system.shape[1] + 3)
        coefficients[-3] = _TURN
        for _ in range(_ROUNDS):
            reached = self._moves(coefficients)
            jaw = []
            for axis in range(3):
                ahead = coefficients.copy()
                ahead[-3 + axis] += _TURN
                jaw.append((self._moves(ahead) - reached) / _TURN)
            blended = np.einsum("vj,jab->vab", self.model.weights, self._joint_turns(coefficients[-3:]), optimize=True)
            turned = np.einsum("vab,vbk->vak", blended, self.model.expressions, optimize=True)
            system = self._rows(np.concatenate([turned, np.stack(jaw, axis=2)], axis=2))
            scale = np.array([1.0] * (len(coefficients) - 3) + [JAW_LIMIT / LIMIT] * 3)
            target = self._rows((wanted - reached)[..., None])[:, 0] + system @ coefficients
            found = solve_bounded(system * scale, target[:, None], self.ridge, LIMIT)[:, 0]
            coefficients = found * scale
        return coefficients

    def _joint_turns(self, jaw: np.ndarray) -> np.ndarray:
        pose = np.zeros((len(JOINTS), 3))
        pose[2] = jaw
        return rotations_of(pose)

    def _gaze(self, name: str) -> np.ndarray:
        """(5023, 3) moves of the eyeball that a channel turns."""
        moves = np.zeros((VERTICES, 3))
        stem = name.removesuffix("Left").removesuffix("Right")
        if stem not in _GAZE:
            return moves
        side = 0 if name.endswith("Left") else 1
        ball = slice(SKIN_VERTICES + side * EYEBALL_VERTICES, SKIN_VERTICES + (side + 1) * EYEBALL_VERTICES)
        axis = np.array([_GAZE[stem]]) * (1, -1 if side else 1, 1)
        turn = rotations_of(np.radians(arkit.LOOK_DEGREES) * axis)[0]
        arms = self.neutral[ball] - self.joints[3 + side]
        moves[ball] = arms @ turn.T - arms
        return moves

    def _way_back(self, solved: np.ndarray) -> np.ndarray:
        """(52, expressions + 3) ridge regression of FLAME's moves on those of the solved shapes, on the skin alone."""
        turned = np.zeros((3, self.system.shape[1] + 3))
        turned[:, -3:] = JAW_CHANNEL_STEP * np.eye(3)
        jaw = np.stack([self._moves(row) / JAW_CHANNEL_STEP for row in turned], axis=2)
        flame = np.concatenate([self.system, self._rows(jaw)], axis=1)
        shapes = flame @ solved.T
        curvature = shapes.T @ shapes
        curvature += _BACK_RIDGE * np.trace(curvature) / len(curvature) * np.eye(len(curvature))
        back: np.ndarray = np.linalg.solve(curvature, shapes.T @ flame)
        return back
