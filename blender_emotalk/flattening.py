"""All lines of a character as one plain action on whole frames, as exporters want it, and back to the lines again.

The lines stay where they are, muted. What the animator's own active action does stays on top and is not in the result.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np

from ..face.key_reduction import SparseKeys
from ..inference.contract import EmoTalkError
from . import nla, own_actions
from .actions import HAS_SLOTS, Animated, add_strip, animation_data_of, assign, curves_of_slot, new_curves, slot_for
from .characters import Character
from .keyframes import write_curve

_FLATTENED: Final = "emotalk_flattened"
_MUTED: Final = "emotalk_muted"
"""On a data-block: the identities of the lines that were muted on it, one on each line of text."""
_KEPT: Final = "emotalk_kept_line"
"""On the action of a line: whether it had a fake user before."""
_Path = tuple[str, int]


@dataclass(frozen=True)
class Flattened:
    """What was written.

    Attributes:
        name: of the action; without slots, of the first face's.
        lines: how many lines are in it.
        first: its first frame.
        last: its last frame.
    """

    name: str
    lines: int
    first: int
    last: int


def flatten(character: Character, scene: bpy.types.Scene) -> Flattened:
    """Write what all lines of a character do together to one action, and mute the lines.

    Args:
        character: whose lines.
        scene: the one in the window, in which the character is visible; its frame is restored.

    Raises:
        EmoTalkError: there are no lines, the character is hidden, or a strip is in NLA tweak mode; nothing was changed.
    """
    lift(character)
    owners = [owner for owner in character.owners if nla.lines_on(owner)]
    for owner in owners:
        nla.check_tweak_mode(owner)
    if not owners:
        raise EmoTalkError(f"{character.name} performs no line yet; animate one first")
    _check_visible(character, scene)
    lines = {line: action for owner in owners for line, action in nla.lines_on(owner).items()}
    stretches = [_extent(action) for owner in owners for action in nla.lines_on(owner).values()]
    frames = _frames_of(stretches)
    paths = {owner: _paths(owner) for owner in owners}
    values = _sample(paths, frames, scene)
    name = f"EmoTalk {character.name} Flattened"
    action, names = None, []
    for owner in owners:
        if action is None or not HAS_SLOTS:
            action = bpy.data.actions.new(name)
            action[_FLATTENED], action.use_fake_user = True, True
            names.append(action.name)
        curves = new_curves(action, "KEY" if isinstance(owner, bpy.types.Key) else "OBJECT", owner.name)
        for path, track in zip(paths[owner], values[owner].T, strict=True):
            write_curve(curves.fcurves.new(path[0], index=path[1]), _plain_keys(frames, track))
        _mute_lines(owner)
        _play(owner, action, curves.slot if HAS_SLOTS else None)
        own_actions.seal(action)
    return Flattened(names[0], len(lines), int(frames[0]), int(frames[-1]))


def is_flattened(character: Character) -> bool:
    """Whether the character plays a flattened action."""
    return any(_flattened_on(owner) for owner in character.owners)


def lift(character: Character) -> None:
    """Play the lines themselves again. A flattened action that somebody has edited stays in the file."""
    actions = set()
    for owner in character.owners:
        data = owner.animation_data
        if data is None:
            continue
        actions |= _flattened_on(owner)
        if data.action is not None and data.action.get(_FLATTENED):
            data.action = None
        for track in list(data.nla_tracks):
            for strip in list(track.strips):
                if strip.action is not None and strip.action.get(_FLATTENED):
                    track.strips.remove(strip)
                elif own_actions.line_of(strip.action) in str(owner.get(_MUTED, "")).split("\n"):
                    strip.mute = False
            if not track.strips and track.name.startswith(nla.TRACK):
                data.nla_tracks.remove(track)
    for owner in character.owners:
        if owner.get(_MUTED) is not None:
            del owner[_MUTED]
        for line in nla.lines_on(owner).values():
            if line.get(_KEPT) is not None:
                line.use_fake_user = bool(line[_KEPT])
                del line[_KEPT]
    for action in actions:
        if own_actions.is_sealed(action):
            bpy.data.actions.remove(action)
        else:
            del action[_FLATTENED]


def _flattened_on(owner: Animated) -> set[bpy.types.Action]:
    data = owner.animation_data
    if data is None:
        return set()
    actions = [data.action, *(strip.action for track in data.nla_tracks for strip in track.strips)]
    return {action for action in actions if action is not None and action.get(_FLATTENED)}


def _check_visible(character: Character, scene: bpy.types.Scene) -> None:
    """Blender evaluates no shape keys of meshes that are hidden. Raises EmoTalkError."""
    for key in character.faces:
        meshes = [obj for obj in scene.objects if obj.type == "MESH" and getattr(obj.data, "shape_keys", None) == key]
        if meshes and not any(obj.visible_get() for obj in meshes):
            raise EmoTalkError(f"{meshes[0].name} is hidden, and Blender moves nothing that is hidden; show it first")


def _extent(action: bpy.types.Action) -> tuple[int, int]:
    return math.floor(action.frame_range[0]), math.ceil(action.frame_range[1])


def _frames_of(stretches: list[tuple[int, int]]) -> np.ndarray:
    """All whole frames of some lines, and those right before and after each: between these nothing moves."""
    frames = np.unique(np.concatenate([np.arange(first - 1, last + 2) for first, last in stretches]))
    return np.asarray(frames[1:-1])


def _paths(owner: Animated) -> list[_Path]:
    """What our lines move on a data-block."""
    found: dict[_Path, None] = {}
    for action in nla.lines_on(owner).values():
        for curve in curves_of_slot(action, slot_for(action, owner)):
            if _value(owner, (curve.data_path, curve.array_index)) is not None:
                found[curve.data_path, curve.array_index] = None
    return list(found)


def _value(owner: Animated, path: _Path) -> float | None:
    try:
        value: Any = owner.path_resolve(path[0])
        return float(value) if isinstance(value, float) else float(value[path[1]])
    except (ValueError, TypeError, IndexError):
        return None


def _sample(
    paths: dict[Animated, list[_Path]], frames: np.ndarray, scene: bpy.types.Scene
) -> dict[Animated, np.ndarray]:
    """(frames, paths) values of each data-block, evaluated by Blender, without the animator's active actions."""
    values = {owner: np.empty((len(frames), len(some))) for owner, some in paths.items()}
    with _without_other_actions(list(paths)), _same_frame(scene):
        for row, frame in enumerate(frames.tolist()):
            scene.frame_set(frame)
            for owner, some in paths.items():
                values[owner][row] = [_value(owner, path) or 0.0 for path in some]
    return values


