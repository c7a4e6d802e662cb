"""Brings a face to the openings of the mouth that the curves are made for, relative to its size."""

from collections.abc import Mapping as Names
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from .arkit import SEAL_FACTOR, sides
from .errors import EmoTalkError
from .face_measures import FaceMeasures, measure_face
from .mapping import MEAN, SHAPE_KEY, SOLVE, SUM, Mapping, Row
from .visemes import VISEMES

_REST: Final = 0.8
_EYES: Final = 65.4
"""Millimetres on ICT-FaceKit, where the references were measured: the lips at rest, the eyes from middle to middle."""

_GAPS: Final = {
    "jawOpen": 33.5,
    "mouthFunnel": 14.5,
    "mouthLowerDown": 7.5,
    "mouthUpperUp": 7.9,
    "mouthShrugUpper": 6.0,
}
"""Stem -> millimetres between the lips at 1."""
_WIDTHS: Final = {"mouthSmile": 0.20, "mouthPucker": -0.10}
"""Stem -> by how much the mouth gets wider at 1, in distances of the eyes."""

VISEME_GAPS: Final[dict[str, float]] = {
    name: (gap - _REST) / _EYES
    for name, gap in {
        "sil": 1.4,
        "PP": -1.1,
        "FF": 2.4,
        "TH": 6.5,
        "DD": 5.5,
        "kk": 6.8,
        "CH": 8.8,
        "SS": 4.4,
        "nn": 5.7,
        "RR": 6.9,
        "aa": 16.4,
        "E": 11.3,
        "ih": 7.0,
        "oh": 15.3,
        "ou": 4.4,
    }.items()
}
"""How much further than at rest the lips are apart in each viseme, in distances of the eyes."""

LARGEST: Final = 4.0
"""A gain is not changed by more than this factor: what moves so little, or so much, is another shape."""
TOLERANCE: Final = 0.15
_SMALL: Final = 0.015
"""Differences of openings below this share of the distance of the eyes, about a millimetre, are not seen."""
_TOUCHING: Final = 0.0
_THROUGH: Final = -0.06
"""Lips that are so much closer than at rest go through each other."""


@dataclass(frozen=True)
class Fit:
    """How well a face makes the 15 visemes.

    Attributes:
        gaps: viseme -> how much further than at rest the lips are apart, in distances of the eyes.
    """

    gaps: Names[str, float]

    @property
    def misses(self) -> tuple[str, ...]:
        """Visemes whose opening is not within ``TOLERANCE`` of the reference."""
        return tuple(name for name in VISEMES if abs(self.gaps[name] - VISEME_GAPS[name]) > _allowed(name))

    @property
    def is_contact_missed(self) -> bool:
        """Whether the lips stay apart in p, b and m."""
        return self.gaps["PP"] > _TOUCHING

    @property
    def intersections(self) -> tuple[str, ...]:
        """Visemes in which the lips go through each other."""
        return tuple(name for name in VISEMES if self.gaps[name] < _THROUGH)

    @property
    def sentence(self) -> str:
        """What was found, without a full stop."""
        parts = [f"{len(VISEMES) - len(self.misses)} of {len(VISEMES)} mouth openings fit"]
        if self.misses:
            wrong = [f"{n} {'too open' if self.gaps[n] > VISEME_GAPS[n] else 'too closed'}" for n in self.misses]
            parts.append(", ".join(wrong))
        if self.is_contact_missed:
            parts.append("the lips do not meet in p, b and m")
        if self.intersections:
            parts.append(f"the lips intersect in {', '.join(self.intersections)}")
        return "; ".join(parts)


def _allowed(name: str) -> float:
    return max(TOLERANCE * abs(VISEME_GAPS[name]), _SMALL)


