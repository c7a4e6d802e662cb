"""New keys for a stretch of a line whose sounds were edited; all other keys, and edits of keys, stay as they are."""

from dataclasses import dataclass, replace
from typing import Any, Final

import bpy
import numpy as np

from ..face.hand_edits import only_in
from ..face.key_reduction import SparseKeys
from ..face.splicing import crossfade, splice
from . import baking, hand_edits, own_actions
from .actions import curves_by_owner
from .characters import Character
from .curve_copies import copied_points, keys_of, set_points, spliced_points
from .generated_curves import CurveName, Record, found_again, load, name_of, store
from .keyframes import tolerance_for

REACH: Final = 0.15
"""Seconds around an edited sound in which the face does what the edit asks: mouths move ahead of sounds."""
FADE: Final = 0.12
"""Seconds beyond in which the new motion fades into the old one."""
_CHANGE: Final = 1e-4
"""A curve that would change by less stays as it is."""
_PREFIX: Final = "emotalk_"


@dataclass(frozen=True)
class _Curve:
    """A curve before an edit.

    Attributes:
        recorded: its name in the record of its action.
        generated: as the network gave it.
        keys: with the edits of the animator's.
        change: these edits; None if there are none.
        kept: the frames of the keys that somebody has set.
        points: all about its keys.
    """

    recorded: CurveName
    generated: SparseKeys
    keys: SparseKeys
    change: SparseKeys | None
    kept: np.ndarray
    points: dict[str, np.ndarray]

    @property
    def is_edited(self) -> bool:
        """Whether somebody has changed or set keys on it."""
        return self.change is not None or len(self.kept) > 0


@dataclass(frozen=True)
class _Before:
    """What an action was like before an edit: what is stored on it, and its curves by the names that they have now."""

    properties: dict[str, Any]
    record: Record | None
    curves: dict[CurveName, _Curve]


@dataclass(frozen=True)
class _Place:
    """Where new keys go, in frames of the scene: between two frames, and fading around them; and how they may stand."""

    first: float
    last: float
    fade: float
    prepared: baking.Prepared
    settings: baking.KeySettings

    def change_of(self, old: SparseKeys, new: SparseKeys) -> SparseKeys | None:
        """What changes on a curve, a polyline that begins and ends at 0; None if it is nothing."""
        origin, step = self.prepared.timing.first, self.prepared.timing.step
        low = np.floor((self.first - self.fade - origin) / step)
        high = np.ceil((self.last + self.fade - origin) / step)
        end = self.prepared.performance.face.frames - 1
        frames = origin + step * np.arange(max(low, 0), min(high, end) + 1)
        if len(frames) < 3:
            return None
        share = crossfade(frames, self.first, self.last, self.fade)
        share[[0, -1]] = 0
        values = share * (new.at(frames) - old.at(frames))
        return SparseKeys(frames, values) if np.abs(values).max() >= _CHANGE else None


