"""Takes as training draws from them: motion at 25 frames per second, the speech encoder's feature rows, labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...face.emotions import ALIASES, EMOTIONS, NEUTRAL
from ...inference.contract import EmoTalkError
from ...inference.models.emote import FPS, INTENSITIES
from ..arrays import FloatArray
from ..captures.take import Labels, Take
from .audio_encoder import Convolutions


@dataclass(frozen=True)
class PreparedTake:
    """A take.

    Attributes:
        name: of the take.
        motion: (T, E + 3) float32 expression and jaw at 25 frames per second.
        features: (T, C) float32 rows of the speech encoder's convolutions.
        emotion: index in ``EMOTIONS``.
        level: 0, 1 or 2, MEAD's levels of intensity.
        actor: index of the person.
    """

    name: str
    motion: FloatArray
    features: FloatArray
    emotion: int
    level: int
    actor: int

    def condition(self, actors: int) -> FloatArray:
        """(11 + actors,) one-hot emotion, intensity and identity."""
        row = np.zeros(len(EMOTIONS) + INTENSITIES + actors, np.float32)
        row[[self.emotion, len(EMOTIONS) + self.level, len(EMOTIONS) + INTENSITIES + self.actor]] = 1
        return row


def motion_of(take: Take) -> FloatArray:
    """(T, E + 3) float32 at 25 frames per second."""
    return take.curves.resampled(FPS).values


def prepare_takes(takes: Sequence[Take], actors: Sequence[str], convolutions: Convolutions) -> list[PreparedTake]:
    """Takes ready to be drawn from; sound and motion end together.

    Args:
        takes: of FLAME's basis.
        actors: the persons that the condition tells apart; a take of anybody else counts as the first one's.
        convolutions: of the speech encoder.

    Raises:
        EmoTalkError: an emotion is none of the eight.
    """
    prepared = []
    for take in takes:
        motion, features = motion_of(take), convolutions.hear(take.speech)
        frames = min(len(motion), len(features))
        emotion, level = emotion_of(take)
        actor = actors.index(take.labels.actor) if take.labels.actor in actors else 0
        prepared.append(PreparedTake(take.name, motion[:frames], features[:frames], emotion, level, actor))
    return prepared


def emotion_of(take: Take) -> tuple[int, int]:
    """Index of the emotion, and MEAD's level of it: 0, 1 or 2; neutral has the first one only.

    Raises:
        EmoTalkError: the emotion is none of the eight.
    """
    labels: Labels = take.labels
    name = ALIASES.get(labels.emotion, labels.emotion)
    if name not in EMOTIONS:
        raise EmoTalkError(f"The emotion of take {take.name} is {name!r}; EMOTE knows {', '.join(EMOTIONS)}")
    level = 0 if name == NEUTRAL else round(labels.level * (INTENSITIES - 1))
    return EMOTIONS.index(name), level