def channel_moves(mapping: Mapping, shapes: Names[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What each channel does to a mesh at 1, as far as it moves shape keys as a sum.

    Args:
        mapping: of the character.
        shapes: shape key -> (V, 3) moves at 1.
    """
    moves: dict[str, np.ndarray] = {}
    for row in mapping.rows:
        if row.target.kind != SHAPE_KEY or row.target.name not in shapes or row.combine not in (SUM, MEAN):
            continue
        total = sum(weight for _channel, weight in row.sources) if row.combine == MEAN else 1.0
        for channel, weight in row.sources:
            moved = row.gain * weight / total * shapes[row.target.name]
            moves[channel] = moves[channel] + moved if channel in moves else moved
    return moves


def check_fit(mapping: Mapping, vertices: np.ndarray, shapes: Names[str, np.ndarray]) -> Fit:
    """Measure the openings of the 15 visemes.

    Args:
        mapping: of the character.
        vertices: (V, 3) of the mesh with the lips, at rest; z up, the face looks along -y.
        shapes: shape key -> (V, 3) moves at 1.

    Raises:
        EmoTalkError: the face cannot be measured.
    """
    moves = _measurable(mapping, shapes)
    return _fit(measure_face(vertices, moves), moves)


def calibrate(mapping: Mapping, vertices: np.ndarray, shapes: Names[str, np.ndarray]) -> Mapping:
    """A mapping with other gains, so that the reference openings and widths hold relative to the face's size.

    The openings of the jaw, the funnel and the lips' own shapes become those of the reference, mouthClose closes the
    wide open jaw at ``arkit.SEAL_FACTOR``, and smile and pucker become as wide.

    Args:
        mapping: of the character.
        vertices: see ``check_fit``.
        shapes: shape key -> (V, 3) moves at 1.

    Raises:
        EmoTalkError: the face cannot be measured.
    """
    moves = _measurable(mapping, shapes)
    face = measure_face(vertices, moves)
    factors: dict[str, float] = {}
    wanted = {stem: (gap - _REST) / _EYES for stem, gap in _GAPS.items()}
    wanted["mouthClose"] = -wanted["jawOpen"] / SEAL_FACTOR
    for stem, opening in wanted.items():
        _add_factor(factors, stem, opening, face.gap(_both(stem, moves, len(vertices))))
    for stem, width in _WIDTHS.items():
        _add_factor(factors, stem, width, face.width(_both(stem, moves, len(vertices))))
    return mapping.with_rows(_scaled(row, factors) for row in mapping.rows)


def _measurable(mapping: Mapping, shapes: Names[str, np.ndarray]) -> dict[str, np.ndarray]:
    if any(row.combine == SOLVE for row in mapping.rows):
        raise EmoTalkError("A face that speaks by visemes is not calibrated: its visemes have their own openings")
    return channel_moves(mapping, shapes)


def _add_factor(factors: dict[str, float], stem: str, wanted: float, measured: float) -> None:
    """Shapes that move the other way, or hardly at all, are something else and stay as they are."""
    if measured * wanted > 0 and 1 / LARGEST <= wanted / measured <= LARGEST:
        factors.update(dict.fromkeys(sides(stem), wanted / measured))


def _scaled(row: Row, factors: Names[str, float]) -> Row:
    if row.target.kind != SHAPE_KEY or row.combine != SUM:
        return row
    return replace(row, sources=tuple((name, weight * factors.get(name, 1.0)) for name, weight in row.sources))


def _both(stem: str, moves: Names[str, np.ndarray], vertices: int) -> np.ndarray:
    total = np.zeros((vertices, 3))
    for channel in sides(stem):
        total += moves.get(channel, 0.0)
    return total


def _fit(face: FaceMeasures, moves: Names[str, np.ndarray]) -> Fit:
    count = len(next(iter(moves.values())))
    gaps = {
        name: face.gap(sum((value * _both(stem, moves, count) for stem, value in pose.items()), np.zeros((count, 3))))
        for name, pose in VISEMES.items()
    }
    return Fit(gaps)
