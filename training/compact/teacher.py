"""The phonetic teacher: a rule-based animator that turns phones with times and a conditioning into target curves.

It blends articulations by dominance functions (Cohen and Massaro), keeps JALI's constraints (bilabials close the lips,
labiodentals set the lower lip to the teeth, sibilants narrow the jaw, the jaw follows loudness within a range), limits
the speed of the jaw, and layers personal style, emotion level, emotion and brow motion from prosodic accents on top.
Any stretch of a line can be computed by itself, fast enough to be done again for every training crop.
"""

from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from ...face import arkit
from ...face.contacts import apply_contacts
from ...face.emotions import emotion_offsets
from ...face.gestures import CONTACT_RAMP, SPEECH_RAMP, bilabial_spans, labiodental_spans, ramps, speech_spans
from ...face.phones import SIBILANTS, PhoneSegment
from ...face.styles import STYLES, PersonalStyle
from ..arrays import FloatArray, IntArray
from .visemes import ARTICULATIONS, PHASE_IS_VOWEL, PHASE_NUMBERS, PHASE_TARGETS, PHASES_OF

STYLE_FIELDS: Final = tuple(f.name for f in fields(PersonalStyle) if f.name not in ("name", "sentence"))
STYLE_NUMBERS: Final = np.array([[getattr(style, name) for name in STYLE_FIELDS] for style in STYLES], np.float32)
"""(24, fields) numbers of the personal styles; a blend of styles is a blend of their rows."""

_HORIZON: Final = 0.6
"""Phones further away than this (s) are ignored."""

_REACH_SHARE: Final = 1 / 3
"""Dominance falls to 1/e over this share of a phone's reach."""

_SIBILANT_JAW: Final = 0.07
_SIBILANT_RAMP: Final = 0.035
_FASTEST_JAW: Final = 0.20
"""Per frame at 30 fps: about 200 mm/s."""

_LOUDNESS_SLOPE: Final = 0.10
_LOUDNESS_RANGE: Final = (0.82, 1.2)


@dataclass(frozen=True)
class Score:
    """A line as the teacher reads it: articulation phases sorted by time, and contacts (a gestural score).

    Attributes:
        phases: (n,) rows of ``visemes.PHASES``.
        spans: (n, 2) their starts and ends, s.
        jaw_gains: (n,) gain of the jaw from the loudness of each vowel.
        bilabials, labiodentals, sibilants, speech: (k, 2) starts and ends of bilabial contacts, labiodental contacts,
            sibilants and speech, s.
    """

    phases: IntArray
    spans: FloatArray
    jaw_gains: FloatArray
    bilabials: FloatArray
    labiodentals: FloatArray
    sibilants: FloatArray
    speech: FloatArray

    def scaled(self, factor: float) -> "Score":
        """The same line, slower (above 1) or faster."""
        return replace(
            self,
            spans=self.spans * factor,
            bilabials=self.bilabials * factor,
            labiodentals=self.labiodentals * factor,
            sibilants=self.sibilants * factor,
            speech=self.speech * factor,
        )


@dataclass(frozen=True)
class Conditioning:
    """The animator's choices and the accents for a stretch of a line, one row per frame.

    Attributes:
        styles: (frames, 24) weights that sum to 1.
        levels: (frames,) emotion level, 0 weak, 1 strong.
        emotions: (frames, 8) weights.
        accents: (frames,) 0..1 prosodic accents that move brows and lids.
    """

    styles: FloatArray
    levels: FloatArray
    emotions: FloatArray
    accents: FloatArray

    @classmethod
    def plain(cls, frames: int, style: int = 0, level: float = 0.5) -> "Conditioning":
        """One style, no emotion, no accents."""
        styles = np.zeros((frames, len(STYLES)), np.float32)
        styles[:, style] = 1
        return cls(styles, np.full(frames, level, np.float32), np.zeros((frames, 8), np.float32), np.zeros(frames))


@dataclass(frozen=True)
class Targets:
    """The teacher's output: smooth coefficients, learned by regression, and contacts, learned by classification.

    Attributes:
        values: (frames, 52) coefficients before contacts.
        bilabial, labiodental, speech: (frames,) 0..1.
        firmness: (frames,) of bilabial contacts.
    """

    values: FloatArray
    bilabial: FloatArray
    labiodental: FloatArray
    speech: FloatArray
    firmness: FloatArray

    def with_contacts(self) -> FloatArray:
        """(frames, 52) coefficients with the contacts applied."""
        return np.clip(apply_contacts(self.values, self.bilabial, self.labiodental, self.firmness), 0, 1)


