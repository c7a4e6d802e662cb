"""Captured and predicted curves as moving vertices: the measures that papers report, on the built-in head or another.

A mesh is its neutral pose and what each channel moves. Lips and upper face are sets of vertices: named in the file, or
what the shapes of lips that roll and of brows and lids move by more than a quarter of the farthest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ...face import arkit, capture_metrics
from ...face.basis import Basis
from ...face.curves import FaceCurves
from ...face.errors import EmoTalkError
from ...face.sample_head.head import build_sample_head
from ...inference.contract import Speech
from ...inference.sound.rms import frame_rms
from ..arrays import FloatArray, IntArray
from ..captures.vertices import Shapes, read_shapes

MESH_FIGURES: Final = ("LVE", "LVE squared", "FDD", "MOD", "EVE", "SLCC", "captured SLCC", "MTM ms")
"""Columns of the table; see ``face/capture_metrics.py``."""

_ROLLS: Final = ("mouthRollLower", "mouthRollUpper")
_UPPER: Final = tuple(name for name in arkit.CHANNELS if name.startswith(("brow", "eyeBlink", "eyeSquint", "eyeWide")))
_JAW: Final = "jawOpen"
_SHARE: Final = 0.25
_LEAST_EXTREMUM: Final = 0.25
"""Of the spread of the captured displacement of the lips: less is no extremum."""


@dataclass(frozen=True)
class FaceMesh:
    """The vertices of a face that count, and what moves them.

    Attributes:
        name: for the title.
        unit: of distances, for the title.
        channels: names of the shapes.
        rest: (vertices, 3); the lips come first, the upper face follows.
        moves: (channels, vertices, 3) what each shape adds at a value of 1.
        lips: how many of the vertices are the lips'.
        up: the axis that points upwards or downwards.
    """

    name: str
    unit: str
    channels: tuple[str, ...]
    rest: FloatArray
    moves: FloatArray
    lips: int
    up: int

    def vertices(self, values: FloatArray, basis: Basis) -> FloatArray:
        """(frames, vertices, 3) of curves (frames, channels) of a basis; shapes that it lacks stay at rest."""
        shared = [name for name in self.channels if name in basis.index]
        moves = self.moves[[self.channels.index(name) for name in shared]]
        moved = values[:, basis.columns(shared)] @ moves.reshape(len(shared), -1)
        return np.asarray(self.rest + moved.reshape(len(values), *self.rest.shape))


def sample_head_mesh() -> FaceMesh:
    """The skin of the built-in head, in millimetres."""
    skin = build_sample_head().parts["skin"]
    names = tuple(skin.shapes)
    moves = np.stack([1000 * skin.shapes[name] for name in names])
    shapes = Shapes(names, 1000 * np.asarray(skin.vertices, np.float64), moves)
    return _mesh("the built-in head", "mm", shapes, None, None)


def read_mesh(path: Path, basis: Basis) -> FaceMesh:
    """A mesh from an ``.npz`` with ``names``, ``neutral`` and ``shapes``, as projects of captured vertices have it.

    Args:
        path: of the file; ``lips`` and ``upper`` in it are the indices of their vertices.
        basis: of the curves to come.

    Raises:
        EmoTalkError: it is no such file, it has none of the basis' shapes, or nothing says where the lips are.
    """
    shapes = read_shapes(path)
    if not any(name in basis.index for name in shapes.names):
        raise EmoTalkError(f"{path.name} has no shape key of the basis {basis.name}, such as {basis.channels[0]}")
    with np.load(path, allow_pickle=False) as file:
        lips, upper = (file.get(name) for name in ("lips", "upper"))
    try:
        return _mesh(path.name, "its unit", shapes, lips, upper)
    except (IndexError, KeyError, ValueError):
        raise EmoTalkError(
            f"{path.name} does not say where the lips are: it needs the indices lips (n,) and upper (n,), or shapes "
            f"such as {_ROLLS[0]} and {_UPPER[0]}"
        ) from None


def mesh_title(mesh: FaceMesh) -> str:
    """The title of a mesh's table, which names the unit and the sets of vertices."""
    upper = len(mesh.rest) - mesh.lips
    return f"On {mesh.name}, in {mesh.unit}: {mesh.lips} vertices of the lips, {upper} of the upper face"


def mesh_figures(mesh: FaceMesh, speech: Speech, captured: FaceCurves, predicted: FaceCurves) -> tuple[float, ...]:
    """The cells of ``MESH_FIGURES`` for two curves of one basis."""
    basis, fps = captured.basis, captured.fps
    both = capture_metrics.on_same_frames(captured, predicted)
    true, guess = (mesh.vertices(values, basis) for values in both)
    lips, upper = slice(0, mesh.lips), slice(mesh.lips, None)
    error, squared = capture_metrics.vertex_error(true[:, lips], guess[:, lips])
    displaced = [np.linalg.norm(each[:, lips] - mesh.rest[lips], axis=2).mean(axis=1) for each in (true, guess)]
    loudness = frame_rms(speech, len(true), fps)
    slcc = [capture_metrics.loudness_correlation(loudness, each) for each in displaced]
    least = _LEAST_EXTREMUM * float(displaced[0].std())
    return (
        error,
        squared,
        capture_metrics.dynamics_deviation(true[:, upper], guess[:, upper], mesh.rest[upper]),
        capture_metrics.opening_difference(true[:, lips], guess[:, lips], mesh.up),
        capture_metrics.vertex_error(true[:, upper], guess[:, upper])[0],
        slcc[1],
        slcc[0],
        capture_metrics.temporal_misalignment(displaced[0], displaced[1], fps, least),
    )


def _mesh(name: str, unit: str, shapes: Shapes, lips: IntArray | None, upper: IntArray | None) -> FaceMesh:
    """Raises KeyError, IndexError or ValueError if a set of vertices is missing, empty or no indices."""
    lips = _moved_by(shapes, _ROLLS) if lips is None else np.asarray(lips).ravel()
    upper = _moved_by(shapes, _UPPER) if upper is None else np.asarray(upper).ravel()
    both = np.concatenate([lips, upper])
    if not len(lips) or not len(upper) or both.dtype.kind not in "iu" or both.min() < 0:
        raise ValueError("no indices")
    downwards = shapes.moves[shapes.names.index(_JAW)][lips] if _JAW in shapes.names else shapes.moves[:, lips]
    up = int(np.abs(downwards).reshape(-1, 3).sum(axis=0).argmax())
    return FaceMesh(name, unit, shapes.names, shapes.neutral[both], shapes.moves[:, both], len(lips), up)


def _moved_by(shapes: Shapes, names: Iterable[str]) -> IntArray:
    """The vertices that some shapes move by a quarter of what each moves the farthest; KeyError if there are none."""
    rows = [shapes.names.index(name) for name in names if name in shapes.names]
    if not rows:
        raise KeyError
    lengths = np.linalg.norm(shapes.moves[rows], axis=2)
    return np.flatnonzero((lengths > _SHARE * lengths.max(axis=1, keepdims=True)).any(axis=0))
