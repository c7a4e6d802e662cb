"""Mood waves: an emotion rises with phrases and stressed words, peaks, and relaxes to a part of itself in pauses.

Ten captured moods rise within 0.3 to 0.8 s, relax towards half in pauses, and are above 90 % of their peak for less
than a fifth of the time; the emotions' own rise and fall times are the project's proposal on that.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from ..intervals import intervals_of
from ..shaping import gaussian_filter
from .prosody import Prosody, Span, Stress
from .pulses import raise_to, sway, vary

RISE_AND_FALL: Final[Mapping[str, tuple[float, float]]] = {
    "happy": (0.50, 1.1),
    "sad": (0.80, 1.6),
    "surprise": (0.25, 0.8),
    "fear": (0.35, 0.9),
    "disgust": (0.50, 1.0),
    "anger": (0.40, 1.0),
    "contempt": (0.60, 1.3),
}
"""Seconds, by emotion."""
_USUAL: Final = (0.50, 1.1)

RELAXED: Final = 0.52
"""Share of an emotion that stays in pauses."""
_PHRASE: Final = 0.68
_UNSPOKEN: Final = 0.75
ANTICIPATION: Final = 0.25
"""Seconds by which the face is ahead of a phrase."""
_PEAK_SPACING: Final = 1.4
_TIDE_SECONDS: Final = 1.7
_TIDE: Final = 0.09
_KEYED_RISE: Final = 0.1
_LONGEST_WITHOUT: Final = 2.0


def mood_wave(prosody: Prosody, weights: np.ndarray, names: Sequence[str], seed: int) -> np.ndarray:
    """The course of an emotion, to be multiplied with it.

    Args:
        prosody: of the line.
        weights: (frames, names) the animator's emotions; a rise that they key is a peak of its own.
        names: of the emotions.
        seed: whole number.

    Returns:
        (frames,) float32, about 0.35 to 1.
    """
    frames, fps = prosody.frames, prosody.fps
    rng = np.random.default_rng([seed, 11])
    times = np.array([RISE_AND_FALL.get(name, _USUAL) for name in names])
    total = weights.sum(axis=1)
    course = (weights @ times + 1e-6 * np.array(_USUAL)) / (total + 1e-6)[:, None]
    wave = np.full(frames, RELAXED, np.float32)
    if not prosody.phrases:
        wave[:] = _UNSPOKEN

    def pace(second: float) -> tuple[float, float]:
        rise, fall = course[int(np.clip(second * fps, 0, frames - 1))]
        return float(rise), float(fall)

    for phrase in prosody.phrases:
        start, end = phrase
        rise, fall = pace(start)
        rise *= vary(rng, 0.85, 1.15)
        apex = start - ANTICIPATION + rise
        raise_to(wave, fps, apex, rise, max(end - apex - 0.1, 0), 1.2 * fall, _PHRASE * vary(rng, 0.88, 1.08))
        for number, stress in enumerate(_peaks(prosody.stresses, phrase)):
            rise, fall = pace(stress.second)
            height = vary(rng, 0.92, 1.0) if number == 0 else 0.66 + 0.26 * stress.strength * vary(rng, 0.7, 1.1)
            raise_to(wave, fps, stress.second, rise, 0.22, fall * vary(rng, 0.7, 0.95), height)
    for _, end_frame in intervals_of(np.diff(total, prepend=total[:1]) > 1e-4):
        risen = total[end_frame - 1] - total[max(end_frame - 1 - round(2 * fps), 0) : end_frame].min()
        if risen > _KEYED_RISE:
            rise, fall = pace(end_frame / fps)
            raise_to(wave, fps, (end_frame - 1) / fps, 1.5, 0.3, fall, 1.0)
    tide = _TIDE * sway(frames, fps, _TIDE_SECONDS, rng)
    return np.clip(gaussian_filter(wave + (tide * wave).astype(np.float32), 0.05 * fps), 0, 1.05)


def _peaks(stresses: Sequence[Stress], phrase: Span) -> list[Stress]:
    """The stresses at which an emotion peaks within a phrase, the strongest first; a long phrase has several."""
    start, end = phrase
    chosen: list[Stress] = []
    first, last = (bisect_left(stresses, second, key=lambda stress: stress.second) for second in phrase)
    for stress in sorted(stresses[first:last], key=lambda stress: -stress.strength):
        if all(abs(stress.second - other.second) >= _PEAK_SPACING for other in chosen):
            chosen.append(stress)
    return chosen or ([Stress((start + end) / 2, 0.5)] if end - start < _LONGEST_WITHOUT else [])
