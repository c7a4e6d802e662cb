"""The parts of the head: meshes with shape keys and bone weights, bones, landmarks (metres)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from .. import arkit
from .sculpture import NECK_CUT
from .subdivision import Polygons

_METRES: Final = 1e-3
_STILL: Final = 1e-3
"""Millimetres below which a vertex counts as unmoved."""


@dataclass(frozen=True)
class Material:
    """A plain surface: base colour (linear RGB, 0 to 1) and roughness (0 mirror, 1 chalk)."""

    name: str
    colour: tuple[float, float, float]
    roughness: float
    subsurface: float = 0.0


@dataclass(frozen=True)
class Part:
    """One mesh of the head.

    Attributes:
        name: what it is.
        vertices: (V, 3) float32 metres, neutral; Z up, the face looks along -Y, the actor's left is +X.
        polygons: (P,) vertex numbers of each polygon, anticlockwise from outside.
        materials: the material of each material number.
        polygon_materials: (P,) numbers into ``materials``.
        shapes: (V, 3) float32 offsets for each ARKit channel that moves this part.
        bone_weights: (V,) float32 by bone name; they sum to 1 in each vertex.
    """

    name: str
    vertices: np.ndarray
    polygons: Polygons
    materials: tuple[Material, ...]
    polygon_materials: np.ndarray
    shapes: dict[str, np.ndarray]
    bone_weights: dict[str, np.ndarray]


@dataclass(frozen=True)
class Bone:
    """A bone at rest: where it begins and ends (metres), and its parent."""

    name: str
    start: tuple[float, float, float]
    end: tuple[float, float, float]
    parent: str | None


@dataclass(frozen=True)
class SampleHead:
    """The built-in character.

    Attributes:
        parts: the meshes by name; "skin" is the face.
        bones: parents before children.
        landmarks: numbers of vertices of the skin by name.
    """

    parts: dict[str, Part]
    bones: tuple[Bone, ...]
    landmarks: dict[str, int]


def placed(points: npt.ArrayLike) -> np.ndarray:
    """Modelling coordinates (..., 3) in millimetres to metres from the neck's end."""
    return (np.asarray(points, float) - (0, 0, NECK_CUT)) * _METRES


def part_of(
    name: str,
    points: np.ndarray,
    polygons: Polygons,
    materials: tuple[Material, ...],
    polygon_materials: Iterable[int],
    shapes: dict[str, np.ndarray],
    weights: dict[str, np.ndarray],
) -> Part:
    """A part from modelling coordinates (V, 3) and moves in millimetres; shapes that move nothing are left out."""
    moved = {key: moves for key, moves in shapes.items() if np.abs(moves).max() > _STILL}
    return Part(
        name,
        placed(points).astype(np.float32),
        polygons,
        materials,
        np.asarray(polygon_materials, np.int32),
        {key: (moved[key] * _METRES).astype(np.float32) for key in arkit.CHANNELS if key in moved},
        {bone: share.astype(np.float32) for bone, share in weights.items()},
    )


def rigid_part(
    name: str,
    points: np.ndarray,
    polygons: Polygons,
    materials: tuple[Material, ...],
    polygon_materials: Iterable[int],
    bone: str,
    shapes: dict[str, np.ndarray] | None = None,
) -> Part:
    """A part that follows one bone."""
    return part_of(name, points, polygons, materials, polygon_materials, shapes or {}, {bone: np.ones(len(points))})
