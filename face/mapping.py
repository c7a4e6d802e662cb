"""A character mapping: which controls of a rig the channels of a performance move, and by how much."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from .basis import ARKIT, EYES, HEAD, JAW_CHANNELS, Basis
from .curves import FaceCurves, Performance
from .errors import EmoTalkError
from .viseme_solver import solve_poses

SHAPE_KEY: Final = "shape_key"
ROTATION: Final = "rotation"
LOCATION: Final = "location"
PROPERTY: Final = "property"
KINDS: Final = (SHAPE_KEY, ROTATION, LOCATION, PROPERTY)

SUM: Final = "sum"
MEAN: Final = "mean"
MAX: Final = "max"
MIN: Final = "min"
SOLVE: Final = "solve"
COMBINE_RULES: Final = (SUM, MEAN, MAX, MIN, SOLVE)

AXES: Final = "xyz"
JAW_MATRIX: Final = tuple(f"jaw_r{row}{column}" for row in range(3) for column in range(3))
"""What FLAME's pose correctives are made of: the entries of R - I of the jaw, row by row."""


class MappingError(EmoTalkError, ValueError):
    """A mapping that cannot be used; the message is a sentence."""


@dataclass(frozen=True)
class Target:
    """A control of a rig.

    Attributes:
        kind: ``SHAPE_KEY``; ``ROTATION`` (one component of a rotation vector in radians) or ``LOCATION`` of a pose bone
            along one of its own axes; or ``PROPERTY``, a custom property.
        name: of the shape key, on every mesh of the character that has one of this name; of the bone; of the property.
        axis: 0, 1 or 2 for a bone.
        bone: that has the property; "" if an object has it.
        object: that has the bone or the property; "" for the character's own armature.
    """

    kind: str
    name: str
    axis: int = 0
    bone: str = ""
    object: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise MappingError(f"A target is one of {', '.join(KINDS)}, not {self.kind!r}")
        if not self.name:
            raise MappingError(f"A {self.kind.replace('_', ' ')} needs a name")
        if self.axis not in range(len(AXES)):
            raise MappingError(f"{self.name}: an axis is x, y or z")

    @property
    def label(self) -> str:
        """What tells it from other targets of a mapping."""
        place = "".join(f"{holder}: " for holder in (self.object, self.bone) if holder)
        motion = f" {self.kind} {AXES[self.axis].upper()}" if self.kind in (ROTATION, LOCATION) else ""
        return f"{place}{self.name}{motion}" if self.kind != PROPERTY else f'{place}["{self.name}"]'


