"""Distinguishes our actions from the animator's, and unchanged actions of ours from edited ones."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import bpy
import numpy as np

from . import generated_curves
from .actions import all_curves

_LINE: Final = "emotalk_line"
_IDENTITY: Final = "emotalk_identity"
_SEAL: Final = "emotalk_seal"
_FADE: Final = "emotalk_fade"
_DRAFT: Final = "emotalk_draft"
_PREFIX: Final = "EmoTalk "
_DECIMALS: Final = 3
"""Blender moves handles slightly when it evaluates a curve; smaller changes are not edits."""


@dataclass(frozen=True)
class LineMark:
    """The line of an action, as it is stored on the action.

    Attributes:
        name: that the animator sees; several lines may have the same.
        identity: of the line; actions of earlier versions have none, for them it is the name.
    """

    name: str
    identity: str


def new_action(mark: LineMark, fade: float = 0.0) -> bpy.types.Action:
    """An empty action that is marked as ours, under any name.

    Args:
        mark: the line that it performs.
        fade: scene frames at either end in which the face comes out of rest or goes back to it.
    """
    action = bpy.data.actions.new("EmoTalk")
    action[_LINE], action[_IDENTITY] = mark.name, mark.identity
    action[_FADE] = fade
    return action


def fade_of(action: bpy.types.Action) -> float:
    """The frames at either end of one of our actions in which the face settles."""
    fade = action.get(_FADE)
    return float(fade) if isinstance(fade, int | float) else 0.0


def name_action(action: bpy.types.Action, part: str = "") -> None:
    """Name one of our actions after its line; Blender adds a number if there is another action of that name."""
    mark = mark_of(action)
    if mark is not None:
        action.name = _PREFIX + mark.name + part


def mark_of(action: bpy.types.Action | None) -> LineMark | None:
    """The line of one of our actions; None for other actions."""
    stored = action.get(_LINE) if action else None
    if action is None or stored is None:
        return None
    name = str(stored)
    return LineMark(name, str(action.get(_IDENTITY) or name))


def marks() -> Iterator[LineMark]:
    """The lines of all our actions in the file; a line with several actions comes several times."""
    for action in bpy.data.actions:
        mark = mark_of(action)
        if mark is not None:
            yield mark


def rename_line(identity: str, name: str) -> None:
    """The line of this identity is called otherwise now; so are its actions."""
    for action in bpy.data.actions:
        mark = mark_of(action)
        if mark is not None and mark.identity == identity and mark.name != name and action.is_editable:
            action.name = action.name.replace(_PREFIX + mark.name, _PREFIX + name, 1)
            action[_IDENTITY], action[_LINE] = identity, name


def line_of(action: bpy.types.Action | None) -> str | None:
    """The identity of the line of one of our actions; None for other actions."""
    mark = mark_of(action)
    return mark.identity if mark else None


def label_of(action: bpy.types.Action) -> str:
    """What the animator calls the line of one of our actions: with the number that Blender gave to the action."""
    mark = mark_of(action)
    if action.name.startswith(_PREFIX) or mark is None:
        return action.name.removeprefix(_PREFIX)
    return mark.name


def seal(action: bpy.types.Action) -> None:
    """Store the keys as we wrote them."""
    action[_SEAL] = fingerprint(action)
    if action.get(_DRAFT) is not None:
        del action[_DRAFT]


def mark_draft(action: bpy.types.Action) -> None:
    """The keys are ours, and will be written again or sealed in a moment."""
    action[_DRAFT] = True


def is_draft(action: bpy.types.Action) -> bool:
    """Whether the keys are ours, but not those that were sealed."""
    return bool(action.get(_DRAFT))


def is_sealed(action: bpy.types.Action) -> bool:
    """Whether the keys are those that we wrote."""
    return bool(action.get(_SEAL) == fingerprint(action))


def is_played(action: bpy.types.Action) -> bool:
    """Whether a data-block of the file uses the action, so that it is more than kept."""
    return action.users > int(action.use_fake_user)


def dispose(action: bpy.types.Action, is_edited: bool) -> str:
    """Remove an action of ours that is not used any more; with edits of the animator's it is set aside instead.

    Returns:
        The name under which it stays in the file, no longer ours; empty if it does not.
    """
    if action.users:
        return ""
    if not is_edited:
        bpy.data.actions.remove(action)
        return ""
    for mark in (_LINE, _IDENTITY, _SEAL, _FADE):
        if action.get(mark) is not None:
            del action[mark]
    generated_curves.forget(action)
    action.name += " (edited)"
    action.use_fake_user = True
    return action.name


def fingerprint(action: bpy.types.Action) -> str:
    """A hash of the keys of an action; quick."""
    curves = all_curves(action)
    numbers = np.empty(sum(6 * len(curve.keyframe_points) for curve in curves), np.float32)
    parts, at = [], 0
    for curve in curves:
        points = curve.keyframe_points
        size = 2 * len(points)
        for number, attribute in enumerate(("co", "handle_left", "handle_right")):
            points.foreach_get(attribute, numbers[at + number * size : at + (number + 1) * size])
        parts.append((f"{curve.data_path}[{curve.array_index}]".encode(), at, at + 3 * size))
        at += 3 * size
    rounded = (np.round(numbers, _DECIMALS) + np.float32(0)).data.cast("B")
    state = hashlib.blake2b(digest_size=16)
    for name, start, end in parts:
        state.update(name)
        state.update(rounded[4 * start : 4 * end])
    return state.hexdigest()
