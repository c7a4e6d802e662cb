"""The laughing teacher: what a face does in a line with laughs, by the phonetic teacher and published dynamics.

Joyful laughter is a Duchenne display, AU 6 and 12 with the mouth open (Ruch and Hofmann 2013); its calls come about 4.7
times a second and fade (Provine and Yong 1991; Bachorowski 2001); after the last call the speaker breathes in, and the
smile fades over seconds (Ruch and Ekman 2001). The numbers of each coefficient are the project's own proposal.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ...face import arkit
from ...face.contacts import apply_contacts
from ...face.phones import PhoneSegment
from ..arrays import FloatArray
from ..compact.teacher import Conditioning, build_score, targets_for
from .laughs import Laugh

FPS: Final = 30
LEAD: Final = 0.10
"""Seconds by which the face begins before the first call."""
ATTACK: Final = 0.20
DECAY: Final = 1.1
"""Seconds in which the face rises and falls."""
GLOW_SECONDS: Final = 2.2
"""In which the smile fades after the last call."""
DECRESCENDO: Final = 0.93
"""Of the jaw from one call of a bout to the next, beside its loudness."""
CALL_WIDTH: Final = 0.09
"""Seconds from the peak of a call to its end."""
INHALATION: Final = (0.15, 0.30)
"""Opening of the jaw, and seconds, of the breath after the last call."""
ROUNDING_KEPT: Final = 0.6
PRESS_KEPT: Final = 0.7

_STAYS: Final = arkit.row(
    {
        "mouthSmile": 0.55, "cheekSquint": 0.45, "eyeSquint": 0.25, "mouthUpperUp": 0.15, "mouthLowerDown": 0.10,
        "mouthDimple": 0.10, "jawOpen": 0.12, "browInnerUp": 0.10, "browOuterUp": 0.05,
    }
)  # fmt: skip
_GROWS: Final = arkit.row(
    {
        "mouthSmile": 0.30, "cheekSquint": 0.45, "eyeSquint": 0.35, "mouthUpperUp": 0.20, "mouthLowerDown": 0.15,
        "jawOpen": 0.22, "noseSneer": 0.15,
    }
)  # fmt: skip
_GLOWS: Final = arkit.row({"mouthSmile": 0.48, "cheekSquint": 0.40, "eyeSquint": 0.22, "mouthDimple": 0.08})
_CALL_JAW: Final = (0.08, 0.12)
_LIDS_FROM: Final = 0.5
_LIDS: Final = 0.8
_JAW: Final = arkit.INDEX["jawOpen"]
_ROUND: Final = arkit.indices(("mouthPucker", "mouthFunnel"))
_PRESSED: Final = arkit.indices((*arkit.sides("mouthPress"), "mouthRollLower", "mouthRollUpper", "mouthClose"))
_LIDS_COLUMNS: Final = arkit.indices(arkit.sides("eyeBlink"))
_BROWS: Final = arkit.indices(("browInnerUp", *arkit.sides("browOuterUp")))


@dataclass(frozen=True)
class LaughingFace:
    """What a face does in a line with laughs.

    Attributes:
        values: (frames, 52) coefficients with lip contacts.
        talk: (frames, 52) the same without the laughs.
        laughing: (frames,) 0..1 envelope of the laughs on the face, afterglow left out.
        touched: (frames,) 0..1 how far a laugh changes the face at all, afterglow included.
        contacts: (frames, 2) bilabial and labiodental contact of the speech, 0..1.
    """

    values: FloatArray
    talk: FloatArray
    laughing: FloatArray
    touched: FloatArray
    contacts: FloatArray


def perform(phones: tuple[PhoneSegment, ...], laughs: tuple[Laugh, ...], frames: int) -> LaughingFace:
    """The face of a line in the middle style without emotion.

    Args:
        phones: of the speech, without gaps.
        laughs: with their times in the line.
        frames: at ``FPS``.
    """
    times = np.arange(frames) / FPS
    targets = targets_for(build_score(phones), times, Conditioning.plain(frames))
    values = targets.values.copy()
    envelope, glow = np.zeros(frames), np.zeros(frames)
    for start, end in (span for laugh in laughs for span in laugh.bouts):
        envelope = np.maximum(envelope, _swell(times, start, end, DECAY))
        glow = np.maximum(glow, _swell(times, start, end, GLOW_SECONDS))
    strength = _intensity(laughs, times)
    added = envelope[:, None] * (_STAYS + strength[:, None] * _GROWS)
    added[:, _LIDS_COLUMNS] = (envelope * np.maximum(strength - _LIDS_FROM, 0) * _LIDS)[:, None]
    added[:, _JAW] += _pulses(laughs, times) * (_CALL_JAW[0] + _CALL_JAW[1] * strength)
    breath = _inhalations(laughs, times) * (1 - targets.speech)
    added[:, _JAW] = np.maximum(added[:, _JAW], INHALATION[0] * breath)
    added[:, _BROWS] += 0.1 * breath[:, None]
    added = np.maximum(added, glow[:, None] * _GLOWS)
    values[:, _ROUND] *= (1 - (1 - ROUNDING_KEPT) * envelope)[:, None]
    values[:, _PRESSED] *= (1 - envelope * np.where(targets.speech > 0, 1 - PRESS_KEPT, 1))[:, None]
    jaw = 1 - (1 - values[:, _JAW]) * (1 - added[:, _JAW])
    values += added
    values[:, _JAW] = jaw
    contacts = np.stack([targets.bilabial, targets.labiodental], axis=1)
    laughing = np.clip(values, 0, 1).astype(np.float32)
    laughing = np.clip(apply_contacts(laughing, targets.bilabial, targets.labiodental, targets.firmness), 0, 1)
    return LaughingFace(laughing, targets.with_contacts(), envelope, np.maximum(envelope, glow), contacts)


def _swell(times: FloatArray, start: float, end: float, decay: float) -> FloatArray:
    """Rises from ``LEAD`` before the start, stays, and falls after the end."""
    rise = np.clip((times - start + LEAD) / ATTACK, 0, 1)
    fall = np.clip(1 - (times - end) / decay, 0, 1)
    eased: FloatArray = rise * rise * (3 - 2 * rise) * fall * fall * (3 - 2 * fall)
    return eased


def _intensity(laughs: tuple[Laugh, ...], times: FloatArray) -> FloatArray:
    """(frames,) 0..1: the strength of the calls around each moment."""
    weights, sums = np.full(len(times), 1e-6), np.zeros(len(times))
    for time, strength in (call for laugh in laughs for call in laugh.calls):
        near = np.exp(-0.5 * ((times - time) / 0.25) ** 2)
        weights += near
        sums += near * strength
    return sums / weights


def _pulses(laughs: tuple[Laugh, ...], times: FloatArray) -> FloatArray:
    """(frames,) 0..1: a raised cosine for each call, with the decrescendo of its bout."""
    track = np.zeros(len(times))
    for laugh in laughs:
        for start, end in laugh.bouts:
            calls = [call for call in laugh.calls if start <= call[0] <= end]
            for number, (time, strength) in enumerate(calls):
                away = np.clip(np.abs(times - time) / CALL_WIDTH, 0, 1)
                pulse = DECRESCENDO**number * strength * (0.5 + 0.5 * np.cos(np.pi * away))
                track = np.maximum(track, pulse)
    return track


def _inhalations(laughs: tuple[Laugh, ...], times: FloatArray) -> FloatArray:
    track = np.zeros(len(times))
    for laugh in laughs:
        for _, end in laugh.bouts:
            away = np.clip(np.abs(times - end - INHALATION[1] / 2) / INHALATION[1], 0, 1)
            track = np.maximum(track, 0.5 + 0.5 * np.cos(np.pi * away))
    return track
