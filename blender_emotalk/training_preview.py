"""A held-out take on two characters side by side: as it was captured, and as the trained model performs it."""

from dataclasses import dataclass
from typing import Final

import bpy

from ..face.controls import KEY_TOLERANCE, KEYS_ON
from ..training.run_folder import RunFolder
from .captured_curves import for_character, read_file
from .character_copies import copy_beside
from .characters import find_character
from .keyframes import frame_rate
from .scripting import write_keys
from .strips import add_sound_strip, remove_strips

CAPTURED, PREDICTED = "Captured", "Predicted"
"""Names of the lines."""
_STRIP: Final = "Captured take"
_MARK: Final = "emotalk_preview"
"""On the strip, so that the next preview replaces it."""


@dataclass(frozen=True)
class Shown:
    """What was written.

    Attributes:
        keys: how many.
        captured_on: the character with the captured take.
        remarks: what does not fit, as sentences without full stops.
    """

    keys: int
    captured_on: str
    remarks: tuple[str, ...]


def show(
    context: bpy.types.Context,
    scene: bpy.types.Scene,
    anchor: bpy.types.Object,
    captured_on: bpy.types.Object | None,
    run: RunFolder,
) -> Shown:
    """Write both performances as keys, and place the sound, from the current frame on.

    Args:
        context: of the operator.
        scene: with the character.
        anchor: of the character that gets the prediction.
        captured_on: of the one that gets the captured take; a copy is put beside the first one if None.
        run: with a preview.

    Raises:
        EmoTalkError: a file is damaged, or a character lacks the channels.
        OSError: a file cannot be read.
    """
    start = scene.frame_current
    curves = [for_character(read_file(path, None), scene, anchor) for path in (run.predicted, run.captured)]
    predicted, captured = (each.performance for each in curves)
    write = (start, float(KEY_TOLERANCE.default), False, KEYS_ON.choices[int(KEYS_ON.default)], scene)
    for character in (anchor, captured_on or anchor):
        find_character(character, scene, captured.face.basis)
    other = captured_on or copy_beside(context, anchor, scene)
    keys = write_keys(predicted, PREDICTED, anchor, *write)
    keys += write_keys(captured, CAPTURED, other, *write)
    if run.sound.is_file():
        remove_strips(scene, _MARK)
        add_sound_strip(scene, _STRIP, str(run.sound), start)[_MARK] = True
    face = captured.face
    scene.frame_end = max(scene.frame_end, start + round(face.frames / face.fps * frame_rate(scene)))
    return Shown(keys, other.name, tuple(dict.fromkeys(remark for each in curves for remark in each.remarks)))
