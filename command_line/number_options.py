"""Numbers in options, checked where they are parsed."""

import argparse
from typing import Final

from ..face.controls import CHANNEL

_MOST_SILENT_FRAMES: Final = 250


def channel(text: str) -> int:
    """A channel of a sound, counted from 1; 0 is all of them. Raises ArgumentTypeError for anything else."""
    if not text.isdecimal() or int(text) > CHANNEL.maximum:
        raise argparse.ArgumentTypeError(f"the channel must be a whole number from 0 on, not {text!r}")
    return int(text)


def frame_rate(text: str) -> float:
    """Frames per second. Raises ArgumentTypeError for what is none."""
    try:
        fps = float(text)
    except ValueError:
        fps = 0.0
    if not 1 <= fps <= 1000:
        raise argparse.ArgumentTypeError(f"the frame rate must be between 1 and 1000, not {text!r}")
    return fps


def silent_frames(text: str) -> int:
    """A number of frames from 0 to ten seconds of EMOTE's. Raises ArgumentTypeError for anything else."""
    if not text.isdecimal() or int(text) > _MOST_SILENT_FRAMES:
        raise argparse.ArgumentTypeError(f"a whole number from 0 to {_MOST_SILENT_FRAMES}, not {text!r}")
    return int(text)
