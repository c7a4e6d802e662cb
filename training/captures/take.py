"""A take: a sound, the curves that were captured with it, and what somebody said about it."""

from dataclasses import dataclass
from typing import Final

from ...face.curves import FaceCurves
from ...face.emotions import NEUTRAL
from ...inference.contract import Speech

SPLITS: Final = ("train", "validation", "test")
"""What a take may be used for: learning, stopping early, and the figures at the end."""


@dataclass(frozen=True)
class Labels:
    """What a project says about a take.

    Attributes:
        emotion: of the actor throughout the take, any word; ``neutral`` if nobody said.
        level: how strongly it was acted, 0..1.
        intensity: gain on the emotion, 0..1.
        content: what was said, by an id; takes of the same content differ in emotion only. "" if unknown.
        split: one of ``SPLITS``.
        actor: who it is, where a project has several; "" for the project's.
    """

    emotion: str = NEUTRAL
    level: float = 0.5
    intensity: float = 1.0
    content: str = ""
    split: str = SPLITS[0]
    actor: str = ""


@dataclass(frozen=True)
class Take:
    """A take that can be trained on.

    Attributes:
        name: unique in its project.
        speech: the sound.
        curves: start with the sound, at their own rate, in the basis of the project.
        labels: see ``Labels``.
    """

    name: str
    speech: Speech
    curves: FaceCurves
    labels: Labels
