"""A program for a Blender of its own: decodes a sound with Blender's decoder into a WAV file of 16 bits.

    blender --background --factory-startup --python decoder.py -- WAY SOUND WAV SECONDS
    python decoder.py -- WAY SOUND WAV SECONDS        (where Blender is a module of Python)

It is a process because Blender holds Python's lock while it decodes, so that no thread could keep its window alive, and
because some builds end at once when a file cannot be read. The sound is decoded from its start, since decoders miss
their aim by up to a tenth of a second when they begin elsewhere.

WAY is "pieces" or "whole". Audaspace can write a sound piece by piece, in little memory; but its writer fails where
a decoder gives a short piece (much AAC, some MP3), and writes the last piece twice. So the sound lies between two
marks (``mark``): what is between them is the sound, and if one is missing, it must be decoded as a whole.
"""

import sys
import wave
from typing import Any, Final

import numpy as np

NO_DECODER: Final = 3
UNREADABLE: Final = 4
MARK: Final = "EmoTalk decoder: "
"""Begins the line on stdout that says why a sound could not be read."""
MARK_FRAMES: Final = 4096
_BLOCK_FRAMES: Final = 1 << 18


def mark() -> np.ndarray:
    """(MARK_FRAMES,) float32 that no sound contains: before and behind the sound in the WAV file, in each channel."""
    return (np.random.default_rng(19).random(MARK_FRAMES) > 0.5).astype(np.float32) - np.float32(0.5)


def main(way: str, path: str, wav: str, seconds: float) -> int:
    """Decode so many seconds. Returns the exit status."""
    try:
        import bpy  # noqa: F401 - where Blender is a module, aud comes with it
    except ImportError:
        return NO_DECODER
    try:
        import aud
    except ImportError:
        return NO_DECODER
    try:
        sound = aud.Sound(path)
        rate, channels = sound.specs
        ends = np.ascontiguousarray(np.repeat(mark()[:, None], int(channels), 1))
        sound = sound.limit(0, seconds)
        if way == "pieces":
            end = aud.Sound.buffer(ends, rate)
            sound = end.join(sound).join(end)
            sound.write(wav, int(rate), int(channels), aud.FORMAT_S16, aud.CONTAINER_WAV, aud.CODEC_PCM)
        else:
            _write(wav, sound.data(), ends, int(rate))
    except aud.error as error:
        print(MARK + str(error), flush=True)
        return UNREADABLE
    return 0


def _write(wav: str, samples: np.ndarray, ends: np.ndarray, rate: int) -> None:
    with wave.open(wav, "wb") as file:
        written: Any = file  # the stubs take wave.open for a reader
        written.setparams((ends.shape[1], 2, rate, 0, "NONE", ""))
        blocks = (samples[first : first + _BLOCK_FRAMES] for first in range(0, len(samples), _BLOCK_FRAMES))
        for block in (ends, *blocks, ends):
            written.writeframesraw((np.clip(np.round(block * 32768.0), -32768, 32767)).astype("<i2").tobytes())


if __name__ == "__main__":
    _way, _sound, _wav, _seconds = sys.argv[sys.argv.index("--") + 1 :]
    _status = main(_way, _sound, _wav, float(_seconds))
    sys.stdout.flush()
    import os

    os._exit(_status)  # the module may hang when the interpreter ends after sound was used
