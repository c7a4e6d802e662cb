"""Brings a face to the openings of the mouth that the curves are made for, relative to its size."""

from collections.abc import Mapping as Names
from dataclasses import replace
from typing import Final

from .arkit import SEAL_FACTOR, sides
from .errors import EmoTalkError
from .face_measures import FaceMeasures
from .fit import EYES_MM, LID_SLACK, WIDTHS
from .mapping import SOLVE, SUM, Mapping, Row
from .played_face import PlayedFace

_GAPS: Final = {
    "jawOpen": 32.76,
    "mouthFunnel": 13.73,
    "mouthLowerDown": 6.76,
    "mouthUpperUp": 7.10,
    "mouthShrugUpper": 5.26,
}
"""Stem -> by how many millimetres the lips part at 1 on ICT-FaceKit."""
_GAPS_BESIDE: Final = {"mouthRollLower": -3.75, "mouthRollUpper": 1.82, "mouthPucker": -0.52, "tongueOut": 0.0}
"""The same of stems that are there for something else: mouthClose makes up for the difference."""

_LARGEST: Final = 4.0
"""A gain is not changed by more than this factor: what moves so little, or so much, is another shape."""
_SLIGHT: Final = 0.005
"""Openings of so little are left alone, in distances of the eyes."""
_CLOSE: Final = "mouthClose"
_NOTABLE: Final = 0.02
"""Changes of gains below this share are not said."""
_NAMED: Final = 4


def calibrate(mapping: Mapping, face: PlayedFace, measures: FaceMeasures) -> Mapping:
    """A mapping with other gains, so that the reference openings and widths hold relative to the face's size.

    The openings of the jaw, the funnel and the lips' own shapes become those of the reference, mouthClose closes the
    wide open jaw at ``arkit.SEAL_FACTOR``, smile and pucker become as wide, and lids just close. What the rolled lips,
    the pucker and the tongue open or close too much goes to mouthClose. Bones do not move in straight lines: measure
    again, and calibrate once more.

    Args:
        mapping: of the character, with which the face was played.
        face: in its poses.
        measures: of the same face.

    Raises:
        EmoTalkError: the face speaks by visemes.
    """
    if any(row.combine == SOLVE for row in mapping.rows):
        raise EmoTalkError("A face that speaks by visemes is not calibrated: its visemes have their own openings")
    factors = _factors(face, measures)
    beside = _beside(face, measures, factors)
    return mapping.with_rows(_with(_scaled(row, factors), beside) for row in mapping.rows)


def changes(before: Mapping, after: Mapping) -> str:
    """What a calibration changes, for the end of a sentence; "" if that is nothing."""
    parts = {}
    for old, new in zip(before.rows, after.rows, strict=True):
        strengths = [row.gain * row.sources[0][1] if row.sources else 1.0 for row in (old, new)]
        factor = strengths[1] / strengths[0] if strengths[0] else 1.0
        if abs(factor - 1) > _NOTABLE:
            parts[f"{old.target.name} × {factor:.2f}"] = abs(factor - 1)
        added = [name for name in new.channels if name not in old.channels]
        if added:
            parts[f"{old.target.name} answers {' and '.join(added)}"] = 0.0
    names = sorted(parts, key=lambda part: -parts[part])
    return ", ".join(names if len(names) <= _NAMED else [*names[:_NAMED], f"{len(names) - _NAMED} more"])


def _factors(face: PlayedFace, measures: FaceMeasures) -> dict[str, float]:
    """By how much the strength of each channel is multiplied."""
    factors: dict[str, float] = {}
    wanted = {stem: gap / EYES_MM for stem, gap in _GAPS.items()}
    wanted[_CLOSE] = -wanted["jawOpen"] / SEAL_FACTOR
    for stem, opening in wanted.items():
        _add_factor(factors, stem, opening, measures.gap(face.moves[stem]))
    for stem, width in WIDTHS.items():
        _add_factor(factors, stem, width, measures.width(face.moves[stem]))
    for side, lids in zip(("Left", "Right"), measures.lids, strict=True):
        moves = face.moved_by(f"eyeBlink{side}")
        if lids is None or moves is None:
            continue
        remains = lids.gap(face.vertices, moves)
        if abs(remains) > LID_SLACK * measures.eyes:
            _add_factor(factors, f"eyeBlink{side}", lids.opening, lids.opening - remains)
    return factors


def _add_factor(factors: dict[str, float], stem: str, wanted: float, measured: float) -> None:
    """Shapes that move the other way, or hardly at all, are something else and stay as they are."""
    if measured * wanted > 0 and 1 / _LARGEST <= wanted / measured <= _LARGEST:
        factors.update(dict.fromkeys(sides(stem), wanted / measured))


def _beside(face: PlayedFace, measures: FaceMeasures, factors: Names[str, float]) -> dict[str, float]:
    """By how much mouthClose answers other channels, per unit of what it does for its own after calibration."""
    closes = measures.gap(face.moves[_CLOSE]) * factors.get(_CLOSE, 1.0)
    if _CLOSE not in factors:
        return {}
    answers = {}
    for stem, gap in _GAPS_BESIDE.items():
        moves = face.moved_by(stem)
        excess = 0.0 if moves is None else gap / EYES_MM - measures.gap(moves) * factors.get(stem, 1.0)
        if abs(excess) > _SLIGHT:
            answers[stem] = excess / closes
    return answers


def _scaled(row: Row, factors: Names[str, float]) -> Row:
    """A row with other strengths; the gain of the table has it if there is but one source."""
    if row.combine != SUM:
        return row
    if len(row.sources) == 1:
        return replace(row, gain=row.gain * factors.get(row.channels[0], 1.0))
    return replace(row, sources=tuple((name, weight * factors.get(name, 1.0)) for name, weight in row.sources))


def _with(row: Row, answers: Names[str, float]) -> Row:
    """The row of mouthClose, which answers other channels, too."""
    weights = dict(row.sources)
    if row.combine != SUM or next(iter(weights), "") != _CLOSE:
        return row
    for stem, answer in answers.items():
        weights[stem] = weights.get(stem, 0.0) + answer * weights[_CLOSE]
    return replace(row, sources=tuple(weights.items()))
