"""A recording with its phone labels, what every corpus is read to."""

from dataclasses import dataclass

from ...face.phones import PhoneSegment
from ..arrays import IntArray


@dataclass(frozen=True)
class SpokenLine:
    """A recording with its phone labels.

    Attributes:
        name: unique within a corpus.
        speaker: the voice; training and evaluation never share one.
        samples: (n,) int16 at 16 kHz.
        phones: without gaps from 0 to the end of the sound.
    """

    name: str
    speaker: str
    samples: IntArray
    phones: tuple[PhoneSegment, ...]
