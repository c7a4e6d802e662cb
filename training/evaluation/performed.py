"""Measures of performed curves: speed, peaks of moods, accents, jitter, blinks."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from ...face import arkit
from ...face.acting.prosody import Prosody
from ...face.curves import FaceCurves
from ...face.emotions import EMOTIONS, IS_MOUTH, NEUTRAL, PROTOTYPES
from ...face.shaping import gaussian_filter
from ..arrays import FloatArray
from .prediction import arkit_values

_SMOOTH: Final = 0.05
_PEAK: Final = 0.9
_LONGEST_LAG: Final = 0.1
_CLOSED: Final = 0.4
_JITTER_HZ: Final = (8.0, 15.0)
_LEAST_SHIFT: Final = 0.15
"""Length of a change of the face under which no emotion is recognised."""


def curve(face: FaceCurves, stem: str) -> FloatArray:
    """(frames,) a channel, or the mean of both sides."""
    return np.asarray(face.values[:, face.basis.columns(arkit.sides(stem))].mean(axis=1))


def speed(track: FloatArray, fps: float) -> float:
    """Mean speed a second of a curve smoothed over 50 ms."""
    return float(np.abs(np.diff(gaussian_filter(track, _SMOOTH * fps))).mean() * fps)


def share_near_peak(wave: FloatArray) -> float:
    """Share of the time that a course spends above 90 % of its peak (its 99th percentile)."""
    return float((wave > _PEAK * np.percentile(wave, 99)).mean())


def brows_with_stress(face: FaceCurves, prosody: Prosody) -> float:
    """Largest correlation, at lags of 0 to 100 ms, of the brows' activity with F0 x energy where somebody speaks."""
    frames = min(face.frames, prosody.frames)
    brows = np.sum([curve(face, stem) for stem in ("browInnerUp", "browOuterUp", "browDown")], axis=0)
    active = np.zeros(frames, bool)
    for start, end in prosody.phrases:
        active[int(start * face.fps) : int(end * face.fps)] = True
    if active.sum() < face.fps:
        return 0.0
    energy = np.maximum(prosody.loudness[:frames] - np.percentile(prosody.loudness[:frames][active], 10), 0)
    pitch = prosody.pitch[:frames]
    height = np.maximum(pitch - np.percentile(pitch[active], 10), 0)
    stress = gaussian_filter((energy * height * (prosody.voicing[:frames] > 0.4)).astype(np.float32), 0.06 * face.fps)
    stress = stress - gaussian_filter(stress, 1.0 * face.fps)
    moved = brows[:frames] - gaussian_filter(brows[:frames], 1.0 * face.fps)
    best = -1.0
    for lag in range(round(_LONGEST_LAG * face.fps) + 1):
        later = np.roll(moved, -lag)
        best = max(best, float(np.corrcoef(stress[active], later[active])[0, 1]))
    return best


def recognised(shift: FloatArray) -> str:
    """The emotion whose prototype has the direction of a change of the face (52,); neutral if it hardly changes.

    By direction and not by distance: a believable mood is less than half as strong as a posed one, and would be nearer
    to no emotion at all. Brows, lids and cheeks count as they are; the mouth, which speaks, counts half.
    """
    if np.linalg.norm(shift) < _LEAST_SHIFT:
        return NEUTRAL
    weights = np.where(IS_MOUTH, 0.5, 1.0)
    poses = PROTOTYPES[1:] * weights
    likeness = (poses @ (shift * weights)) / np.linalg.norm(poses, axis=1)
    return EMOTIONS[1 + int(np.argmax(likeness))]


def jitter(face: FaceCurves, stems: Iterable[str]) -> float:
    """Share of the power of these curves (above 0.2 Hz) that lies at 8 to 15 Hz."""
    tracks = np.stack([curve(face, stem) for stem in stems], axis=1)
    return power_share(tracks, face.fps, _JITTER_HZ)


def power_share(tracks: FloatArray, fps: float, band: tuple[float, float]) -> float:
    """Share of the power of (frames, tracks) above 0.2 Hz that lies in a band."""
    window = np.hanning(len(tracks))[:, None]
    power = np.abs(np.fft.rfft((tracks - tracks.mean(axis=0)) * window, axis=0)) ** 2
    hertz = np.fft.rfftfreq(len(tracks), 1 / fps)
    total = power[hertz > 0.2].sum()
    inside = power[(hertz >= band[0]) & (hertz <= band[1])].sum()
    return float(inside / total) if total > 0 else 0.0


def lips_follow_loudness(face: FaceCurves, prosody: Prosody) -> float:
    """Correlation of the displacement of the lips with loudness in a take (SLCC)."""
    values = arkit_values(face)
    frames = min(face.frames, prosody.frames)
    mouth = values[:frames, arkit.indices(name for name in arkit.CHANNELS if name.startswith(("mouth", "jaw")))]
    moved = np.linalg.norm(mouth - np.median(mouth, axis=0), axis=1)
    return float(np.corrcoef(moved, prosody.loudness[:frames])[0, 1])


def blink_frames(lid: FloatArray) -> list[int]:
    """Frames at which a lid has closed by more than 0.3 and opens again, rising."""
    high = np.flatnonzero((lid[1:-1] > lid[:-2]) & (lid[1:-1] >= lid[2:]) & (lid[1:-1] > 0.3)) + 1
    return [int(place) for place in high]


def seconds_closed(lid: FloatArray, place: int, fps: float) -> float:
    """How long a lid is closed further than 0.4 around a peak, between frames by interpolation."""
    fine = np.interp(np.arange(0, len(lid), 0.1), np.arange(len(lid)), lid)
    first = last = place * 10
    if fine[first] <= _CLOSED:
        return 0.0
    while first > 0 and fine[first - 1] > _CLOSED:
        first -= 1
    while last < len(fine) - 1 and fine[last + 1] > _CLOSED:
        last += 1
    return (last - first + 1) / 10 / fps
