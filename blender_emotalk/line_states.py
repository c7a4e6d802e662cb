"""The state of each line of the list: new, animated, edited by hand, stale or failed.

The list shows the stored state. It is looked at again when something may have changed it, never while drawing.
"""

import contextlib
import hashlib
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

import bpy
import numpy as np

from ..face.controls import CONTROLS, LINE_CONTROLS
from ..inference.contract import EmoTalkError
from . import alignments, hand_edits, own_actions
from .access import desk_of
from .actions import active_curves
from .line_identity import identity_of
from .lines import strip_or_file
from .properties import LineProperties
from .stored_mapping import mapping_on

NEW: Final = "NEW"
ANIMATED: Final = "ANIMATED"
EDITED: Final = "EDITED"
STALE: Final = "STALE"
FAILED: Final = "FAILED"

_is_edited: Final[dict[int, bool | None]] = {}
"""By the session uids of our actions; None for those that have to be looked at again."""
_PLACE: Final = " at "
_INPUTS: Final = (*(control.name for control in (*CONTROLS, *LINE_CONTROLS)), "model", "existing_keys")


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


@contextlib.contextmanager
def same_sound(line: LineProperties, scene: bpy.types.Scene) -> Iterator[None]:
    """What is done to the line in the block leaves its sound and its place as they were, only otherwise stored."""
    was_fresh = line.performed_inputs == inputs_of(line, scene)
    yield
    if was_fresh:
        line.performed_inputs = inputs_of(line, scene)


def refresh(scene: bpy.types.Scene, changed: Collection[int] | None = None) -> None:
    """Look at all lines of a scene again.

    Args:
        scene: with the lines.
        changed: the session uids of the actions that have changed since the last look; None if that is not known.
    """
    for uid in _is_edited.keys() if changed is None else changed:
        _is_edited[uid] = None
    edited = _edited_lines()
    for line in desk_of(scene).lines:
        _set(line, _state_of(line, scene, edited))


def refresh_line(line: LineProperties, scene: bpy.types.Scene) -> None:
    """Look at one line again."""
    for action in bpy.data.actions:
        if own_actions.line_of(action) == identity_of(line):
            _is_edited[action.session_uid] = None
    _set(line, _state_of(line, scene, _edited_lines(identity_of(line))))


def needs_run(line: LineProperties) -> bool:
    """Whether the line has no keys yet, or keys that no longer fit its sound and settings."""
    return line.state in (NEW, STALE, FAILED)


def is_behind(line: LineProperties, scene: bpy.types.Scene) -> bool:
    """Whether the line has keys that were made with other settings than it has now."""
    return bool(line.performed_inputs) and line.performed_inputs != inputs_of(line, scene)


def has_only_moved(line: LineProperties, scene: bpy.types.Scene) -> bool:
    """Whether nothing has changed since the last run but where the line's strip lies, or how it is trimmed."""
    then, now = line.performed_inputs.split(_PLACE), inputs_of(line, scene).split(_PLACE)
    return bool(line.strip) and then[0] == now[0] and then != now


def inputs_of(line: LineProperties, scene: bpy.types.Scene) -> str:
    """A text that is equal as long as a run would give the same keys: sound, settings, keys of the sliders, place."""
    prefix = line.path_from_id() + "."
    curves = {
        curve.data_path.removeprefix(prefix): curve
        for curve in active_curves(scene)
        if curve.data_path.startswith(prefix) and not curve.mute
    }
    values: dict[str, Any] = {name: getattr(line, name) for name in _INPUTS if name not in curves}
    for emotion in line.own_emotions:
        if emotion.weight and emotion.path_from_id("weight").removeprefix(prefix) not in curves:
            values["emotion " + emotion.name] = emotion.weight
    values["shapes"] = [(row.name, row.multiplier, row.offset) for row in line.shapes]
    values["character"] = line.character.name if line.character else ""
    mapping = mapping_on(line.character) if line.character else ""
    if mapping:
        values["mapping"] = mapping
    words = alignments.inputs_of(line, scene)
    if words:
        values["words"] = words
    values["frame rate"] = scene.render.fps, scene.render.fps_base
    values["sound"], place = _sound_of(line, scene)
    state = hashlib.blake2b(json.dumps(values, sort_keys=True).encode(), digest_size=16)
    for path, curve in sorted(curves.items()):
        state.update(path.encode())
        for attribute in ("co", "handle_left", "handle_right"):
            numbers = np.empty(2 * len(curve.keyframe_points), np.float32)
            curve.keyframe_points.foreach_get(attribute, numbers)
            state.update(numbers.tobytes())
    return state.hexdigest() + _PLACE + place


def _sound_of(line: LineProperties, scene: bpy.types.Scene) -> tuple[object, str]:
    """What is heard, and where."""
    try:
        path, packed, start, section = strip_or_file(line, scene)
    except EmoTalkError as error:
        return str(error), ""
    place = [start, *(section or ())]
    return packed or _stamp(path), " ".join(f"{number:.4f}" for number in place)


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
    if is_behind(line, scene):
        return STALE
    return EDITED if edited[identity] else ANIMATED


def _edited_lines(only: str = "") -> dict[str, bool]:
    """Whether the animator has edited the keys, for each line that has keys in this file."""
    found: dict[str, bool] = {}
    for action in bpy.data.actions:
        identity = own_actions.line_of(action)
        if identity is not None and only in ("", identity) and own_actions.is_played(action):
            found[identity] = found.get(identity, False) or _is_edited_action(action)
    return found


def _is_edited_action(action: bpy.types.Action) -> bool:
    known = _is_edited.get(action.session_uid)
    if known is None:
        known = _is_edited[action.session_uid] = hand_edits.is_edited(action)
    return known
