"""New keys for a stretch of a line whose sounds were edited; all other keys, and edits of keys, stay as they are."""

from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np

from ..face.hand_edits import only_in
from ..face.key_reduction import SparseKeys
from ..face.splicing import crossfade, splice
from . import baking, hand_edits, own_actions
from .actions import curves_by_owner
from .characters import Character
from .curve_copies import copied_points, keys_of, set_points
from .generated_curves import CurveName, Record, found_again, load, name_of, store
from .keyframes import tolerance_for, write_curve

REACH: Final = 0.15
"""Seconds around an edited sound in which the face does what the edit asks: mouths move ahead of sounds."""
FADE: Final = 0.12
"""Seconds beyond in which the new motion fades into the old one."""
_CHANGE: Final = 1e-4
"""A curve that would change by less stays as it is."""
_PREFIX: Final = "emotalk_"


@dataclass(frozen=True)
class _Before:
    """What an action was like: its curves with all about their keys, and what we store on it."""

    points: dict[CurveName, dict[str, np.ndarray]]
    properties: dict[str, Any]


class Stretch:
    """The keys of a line as they are before an edit; new ones for a stretch are added to them, as often as need be.

    Args:
        character: that performs the line.
        identity: of the line.
    """

    def __init__(self, character: Character, identity: str) -> None:
        self._before: dict[int, _Before] = {}
        for action in baking.actions_of(character, identity):
            points = {
                name_of(owner, curve): copied_points(curve.keyframe_points)
                for owner, _container, curve in curves_by_owner(action)
                if curve.keyframe_points
            }
            properties = {name: action[name] for name in list(action.keys()) if name.startswith(_PREFIX)}
            self._before[action.session_uid] = _Before(points, properties)
        self._is_touched = False

    def fits(self, prepared: baking.Prepared) -> bool:
        """Whether the keys can be changed for a stretch alone: they were generated for the same place in time."""
        actions = self._actions()
        records = [None if own_actions.is_draft(action) else load(action) for action in actions]
        return bool(actions) and all(
            record is not None
            and action.is_editable
            and abs(record.start - prepared.start) < 1e-3
            and abs(record.rate - prepared.rate) < 1e-6
            for action, record in zip(actions, records, strict=True)
        )

    def write(
        self, prepared: baking.Prepared, character: Character, settings: baking.KeySettings, first: float, last: float
    ) -> int:
        """Write the stretch of a new performance; what was written for another one before is taken back.

        Args:
            prepared: the new performance.
            character: that performs the line.
            settings: of the keys.
            first: second of the line at which the edited sounds begin.
            last: second at which they end.

        Returns:
            The number of keys in the line's actions.
        """
        self.restore()
        self._is_touched = True
        generated = baking.generate(prepared, character, settings)
        fps = prepared.rate
        around = (
            prepared.start + (first - REACH) * fps,
            prepared.start + (last + REACH) * fps,
            FADE * fps,
        )
        keys = 0
        for action in self._actions():
            record = load(action)
            edits = hand_edits.collect([action])
            if record is None or edits is None:
                continue
            for recorded, curve in found_again(record, action)[0].items():
                new = generated.get(name_of(recorded.owner, curve))
                if new is not None:
                    _write_curve(recorded, curve, new, edits, record, prepared, settings, around)
            record.edited = len(edits.names)
            store(action, record)
            own_actions.seal(action)
            keys += sum(len(curve.keyframe_points) for _owner, _container, curve in curves_by_owner(action))
        return keys

    def restore(self) -> None:
        """Take back what was written: every key is as it was, to the last bit."""
        if not self._is_touched:
            return
        for action in self._actions():
            before = self._before[action.session_uid]
            for owner, _container, curve in curves_by_owner(action):
                points = before.points.get(name_of(owner, curve))
                if points is not None:
                    set_points(curve, points)
            for name, value in before.properties.items():
                if action.get(name) is not None:
                    del action[name]  # Blender cuts new bytes off at the first zero where it has bytes already
                action[name] = value
        self._is_touched = False

    def _actions(self) -> list[bpy.types.Action]:
        return [action for action in bpy.data.actions if action.session_uid in self._before]


def _write_curve(
    recorded: CurveName,
    curve: bpy.types.FCurve,
    new: SparseKeys,
    edits: hand_edits.Edits,
    record: Record,
    prepared: baking.Prepared,
    settings: baking.KeySettings,
    around: tuple[float, float, float],
) -> None:
    """Write the stretch of one curve, and keep its record: what was generated, and what somebody has edited on it."""
    name, old = name_of(recorded.owner, curve), record.generated[recorded]
    origin, step = prepared.timing.first, prepared.timing.step
    first, last, fade = around
    low = np.floor((first - fade - origin) / step)
    high = np.ceil((last + fade - origin) / step)
    frames = origin + step * np.arange(max(low, 0), min(high, prepared.performance.face.frames - 1) + 1)
    if len(frames) < 3:
        return
    share = crossfade(frames, first, last, fade)
    share[[0, -1]] = 0
    change = SparseKeys(frames, share * (new.at(frames) - old.at(frames)))
    if np.abs(change.values).max() < _CHANGE:
        return
    tolerance = tolerance_for(name.owner, settings.tolerance)
    core = new.frames[(new.frames > first) & (new.frames < last)]
    spliced, start, end = splice(old, change, tolerance, origin, step, core)
    record.generated[recorded] = spliced
    difference, kept = edits.changes.get(name), edits.kept[name]
    if difference is None and not len(kept):
        _replace(curve, spliced, start, end)
        return
    limits = hand_edits.limits_of(name, keys_of(curve).values, new.values)
    set_there = np.unique(np.concatenate([core, kept]))
    _replace(curve, *splice(keys_of(curve), change, tolerance, origin, step, set_there, limits))
    if difference is not None:
        record.edits[recorded] = difference
    record.written[recorded] = hand_edits.polyline_of(
        curve, spliced.frames, *([difference.frames] if difference else [])
    )
    own = only_in(keys_of(curve).frames, kept)
    record.own[recorded] = SparseKeys(own, np.zeros(len(own)))


def _replace(curve: bpy.types.FCurve, keys: SparseKeys, first: float, last: float) -> None:
    """Write keys; those outside of first..last keep everything that they have, those at the ends their outer half."""
    before = copied_points(curve.keyframe_points)
    old = before["co"][:, 0].astype(np.float64)
    write_curve(curve, keys)
    points = copied_points(curve.keyframe_points)
    frames = points["co"][:, 0].astype(np.float64)
    for side, edge, inner in ((old <= first + 1e-4, first, "handle_right"), (old >= last - 1e-4, last, "handle_left")):
        sources = np.flatnonzero(side)
        targets = np.flatnonzero(frames <= edge + 1e-4 if inner == "handle_right" else frames >= edge - 1e-4)
        if len(sources) != len(targets):
            continue  # the curve had no key at this edge: it has one now
        for attribute, values in points.items():
            is_inner = attribute.startswith(inner)
            for source, target in zip(sources, targets, strict=True):
                if not (is_inner and abs(frames[target] - edge) < 1e-4):
                    values[target] = before[attribute][source]
    set_points(curve, points)