@contextmanager
def _same_frame(scene: bpy.types.Scene) -> Iterator[None]:
    frame, subframe = scene.frame_current, scene.frame_subframe
    try:
        yield
    finally:
        scene.frame_set(frame, subframe=subframe)


@contextmanager
def _without_other_actions(owners: list[Animated]) -> Iterator[None]:
    """They will be played on top of the result, so they must not be in it."""
    influences = {owner: animation_data_of(owner).action_influence for owner in owners if nla.has_other_action(owner)}
    for owner in influences:
        animation_data_of(owner).action_influence = 0
    try:
        yield
    finally:
        for owner, influence in influences.items():
            animation_data_of(owner).action_influence = influence


def _plain_keys(frames: np.ndarray, values: np.ndarray) -> SparseKeys:
    """A key on every frame with straight lines between them; one key for what never moves."""
    return SparseKeys(frames, values) if np.ptp(values) else SparseKeys(frames[:1], values[:1])


def _mute_lines(owner: Animated) -> None:
    data = animation_data_of(owner)
    if data.action is not None and own_actions.line_of(data.action) is not None:
        nla.push_down(owner)
    muted = []
    for track in data.nla_tracks:
        for strip in track.strips:
            line, identity = strip.action, own_actions.line_of(strip.action)
            if line is None or identity is None or strip.mute:
                continue
            strip.mute = True
            muted.append(identity)
            if line.get(_KEPT) is None:
                line[_KEPT], line.use_fake_user = line.use_fake_user, True
    owner[_MUTED] = "\n".join(muted)


def _play(owner: Animated, action: bpy.types.Action, slot: Any) -> None:
    data = animation_data_of(owner)
    if data.action is None:
        assign(owner, action, slot)
        return
    track = data.nla_tracks.new()
    track.name = f"{nla.TRACK} Flattened"
    first, last = action.frame_range[0], action.frame_range[1]
    add_strip(track, action, first, max(last, first + 1), slot)
