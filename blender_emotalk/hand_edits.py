"""Edits of an animator on our actions: found by comparing with what was generated, and carried over to the next run."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import bpy
import numpy as np

from ..face.hand_edits import EDIT, difference, only_in, reapply, total
from ..face.key_reduction import SparseKeys
from . import own_actions
from .actions import curves_by_owner
from .curve_copies import copy_keys, copy_settings, is_plain, keys_of, sample
from .generated_curves import CurveName, Record, found_again, is_same, load, name_of, store, stored_bytes, was_edited
from .keyframes import Timing, tolerance_for, write_curve

_FINE: Final = 0.25
"""How closely curves with keys between whole frames are compared, in frames."""

_REMEMBERED: Final = 256
_looked_at: Final[dict[tuple[str, bytes], tuple[str, ...] | None]] = {}
"""What was found on actions, by their keys and records; None for those without a record that can be read."""


@dataclass
class Edits:
    """What an animator has changed on the actions of one line.

    Attributes:
        start: the scene frame at which the sound of these actions starts.
        rate: frames per second of the scene then.
        generated: the curves as the network gave them, by the names that they have now.
        curves: the F-curves by name; edited or not.
        changes: edited curve -> difference.
        kept: the frames of the keys that somebody has set on a curve.
        removed: generated curves that were deleted.
        added: F-curves that were not generated.
    """

    start: float
    rate: float
    generated: dict[CurveName, SparseKeys] = field(default_factory=dict)
    curves: dict[CurveName, bpy.types.FCurve] = field(default_factory=dict)
    changes: dict[CurveName, SparseKeys] = field(default_factory=dict)
    kept: dict[CurveName, np.ndarray] = field(default_factory=dict)
    removed: set[CurveName] = field(default_factory=set)
    added: dict[CurveName, bpy.types.FCurve] = field(default_factory=dict)

    @property
    def names(self) -> set[CurveName]:
        """Every curve that was edited in any way."""
        return {*self.changes, *self.removed, *self.added}


@dataclass(frozen=True)
class Target:
    """Where edits go to.

    Attributes:
        actions: new ones of the same line, written but not edited.
        start: the scene frame at which the sound starts now.
        rate: frames per second of the scene.
        timing: of the frames at which keys may stand.
        whole_frames: whether these are whole frames of the scene.
        tolerance: of reduced keys, in coefficient units; 0 keys every frame.
    """

    actions: tuple[bpy.types.Action, ...]
    start: float
    rate: float
    timing: Timing
    whole_frames: bool
    tolerance: float


@dataclass(frozen=True)
class Carried:
    """What became of edits.

    Attributes:
        curves: how many curves have them on the new actions.
        lost: how many could not be carried over, because the new actions have no such curve.
    """

    curves: int = 0
    lost: int = 0


def is_edited(action: bpy.types.Action) -> bool:
    """Whether an action of ours is not just what was generated, in whatever run the edits were made.

    Quick enough for a list that is drawn often: an action that has not changed since is not compared again.
    """
    if own_actions.is_draft(action):
        return False
    if own_actions.is_sealed(action):
        return was_edited(action)
    return _channels_of(action) != ()


def edited_channels(action: bpy.types.Action) -> list[str]:
    """The names of the shape keys and bones whose curves were edited, sorted; empty for actions without a record."""
    return list(_channels_of(action) or ())


def _channels_of(action: bpy.types.Action) -> tuple[str, ...] | None:
    """None without a record."""
    state = own_actions.fingerprint(action), stored_bytes(action)
    if state not in _looked_at:
        if len(_looked_at) >= _REMEMBERED:
            _looked_at.clear()
        _looked_at[state] = _names_in(action)
    return _looked_at[state]


def _names_in(action: bpy.types.Action) -> tuple[str, ...] | None:
    record = load(action)
    if record is None:
        return None
    paths = {name.path for name in _edits_of(action, record).names}
    return tuple(sorted({path.split('"')[1] if '"' in path else path for path in paths}))


def collect(actions: Iterable[bpy.types.Action]) -> Edits | None:
    """The edits on the actions of a line; None if what was generated is not known for each of them."""
    found: Edits | None = None
    for action in actions:
        record = None if own_actions.is_draft(action) else load(action)
        if record is None:
            return None
        edits = _edits_of(action, record)
        if found is None:
            found = edits
            continue
        for name in ("generated", "curves", "changes", "kept", "added"):
            getattr(found, name).update(getattr(edits, name))
        found.removed |= edits.removed
    return found


def carry(edits: Edits | None, target: Target) -> Carried:
    """Put edits on top of new actions, and store on these what was generated and how many curves were edited.

    Each edit keeps its time from the start of the sound. A curve that was deleted stays deleted, one that was muted
    stays muted, and curves that were added are copied.
    """
    records = {action: Record(target.start, target.rate) for action in target.actions}
    places: dict[CurveName, tuple[bpy.types.Action, Any, bpy.types.FCurve]] = {}
    containers: dict[str, tuple[bpy.types.Action, Any]] = {}
    for action in target.actions:
        for owner, container, curve in list(curves_by_owner(action)):
            name = name_of(owner, curve)
            places[name] = action, container, curve
            containers[owner] = action, container
            records[action].generated[name] = keys_of(curve)
    carried = Carried() if edits is None else _carry(edits, target, records, places, containers)
    for action, record in records.items():
        store(action, record)
    return carried


def _carry(
    edits: Edits,
    target: Target,
    records: dict[bpy.types.Action, Record],
    places: dict[CurveName, tuple[bpy.types.Action, Any, bpy.types.FCurve]],
    containers: dict[str, tuple[bpy.types.Action, Any]],
) -> Carried:
    scale, shift = _movement(edits, target)
    for name, (action, container, curve) in places.items():
        record, source = records[action], edits.curves.get(name)
        if name in edits.removed:
            container.fcurves.remove(curve)
            record.edited += 1
        elif source is not None:
            copy_settings(source, curve)
            _put_on(curve, source, name, edits, target, record)
            record.edited += name in record.edits
    lost = sum(name not in places for name in edits.changes)
    for name, source in edits.added.items():
        if name.owner not in containers or name in places:
            lost += 1
            continue
        action, container = containers[name.owner]
        copy = container.fcurves.new(name.path, index=name.array_index)
        copy_keys(source, copy, scale, shift)
        copy_settings(source, copy)
        records[action].edited += 1
    return Carried(sum(record.edited for record in records.values()), lost)


def _put_on(
    curve: bpy.types.FCurve, source: bpy.types.FCurve, name: CurveName, edits: Edits, target: Target, record: Record
) -> None:
    """Put the edit of an earlier curve on a new one: the very keys if both were generated alike."""
    scale, shift = _movement(edits, target)
    generated, kept = record.generated[name], edits.kept[name] * scale + shift
    is_repeated = is_same(edits.generated[name].moved(scale, shift), generated)
    change = edits.changes[name].moved(scale, shift) if name in edits.changes else None
    if is_repeated and not (is_same(keys_of(source).moved(scale, shift), generated) and is_plain(source)):
        copy_keys(source, curve, scale, shift)
    elif not is_repeated and change is not None:
        if target.whole_frames and scale != 1:
            kept = np.unique(np.round(kept))
        tolerance = tolerance_for(name.owner, target.tolerance)
        origin, step = (0.0, 1.0) if target.whole_frames else (target.timing.first, target.timing.step)
        limits = limits_of(name, keys_of(source).values, generated.values)
        write_curve(curve, reapply(generated, change, tolerance, origin, step, kept, limits))
    if change is not None:
        record.edits[name] = change
        record.written[name] = polyline_of(curve, generated.frames, change.frames)
        own = only_in(keys_of(curve).frames, kept)
        if len(own):
            record.own[name] = SparseKeys(own, np.zeros(len(own)))


def limits_of(name: CurveName, *seen: np.ndarray) -> tuple[float, float]:
    """Limits of a curve with an edit: a brow that was raised to 1 is not raised beyond it by a mood that raises it too.

    A shape key that was beyond 0..1 before may be so again; a bone has no limits.
    """
    if name.owner != "KEY":
        return -np.inf, np.inf
    values = np.concatenate(seen)
    return min(0.0, float(values.min())), max(1.0, float(values.max()))


def _movement(edits: Edits, target: Target) -> tuple[float, float]:
    """(scale, shift) of frames from the old start and rate to the new ones."""
    scale = target.rate / edits.rate
    shift = target.start - edits.start * scale
    return scale, float(round(shift)) if target.whole_frames and scale == 1 else shift


def _edits_of(action: bpy.types.Action, record: Record) -> Edits:
    found, added = found_again(record, action)
    edits = Edits(record.start, record.rate, added=added)
    if not found:  # somebody has emptied the action: that is no wish for a face without keys
        return edits
    for name, keys in record.generated.items():
        curve = found.get(name)
        if curve is None:
            edits.removed.add(name)
            continue
        now = name_of(name.owner, curve)
        edits.generated[now], edits.curves[now] = keys, curve
        change = _change(curve, keys, record.written.get(name))
        frames = keys_of(curve).frames
        edits.kept[now] = only_in(frames, record.own.get(name, keys).frames)
        if change is not None:
            changed = frames[np.abs(change.at(frames)) >= EDIT]
            edits.kept[now] = np.union1d(edits.kept[now], changed)
        change = total(record.edits.get(name), change)
        if change is not None:
            edits.changes[now] = change
    return edits


def _change(curve: bpy.types.FCurve, generated: SparseKeys, written: SparseKeys | None) -> SparseKeys | None:
    """How a curve differs from what we wrote; None if it does not."""
    if written is None and is_same(keys_of(curve), generated) and is_plain(curve):
        return None
    base = generated if written is None else written
    current = polyline_of(curve, base.frames)
    return difference(current.frames, current.values, base.at(current.frames))


def polyline_of(curve: bpy.types.FCurve, *more: np.ndarray) -> SparseKeys:
    """A curve at its keys, at these frames and at all whole frames, or closer if there are keys between those."""
    frames = np.unique(np.concatenate([keys_of(curve).frames, *more]))
    step = 1.0 if (frames == np.round(frames)).all() else _FINE
    frames = np.union1d(frames, np.arange(np.ceil(frames[0]), frames[-1], step))
    return SparseKeys(frames, sample(curve, frames))
