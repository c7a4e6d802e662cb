"""What an action of ours was like when it was generated, stored on the action itself.

Blender renames the paths of F-curves along with shape keys and bones. So a curve is found again by its path, or else by
its keys.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import bpy
import numpy as np

from ..face.hand_edits import EDIT, near
from ..face.key_reduction import SparseKeys
from ..face.key_storage import pack, unpack
from .actions import curves_by_owner
from .curve_copies import keys_of

_CURVES: Final = "emotalk_curves"
_START: Final = "emotalk_start"
_RATE: Final = "emotalk_rate"
_EDITED: Final = "emotalk_edited"
_RENAMED: Final = 0.5
"""A curve that shares at least so many of its keys with a stored one is that one under another name."""


class CurveName(NamedTuple):
    """What tells an F-curve of an action from the others.

    Attributes:
        owner: kind of data-block, "KEY" or "OBJECT".
        path: of the property.
        array_index: in the property.
    """

    owner: str
    path: str
    array_index: int


@dataclass
class Record:
    """The state of an action after it was written.

    Attributes:
        start: the scene frame at which the sound starts.
        rate: frames per second of the scene.
        generated: every curve as the network gave it, before edits, in the order of the action.
        edits: the edits that were put on top, as differences.
        written: the sums as they were written, as polylines.
        own: the frames of those keys on edited curves that are ours; the others were set by somebody.
        edited: how many curves are not as they were generated.
    """

    start: float
    rate: float
    generated: dict[CurveName, SparseKeys] = field(default_factory=dict)
    edits: dict[CurveName, SparseKeys] = field(default_factory=dict)
    written: dict[CurveName, SparseKeys] = field(default_factory=dict)
    own: dict[CurveName, SparseKeys] = field(default_factory=dict)
    edited: int = 0

    @property
    def parts(self) -> tuple[dict[CurveName, SparseKeys], ...]:
        """All curves, in the order in which they are stored."""
        return self.generated, self.edits, self.written, self.own


def name_of(owner: str, curve: bpy.types.FCurve) -> CurveName:
    """The name of a curve that animates this kind of data-block."""
    return CurveName(owner, curve.data_path, curve.array_index)


def store(action: bpy.types.Action, record: Record) -> None:
    """Write a record to its action."""
    forget(action)  # Blender cuts new bytes off at the first zero where it has bytes already
    labelled = [([part, *name], keys) for part, curves in enumerate(record.parts) for name, keys in curves.items()]
    action[_CURVES] = pack(labelled)
    action[_START], action[_RATE] = record.start, record.rate
    action[_EDITED] = record.edited


def load(action: bpy.types.Action) -> Record | None:
    """The record of an action; None if it has none that can be read, like those of earlier versions."""
    try:
        record = Record(float(action[_START]), float(action[_RATE]))
        parts = record.parts
        for (part, owner, path, index), keys in unpack(action[_CURVES]):
            parts[part][CurveName(str(owner), str(path), int(index))] = keys
    except (KeyError, TypeError, ValueError, IndexError):
        return None
    return record if record.rate > 0 else None


def stored_bytes(action: bpy.types.Action) -> bytes:
    """The curves of an action's record as they are stored; quick."""
    data = action.get(_CURVES)
    return data if isinstance(data, bytes) else b""


def was_edited(action: bpy.types.Action) -> bool:
    """Whether edits of earlier runs were put on an action when it was written; quick."""
    return bool(action.get(_EDITED))


def forget(action: bpy.types.Action) -> None:
    """Remove the record of an action."""
    for name in (_CURVES, _START, _RATE, _EDITED):
        if action.get(name) is not None:
            del action[name]


def found_again(
    record: Record, action: bpy.types.Action
) -> tuple[dict[CurveName, bpy.types.FCurve], dict[CurveName, bpy.types.FCurve]]:
    """The curves of an action by the names that they have in its record, and those that it did not have, by theirs."""
    curves = {name_of(owner, curve): curve for owner, _bag, curve in curves_by_owner(action) if curve.keyframe_points}
    found = {name: curves.pop(name) for name in record.generated if name in curves}
    for name in record.generated:
        if name in found:
            continue
        likeness = {other: _likeness(curves[other], record, name) for other in curves if other.owner == name.owner}
        renamed = max(likeness, key=lambda other: likeness[other], default=None)
        if renamed is not None and likeness[renamed] >= _RENAMED:
            found[name] = curves.pop(renamed)
    return found, curves


def is_same(first: SparseKeys, second: SparseKeys) -> bool:
    """Whether two curves have the same keys."""
    if len(first.frames) != len(second.frames) or (first.slopes is None) != (second.slopes is None):
        return False
    slopes = () if first.slopes is None or second.slopes is None else ((first.slopes, second.slopes),)
    pairs = (first.frames, second.frames), (first.values, second.values), *slopes
    return all(np.abs(one - other).max() < EDIT for one, other in pairs)


def _likeness(curve: bpy.types.FCurve, record: Record, name: CurveName) -> float:
    """The share of a stored curve's keys that an F-curve passes through with a key of its own."""
    base, keys = record.generated[name], keys_of(curve)
    if name in record.written:
        base = record.written[name]
        return float(np.mean(np.abs(keys.at(base.frames) - base.values) < EDIT))
    misses = ~near(base.frames, keys.frames) | (np.abs(keys.at(base.frames) - base.values) >= EDIT)
    return 1 - float(np.mean(misses))
