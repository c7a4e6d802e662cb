"""Where a captured actor laughs: LaughTalk's filters of training data, as far as they make sense for captures.

The paper (Sung-Bin et al. 2024) keeps clips in which a detector hears enough laughter, the speaker is seen, the picture
is not cut, and the head does not jump. In a capture the speaker is given and nothing is cut. So here: laughter that the
built-in model is sure of and that lasts, where neither the head nor the tracking of the face jumps.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from ...face import arkit
from ...face.curves import FaceCurves
from ...face.intervals import intervals_of
from ...inference.checkpoints.safetensors_file import bundled_weights
from ...inference.contract import Speech
from ...inference.models.compact import FPS, MODEL_ID, SIGNALS, EmoTalkCompact
from ...inference.registry import COMPACT_SPEC
from ..arrays import FloatArray
from ..captures.take import Take

LEAST_SECONDS: Final = 0.5
"""Shorter laughter is left out. The paper's 3.5 s is the length of its training clips."""

SURE: Final = 0.9
SURE_SECONDS: Final = 0.1
"""A laugh is as likely as ``SURE`` for so long in all ..."""

POSSIBLE: Final = 0.3
"""... and reaches as far as it is as likely as this."""

LONGEST_PAUSE: Final = 0.6
"""Seconds between calls of one laugh, as in ``sounds.nonverbal``."""

LEAST_STEP: Final = 0.75
ALONE: Final = 4.0
"""The tracker lost the face where it moves within a frame by ``LEAST_STEP`` of the root of its summed variances, and
``ALONE`` times as far as in any of the two frames before and after. In 15,000 captured frames of a speaker it
is 3.2 times at most."""

LARGEST_TURN: Final = 400.0
"""Degrees a second of the head; people shake theirs at half of it."""


@dataclass(frozen=True)
class Section:
    """A stretch of a take in which the actor laughs.

    Attributes:
        start, end: seconds after the start of the sound.
    """

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.start


def find_laughing(take: Take, least: float = LEAST_SECONDS) -> list[Section]:
    """The laughing sections of a take that can be trained on, in order.

    Args:
        take: any basis and rate.
        least: seconds that a laugh must last.
    """
    end = min(take.speech.seconds, take.curves.frames / take.curves.fps)
    jumps = jumps_of(take.curves)
    laughs = (Section(laugh.start, min(laugh.end, end)) for laugh in hear_laughs(take.speech, least))
    return [
        laugh
        for laugh in laughs
        if laugh.seconds >= least and not any(laugh.start <= jump <= laugh.end for jump in jumps)
    ]


def hear_laughs(speech: Speech, least: float = LEAST_SECONDS) -> list[Section]:
    """Where the built-in model hears laughter that lasts so many seconds, from its soft beginning on."""
    signals = _listener().encode(speech).arrays["signals"]
    return join_laughs(1 / (1 + np.exp(-signals[:, SIGNALS.index("laughter")])), float(FPS), least)


def join_laughs(chance: FloatArray, fps: float, least: float = LEAST_SECONDS) -> list[Section]:
    """Sections from the chance of laughter (frames,) by two thresholds, pauses between calls bridged."""
    laughing = np.zeros(len(chance), bool)
    for first, last in intervals_of(chance > POSSIBLE):
        laughing[first:last] = np.count_nonzero(chance[first:last] > SURE) >= SURE_SECONDS * fps
    for first, last in intervals_of(~laughing):
        if first > 0 and last < len(chance) and last - first <= LONGEST_PAUSE * fps:
            laughing[first:last] = True
    sections = (Section(first / fps, last / fps) for first, last in intervals_of(laughing))
    return [section for section in sections if section.seconds >= least]


def jumps_of(curves: FaceCurves) -> list[float]:
    """Seconds at which the face jumps from one frame to the next, or the head turns faster than anybody's."""
    if curves.frames < 2:
        return []
    head = np.isin(curves.channels, arkit.HEAD_CHANNELS)
    steps = np.diff(curves.values, axis=0)
    moves = np.linalg.norm(steps[:, ~head], axis=1)
    padded = np.pad(moves, 2)
    around = np.max([padded[offset:][: len(moves)] for offset in (0, 1, 3, 4)], axis=0)
    spread = float(np.sqrt(curves.values[:, ~head].var(axis=0).sum()))
    jumps = (moves > LEAST_STEP * spread) & (moves > ALONE * around)
    jumps |= np.abs(steps[:, head]).max(axis=1, initial=0) > LARGEST_TURN / curves.fps
    return [float(place + 0.5) / curves.fps for place in np.flatnonzero(jumps)]


@cache
def _listener() -> EmoTalkCompact:
    return EmoTalkCompact.load(bundled_weights(MODEL_ID), COMPACT_SPEC)
