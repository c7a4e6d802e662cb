"""A face in the poses by which its fit is measured, and how these are called."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from .visemes import POSES, VISEMES, Pose

SINGLE: Final = (
    "jawOpen",
    "mouthClose",
    "mouthFunnel",
    "mouthPucker",
    "mouthLowerDown",
    "mouthUpperUp",
    "mouthShrugUpper",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthSmile",
    "tongueOut",
    "eyeBlinkLeft",
    "eyeBlinkRight",
)
"""Stems and channels that are played alone, at 1."""

_SMILE: Final = {"mouthSmile": 0.6, "cheekSquint": 0.3}
SMILED: Final = {name: f"{name} smiling" for name in ("PP", "FF", "aa")}
"""Viseme -> the pose that is it with a smile over it."""

SENTENCE: Final[dict[str, Pose]] = {
    **VISEMES,
    "ee": POSES["ee"],
    "ww": POSES["ww"],
    **{smiled: {**VISEMES[name], **_SMILE} for name, smiled in SMILED.items()},
}
"""What is spoken: the 15 visemes, a wide and a round vowel, and speech over a smile."""

PLAYED: Final[dict[str, Pose]] = {**SENTENCE, **{name: {name: 1.0} for name in SINGLE}}
"""Every pose that is played."""


@dataclass(frozen=True)
class PlayedFace:
    """The mesh with the lips, as it looks in each pose.

    Attributes:
        vertices: (V, 3) in the neutral pose; z is up.
        triangles: (T, 3) vertex numbers.
        moves: pose of ``PLAYED`` -> (V, 3) how far the vertices are from there.
        upper_lip: vertices of the upper lip's inner edge that the animator has marked; empty for none.
        lower_lip: those of the lower lip.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    moves: Mapping[str, np.ndarray]
    upper_lip: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    lower_lip: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    def moved_by(self, pose: str) -> np.ndarray | None:
        """(V, 3) what a pose does; None if that is nothing."""
        moves = self.moves.get(pose)
        return None if moves is None or not np.abs(moves).max(initial=0) > 0 else moves

    def facing_front(self) -> "PlayedFace":
        """The same face turned about z, so that its left lid lies towards +x from the right one."""
        centres = [self._centre(f"eyeBlink{side}") for side in ("Left", "Right")]
        if centres[0] is None or centres[1] is None:
            return self
        x, y, _z = centres[0] - centres[1]
        length = float(np.hypot(x, y))
        if not length > 0:
            return self
        turn = np.array([[x, y, 0], [-y, x, 0], [0, 0, length]]) / length
        moves = {name: moved @ turn.T for name, moved in self.moves.items()}
        return replace(self, vertices=self.vertices @ turn.T, moves=moves)

    def _centre(self, pose: str) -> np.ndarray | None:
        moves = self.moved_by(pose)
        if moves is None:
            return None
        return np.asarray(np.average(self.vertices, axis=0, weights=np.linalg.norm(moves, axis=1)))
