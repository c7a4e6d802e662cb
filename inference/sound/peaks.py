"""The outline of a sound, to be drawn: the loudest moment of each hundredth of a second."""

from pathlib import Path

import numpy as np

from ...face.sound_track import PEAKS_PER_SECOND
from .wav import open_wav


def peaks_of(path: Path, channel: int = 0) -> np.ndarray:
    """The peaks of a WAV file, read in blocks.

    Args:
        path: of the file.
        channel: counted from 1; 0 for the loudest of all.

    Returns:
        (n,) float32, 0..1 of the loudest peak of the file, ``PEAKS_PER_SECOND``; all 0 for silence.

    Raises:
        EmoTalkError: it is no WAV file that is read here, or it lacks the channel.
        OSError: it cannot be read.
    """
    wav = open_wav(path)
    size = max(wav.rate // PEAKS_PER_SECOND, 1)
    parts, rest = [], np.zeros(0, np.float32)
    for block in wav.blocks():
        loud = np.abs(block if not channel else block[:, channel - 1 : channel]).max(axis=1, initial=0)
        rest = np.concatenate([rest, loud])
        whole = len(rest) // size * size
        parts.append(rest[:whole].reshape(-1, size).max(axis=1))
        rest = rest[whole:]
    if len(rest):
        parts.append(rest.max(keepdims=True))
    found = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    rate = wav.rate / size
    if rate != PEAKS_PER_SECOND and len(found):  # rates such as 22,050 Hz are no multiple of a hundredth
        at = np.arange(int(len(found) / rate * PEAKS_PER_SECOND)) * rate / PEAKS_PER_SECOND
        found = found[np.minimum(np.round(at).astype(int), len(found) - 1)]
    return (found / max(float(found.max(initial=0)), 1e-6)).astype(np.float32)
