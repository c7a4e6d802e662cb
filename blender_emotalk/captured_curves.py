"""Curves from a file, such as a capture of Live Link Face, as keys on a character, with the sound beside them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import bpy

from ..face.curve_files import read_curves
from ..inference.contract import EmoTalkError
from ..inference.sound.containers import stated_seconds
from .scripting import write_keys
from .sounds import sound_format
from .strips import add_sound_strip

_SOUNDS: Final = (".wav", ".flac", ".mp3", ".ogg", ".m4a", ".mov", ".mp4")
"""Tried in this order; Live Link Face records a film beside its CSV."""
_LONGEST_DIFFERENCE: Final = 0.1
"""Seconds."""


@dataclass(frozen=True)
class Imported:
    """What was written.

    Attributes:
        line: the name of the line of the keys.
        keys: how many.
        sound: the file of the same name that was placed on the timeline; None if there is none.
        remark: what does not fit, as a sentence; empty if all does.
    """

    line: str
    keys: int
    sound: Path | None
    remark: str = ""


def import_curves(
    scene: bpy.types.Scene, path: Path, start_frame: int, fps: float | None, tolerance: float, keys_on: str
) -> Imported:
    """Write the curves of a file to the active line's character or the active object, and place their sound.

    Args:
        scene: with the character.
        path: .npz, .json or .csv, see ``curve_files.read_curves``; a sound of the same name may lie beside it.
        start_frame: the scene frame of the first frame of the curves.
        fps: the frame rate of a .csv; None to tell it from its timecodes.
        tolerance: largest error of the keys.
        keys_on: see ``controls.KEYS_ON``.

    Raises:
        EmoTalkError: the file holds no curves, or the character cannot be animated; nothing was changed.
        OSError: the file cannot be read.
    """
    performance = read_curves(path, fps)
    keys = write_keys(performance, path.stem, None, start_frame, tolerance, False, keys_on, scene)
    sound = next((beside for suffix in _SOUNDS if (beside := path.with_suffix(suffix)).is_file()), None)
    if sound is None:
        return Imported(path.stem, keys, None)
    try:
        seconds = stated_seconds(sound, sound_format(sound))
        add_sound_strip(scene, path.stem, str(sound), start_frame)
    except (EmoTalkError, RuntimeError) as error:
        return Imported(path.stem, keys, None, str(error).removeprefix("Error: "))
    length = performance.face.frames / performance.face.fps
    if seconds and abs(seconds - length) > _LONGEST_DIFFERENCE:
        remark = f"The curves take {length:.2f} s and {sound.name} {seconds:.2f} s; give the frame rate if it is wrong"
        return Imported(path.stem, keys, sound, remark)
    return Imported(path.stem, keys, sound)
