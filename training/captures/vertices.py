"""Captured vertices of a fixed topology, solved onto the shape keys of a rig: coefficients that training can use.

Vertices: ``.npy``, (frames, vertices, 3), or a point cache ``.pc2``. The head must hold still in them, as capture
systems deliver it. Shapes: ``.npz`` with ``neutral`` (vertices, 3), ``shapes`` (K, vertices, 3) and ``names`` (K,), in
the same order of vertices and the same unit.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ...face.errors import EmoTalkError
from ...face.flame.solving import solve_bounded
from .curve_table import CurveTable

SUFFIXES: Final = (".npy", ".pc2")
_PC2: Final = struct.Struct("<12siiffi")
_PC2_MARK: Final = b"POINTCACHE2\0"
_RIDGE: Final = 1e-4
"""Weight of a squared coefficient, in the mean squared move of a shape: keeps alike shapes from fighting each other."""
_FRAMES: Final = 2000
_FARTHEST: Final = 0.5
"""Of the mean move of a capture that may be left over; with more, the shapes are of another head."""


@dataclass(frozen=True)
class Shapes:
    """The shape keys of a rig.

    Attributes:
        names: of the K shape keys.
        neutral: (vertices, 3) the head at rest.
        moves: (K, vertices, 3) what each shape key adds at a value of 1.
    """

    names: tuple[str, ...]
    neutral: np.ndarray
    moves: np.ndarray


def read_shapes(path: Path) -> Shapes:
    """The shape keys in an ``.npz`` file.

    Raises:
        EmoTalkError: the file is missing, or is something else.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            names, neutral, shapes = (file[name] for name in ("names", "neutral", "shapes"))
        shapes_ = Shapes(
            tuple(str(name) for name in names), neutral.astype(np.float64), shapes.astype(np.float64) - neutral
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise EmoTalkError(
            f"{path.name} holds no shape keys: it needs names (K,), neutral (vertices, 3) and shapes (K, vertices, 3)"
        ) from None
    fits = shapes_.neutral.ndim == 2 and shapes_.moves.shape == (len(shapes_.names), len(shapes_.neutral), 3)
    if not fits or not np.isfinite(shapes_.moves).all():
        raise EmoTalkError(f"{path.name}: names, neutral and shapes do not fit each other, or are no numbers")
    if still := [name for name, move in zip(shapes_.names, shapes_.moves, strict=True) if not move.any()]:
        raise EmoTalkError(f"{path.name}: the shape key {still[0]} moves nothing; leave it out")
    return shapes_


def read_vertices(path: Path) -> np.ndarray:
    """(frames, vertices, 3) float32 captured vertices.

    Raises:
        EmoTalkError: the file is missing, damaged or of another kind, or holds values that are no numbers.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise EmoTalkError(f"{path.name} is of no kind that holds vertices: {', '.join(SUFFIXES)}")
    try:
        vertices = _read_pc2(path) if path.suffix.lower() == ".pc2" else np.load(path, allow_pickle=False)
        vertices = np.asarray(vertices, np.float32)
    except (OSError, ValueError, EOFError, struct.error):
        raise EmoTalkError(f"{path.name} is missing, damaged or cut off; export it again") from None
    if vertices.ndim != 3 or vertices.shape[2] != 3 or len(vertices) < 2:
        raise EmoTalkError(f"{path.name} has the shape {vertices.shape}; it needs frames x vertices x 3")
    if not np.isfinite(vertices).all():
        raise EmoTalkError(f"{path.name} holds values that are not numbers")
    return vertices


def solve_vertices(vertices: np.ndarray, shapes: Shapes) -> np.ndarray:
    """(frames, K) values of the shape keys, 0..1, that bring the head nearest to captured vertices.

    Args:
        vertices: (frames, vertices, 3).
        shapes: of the same head.

    Raises:
        EmoTalkError: the numbers of vertices differ, or the shapes explain less than half of the motion.
    """
    if vertices.shape[1] != len(shapes.neutral):
        raise EmoTalkError(
            f"the capture has {vertices.shape[1]} vertices and the shape keys {len(shapes.neutral)}; export both from "
            "the same mesh"
        )
    system = shapes.moves.reshape(len(shapes.names), -1).T
    ridge = _RIDGE * float(np.square(system).sum(axis=0).mean())
    values = np.empty((len(vertices), len(shapes.names)))
    moved = left = 0.0
    for start in range(0, len(vertices), _FRAMES):
        moves = (vertices[start : start + _FRAMES] - shapes.neutral).reshape(-1, system.shape[0]).T
        found = solve_bounded(system, moves, ridge, limit=1.0, lowest=0.0)
        values[start : start + _FRAMES] = found.T
        moved += float(np.square(moves).sum())
        left += float(np.square(moves - system @ found).sum())
    if left > _FARTHEST**2 * moved:
        share = 100 * (left / moved) ** 0.5
        raise EmoTalkError(
            f"the shape keys leave {share:.0f} % of the captured motion; are they of the same head, unit and pose?"
        )
    return values


def solve_table(path: Path, shapes: Path, fps: float | None) -> CurveTable:
    """Captured vertices as curves of shape keys.

    Args:
        path: the vertices.
        shapes: the shape keys.
        fps: frames per second; None if the project does not state them.

    Raises:
        EmoTalkError: see ``read_vertices``, ``read_shapes`` and ``solve_vertices``.
    """
    keys = read_shapes(shapes)
    try:
        return CurveTable(keys.names, solve_vertices(read_vertices(path), keys), fps)
    except EmoTalkError as error:
        raise EmoTalkError(f"{path.name}: {error}") from None


def _read_pc2(path: Path) -> np.ndarray:
    """A point cache: mark, version, points, first frame, sample rate, samples, then all positions."""
    with path.open("rb") as file:
        mark, version, points, _, _, samples = _PC2.unpack(file.read(_PC2.size))
        if mark != _PC2_MARK or version != 1 or points < 1 or samples < 1:
            raise ValueError("no point cache")
        if path.stat().st_size != _PC2.size + samples * points * 12:
            raise ValueError("cut off")
        return np.fromfile(file, "<f4").reshape(samples, points, 3)
