"""Lines as the frozen encoder hears them, once as they are and once or more augmented."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch

from ...face.phones import PhoneSegment
from ...inference.models.compact import CONTENT_STRIDE, FPS
from ...inference.sound.log_mel import relative_loudness
from ..arrays import FloatArray
from ..compact.augmentation import augment_mel
from ..compact.corpus import MEL_RATE, CorpusLine, phone_levels
from ..compact.network import CompactNetwork
from ..compact.prosody import RATE


@dataclass(frozen=True)
class EncodedLine:
    """One line without its sound.

    Attributes:
        speaker: of the line.
        activations: (n, width) float16 at ``PHONE_RATE``, what the encoder's last layer sees.
        content, signals, emotion, loudness: (frames, ...) float32 at 30 frames per second, as ``compact`` encodes them.
        accents: (frames,) 0..1.
        phones: with times.
        levels: (phones,) mean level of each phone in dB.
    """

    speaker: str
    activations: FloatArray
    content: FloatArray
    signals: FloatArray
    emotion: FloatArray
    loudness: FloatArray
    accents: FloatArray
    phones: tuple[PhoneSegment, ...]
    levels: FloatArray

    @property
    def frames(self) -> int:
        """Of video."""
        return len(self.content)


def encode_lines(
    lines: Iterable[CorpusLine], base: CompactNetwork, copies: int, rng: np.random.Generator
) -> list[EncodedLine]:
    """Every line, followed by its augmented copies.

    Args:
        lines: of a corpus.
        base: in evaluation mode.
        copies: augmented ones of each line.
        rng: of the augmentation.
    """
    return [
        _encode(line, mel, base)
        for line in lines
        for mel in (
            line.mel.astype(np.float32),
            *(augment_mel(line.mel[None].astype(np.float32), rng)[0] for _ in range(copies)),
        )
    ]


@torch.no_grad()
def _encode(line: CorpusLine, mel: FloatArray, base: CompactNetwork) -> EncodedLine:
    even = torch.from_numpy(mel[: len(mel) // CONTENT_STRIDE * CONTENT_STRIDE])
    activations = base.content.activations(even[None])
    emotion = base.emotion(torch.from_numpy(line.prosody_input.astype(np.float32))[None])
    times = np.arange(int((len(even) / MEL_RATE - 2 / FPS) * FPS)) / FPS
    content, signals, emotion = base.interpolate(
        base.content.out(activations), emotion, torch.from_numpy(times).float()
    )
    places = np.arange(len(mel)) / MEL_RATE
    loudness = np.interp(times, places, relative_loudness(mel)).astype(np.float32)
    accents = np.interp(times, np.arange(len(line.accents)) / RATE, line.accents)
    return EncodedLine(
        line.speaker,
        activations[0].numpy().astype(np.float16),
        content[0].numpy(),
        signals[0].numpy(),
        emotion[0].numpy(),
        loudness[:, None],
        accents,
        line.phones,
        phone_levels(line.mel, line.phones),
    )
