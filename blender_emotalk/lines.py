"""A line of dialogue: its sound, start, character and controls."""

import contextlib
from pathlib import Path
from typing import Any, Final, cast

import bpy
import numpy as np

from ..face.controls import CONTROL_BY_NAME, SHAPES, Control
from ..inference.contract import EmoTalkError, ModelSpec
from ..inference.sound.audio import LONGEST_SECONDS
from .access import scene_of, view_layer_of
from .actions import active_curves
from .keyframes import Timing, frame_rate
from .properties import LineProperties
from .shape_table import shape_values
from .sounds import LineSound, temporary_file
from .strips import audible_section, find_sound_strip

BUTTON: Final = "emotalk_button"
"""A pointer in the context of the panel's Animate button, which is greyed where the line lacks something.

A script may give the very thing as an argument, so for a script the operator is there without it.
"""
SAMPLE_LINE: Final = Path(__file__).resolve().parents[1] / "samples" / "line.wav"
"""A short sample line that comes with the extension."""


def anchor_of(line: LineProperties | None, context: bpy.types.Context) -> bpy.types.Object | None:
    """The object that identifies the character: the one chosen for the line, else the active object.

    A deleted object still exists while the line refers to it; it is ignored.
    """
    chosen = line.character if line else None
    if chosen is not None and scene_of(context).objects.get(chosen.name) == chosen:
        return chosen
    return view_layer_of(context).objects.active


def sound_of(line: LineProperties, scene: bpy.types.Scene, files: contextlib.ExitStack) -> LineSound:
    """The line's sound on the timeline: its strip, as it is trimmed, else its file.

    Args:
        line: with a strip or a file.
        scene: with the sequencer of the strip.
        files: closed by the caller to remove temporary files.

    Raises:
        EmoTalkError: neither is chosen, or it no longer exists.
    """
    path, packed_as, start, section = performed_part(line, scene)
    if packed_as:
        packed = find_sound_strip(scene, line.strip).sound.packed_file
        path = temporary_file(files, path.suffix, packed.data)
    return LineSound(path, start, section, packed_as)


def performed_part(line: LineProperties, scene: bpy.types.Scene) -> tuple[Path, str, float, tuple[float, float] | None]:
    """``strip_or_file``, cut to the range of the sound that is to be performed.

    Raises:
        EmoTalkError: as there, or nothing of the sound is left.
    """
    path, packed_as, start, section = strip_or_file(line, scene)
    first, last = line.range_start, line.range_end
    if not first and not last:
        return path, packed_as, start, section
    begin, duration = section or (0.0, LONGEST_SECONDS)
    left = min(duration, last or duration) - first
    if left <= 0:
        raise EmoTalkError("The range of the line ends before it begins; set Range End to 0 for the end of the sound")
    return path, packed_as, start + first * frame_rate(scene), (begin + first, left)


def strip_or_file(line: LineProperties, scene: bpy.types.Scene) -> tuple[Path, str, float, tuple[float, float] | None]:
    """Where the line's sound is, without touching it.

    Returns:
        Its path, a text that names it if it is packed into the .blend file, else "", the scene frame at which it
        starts, and the start and the duration of its audible part in seconds, None for all of it.

    Raises:
        EmoTalkError: neither a strip nor a file is chosen, or the strip no longer exists.
    """
    if line.strip:
        sound = (strip := find_sound_strip(scene, line.strip)).sound
        packed_as = f"{sound.session_uid} {sound.name}" if sound.packed_file else ""
        return _absolute(sound.filepath, sound.library), packed_as, *audible_section(strip, scene)
    if not line.audio:
        raise EmoTalkError("No sound is chosen; choose an audio file, or use the selected sound strip")
    return _absolute(line.audio, scene.library), "", line.start_frame, None


def slider_of(line: LineProperties, control: Control) -> tuple[Any, str]:
    """The owner and the property name of a control's slider. Raises KeyError if there is none."""
    if control.name in CONTROL_BY_NAME:
        return line, control.name
    return line.own_emotions[control.name], "weight"


def control_values(line: LineProperties, spec: ModelSpec, timing: Timing, frames: int) -> dict[str, Any]:
    """The animator's controls for the worker: one number each, or one per frame of the model if keyframed.

    The table of single shapes is there if it has rows.

    Args:
        line: its controls may be keyframed in the active action of the scene.
        spec: of the model; controls that it does not use are left out, and so is a style that it lacks.
        timing: of the model's frames in the scene.
        frames: the number of frames of the line.
    """
    curves = {curve.data_path: curve for curve in active_curves(cast(bpy.types.ID, line.id_data))}
    at = timing.frames(np.arange(max(frames, 1)))
    values: dict[str, Any] = {}
    for control in spec.heeded():
        try:
            owner, name = slider_of(line, control)
        except KeyError:  # an emotion of a model that was installed after the model was chosen
            continue
        curve = curves.get(owner.path_from_id(name))
        if curve is None or not control.animatable or curve.mute:
            values[control.name] = getattr(owner, name)
            continue
        track = np.clip([curve.evaluate(frame) for frame in at], control.minimum, control.maximum)
        values[control.name] = track.tolist() if np.ptp(track) else float(track[0])
    for name in ("personal_style", "second_style"):
        if name in values and not has_style(spec, str(values[name])):
            del values[name]
    if shapes := shape_values(line, spec.basis):
        values[SHAPES] = shapes
    return values


def has_style(spec: ModelSpec, name: str) -> bool:
    """Whether a model has a style of this name; the empty name is the first style of any model."""
    return not name or name.casefold() in (style.casefold() for style in spec.styles)


def _absolute(path: str, library: bpy.types.Library | None) -> Path:
    return Path(bpy.path.abspath(path, library=library))