def build_score(phones: tuple[PhoneSegment, ...], loudness: FloatArray | None = None) -> Score:
    """A line's score.

    Args:
        phones: without gaps.
        loudness: (len(phones),) mean level of each phone in dB, if known.
    """
    jaws = _jaw_gains(phones, loudness)
    phases, spans, gains = [], [], []
    for phone, jaw in zip(phones, jaws, strict=True):
        start = phone.start
        for row, articulation in zip(PHASES_OF[phone.name], ARTICULATIONS[phone.name], strict=True):
            end = start + articulation.share * (phone.end - phone.start)
            phases.append(row)
            spans.append((start, end))
            gains.append(jaw)
            start = end
    return Score(
        np.array(phases, int),
        _pairs(spans),
        np.array(gains, np.float32),
        bilabial_spans(phones),
        labiodental_spans(phones),
        _pairs([(phone.start, phone.end) for phone in phones if phone.name in SIBILANTS]),
        speech_spans(phones),
    )


def targets_for(score: Score, times: FloatArray, conditioning: Conditioning) -> Targets:
    """The targets of a stretch of a line.

    Args:
        score: the whole line.
        times: (frames,) s, rising, 1/30 s apart.
        conditioning: one row for each time.
    """
    style = dict(zip(STYLE_FIELDS, (conditioning.styles @ STYLE_NUMBERS).T, strict=True))
    strength = 0.88 + 0.24 * conditioning.levels
    speech = ramps(score.speech, times, SPEECH_RAMP)
    values = _blend(score, times, style["tempo"])
    values = _apply_style(values, style, strength)
    sibilant = ramps(score.sibilants, times, _SIBILANT_RAMP)
    jaw = values[:, arkit.INDEX["jawOpen"]]
    jaw = jaw - sibilant * np.maximum(jaw - _SIBILANT_JAW * style["jaw"], 0)
    values[:, arkit.INDEX["jawOpen"]] = _limit_speed(jaw)
    _move_upper_face(values, style, conditioning, speech)
    values += emotion_offsets(conditioning.emotions * (0.7 + 0.6 * conditioning.levels)[:, None], speech)
    _resolve_conflicts(values)
    return Targets(
        np.clip(values, 0, 1),
        ramps(score.bilabials, times, CONTACT_RAMP),
        ramps(score.labiodentals, times, CONTACT_RAMP),
        speech,
        style["press"],
    )


def _blend(score: Score, times: FloatArray, tempo: FloatArray) -> FloatArray:
    near = (score.spans[:, 1] > times[0] - _HORIZON) & (score.spans[:, 0] < times[-1] + _HORIZON)
    if not near.any():
        return np.tile(PHASE_TARGETS[PHASES_OF["SIL"][0]], (len(times), 1))
    phases = score.phases[near]
    lips, jaw, before, after = PHASE_NUMBERS[phases].T
    starts, ends = score.spans[near].T
    early = np.maximum(starts - times[:, None], 0) / before
    late = np.maximum(times[:, None] - ends, 0) / after
    presence = np.exp(np.maximum(-(early + late) * tempo[:, None] / _REACH_SHARE, -60)).astype(np.float32)
    targets = PHASE_TARGETS[phases]
    values = _weighted_mean(presence * lips.astype(np.float32), targets)
    jaws = targets[:, arkit.INDEX["jawOpen"]] * score.jaw_gains[near]
    values[:, arkit.INDEX["jawOpen"]] = _weighted_mean(presence * jaw.astype(np.float32), jaws[:, None])[:, 0]
    return values


def _weighted_mean(weights: FloatArray, targets: FloatArray) -> FloatArray:
    mean: FloatArray = (weights @ targets) / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    return mean


