"""How well a face makes the poses of speech, relative to its size: openings, contacts, lids, collisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from .arkit import SEAL_FACTOR
from .face_measures import FaceMeasures
from .played_face import SENTENCE, SMILED, PlayedFace
from .visemes import VISEMES

EYES_MM: Final = 64.18
"""Millimetres from middle to middle of the eyes on ICT-FaceKit, on which the references were measured: the unit."""

VISEME_GAPS: Final[dict[str, float]] = {
    name: gap / EYES_MM
    for name, gap in {
        "sil": 0.656,
        "PP": -1.879,
        "FF": 1.682,
        "TH": 5.754,
        "DD": 4.765,
        "kk": 6.080,
        "CH": 8.086,
        "SS": 3.600,
        "nn": 4.906,
        "RR": 6.151,
        "aa": 15.685,
        "E": 10.537,
        "ih": 6.239,
        "oh": 14.508,
        "ou": 3.604,
    }.items()
}
"""How much further than at rest the lips are apart in each viseme, in distances of the eyes."""

WIDTHS: Final = {"mouthSmile": 0.20, "mouthPucker": -0.10}
"""Stem -> by how much the mouth gets wider at 1, in distances of the eyes."""

TOLERANCE: Final = 0.15
_SMALL: Final = 0.015
"""Differences of openings below this share of the distance of the eyes, about a millimetre, are not seen."""
_TOUCHING: Final = 0.0
_THROUGH: Final = -0.06
"""Lips that are so much closer than at rest go through each other."""
LID_SLACK: Final = 0.015
"""Lids that stay so far apart, or overlap so far, close well enough."""
_TOO_DEEP: Final = 0.03
"""What stands so deep in something else, about two millimetres, is seen."""
_AT_THE_TEETH: Final = 0.045
"""In f and v, the lower lip comes at least so close to the upper teeth, about three millimetres."""


_NAMED: Final = 4
"""So many poses are named in a clause."""


@dataclass(frozen=True)
class Collisions:
    """What goes through what, in distances of the eyes and beyond what does so at rest.

    Attributes:
        lips: pose of ``SENTENCE`` -> the depth of the lips in each other.
        teeth: pose -> the depth of teeth in the skin; None if no teeth were found.
        lip_to_teeth: the distance of the lower lip from the upper teeth in f and v; None if no teeth were found.
    """

    lips: Mapping[str, float] = field(default_factory=dict)
    teeth: Mapping[str, float] | None = None
    lip_to_teeth: float | None = None


@dataclass(frozen=True)
class Fit:
    """How well a face makes the poses of speech; all lengths in distances of the eyes.

    Attributes:
        gaps: viseme, or pose of ``SMILED`` -> how much further than at rest the lips are apart.
        blinks: side -> what remains open at a full blink, below 0 where lids overlap; only sides that can be measured.
        widths: stem of ``WIDTHS`` -> by how much the mouth gets wider at 1.
        closure: the share of jawOpen at which mouthClose brings the lips together; None if it does not.
        collisions: what goes through what.
        remarks: what was not measured, as clauses.
    """

    gaps: Mapping[str, float]
    blinks: Mapping[str, float] = field(default_factory=dict)
    widths: Mapping[str, float] = field(default_factory=dict)
    closure: float | None = None
    collisions: Collisions = field(default_factory=Collisions)
    remarks: tuple[str, ...] = ()

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
        """Poses in which the lips go through each other."""
        deep = self.collisions.lips
        return tuple(n for n in SENTENCE if self.gaps.get(n, 0) < _THROUGH or deep.get(n, 0) > _TOO_DEEP)

    @property
    def is_good(self) -> bool:
        """Whether nothing was found."""
        return len(self._findings()) == 1 and not self.misses

    @property
    def lines(self) -> tuple[str, ...]:
        """What was found, and what could not be measured: clauses, the most important first."""
        return (*self._findings(), *self.remarks)

    @property
    def sentence(self) -> str:
        """The same in one sentence, without a full stop."""
        return "; ".join(self.lines)

    def _findings(self) -> tuple[str, ...]:
        found = [f"{len(VISEMES) - len(self.misses)} of {len(VISEMES)} mouth openings fit"]
        if self.misses:
            sides = {"open": [n for n in self.misses if self.gaps[n] > VISEME_GAPS[n]]}
            sides["closed"] = [n for n in self.misses if n not in sides["open"]]
            found[0] += ": " + "; ".join(f"{_few(names)} too {how}" for how, names in sides.items() if names)
        if self.is_contact_missed:
            found.append(f"the lips do not meet in p, b and m: {_mm(self.gaps['PP'])} remain")
        elif self.gaps.get(SMILED["PP"], 0) > _TOUCHING + _SMALL:
            found.append(f"the lips do not meet in p, b and m in a smile: {_mm(self.gaps[SMILED['PP']])} remain")
        to_teeth = self.collisions.lip_to_teeth
        if to_teeth is not None and to_teeth > _AT_THE_TEETH:
            found.append(f"in f and v the lower lip stays {_mm(to_teeth)} from the upper teeth")
        if self.intersections:
            found.append(f"the lips go through each other in {_few(self.intersections)}")
        teeth = [n for n in SENTENCE if (self.collisions.teeth or {}).get(n, 0) > _TOO_DEEP]
        if teeth:
            found.append(f"the teeth go through the lips in {_few(teeth)}")
        for side, gap in self.blinks.items():
            if abs(gap) > LID_SLACK:
                how = f"does not close: {_mm(gap)} remain" if gap > 0 else f"closes too far, by {_mm(-gap)}"
                found.append(f"the {side} eye {how}")
        if self.closure is not None and abs(self.closure - SEAL_FACTOR) > TOLERANCE * SEAL_FACTOR:
            found.append(f"the jaw is closed by mouthClose at {self.closure:.2f} of jawOpen; {SEAL_FACTOR} is meant")
        for stem, width in self.widths.items():
            if abs(width - WIDTHS[stem]) > max(2 * TOLERANCE * abs(WIDTHS[stem]), _SMALL):
                found.append(f"the mouth gets {_mm(width)} wider in {stem}; {_mm(WIDTHS[stem])} are meant")
        return tuple(found)


def _allowed(name: str) -> float:
    return max(TOLERANCE * abs(VISEME_GAPS[name]), _SMALL)


def _few(names: Sequence[str]) -> str:
    return ", ".join(names if len(names) <= _NAMED else [*names[:_NAMED], f"{len(names) - _NAMED} more"])


def _mm(share: float) -> str:
    return f"{share * EYES_MM:.1f} mm"


def measure_fit(face: PlayedFace, measures: FaceMeasures, collisions: Collisions, remarks: tuple[str, ...] = ()) -> Fit:
    """Measure a face in its poses.

    Args:
        face: with all poses of ``played_face.PLAYED``.
        measures: of the same face.
        collisions: of the whole character.
        remarks: what could not be measured of it.
    """
    gaps = {name: measures.gap(face.moves[name]) for name in SENTENCE}
    blinks = {}
    for side, lids in zip(("left", "right"), measures.lids, strict=True):
        moves = face.moved_by(f"eyeBlink{side.title()}")
        if lids is not None and moves is not None:
            blinks[side] = lids.gap(face.vertices, moves) / measures.eyes
    if len(blinks) < 2:
        remarks = (*remarks, "the lids were not measured: no opening of both eyes was found that the blinks close")
    widths = {stem: measures.width(face.moves[stem]) for stem in WIDTHS if face.moved_by(stem) is not None}
    closes, opens = measures.gap(face.moves["mouthClose"]), measures.gap(face.moves["jawOpen"])
    closure = -opens / closes if opens > 0 > closes else None
    return Fit(gaps, blinks, widths, closure, collisions, remarks)


def lower_lip_near(face: PlayedFace, measures: FaceMeasures, reach: float) -> np.ndarray:
    """Vertices around the middle of the lower lip that the jaw takes along.

    Args:
        face: the face.
        measures: of the same face.
        reach: in distances of the eyes.
    """
    distance = np.linalg.norm(face.vertices - face.vertices[measures.lower_lip], axis=1)
    drop = -face.moves["jawOpen"][:, 2]
    return np.flatnonzero((distance < reach * measures.eyes) & (drop > 0.7 * drop[measures.lower_lip]))
