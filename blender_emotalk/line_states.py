"""The state of each line of the list: new, animated, edited by hand, stale or failed.

The list shows the stored state. It is looked at again when something may have changed it, never while drawing.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import bpy
import numpy as np

from ..face.controls import CONTROLS, LINE_CONTROLS
from ..inference.contract import EmoTalkError
from . import own_actions, stored_properties
from .access import desk_of
from .actions import active_curves
from .line_identity import identity_of
from .lines import strip_or_file
from .properties import LineProperties

NEW: Final = "NEW"
ANIMATED: Final = "ANIMATED"
EDITED: Final = "EDITED"
STALE: Final = "STALE"
FAILED: Final = "FAILED"

_INPUTS: Final = (*(control.name for control in (*CONTROLS, *LINE_CONTROLS)), "own_emotions", "model", "existing_keys")


def remember_success(line: LineProperties, scene: bpy.types.Scene, inputs: str, keys: int, remarks: str) -> None:
    """Called when a line's keys were written.

    Args:
        line: of the scene.
        scene: with the line.
        inputs: what ``inputs_of`` gave when the run began.
        keys: how many.
        remarks: sentences about the result.
    """
    line.performed_inputs, line.key_count, line.remarks, line.failure = inputs, keys, remarks, ""
    refresh_line(line, scene)


def remember_failure(line: LineProperties, sentence: str) -> None:
    """Called when a line could not be animated."""
    line.failure, line.state = sentence, FAILED


def refresh(scene: bpy.types.Scene) -> None:
    """Look at all lines of a scene again."""
    edited = _edited_lines()
    for line in desk_of(scene).lines:
        _set(line, _state_of(line, scene, edited))


def refresh_line(line: LineProperties, scene: bpy.types.Scene) -> None:
    """Look at one line again."""
    _set(line, _state_of(line, scene, _edited_lines(identity_of(line))))


def needs_run(line: LineProperties) -> bool:
    """Whether the line has no keys yet, or keys that no longer fit its sound and settings."""
    return line.state in (NEW, STALE, FAILED)


def inputs_of(line: LineProperties, scene: bpy.types.Scene) -> str:
    """A text that is equal as long as a run would give the same keys: sound, place, settings, keys of the sliders."""
    state = hashlib.blake2b(digest_size=16)
    values = stored_properties.stored(line)
    state.update(json.dumps({name: values[name] for name in _INPUTS if name in values}, sort_keys=True).encode())
    state.update(str(line.character and line.character.session_uid).encode())
    state.update(repr(_sound_of(line, scene)).encode())
    state.update(repr((scene.render.fps, scene.render.fps_base)).encode())
    prefix = line.path_from_id() + "."
    for curve in active_curves(scene):
        if curve.data_path.startswith(prefix) and not curve.mute:
            state.update(curve.data_path.removeprefix(prefix).encode())
            for attribute in ("co", "handle_left", "handle_right"):
                numbers = np.empty(2 * len(curve.keyframe_points), np.float32)
                curve.keyframe_points.foreach_get(attribute, numbers)
                state.update(numbers.tobytes())
    return state.hexdigest()


def _sound_of(line: LineProperties, scene: bpy.types.Scene) -> Any:
    try:
        path, packed, start, section = strip_or_file(line, scene)
    except EmoTalkError as error:
        return str(error)
    return packed or _stamp(path), round(start, 3), section and tuple(round(part, 6) for part in section)


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        status = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), status.st_size, status.st_mtime_ns


def _set(line: LineProperties, state: str) -> None:
    if line.state != state:
        line.state = state


def _state_of(line: LineProperties, scene: bpy.types.Scene, edited: dict[str, bool]) -> str:
    if line.failure:
        return FAILED
    identity = identity_of(line)
    if identity not in edited:
        return NEW
    if line.performed_inputs and line.performed_inputs != inputs_of(line, scene):
        return STALE
    return EDITED if edited[identity] else ANIMATED


def _edited_lines(only: str = "") -> dict[str, bool]:
    """Whether the animator has edited the keys, for each line that has keys in this file."""
    found: dict[str, bool] = {}
    for action in bpy.data.actions:
        identity = own_actions.line_of(action)
        if identity is not None and only in ("", identity) and own_actions.is_played(action):
            found[identity] = found.get(identity, False) or own_actions.is_edited(action)
    return found
