"""Prosody of a sound: loudness, pitch, arousal, phrases, stressed syllables and breaths.

Everything is relative to the speaker's own level and median, so that a copy at another gain gives the same tracks.
Arousal rises with loudness, pitch, a flatter spectrum and a faster rate (Scherer 2003; the alpha ratio of Sundberg &
Nordenberg 2006 for vocal effort); prominence with F0, energy and duration (Terken 1991). Weights are the project's own.
"""

from typing import Final

import numpy as np

from ...face.acting.prosody import Prosody, Span, Stress
from ...face.intervals import intervals_of
from ...face.shaping import gaussian_filter
from ..contract import SAMPLE_RATE, Speech
from .log_mel import HOP, MEL_CENTRES, PITCH_BINS, PITCH_HOP, expanded, log_mel, pitch_salience, speech_level

RATE: Final = SAMPLE_RATE / HOP
"""Hz of the tracks before they are sampled at the frame rate."""

QUIETEST: Final = -45.0
"""dB against the speech level; softer counts as this."""
_SPEECH: Final = -24.0
_SHORTEST_PAUSE: Final = 0.25
_SHORTEST_PHRASE: Final = 0.12
_CHUNK: Final = 3000
_PITCH_RATE: Final = SAMPLE_RATE / PITCH_HOP
_VOICED: Final = 0.5
_OCTAVES_PER_BIN: Final = float(np.log2(420 / 70)) / (PITCH_BINS - 1)
_HIGHEST_PEAK: Final = 0.9
"""Of the peaks nearly as high as the highest one, the highest pitch is F0: the others are its subharmonics."""
_LARGEST_STEP: Final = 0.6
"""Octaves from the median beyond which a pitch is taken for an octave error."""

_LOW: Final = MEL_CENTRES < 1000
_HIGH: Final = (MEL_CENTRES >= 1000) & (MEL_CENTRES < 5000)

_STRESS_SPACING: Final = 0.3
_BREATH_SECONDS: Final = (0.15, 0.9)
_LOUD_BREATH: Final = 0.25
"""Seconds from which a noise as loud as soft speech is a breath."""
_BREATH_TO_PHRASE: Final = 0.35
_BREATH_LEVEL: Final = (-42.0, -14.0)
_BREATH_RISE: Final = 8.0
"""dB by which a breath is above the quietest twentieth of the sound: a room's noise does not rise and fall."""
_BREATH_TILT: Final = -8.0
"""dB of alpha ratio; a breath has more above 1 kHz than a voice or a hum."""


def prosody_tracks(speech: Speech, frames: int, fps: float) -> Prosody:
    """The prosody of a line.

    Args:
        speech: the line.
        frames: of the performance.
        fps: of the performance.

    Returns:
        Tracks of so many frames; all are at rest if nobody speaks. About 4 ms for a second of sound; an hour needs
        10 MB.
    """
    level = speech_level(speech.samples)
    loudness, tilt = _loudness_and_tilt(speech.samples, level)
    octaves, voicing = _pitch(speech.samples, level, len(loudness))
    noisy = (loudness > _BREATH_LEVEL[0]) & (loudness < _BREATH_LEVEL[1]) & (tilt > _BREATH_TILT) & (voicing < _VOICED)
    speaking = loudness > _SPEECH
    for start, end in intervals_of(noisy):
        # A fricative is shorter.
        if end - start >= _LOUD_BREATH * RATE:
            speaking[start:end] = False
    phrases = _phrases(speaking)
    inside = np.zeros(len(loudness), bool)
    for start, end in phrases:
        inside[start:end] = True
    voiced = inside & (voicing > _VOICED) & (loudness > _SPEECH)
    pitch = _relative_pitch(octaves, voiced)
    syllables = _syllables(loudness, voiced)
    breaths = _breaths(loudness, noisy, phrases)
    arousal = _arousal(loudness, pitch, tilt, voiced, inside, syllables)
    return Prosody(
        fps,
        _at_frames(loudness, frames, fps),
        _at_frames(pitch, frames, fps),
        _at_frames(voicing, frames, fps),
        _at_frames(arousal, frames, fps),
        phrases=tuple((start / RATE, end / RATE) for start, end in phrases),
        stresses=_stresses(loudness, pitch, voiced, syllables),
        breaths=breaths,
    )