_LIPS: Final = arkit.indices(
    (*arkit.sides("mouthLowerDown"), *arkit.sides("mouthStretch"), *arkit.sides("mouthSmile"), "tongueOut")
)
_UPPER: Final = arkit.indices(arkit.sides("mouthUpperUp"))
_ROUND: Final = arkit.indices(("mouthPucker", "mouthFunnel"))
_STRETCH: Final = arkit.indices(arkit.sides("mouthStretch"))
_SIDED: Final = ("mouthLowerDown", "mouthUpperUp", "mouthStretch", "mouthSmile", "mouthDimple")
_LEFT: Final = arkit.indices(f"{stem}Left" for stem in _SIDED)
_RIGHT: Final = arkit.indices(f"{stem}Right" for stem in _SIDED)
_SPREAD_UNIT: Final = 0.16


def _apply_style(values: FloatArray, style: dict[str, FloatArray], strength: FloatArray) -> FloatArray:
    values = values.copy()
    spread = np.clip(values[:, _STRETCH[0]] / _SPREAD_UNIT, 0, 1) * style["spread"]
    values[:, arkit.INDEX["jawOpen"]] *= style["jaw"] * strength
    values[:, _LIPS] *= (style["lips"] * strength)[:, None]
    values[:, _UPPER] *= (style["lips"] * style["upper_lip"] * strength)[:, None]
    values[:, _ROUND] *= (style["rounding"] * strength)[:, None]
    values[:, _STRETCH] += spread[:, None]
    side = style["asymmetry"]
    values[:, _LEFT] *= (1 - 0.6 * np.maximum(side, 0) + 0.25 * np.maximum(-side, 0))[:, None]
    values[:, _RIGHT] *= (1 - 0.6 * np.maximum(-side, 0) + 0.25 * np.maximum(side, 0))[:, None]
    return np.maximum(values, 0)


def _move_upper_face(
    values: FloatArray, style: dict[str, FloatArray], conditioning: Conditioning, speech: FloatArray
) -> None:
    accents = conditioning.accents * style["brows"] * (0.6 + 0.8 * conditioning.levels)
    raised, lowered = np.maximum(style["brow_rest"], 0), np.maximum(-style["brow_rest"], 0)
    side = style["asymmetry"] * speech
    for stem, amount in (
        ("browInnerUp", 0.22 * accents + 0.7 * raised),
        ("browOuterUp", 0.18 * accents + raised),
        ("browDown", 1.2 * lowered),
        ("eyeWide", 0.06 * accents + np.maximum(style["lids"], 0)),
        ("eyeBlink", np.maximum(-style["lids"], 0)),
        ("eyeSquint", style["squint"] * (0.4 + 0.6 * speech)),
        ("mouthSmile", np.maximum(style["corners"], 0)),
        ("mouthFrown", np.maximum(-style["corners"], 0)),
        ("mouthRight", 0.10 * np.maximum(side, 0)),
        ("mouthLeft", 0.10 * np.maximum(-side, 0)),
    ):
        values[:, arkit.indices(arkit.sides(stem))] += amount[:, None]


def _resolve_conflicts(values: FloatArray) -> None:
    smiles = arkit.indices(arkit.sides("mouthSmile"))
    values[:, smiles] *= 1 - 0.6 * np.minimum(values[:, [arkit.INDEX["mouthPucker"]]], 1)


def _limit_speed(jaw: FloatArray) -> FloatArray:
    """The jaw's opening, reduced where it would change faster than ``_FASTEST_JAW``."""
    limited = jaw.copy()
    for away in range(1, min(4, len(jaw))):
        limited[away:] = np.minimum(limited[away:], jaw[:-away] + away * _FASTEST_JAW)
        limited[:-away] = np.minimum(limited[:-away], jaw[away:] + away * _FASTEST_JAW)
    return limited


def _jaw_gains(phones: tuple[PhoneSegment, ...], loudness: FloatArray | None) -> FloatArray:
    gains = np.ones(len(phones), np.float32)
    vowels = np.array([PHASE_IS_VOWEL[PHASES_OF[phone.name][0]] for phone in phones])
    if loudness is None or vowels.sum() < 2:
        return gains
    spread = max(float(loudness[vowels].std()), 1.0)
    scores = (loudness[vowels] - loudness[vowels].mean()) / spread
    gains[vowels] = np.clip(1 + _LOUDNESS_SLOPE * scores, *_LOUDNESS_RANGE)
    return gains


def _pairs(spans: list[tuple[float, float]]) -> FloatArray:
    return np.array(spans, np.float64).reshape(-1, 2)
