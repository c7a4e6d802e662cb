"""The weights of shape keys over time, as scenes of glTF and USD hold them, to a performance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from .basis import ARKIT, Basis
from .curves import FaceCurves, ReadCurves
from .errors import CurveFileError
from .inverse_mapping import recover
from .naming_schemes import Recognition, Rig, flame_of, recognise

RATES: Final = (24.0, 25.0, 30.0, 50.0, 60.0, 24000 / 1001, 30000 / 1001, 60000 / 1001, 100.0, 120.0)
"""Frames per second on which keys are looked for, the likelier ones first."""
_ON_FRAME: Final = 0.01
"""Frames: the times of glTF are float32 seconds."""
_LONGEST: Final = 24 * 3600
"""Seconds."""


@dataclass(frozen=True, eq=False)
class WeightTrack:
    """The animated shape keys of one mesh.

    Attributes:
        mesh: its name, for people.
        names: of the shape keys.
        times: (keys,) seconds at which there are keys, rising.
        sample: (frames,) seconds -> (frames, shape keys) weights.
    """

    mesh: str
    names: tuple[str, ...]
    times: np.ndarray
    sample: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Tracks:
    """What a scene holds.

    Attributes:
        tracks: one for each mesh, on the same clock.
        fps: frames per second of the scene; None if it has none.
        remarks: sentences without full stops.
    """

    tracks: Sequence[WeightTrack]
    fps: float | None = None
    remarks: tuple[str, ...] = ()


def linear(times: np.ndarray, weights: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Straight lines between (keys, shape keys) weights, held before the first key and after the last."""
    return lambda at: np.stack([np.interp(at, times, column) for column in weights.T], axis=1)


def curves_of(scene: Tracks, fps: float | None = None) -> ReadCurves:
    """The performance of animated shape keys, recognised by their names as on a character without a mapping.

    Frame 0 is the first key of any mesh. Of meshes with the same shape key, the one that moves most counts.

    Args:
        scene: its tracks.
        fps: the rate at which they are sampled; None for that of the scene, else the first of ``RATES`` that has a
            frame at every key, else 60.

    Returns:
        ARKit's channels, or those of FLAME if nothing but FLAME's expressions moves.

    Raises:
        CurveFileError: nothing is animated, or no name is known; the message is the end of a sentence about the file.
    """
    tracks = [track for track in scene.tracks if len(track.times) and track.names]
    if not tracks:
        raise CurveFileError("has no animated shape keys")
    keys = np.unique(np.concatenate([track.times for track in tracks]))
    if keys[-1] - keys[0] > _LONGEST:
        raise CurveFileError("is longer than a day")
    fps = fps or scene.fps or _rate_of(keys - keys[0])
    frames = int(np.ceil((keys[-1] - keys[0]) * fps - _ON_FRAME)) + 1
    at = _on_keys(keys[0] + np.arange(frames) / fps, keys, _ON_FRAME / fps)
    weights = [track.sample(at) for track in tracks]
    if not all(np.isfinite(each).all() for each in weights):
        raise CurveFileError("holds values that are not numbers")
    rig = Rig(tuple(track.names for track in tracks))
    basis, found = _recognised(rig, tracks, weights)
    every = list(dict.fromkeys(name for track in tracks for name in track.names))
    known = {row.target.name for row in found.mapping.rows}
    columns = [_most_moving(row.target.name, tracks, weights) for row in found.mapping.rows]
    values = FaceCurves(np.stack(columns, axis=1).astype(np.float32), found.mapping.basis, fps)
    curves = recover(values, found.mapping, basis).curves
    count = f"{len(known)} of {len(every)} shape keys recognised ({found.mapping.name})"
    return ReadCurves(curves.performance, (count, *scene.remarks, *curves.remarks))


def _recognised(rig: Rig, tracks: Sequence[WeightTrack], weights: Sequence[np.ndarray]) -> tuple[Basis, Recognition]:
    found = {ARKIT: recognise(rig, ARKIT)}
    flame = flame_of(rig)
    if flame is not None:
        found[flame] = recognise(rig, flame)
    moved = {
        basis: sum(np.ptp(_most_moving(row.target.name, tracks, weights)) > 0 for row in recognition.mapping.rows)
        for basis, recognition in found.items()
        if recognition.mapping.rows
    }
    if not moved:
        names = ", ".join(list(dict.fromkeys(name for track in tracks for name in track.names))[:3])
        raise CurveFileError(f"has shape keys like {names}, but none with a name that EmoTalk knows")
    chosen = ARKIT if moved.get(ARKIT) else max(moved, key=lambda basis: moved[basis])
    return chosen, found[chosen]


def _most_moving(name: str, tracks: Sequence[WeightTrack], weights: Sequence[np.ndarray]) -> np.ndarray:
    columns = [
        each[:, track.names.index(name)] for track, each in zip(tracks, weights, strict=True) if name in track.names
    ]
    return max(columns, key=np.ptp)


def _on_keys(at: np.ndarray, keys: np.ndarray, reach: float) -> np.ndarray:
    """Times moved to the keys that they nearly meet: late in a scene, float32 is too coarse to interpolate there."""
    after = np.clip(np.searchsorted(keys, at), 0, len(keys) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(keys[before] - at) < np.abs(keys[after] - at), keys[before], keys[after])
    return np.where(np.abs(nearest - at) < reach, nearest, at)


def _rate_of(times: np.ndarray) -> float:
    for rate in RATES:
        places = times * rate
        if np.abs(places - np.round(places)).max() < _ON_FRAME:
            return rate
    return 60.0
