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
from ...face.laughter import LEAST_SECONDS, join_laughs
from ...inference.checkpoints.safetensors_file import bundled_weights
from ...inference.contract import Speech
from ...inference.models.compact import FPS, MODEL_ID, SIGNALS, EmoTalkCompact
from ...inference.registry import COMPACT_SPEC
from ..captures.take import Take

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
        least: seconds that a laugh must last; the paper's 3.5 s is the length of its training clips.
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
    chance = 1 / (1 + np.exp(-signals[:, SIGNALS.index("laughter")]))
    return [Section(first / FPS, last / FPS) for first, last in join_laughs(chance, FPS, least)]


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
