"""The outline of a line's sound for editors that draw none themselves; read in a thread, once for each file."""

import threading
from pathlib import Path
from typing import Final

import bpy
import numpy as np

from ..face.sound_track import PEAKS_PER_SECOND
from ..inference.contract import EmoTalkError
from ..inference.sound.peaks import peaks_of
from .lines import performed_part
from .properties import LineProperties
from .timelines import redraw

_SECONDS_BETWEEN_LOOKS: Final = 0.1
_MOST_KEPT: Final = 32
_known: Final[dict[tuple[str, int, int, int], np.ndarray]] = {}
_wanted: Final[set[tuple[str, int, int, int]]] = set()


def waveform_of(line: LineProperties, scene: bpy.types.Scene) -> np.ndarray:
    """The peaks of what is performed of a line, ``PEAKS_PER_SECOND``.

    Returns:
        (n,) float32, 0..1; empty while they are read, and for sounds that would have to be decoded for it.
    """
    nothing = np.zeros(0, np.float32)
    try:
        path, packed_as, _start, section = performed_part(line, scene)
        about = path.stat()
    except (EmoTalkError, OSError):
        return nothing
    if packed_as:
        return nothing
    key = str(path), about.st_size, about.st_mtime_ns, line.channel
    if key not in _known:
        if key not in _wanted:
            _wanted.add(key)
            threading.Thread(target=_read, args=(key,), name="EmoTalk waveform", daemon=True).start()
            if not bpy.app.background:
                bpy.app.timers.register(_redraw_when_read, first_interval=_SECONDS_BETWEEN_LOOKS)
        return nothing
    begin, seconds = section or (0.0, len(_known[key]) / PEAKS_PER_SECOND)
    first = round(begin * PEAKS_PER_SECOND)
    return _known[key][first : first + round(seconds * PEAKS_PER_SECOND)]


def _read(key: tuple[str, int, int, int]) -> None:
    """Runs in a thread: uses no Blender data."""
    try:
        peaks = peaks_of(Path(key[0]), key[3])
    except (EmoTalkError, OSError, ValueError):
        peaks = np.zeros(0, np.float32)
    if len(_known) >= _MOST_KEPT:
        _known.pop(next(iter(_known)))
    _known[key] = peaks
    _wanted.discard(key)


def _redraw_when_read() -> float | None:
    if _wanted:
        return _SECONDS_BETWEEN_LOOKS
    redraw()
    return None