class Stretch:
    """The keys of a line as they are before an edit; new ones for a stretch are added to them, as often as need be.

    Args:
        character: that performs the line.
        identity: of the line.
    """

    def __init__(self, character: Character, identity: str) -> None:
        self._before = {action.session_uid: _look_at(action) for action in baking.actions_of(character, identity)}
        self._changed: set[CurveName] = set()
        self._is_touched = False

    def fits(self, prepared: baking.Prepared) -> bool:
        """Whether the keys can be changed for a stretch alone: they were generated for the same place in time."""
        records = [self._before[action.session_uid].record for action in self._actions() if action.is_editable]
        return len(records) == len(self._before) > 0 and all(
            record is not None and abs(record.start - prepared.start) < 1e-3 and abs(record.rate - prepared.rate) < 1e-6
            for record in records
        )

    def write(
        self,
        prepared: baking.Prepared,
        character: Character,
        settings: baking.KeySettings,
        first: float,
        last: float,
        is_draft: bool = False,
    ) -> int:
        """Write the stretch of a new performance; what was written for another one before is taken back.

        Args:
            prepared: the new performance.
            character: that performs the line.
            settings: of the keys.
            first: second of the line at which the edited sounds begin.
            last: second at which they end.
            is_draft: whether it will be written again at once; the actions are sealed only then.

        Returns:
            The number of keys in the line's actions.
        """
        generated = baking.generate(prepared, character, settings)
        start, rate = prepared.start, prepared.rate
        place = _Place(start + (first - REACH) * rate, start + (last + REACH) * rate, FADE * rate, prepared, settings)
        changed_before, self._changed, self._is_touched = self._changed, set(), True
        keys = 0
        for action in self._actions():
            before = self._before[action.session_uid]
            if before.record is None:
                continue
            record = _copy(before.record)
            for name, fcurve in _curves_in(action).items():
                curve = before.curves.get(name)
                change = place.change_of(curve.generated, generated[name]) if curve and name in generated else None
                if curve is not None and change is not None:
                    _write_curve(name, curve, fcurve, change, generated[name], place, record)
                    self._changed.add(name)
                elif curve is not None and name in changed_before:
                    set_points(fcurve, curve.points)
                keys += len(fcurve.keyframe_points)
            if is_draft:
                own_actions.mark_draft(action)
                continue
            store(action, record)
            own_actions.seal(action)
        return keys

    def restore(self) -> None:
        """Take back what was written: every key is as it was, to the last bit."""
        if not self._is_touched:
            return
        for action in self._actions():
            before = self._before[action.session_uid]
            for name, fcurve in _curves_in(action).items():
                if name in self._changed:
                    set_points(fcurve, before.curves[name].points)
            for stored in [stored for stored in list(action.keys()) if stored.startswith(_PREFIX)]:
                del action[stored]  # Blender cuts new bytes off at the first zero where it has bytes already
            for stored, value in before.properties.items():
                action[stored] = value
        self._changed, self._is_touched = set(), False

    def _actions(self) -> list[bpy.types.Action]:
        return [action for action in bpy.data.actions if action.session_uid in self._before]


def _look_at(action: bpy.types.Action) -> _Before:
    properties = {name: action[name] for name in list(action.keys()) if name.startswith(_PREFIX)}
    record = None if own_actions.is_draft(action) else load(action)
    edits = hand_edits.collect([action])
    curves: dict[CurveName, _Curve] = {}
    if record is None or edits is None:
        return _Before(properties, None, curves)
    record.edited = len(edits.names)
    for recorded, fcurve in found_again(record, action)[0].items():
        name = name_of(recorded.owner, fcurve)
        curves[name] = _Curve(
            recorded,
            record.generated[recorded],
            keys_of(fcurve),
            edits.changes.get(name),
            edits.kept[name],
            copied_points(fcurve.keyframe_points),
        )
    return _Before(properties, record, curves)


def _copy(record: Record) -> Record:
    generated, edits, written, own = map(dict, record.parts)
    return replace(record, generated=generated, edits=edits, written=written, own=own)


def _curves_in(action: bpy.types.Action) -> dict[CurveName, bpy.types.FCurve]:
    return {name_of(owner, curve): curve for owner, _container, curve in curves_by_owner(action)}


def _write_curve(
    name: CurveName,
    curve: _Curve,
    fcurve: bpy.types.FCurve,
    change: SparseKeys,
    new: SparseKeys,
    place: _Place,
    record: Record,
) -> None:
    """Write the stretch of one curve, and keep its record: what was generated, and what somebody has edited on it."""
    timing = place.prepared.timing
    tolerance = tolerance_for(name.owner, place.settings.tolerance)
    core = new.frames[(new.frames > place.first) & (new.frames < place.last)]
    spliced, first, last = splice(curve.generated, change, tolerance, timing.first, timing.step, core)
    record.generated[curve.recorded] = spliced
    if not curve.is_edited:
        set_points(fcurve, *spliced_points(curve.points, spliced, first, last))
        return
    limits = hand_edits.limits_of(name, curve.keys.values, new.values)
    set_there = np.unique(np.concatenate([core, curve.kept]))
    total, first, last = splice(curve.keys, change, tolerance, timing.first, timing.step, set_there, limits)
    set_points(fcurve, *spliced_points(curve.points, total, first, last))
    more: tuple[np.ndarray, ...] = ()
    if curve.change is not None:
        record.edits[curve.recorded] = curve.change
        more = (curve.change.frames,)
    record.written[curve.recorded] = hand_edits.polyline_of(fcurve, spliced.frames, *more)
    own = only_in(keys_of(fcurve).frames, curve.kept)
    record.own[curve.recorded] = SparseKeys(own, np.zeros(len(own)))