def _loudness_and_tilt(samples: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """(n,) dB against the speech level, and (n,) dB of 1 to 5 kHz against what is below, every 10 ms."""
    count = len(samples) // HOP + 1
    loudness, tilt = np.zeros(count, np.float32), np.zeros(count, np.float32)
    for start in range(0, count, _CHUNK):
        stop = min(start + _CHUNK, count)
        power = expanded(log_mel(samples, level, start, stop)) + np.float32(1e-6)
        loudness[start:stop] = 10 * np.log10(power.mean(axis=1))
        tilt[start:stop] = 10 * np.log10(power[:, _HIGH].sum(axis=1) / power[:, _LOW].sum(axis=1))
    loud = loudness[loudness > np.percentile(loudness, 95) - 15]
    loudness -= np.float32(np.mean(loud)) if level > -72 else np.float32(0)
    return np.maximum(gaussian_filter(loudness, 2.0), np.float32(QUIETEST)), gaussian_filter(tilt, 2.0)


def _pitch(samples: np.ndarray, level: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(n,) octaves above 70 Hz and (n,) periodicity, every 10 ms."""
    steps = count * HOP // PITCH_HOP + 1
    bins, strength = np.zeros(steps, np.float32), np.zeros(steps, np.float32)
    for start in range(0, steps, _CHUNK):
        salience = pitch_salience(samples, level, start, min(start + _CHUNK, steps))
        padded = np.pad(salience, ((0, 0), (1, 1)), constant_values=-1)
        here, below, above = padded[:, 1:-1], padded[:, :-2], padded[:, 2:]
        peak = (here >= below) & (here >= above)
        height = np.where(peak, here, -1)
        good = height >= _HIGHEST_PEAK * height.max(axis=1, keepdims=True)
        best = salience.shape[1] - 1 - np.argmax(good[:, ::-1], axis=1)
        rows = np.arange(len(salience))
        left, middle, right = (part[rows, best] for part in (below, here, above))
        bend = np.maximum(2 * middle - left - right, 1e-6)
        offset = np.where((best > 0) & (best < PITCH_BINS - 1), 0.5 * (right - left) / bend, 0)
        bins[start : start + len(rows)] = best + np.clip(offset, -0.5, 0.5)
        strength[start : start + len(rows)] = np.clip(middle, 0, 1)
    times = np.arange(count) / RATE
    knots = np.arange(steps) / _PITCH_RATE
    nearest = np.minimum(np.round(times * _PITCH_RATE).astype(int), steps - 1)
    return _OCTAVES_PER_BIN * bins[nearest], np.interp(times, knots, strength).astype(np.float32)


def _relative_pitch(octaves: np.ndarray, voiced: np.ndarray) -> np.ndarray:
    """(n,) octaves against the median of the voiced frames, carried over the others."""
    if not voiced.any():
        return np.zeros_like(octaves)
    relative = octaves - np.median(octaves[voiced])
    kept = np.flatnonzero(voiced & (np.abs(relative) < _LARGEST_STEP))
    if not len(kept):
        return np.zeros_like(octaves)
    filled = np.interp(np.arange(len(octaves)), kept, relative[kept])
    return gaussian_filter(filled.astype(np.float32), 3.0)


def _phrases(speaking: np.ndarray) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in intervals_of(speaking):
        if merged and start - merged[-1][1] < _SHORTEST_PAUSE * RATE:
            merged[-1] = merged[-1][0], end
        else:
            merged.append((start, end))
    return [(start, end) for start, end in merged if end - start >= _SHORTEST_PHRASE * RATE]


def _syllables(loudness: np.ndarray, voiced: np.ndarray) -> np.ndarray:
    """(syllables,) places of the peaks of loudness in voiced frames, rising."""
    level = gaussian_filter(loudness, 3.5)
    peaks = np.flatnonzero((level[1:-1] > level[:-2]) & (level[1:-1] >= level[2:])) + 1
    return peaks[voiced[peaks]] if len(peaks) else np.zeros(0, int)


def prominence(loudness: np.ndarray, pitch: np.ndarray, voiced: np.ndarray) -> np.ndarray:
    """(n,) F0 and energy above the local phrase, in standard deviations; 0 where nothing is voiced.

    The slow course of both (declination, 1 s) is taken off, so that the end of a phrase has its stresses too.
    """
    if voiced.sum() < 3:
        return np.zeros(len(loudness), np.float32)
    total = np.zeros(len(loudness), np.float32)
    weight = gaussian_filter(voiced.astype(np.float32), 50.0) + np.float32(1e-3)
    for track in (loudness, pitch):
        slow = gaussian_filter(np.where(voiced, track, 0).astype(np.float32), 50.0) / weight
        above = np.where(voiced, track - slow, 0)
        total += (above / (above[voiced].std() + 1e-3)).astype(np.float32)
    return gaussian_filter(total, 4.0) / 2


def _stresses(loudness: np.ndarray, pitch: np.ndarray, voiced: np.ndarray, syllables: np.ndarray) -> tuple[Stress, ...]:
    """Syllables whose prominence is above the mean, the strongest first where two are closer than 0.3 s."""
    if not len(syllables):
        return ()
    strength = prominence(loudness, pitch, voiced)
    lengths = gaussian_filter(voiced.astype(np.float32), 8.0)[syllables]
    near = np.lib.stride_tricks.sliding_window_view(np.pad(strength, 8, mode="edge"), 17)[syllables].max(axis=1)
    near = near + 0.5 * (lengths - lengths.mean())
    order = syllables[np.argsort(-near, kind="stable")]
    heights = dict(zip(syllables.tolist(), near.tolist(), strict=True))
    least = float(np.mean(near))
    chosen: list[int] = []
    taken, near_by = np.zeros(len(loudness), bool), round(_STRESS_SPACING * RATE)
    for place in order.tolist():
        if heights[place] <= least:
            break
        if not taken[place]:
            chosen.append(place)
            taken[max(place - near_by + 1, 0) : place + near_by] = True
    top = max(float(np.percentile(near, 97)), least + 1e-3)
    share = {place: float(np.clip((heights[place] - least) / (top - least), 0.05, 1)) for place in chosen}
    return tuple(Stress(place / RATE, share[place]) for place in sorted(chosen))


def _breaths(loudness: np.ndarray, noisy: np.ndarray, phrases: list[tuple[int, int]]) -> tuple[Span, ...]:
    """Soft, unvoiced, bright stretches that end shortly before a phrase."""
    loud_enough = float(np.percentile(loudness, 5)) + _BREATH_RISE
    found: list[Span] = []
    before = 0
    for start, end in phrases:
        first = max(before, start - round((_BREATH_SECONDS[1] + _BREATH_TO_PHRASE) * RATE))
        for rise, fall in intervals_of(noisy[first:start])[-2:]:
            # The onset of the phrase itself is noisy too: it touches the phrase and is short.
            seconds = (fall - rise) / RATE
            is_near = (start - first - fall) / RATE <= _BREATH_TO_PHRASE
            is_loud = loudness[first + rise : first + fall].max() > loud_enough
            if _BREATH_SECONDS[0] <= seconds <= _BREATH_SECONDS[1] and is_near and is_loud:
                found.append(((first + rise) / RATE, (first + fall) / RATE))
                break
        before = end
    return tuple(found)


def _arousal(
    loudness: np.ndarray,
    pitch: np.ndarray,
    tilt: np.ndarray,
    voiced: np.ndarray,
    inside: np.ndarray,
    syllables: np.ndarray,
) -> np.ndarray:
    """(n,) -1..1 over about a second, 0 for the speaker's usual; carried through pauses towards 0."""
    if voiced.sum() < 3:
        return np.zeros(len(loudness), np.float32)
    beats = np.zeros(len(loudness), np.float32)
    beats[syllables] = RATE
    total = np.zeros(len(loudness), np.float32)
    for track, unit, share, where in (
        (loudness, 5.0, 0.4, voiced),
        (pitch, 0.25, 0.3, voiced),
        (tilt, 5.0, 0.2, voiced),
        (gaussian_filter(beats, 30.0), 2.0, 0.1, inside),
    ):
        relative = np.where(where, (track - np.mean(track[where])) / unit, 0).astype(np.float32)
        weight = gaussian_filter(where.astype(np.float32), 40.0)
        total += np.float32(share) * gaussian_filter(relative, 40.0) / (weight + np.float32(0.1))
    # How lively the whole line is: the spread of its pitch and the effort in its spectrum need no other line.
    lively = (float(pitch[voiced].std()) - 0.14) / 0.14 + (float(tilt[voiced].mean()) + 6.0) / 8.0
    offset = 0.25 * float(np.tanh(lively)) * gaussian_filter(inside.astype(np.float32), 40.0)
    return np.tanh(total + offset).astype(np.float32)


def _at_frames(track: np.ndarray, frames: int, fps: float) -> np.ndarray:
    places = np.arange(frames) / fps * RATE
    return np.interp(places, np.arange(len(track)), track).astype(np.float32)
