"""Lip sync metrics from coefficients and phone times alone.

Seven figures, each independent of a global gain of the curves, and their weighted mean, the composite:

- closure: F1 of bilabial closures. Recall is the share of p, b, m whose aperture falls below a fifth of the clip's
  range; precision is the share of such falls that belong to a p, b, m.
- labiodental: how well the labiodental contact separates f, v from lingual consonants (area under the ROC curve).
- openness: rank correlation of a vowel's openness and the aperture in the middle of the vowel.
- rounding: how well protrusion separates rounded from unrounded vowels (area under the ROC curve).
- opening: correlation of the aperture with the opening expected from the phones, and its lag.
- rest: in silences of 200 ms and more, how often the mouth is open, and how much it moves.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from . import arkit
from .basis import ARKIT
from .intervals import intervals_of

RATE: Final = 100.0
"""Hz; curves are resampled to this rate."""

Segment = tuple[float, float, str]
"""Start and end in seconds and an ARPAbet phone; SIL is silence, P and B count as closed for 70 % of their length."""

_CLOSURE_SHARE: Final = 0.7
_TOLERANCE: Final = 0.033
_NEAR: Final = 0.05
_CLOSED: Final = 0.20
_OPEN: Final = 0.25
_STATIC: Final = 0.03
_LONGEST_LAG: Final = 30
_OPENNESS_OF_VOWELS: Final = {
    "IY": 0.25, "IH": 0.40, "UW": 0.20, "UH": 0.35, "ER": 0.40, "AX": 0.40, "EH": 0.60, "EY": 0.50, "OW": 0.50,
    "AH": 0.65, "AO": 0.75, "OY": 0.65, "AW": 0.90, "AY": 0.90, "AE": 0.90, "AA": 1.00,
}  # fmt: skip
_OPENNESS_OF_OTHERS: Final = {
    "SIL": 0.0, "P": 0.0, "B": 0.0, "M": 0.0, "F": 0.10, "V": 0.10, "W": 0.15, "SH": 0.22, "ZH": 0.22, "CH": 0.22,
    "JH": 0.22, "S": 0.22, "Z": 0.22, "R": 0.30, "HH": 0.40, "L": 0.35,
}  # fmt: skip
_OPENNESS_OF_THE_REST: Final = 0.28
_LABIODENTALS: Final = frozenset("F V".split())
_TONGUE_SOUNDS: Final = frozenset("T D N S Z K G L TH DH Y HH NG R".split())
_ROUNDED: Final = frozenset("UW OW OY W UH".split())
_UNROUNDED: Final = frozenset("IY IH EH EY AE AH AX AY".split())
_MAY_NEARLY_CLOSE: Final = frozenset("F V W UW".split())


APERTURE: Final = ARKIT.lip_weights
"""(52,) see ``aperture.lip_aperture``."""

# Each side of a two-sided channel counts half.
PROTRUSION: Final = arkit.row({"mouthPucker": 1, "mouthFunnel": 0.7, "mouthStretch": -0.25, "mouthSmile": -0.15})
LABIODENTAL: Final = arkit.row({"mouthRollLower": 1, "mouthShrugLower": 0.5, "mouthUpperUp": 0.125, "jawOpen": -0.5})


@dataclass
class ClipMeasures:
    """The measurements of one clip; clips are pooled before ratios are computed."""

    static: bool
    found: list[bool] = field(default_factory=list)
    rightly_closed: list[bool] = field(default_factory=list)
    labiodentals: list[float] = field(default_factory=list)
    tongue_sounds: list[float] = field(default_factory=list)
    heights: list[float] = field(default_factory=list)
    openings: list[float] = field(default_factory=list)
    rounded: list[float] = field(default_factory=list)
    unrounded: list[float] = field(default_factory=list)
    expected: np.ndarray = field(default_factory=lambda: np.zeros(0))
    aperture: np.ndarray = field(default_factory=lambda: np.zeros(0))
    rest_open: list[bool] = field(default_factory=list)
    rest_motion: list[float] = field(default_factory=list)
    speech_motion: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class LipSync:
    """Pooled figures; NaN if nothing could be measured.

    Attributes:
        composite: 0..100.
        closure_f1, labiodental_auc, openness_rho, rounding_auc, opening_r: see the module.
        lag_ms: above 0 the mouth is late.
        rest_open: share of silence with an open mouth.
        rest_motion: speed of the lips in silence relative to speech.
        closures, clips: how many were evaluated.
    """

    composite: float
    closure_f1: float
    labiodental_auc: float
    openness_rho: float
    rounding_auc: float
    opening_r: float
    lag_ms: float
    rest_open: float
    rest_motion: float
    closures: int
    clips: int


def judge(items: Iterable[tuple[np.ndarray, Sequence[Segment]]], fps: float = 30.0) -> LipSync:
    """Evaluate curves against the spoken phones.

    Args:
        items: (frames, 52) coefficients and the segments of each clip.
        fps: of all curves.
    """
    return pool([look_at(values, segments, fps) for values, segments in items])


def look_at(values: np.ndarray, segments: Sequence[Segment], fps: float) -> ClipMeasures:
    """The measurements of one clip."""
    count = max(2, int(np.ceil(segments[-1][1] * RATE)))
    aperture, protrusion, labiodental = (
        _at_rate(values @ formula, fps, count) for formula in (APERTURE, PROTRUSION, LABIODENTAL)
    )
    speech = np.zeros(count, bool)
    for start, end, phone in segments:
        if phone != "SIL":
            speech[_between(start, end, count)] = True
    closed = float(np.clip(np.percentile(aperture, 2), -0.10, 0.05))
    span = float(np.percentile(aperture[speech], 95)) - closed if speech.any() else 0.0
    clip = ClipMeasures(static=span < _STATIC)
    span = max(span, _STATIC)
    _look_at_closures(clip, aperture, closed + _CLOSED * span, segments)
    for start, end, phone in segments:
        around = _between(start - _TOLERANCE, end + _TOLERANCE, count)
        if phone in _LABIODENTALS:
            clip.labiodentals.append(float(labiodental[around].max()))
        elif phone in _TONGUE_SOUNDS:
            clip.tongue_sounds.append(float(labiodental[around].max()))
        if phone in _OPENNESS_OF_VOWELS and end - start >= 0.04:
            fifth = 0.2 * (end - start)
            clip.heights.append(_OPENNESS_OF_VOWELS[phone])
            clip.openings.append(float(aperture[_between(start + fifth, end - fifth, count)].max()) / span)
        if phone in _ROUNDED | _UNROUNDED:
            mean = float(protrusion[_between(start, end, count)].mean())
            (clip.rounded if phone in _ROUNDED else clip.unrounded).append(mean)
    speed = np.abs(np.gradient(aperture)) * RATE / span
    clip.speech_motion = speed[speech].tolist()
    for i, (start, end, phone) in enumerate(segments):
        first, last = start + 0.1 * (i > 0), end - 0.1 * (i < len(segments) - 1)
        if phone == "SIL" and end - start >= 0.2 and last > first:
            still = _between(first, last, count)
            clip.rest_open += (aperture[still] > closed + _OPEN * span).tolist()
            clip.rest_motion += speed[still].tolist()
    clip.expected = _expected_opening(segments, count)
    clip.aperture = (aperture - closed) / span
    return clip


def pool(clips: Sequence[ClipMeasures]) -> LipSync:
    """The pooled figures of many clips."""

    def every(name: str) -> np.ndarray:
        return np.array([value for clip in clips for value in getattr(clip, name)], float)

    recall, precision = _mean(every("found")), _mean(every("rightly_closed"))
    f1 = 2 * recall * precision / (recall + precision) if recall + precision > 0 else 0.0
    labiodental = roc_area(every("labiodentals"), every("tongue_sounds"))
    rounding = roc_area(every("rounded"), every("unrounded"))
    rho = _rank_correlation(every("heights"), every("openings"))
    pause = np.zeros(40)
    expected = np.concatenate([part for clip in clips for part in (clip.expected, pause)])
    opened = np.concatenate([part for clip in clips for part in (np.clip(clip.aperture, -1, 3), pause)])
    now, best, lag = _correlation_over_lags(expected, opened)
    rest_open = _mean(every("rest_open"))
    rest_motion = _mean(every("rest_motion")) / max(_mean(every("speech_motion")), 1e-9)
    lag_ms = lag * 1000 / RATE
    figures = np.array(
        [
            f1,
            2 * labiodental - 1,
            rho,
            2 * rounding - 1,
            now,
            max(0.0, 1 - abs(lag_ms) / 200) * float(np.clip(best / 0.5, 0, 1)),
            (1 - rest_open) * (1 - np.clip(rest_motion, 0, 1)),
        ]
    )
    weights = np.array([2, 1, 1, 1, 1, 0.5, 0.5]) * ~np.isnan(figures)
    moving = 1 - float(np.mean([clip.static for clip in clips]))
    composite = 100 * moving * float(np.nansum(np.clip(figures, 0, 1) * weights) / weights.sum())
    return LipSync(
        composite, f1, labiodental, rho, rounding, now, lag_ms, rest_open, rest_motion, len(every("found")), len(clips)
    )


def roc_area(positives: np.ndarray, negatives: np.ndarray) -> float:
    """Area under the ROC curve, ties counting half; NaN if there are no positives or no negatives."""
    if not len(positives) or not len(negatives):
        return float("nan")
    ranks = _ranks(np.concatenate([positives, negatives]))[: len(positives)]
    larger = ranks.sum() - len(positives) * (len(positives) + 1) / 2
    return float(larger / (len(positives) * len(negatives)))


def _look_at_closures(clip: ClipMeasures, aperture: np.ndarray, threshold: float, segments: Sequence[Segment]) -> None:
    count = len(aperture)
    uncounted, near, excused = (np.zeros(count, bool) for _ in range(3))
    for start, end, phone in segments:
        if phone == "SIL":
            uncounted[_between(start - 0.06, end + 0.06, count)] = True
        elif phone in _MAY_NEARLY_CLOSE:
            excused[_between(start, end, count)] = True
        if phone in ("P", "B", "M"):
            closure = end if phone == "M" else start + _CLOSURE_SHARE * (end - start)
            near[_between(start - _NEAR, closure + _NEAR, count)] = True
            lowest = aperture[_between(start - _TOLERANCE, closure + _TOLERANCE, count)].min()
            clip.found.append(bool(lowest <= threshold) and not clip.static)
    if clip.static:
        return
    for start, end in intervals_of((aperture <= threshold) & ~uncounted):
        if end - start >= 2 and (near[start:end].any() or not excused[start:end].any()):
            clip.rightly_closed.append(bool(near[start:end].any()))


def _expected_opening(segments: Sequence[Segment], count: int) -> np.ndarray:
    track = np.zeros(count)
    for start, end, phone in segments:
        closed_until = start + _CLOSURE_SHARE * (end - start) if phone in ("P", "B") else start
        opening = {**_OPENNESS_OF_VOWELS, **_OPENNESS_OF_OTHERS}.get(phone, _OPENNESS_OF_THE_REST)
        track[_between(closed_until, end, count)] = opening
        if phone in ("P", "B"):
            track[_between(start, closed_until, count)] = 0
    sigma = 0.03 * RATE
    places = np.arange(-int(4 * sigma), int(4 * sigma) + 1)
    kernel = np.exp(-0.5 * (places / sigma) ** 2)
    padded = np.pad(track, len(places) // 2, mode="symmetric")
    return np.convolve(padded, kernel / kernel.sum(), "valid")


def _at_rate(track: np.ndarray, fps: float, count: int) -> np.ndarray:
    return np.interp(np.arange(count) / RATE, np.arange(len(track)) / fps, track)


def _between(start: float, end: float, count: int) -> slice:
    first = int(np.clip(round(start * RATE), 0, count - 1))
    return slice(first, int(np.clip(round(end * RATE) + 1, first + 1, count)))


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1 on, equal values sharing their mean rank."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(sizes) - (sizes - 1) / 2)[group]


def _rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    if len(np.unique(first)) < 3:
        return float("nan")
    if np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(_ranks(first), _ranks(second))[0, 1])


def _correlation_over_lags(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float]:
    """Correlation at lag 0, the largest one within 300 ms, and its lag in samples (above 0: ``second`` is late)."""
    length = len(first)
    curve = []
    for lag in range(-_LONGEST_LAG, _LONGEST_LAG + 1):
        early = first[max(0, -lag) : length - max(0, lag)]
        late = second[max(0, lag) : length - max(0, -lag)]
        spread = early.std() * late.std()
        curve.append(float(np.mean((early - early.mean()) * (late - late.mean())) / spread) if spread > 1e-9 else 0.0)
    best = int(np.argmax(curve))
    offset = 0.0
    if 0 < best < len(curve) - 1:
        bend = curve[best - 1] - 2 * curve[best] + curve[best + 1]
        offset = 0.5 * (curve[best - 1] - curve[best + 1]) / bend if abs(bend) > 1e-12 else 0.0
    return curve[_LONGEST_LAG], curve[best], best - _LONGEST_LAG + offset


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else 0.0
