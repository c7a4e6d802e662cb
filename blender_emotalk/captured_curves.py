"""Curves from a file, such as a take of Live Link Face, as keys on a character, with the sound beside them."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import bpy

from ..face.basis import JAW_CHANNELS
from ..face.curve_files import read_curve_file
from ..face.curves import ReadCurves
from ..face.usd_weights import USD
from ..inference.contract import EmoTalkError
from ..inference.sound.containers import stated_seconds
from . import flame_heads, mapping_desk
from .access import active_line
from .lines import anchor_of
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
        remarks: what was recognised, and what does not fit, as sentences without full stops.
    """

    line: str
    keys: int
    sound: Path | None
    remarks: tuple[str, ...] = ()


def import_curves(
    scene: bpy.types.Scene, path: Path, start_frame: int, fps: float | None, tolerance: float, keys_on: str
) -> Imported:
    """Write the curves of a file to the active line's character or the active object, and place their sound.

    Args:
        scene: with the character.
        path: a file that ``curve_files.read_curves`` reads; a sound of the same name may lie beside it.
        start_frame: the scene frame of the first frame of the curves.
        fps: see ``curve_files.read_curves``.
        tolerance: largest error of the keys.
        keys_on: see ``controls.KEYS_ON``.

    Raises:
        EmoTalkError: the file holds no curves, or the character cannot be animated; nothing was changed.
        OSError: the file cannot be read.
    """
    curves = for_character(read_file(path, fps), scene, anchor_of(active_line(scene), bpy.context))
    performance = curves.performance
    keys = write_keys(performance, path.stem, None, start_frame, tolerance, False, keys_on, scene)
    sound = next((beside for suffix in _SOUNDS if (beside := path.with_suffix(suffix)).is_file()), None)
    if sound is None:
        return Imported(path.stem, keys, None, curves.remarks)
    try:
        seconds = stated_seconds(sound, sound_format(sound))
        add_sound_strip(scene, path.stem, str(sound), start_frame)
    except (EmoTalkError, RuntimeError) as error:
        return Imported(path.stem, keys, None, (*curves.remarks, str(error).removeprefix("Error: ")))
    length = performance.face.frames / performance.face.fps
    if seconds and abs(seconds - length) > _LONGEST_DIFFERENCE:
        remark = f"The curves take {length:.2f} s and {sound.name} {seconds:.2f} s; give the frame rate if it is wrong"
        return Imported(path.stem, keys, sound, (*curves.remarks, remark))
    return Imported(path.stem, keys, sound, curves.remarks)


def read_file(path: Path, fps: float | None) -> ReadCurves:
    """As ``curve_files.read_curve_file``, with Blender's module for USD where the build has one."""
    if path.suffix.lower().removeprefix(".") in USD and hasattr(bpy.utils, "expose_bundled_modules"):
        bpy.utils.expose_bundled_modules()
    return read_curve_file(path, fps)


def for_character(curves: ReadCurves, scene: bpy.types.Scene, anchor: bpy.types.Object | None) -> ReadCurves:
    """FLAME's curves become the 52 coefficients for a character that has no shape keys of FLAME's expressions."""
    face = curves.performance.face
    if not face.basis.has(JAW_CHANNELS) or anchor is None:
        return curves
    moved = mapping_desk.look_up(anchor, scene, face.basis).mapping.channels
    if set(face.basis.regions["expression"]) & set(moved):
        return curves
    arkit, model = flame_heads.to_arkit(face, flame_heads.newest_model())
    remark = f"FLAME's expression and jaw became the 52 coefficients by {model}"
    return ReadCurves(replace(curves.performance, face=arkit), (*curves.remarks, remark))
