"""FLAME's motion as .npz, as research code exchanges it: expression and jaw for each frame.

Names differ from one program to the next. Read are, in any case: ``expression``, ``expressions``, ``exp``, ``expr``,
``expression_params`` or ``expcode`` (frames, 1 to 100) in standard deviations; ``jaw_pose``, ``jawpose`` or ``jaw``
(frames, 3) as axis-angle in radians, or the jaw within ``pose`` (3 numbers: jaw; 6: root, jaw; 15: root, neck, jaw, two
eyes), within EMOCA's ``posecode`` (6) or SMPL-X's ``poses`` (165); ``neck_pose`` or ``neck`` (frames, 3); ``fps``,
``mocap_framerate``, ``mocap_frame_rate``, ``framerate`` or ``frame_rate``. Written are ``expression``, ``jaw_pose``,
``neck_pose``, ``fps``.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from ..atomic_file import replacing
from ..basis import EYES, FLAME, HEAD, JAW_CHANNELS
from ..curves import FaceCurves, Performance, ReadCurves, still
from ..errors import CurveFileError
from ..head_rotation import degrees_of, matrices_of, vectors_of
from ..mapping import jaw_matrix
from ..npz import write_arrays

EXPRESSION_NAMES: Final = ("expression", "expressions", "exp", "expr", "expression_params", "expcode")
_JAW: Final = ("jaw_pose", "jawpose", "jaw")
_NECK: Final = ("neck_pose", "neck")
RATE_NAMES: Final = ("fps", "mocap_framerate", "mocap_frame_rate", "framerate", "frame_rate")
_JAW_WITHIN: Final = {
    ("pose", 3): 0,
    ("pose", 6): 3,
    ("posecode", 6): 3,
    ("pose", 15): 6,
    ("poses", 15): 6,
    ("poses", 165): 66,
}
_NECK_WITHIN: Final = {("pose", 15): 3, ("poses", 15): 3}
"""Where the three numbers begin in an array of this name and width."""
_MOSTEXPRESSION_NAMESS: Final = 100


def write_expressions(path: str | Path, performance: Performance, *, overwrite: bool = True) -> None:
    """Write a performance of FLAME atomically; the head turns the neck, and blinks and gaze are left out.

    Raises:
        CurveFileError: the face is not FLAME's, or the curves hold values that are not numbers.
        PlaceError: a folder, a pipe or a device is there; or a file is (TakenError), and ``overwrite`` is off.
        OSError: the folder cannot be written to.
    """
    path, face = Path(path), performance.face
    expressions = len(face.basis) - len(JAW_CHANNELS)
    if not 1 <= expressions <= _MOSTEXPRESSION_NAMESS or face.basis is not FLAME(expressions):
        raise CurveFileError(f"These curves are {face.basis.name}, not FLAME's; {path.name} was not written")
    if not performance.is_finite:
        raise CurveFileError(f"These curves hold values that are not numbers; {path.name} was not written")
    arrays: dict[str, np.ndarray] = {
        "expression": face.values[:, :expressions].astype(np.float32),
        "jaw_pose": face.values[:, expressions:].astype(np.float32),
        "neck_pose": vectors_of(matrices_of(performance.head.values)).astype(np.float32),
        "fps": np.array(face.fps, np.float64),
    }
    with replacing(path, overwrite=overwrite) as part:
        write_arrays(part, arrays)


def read_expressions(arrays: Mapping[str, np.ndarray], fps: float | None) -> ReadCurves:
    """Read a performance of FLAME; what has no jaw keeps it shut.

    Args:
        arrays: of an .npz file that was opened with ``allow_pickle=False``.
        fps: frames per second; None for those that the file says.

    Raises:
        CurveFileError: there is no expression, no frame rate, or an array that does not fit; the message is the end of
            a sentence about the file.
    """
    names = {name.lower(): name for name in arrays}
    found = next((names[name] for name in EXPRESSION_NAMES if name in names), None)
    if found is None:
        held = ", ".join(sorted(names)[:6]) or "nothing"
        raise CurveFileError(f"holds neither EmoTalk's curves nor FLAME's expression; it has {held}")
    expression = _rows(arrays[found], found)
    frames, expressions = expression.shape
    if not 1 <= expressions <= _MOSTEXPRESSION_NAMESS:
        raise CurveFileError(f"has {expressions} expression coefficients; FLAME has 1 to {_MOSTEXPRESSION_NAMESS}")
    fps = fps or _rate_of(arrays, names)
    jaw = _three(arrays, names, _JAW, _JAW_WITHIN, frames)
    neck = _three(arrays, names, _NECK, _NECK_WITHIN, frames)
    values = np.concatenate([expression, np.zeros((frames, 3)) if jaw is None else jaw], axis=1)
    face = FaceCurves(values.astype(np.float32), FLAME(expressions), fps)
    head = still(HEAD, frames, fps)
    if neck is not None:
        turned = jaw_matrix(neck).reshape(-1, 3, 3) + np.eye(3)
        head = head.with_values(degrees_of(turned))
    remarks = () if jaw is not None else ("There is no jaw in it, so the jaw stays shut",)
    return ReadCurves(Performance(face, head, still(EYES, frames, fps)), remarks)


def _three(
    arrays: Mapping[str, np.ndarray],
    names: Mapping[str, str],
    own: Iterable[str],
    within: Mapping[tuple[str, int], int],
    frames: int,
) -> np.ndarray | None:
    """(frames, 3) rotation vectors of a joint, from an array of its own or out of a larger one; None without any."""
    alone = next((names[name] for name in own if name in names), None)
    if alone is not None:
        rows = _rows(arrays[alone], alone)
        if rows.shape != (frames, 3):
            shape = " × ".join(map(str, rows.shape))
            raise CurveFileError(f"has {alone} of {shape} numbers; it must be axis-angle, {frames} × 3")
        return rows
    for (name, width), first in within.items():
        if name in names:
            rows = _rows(arrays[names[name]], name)
            if rows.shape == (frames, width):
                return rows[:, first : first + 3]
    return None


def _rows(array: np.ndarray, name: str) -> np.ndarray:
    """(frames, numbers) float64; axes of one entry between them are left out."""
    if array.dtype.kind not in "fiu" or array.ndim < 2:
        raise CurveFileError(f"has {name} that is no table of numbers, frame by frame")
    middle = tuple(axis for axis in range(1, array.ndim - 1) if array.shape[axis] == 1)
    # One take in a batch, as networks give it: (1, frames, numbers).
    if array.ndim == 3 and array.shape[0] == 1 and not middle:
        middle = (0,)
    rows = np.asarray(array, np.float64).squeeze(axis=middle)
    if rows.ndim != 2:
        raise CurveFileError(f"has {name} that is no table of numbers, frame by frame")
    if not np.isfinite(rows).all():
        raise CurveFileError("holds values that are not numbers")
    return rows


def _rate_of(arrays: Mapping[str, np.ndarray], names: Mapping[str, str]) -> float:
    found = next((names[name] for name in RATE_NAMES if name in names), None)
    if found is None:
        raise CurveFileError("does not say its frame rate; give it")
    rate = arrays[found]
    if rate.dtype.kind not in "fiu" or rate.size != 1 or not 0 < float(rate.reshape(())) < np.inf:
        raise CurveFileError(f"has {found} that is no frame rate")
    return float(rate.reshape(()))
