"""What the frozen layers of EmoTalk Compact make of a sound, computed once before training."""

from typing import Final

import numpy as np
import torch
from torch.nn import functional

from ...inference.contract import Speech
from ...inference.models.compact import CONTENT_STRIDE, FPS, STEM_WIDTH, EmoTalkCompact, frame_count
from ...inference.sound.log_mel import log_mel, spectral_offset, speech_level
from ..arrays import FloatArray
from ..compact.network import CONTENT_RATE, CompactNetwork
from .compact_network import Heard

STEP: Final = 3
"""Video frames after which a content frame falls on one again: 60 ms."""


def content_rows(frames: int) -> int:
    """Content frames that so many video frames are interpolated from."""
    return int((frames - 1) * CONTENT_RATE / FPS) + 2


class Ear:
    """The frozen layers of a base network.

    Args:
        model: the base in NumPy.
        network: the same in PyTorch.
        first: the first block of the content encoder that is not frozen.
    """

    def __init__(self, model: EmoTalkCompact, network: CompactNetwork, first: int) -> None:
        self._model, self._network, self._first = model, network, first
        dilations = network.config.content_dilations
        self._reach, self._before = sum(dilations[first:]), sum(dilations[:first]) + STEM_WIDTH // 2

    def hear(self, speech: Speech, frames: int = 0) -> Heard:
        """The rows of a whole sound, as long as the sound and at least so many frames.

        The sound is silent before its beginning and after its end.
        """
        samples, frames = speech.samples, max(frame_count(len(speech.samples)), frames)
        level = speech_level(samples)
        # Around what is asked for, rows that the convolutions' own padding spoils.
        first, last = -self._reach - self._before, content_rows(frames) + self._reach + self._before
        mel = log_mel(samples, level, CONTENT_STRIDE * first, CONTENT_STRIDE * last)
        mel -= spectral_offset(samples, level, self._network.content.usual.numpy())
        with torch.no_grad():
            rows = functional.relu(self._network.content.stem(torch.from_numpy(mel)[None]))
            for block in list(self._network.content.blocks)[: self._first]:
                rows = block(rows)
        kept = rows[0, self._before : rows.shape[1] - self._before].numpy()
        return Heard(kept.astype(np.float32), self._emotion(speech, frames))

    def _emotion(self, speech: Speech, frames: int) -> FloatArray:
        """(frames, size) emotion features."""
        missing = max(frames * 16_000 // FPS - len(speech.samples), 0)
        extended = Speech(np.pad(speech.samples, (0, missing + 1)), speech.source) if missing else speech
        return np.asarray(self._model.encode(extended).arrays["emotion"][:frames])