@dataclass(frozen=True)
class Row:
    """What moves one control: value = clip(gain * combined sources + offset, lowest, highest).

    Attributes:
        target: the control.
        sources: (channel, weight), each channel once. Channels are those of the face, of the head and of the eyes, and
            ``JAW_MATRIX`` for a face with FLAME's jaw.
        gain: factor.
        offset: added.
        lowest: smallest value.
        highest: largest value.
        combine: of the weighted channels, ``SUM``, ``MEAN`` (sum divided by the sum of the weights), ``MAX`` or
            ``MIN``. With ``SOLVE`` the sources are the pose that the control makes at 1, in ARKit coefficients: the
            values of all such controls together are those whose poses come closest to the face.
    """

    target: Target
    sources: tuple[tuple[str, float], ...]
    gain: float = 1.0
    offset: float = 0.0
    lowest: float = -np.inf
    highest: float = np.inf
    combine: str = SUM

    def __post_init__(self) -> None:
        label = self.target.label
        if self.combine not in COMBINE_RULES:
            raise MappingError(f"{label}: sources are combined by {', '.join(COMBINE_RULES)}, not {self.combine!r}")
        channels = [channel for channel, _weight in self.sources]
        if len(set(channels)) != len(channels):
            raise MappingError(f"{label} has a source twice")
        if not np.isfinite([weight for _channel, weight in self.sources] + [self.gain, self.offset]).all():
            raise MappingError(f"{label}: weights, gain and offset must be finite numbers")
        if not self.lowest < self.highest:
            raise MappingError(f"{label}: the lowest value must be below the highest one")
        if self.combine == MEAN and not sum(weight for _channel, weight in self.sources) > 0:
            raise MappingError(f"{label}: a mean needs weights above 0")
        if self.combine == SOLVE and not set(channels) <= set(ARKIT.channels):
            raise MappingError(f"{label}: a pose is made of ARKit channels")

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of its sources."""
        return tuple(channel for channel, _weight in self.sources)

    def is_plain(self, basis: Basis) -> bool:
        """Whether the control is a shape key that takes a channel of the basis as it is."""
        if self.target.kind != SHAPE_KEY or self.target.object or len(self.sources) != 1:
            return False
        channel, weight = self.sources[0]
        if channel not in basis.index or self.combine == SOLVE or (weight, self.gain, self.offset) != (1, 1, 0):
            return False
        low, high = basis.limits[basis.index[channel]]
        return self.lowest <= low and self.highest >= high


@dataclass(frozen=True)
class Mapping:
    """Everything that a performance moves on a character.

    Attributes:
        rows: one for each control.
        name: for people: the naming scheme that was recognised, or a name of the animator's.
    """

    rows: tuple[Row, ...]
    name: str = ""

    def __post_init__(self) -> None:
        labels = [row.target.label for row in self.rows]
        double = (
            next((label for label in labels if labels.count(label) > 1), None)
            if len(set(labels)) < len(labels)
            else None
        )
        if double is not None:
            raise MappingError(f"{double} is a target twice; a control has one row")

    @cached_property
    def channels(self) -> tuple[str, ...]:
        """Every channel that moves something, once."""
        return tuple(
            dict.fromkeys(channel for row in self.rows if row.gain for channel, weight in row.sources if weight)
        )

    def split(self, basis: Basis) -> "tuple[dict[str, tuple[str, ...]], Mapping]":
        """The shape keys that take channels of the basis as they are, by channel, and a mapping with the other rows."""
        plain: dict[str, tuple[str, ...]] = {}
        others = []
        for row in self.rows:
            if row.is_plain(basis):
                plain[row.channels[0]] = (*plain.get(row.channels[0], ()), row.target.name)
            else:
                others.append(row)
        return {channel: plain[channel] for channel in basis.channels if channel in plain}, Mapping(
            tuple(others), self.name
        )

    def heard(self, basis: Basis) -> "Mapping":
        """The rows that a performance of this basis can move."""
        known = {*basis.channels, *_EXTRA, *(JAW_MATRIX if basis.has(JAW_CHANNELS) else ())}
        rows = (row for row in self.rows if known.intersection(row.channels) or not row.sources)
        return Mapping(tuple(row for row in rows if row.combine != SOLVE or basis is ARKIT), self.name)

    def missing(self, basis: Basis) -> tuple[str, ...]:
        """The channels of a basis that move nothing."""
        return tuple(channel for channel in basis.channels if channel not in self.channels)

    def apply(self, performance: Performance) -> FaceCurves:
        """The value of each control, by ``Target.label``.

        Channels that the performance lacks count as 0.

        Args:
            performance: face, head and eyes of the same number of frames.

        Returns:
            Curves of one channel for each row, in the order of the rows.
        """
        names, values = _inputs(performance)
        column = {name: number for number, name in enumerate(names)}
        matrix = np.zeros((len(names), len(self.rows)))
        for number, row in enumerate(self.rows):
            if row.combine in (SUM, MEAN):
                total = sum(weight for _channel, weight in row.sources) if row.combine == MEAN else 1.0
                for channel, weight in row.sources:
                    if channel in column:
                        matrix[column[channel], number] = weight / total
        mapped = values @ matrix
        self._add_extremes(mapped, values, column)
        self._add_solved(mapped, performance.face)
        gains, offsets = np.array([[row.gain, row.offset] for row in self.rows]).reshape(-1, 2).T
        lowest, highest = np.array([[row.lowest, row.highest] for row in self.rows]).reshape(-1, 2).T
        mapped = np.clip(mapped * gains + offsets, lowest, highest)
        return FaceCurves(mapped.astype(np.float32), self.basis, performance.face.fps)

    @cached_property
    def basis(self) -> Basis:
        """The controls as channels of curves."""
        return Basis(
            name=self.name or "controls",
            channels=tuple(row.target.label for row in self.rows),
            limits=tuple((row.lowest, row.highest) for row in self.rows),
            units=("",) * len(self.rows),
        )

    def _add_extremes(self, mapped: np.ndarray, values: np.ndarray, column: dict[str, int]) -> None:
        for number, row in enumerate(self.rows):
            if row.combine in (MAX, MIN) and row.sources:
                weighted = [weight * values[:, column[channel]] for channel, weight in row.sources if channel in column]
                weighted = weighted or [np.zeros(len(values))]
                mapped[:, number] = np.max(weighted, axis=0) if row.combine == MAX else np.min(weighted, axis=0)

    def _add_solved(self, mapped: np.ndarray, face: FaceCurves) -> None:
        solved = [number for number, row in enumerate(self.rows) if row.combine == SOLVE]
        if solved and face.basis is ARKIT:
            poses = np.zeros((len(solved), len(ARKIT)))
            for place, number in enumerate(solved):
                for channel, weight in self.rows[number].sources:
                    poses[place, ARKIT.index[channel]] = weight
            mapped[:, solved] = solve_poses(face.values, poses)

    def without(self, channels: Collection[str]) -> "Mapping":
        """The rows that something else than these channels moves, too."""
        return self.with_rows(row for row in self.rows if not row.sources or not set(row.channels) <= set(channels))

    def with_rows(self, rows: Iterable[Row]) -> "Mapping":
        """A mapping of the same name with these rows."""
        return replace(self, rows=tuple(rows))


_EXTRA: Final = (*HEAD.channels, *EYES.channels)
"""Channels of every performance, whatever its face."""


def _inputs(performance: Performance) -> tuple[tuple[str, ...], np.ndarray]:
    parts = [performance.face, performance.head, performance.eyes]
    names = [name for part in parts for name in part.channels]
    values = np.concatenate([np.asarray(part.values, np.float64) for part in parts], axis=1)
    if performance.face.basis.has(JAW_CHANNELS):
        jaw = performance.face.values[:, performance.face.basis.columns(JAW_CHANNELS)]
        names += JAW_MATRIX
        values = np.concatenate([values, jaw_matrix(jaw)], axis=1)
    return tuple(names), values


def jaw_matrix(rotation: np.ndarray) -> np.ndarray:
    """R - I of rotation vectors.

    Args:
        rotation: (frames, 3) axis-angle in radians.

    Returns:
        (frames, 9) entries row by row, by Rodrigues' formula R = I + sin a K + (1 - cos a) K K.
    """
    rotation = np.asarray(rotation, np.float64)
    angle = np.linalg.norm(rotation, axis=1)
    x, y, z = (rotation / np.maximum(angle, 1e-12)[:, None]).T
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1).reshape(-1, 3, 3)
    turned = np.sin(angle)[:, None, None] * cross + (1 - np.cos(angle))[:, None, None] * (cross @ cross)
    return np.asarray(turned.reshape(-1, 9))


def say_missing(missing: Sequence[str], basis: Basis) -> str:
    """What moves nothing, as the end of a sentence: whole regions by name, single channels by theirs; "" if nothing."""
    left = dict.fromkeys(missing)
    parts = []
    for region, channels in basis.regions.items():
        if channels and all(channel in left for channel in channels):
            parts.append(f"the {region}")
            for channel in channels:
                del left[channel]
    names = list(left)
    parts += names if len(names) <= _NAMED else [*names[:_NAMED], f"{len(names) - _NAMED} more"]
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


_NAMED: Final = 4
"""So many channels are named in a sentence."""
