"""Performances as files: .npz for pipelines, .json for anything, .csv for Live Link Face tools, and what others write.

* ``.npz``: ``values`` (frames, channels) float32, ``channels``, ``fps``, ``basis``, ``head`` (frames, 3) degrees,
  ``head_channels``; and ``eyes``, ``eye_channels`` if the face has no channels for blinks and gaze (otherwise these are
  in ``values``). A face of FLAME is there as ``expression`` (frames, n) and ``jaw_pose`` (frames, 3), too, as research
  code reads it.
* ``.json``: the same names, six decimals.
* ``.csv``: as the Live Link Face app records: timecode, 52 capitalised ARKit names in Apple's order, and rotations of
  head and eyes as shares of 180 degrees (as Unreal Engine reads them), six decimals (``live_link``).

Read only: a ``.npz`` with FLAME's expression and jaw (``flame.expression_files``), the morph weights of ``.gltf`` and
``.glb`` (``gltf_weights``), the blend shapes of ``.usd``, ``.usda``, ``.usdc`` and ``.usdz`` (``usd_weights``).
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from .atomic_file import replacing
from .basis import EYES, HEAD, JAW_CHANNELS, Basis, basis_of
from .curves import FaceCurves, Performance, ReadCurves, still
from .errors import CurveFileError
from .eyes import merge_eyes
from .flame.expression_files import read_expressions
from .gltf_weights import GLTF, read_gltf
from .live_link import read_live_link, write_live_link
from .npz import write_arrays
from .usd_weights import USD, read_usd
from .weight_tracks import curves_of

FORMATS: Final = ("npz", "json", "csv")
"""What is written."""
READABLE: Final = (*FORMATS, *GLTF, *USD)
"""What is read."""

_CHANNELS_OF: Final = {"head": "head_channels", "eyes": "eye_channels"}
_MOVES: Final = {"head": "a head that does not move", "eyes": "eyes that do not move"}


def format_of(path: str | Path, formats: tuple[str, ...] = FORMATS) -> str:
    """The format by a file's suffix. Raises CurveFileError if it is not one of ``formats``."""
    suffix = Path(path).suffix.lower().removeprefix(".")
    if suffix not in formats:
        raise CurveFileError(f"{Path(path).name} should end in .{', .'.join(formats[:-1])} or .{formats[-1]}")
    return suffix


def write_curves(path: str | Path, performance: Performance, *, overwrite: bool = True) -> None:
    """Write a performance atomically in the format of the suffix; equal input gives equal bytes.

    Raises:
        CurveFileError: the suffix is unknown, or the curves hold values that are not numbers.
        PlaceError: a folder, a pipe or a device is there; or a file is (TakenError), and ``overwrite`` is off.
        OSError: the folder cannot be written to.
    """
    path = Path(path)
    write = {"npz": _write_npz, "json": _write_json, "csv": write_live_link}[format_of(path)]
    if not performance.is_finite:
        raise CurveFileError(f"These curves hold values that are not numbers; {path.name} was not written")
    performance = merge_eyes(performance)
    with replacing(path, overwrite=overwrite) as part:
        write(part, performance)


def read_curves(path: str | Path, fps: float | None = None) -> Performance:
    """Read a performance.

    Args:
        path: a file of a format that the head of this module names.
        fps: frames per second of a .csv, or of FLAME's .npz that does not say; the rate at which a scene of glTF or USD
            is sampled. Without it, that of a .csv is the nearest whole number, from its timecodes, and a scene is
            sampled at its own.

    Raises:
        CurveFileError: the file has another format, is damaged, or is a .csv under a second long without ``fps``; none
            of its shape keys has a name that is known; or a .usd file, and there is no Python module for it.
        OSError: it cannot be read.
    """
    return read_curve_file(path, fps).performance


def read_curve_file(path: str | Path, fps: float | None = None) -> ReadCurves:
    """As ``read_curves``, with remarks on what was recognised in the file."""
    path = Path(path)
    kind = format_of(path, READABLE)
    try:
        return _read(path, kind, fps)
    except CurveFileError as error:
        raise CurveFileError(f"{path.name} {error}") from None
    except OSError:
        raise
    except Exception:  # zipfile, json and NumPy raise a dozen kinds of exceptions for damaged files
        raise CurveFileError(f"{path.name} does not hold curves as EmoTalk writes them") from None


def _read(path: Path, kind: str, fps: float | None) -> ReadCurves:
    if kind == "csv":
        return read_live_link(path, fps)
    if kind == "json":
        return ReadCurves(performance_of(json.loads(path.read_text("utf-8"))))
    if kind == "npz":
        with np.load(path, allow_pickle=False) as arrays:
            return ReadCurves(performance_of(arrays)) if "channels" in arrays else read_expressions(arrays, fps)
    tracks = read_gltf(path) if kind in GLTF else read_usd(path)
    return curves_of(tracks, fps)


def arrays_of(performance: Performance) -> dict[str, np.ndarray]:
    """The arrays of a ``.npz``, as the head of this module describes them; eyes are merged already."""
    face = performance.face
    arrays: dict[str, np.ndarray] = {
        "values": face.values.astype(np.float32),
        "channels": np.array(face.channels),
        "fps": np.array(face.fps, np.float64),
        "basis": np.array(face.basis.name),
    }
    for name, curves in _parts(performance).items():
        arrays[name] = curves.values.astype(np.float32)
        arrays[_CHANNELS_OF[name]] = np.array(curves.channels)
    return arrays


def _write_npz(path: Path, performance: Performance) -> None:
    face, arrays = performance.face, arrays_of(performance)
    if face.basis.has(JAW_CHANNELS):
        jaw = face.basis.columns(JAW_CHANNELS)
        arrays |= {"expression": np.delete(arrays["values"], jaw, axis=1), "jaw_pose": arrays["values"][:, jaw]}
    write_arrays(path, arrays)


def _write_json(path: Path, performance: Performance) -> None:
    face, parts = performance.face, _parts(performance)
    fields = {"fps": face.fps, "basis": face.basis.name, "channels": face.channels}
    fields |= {_CHANNELS_OF[name]: curves.channels for name, curves in parts.items()}
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(fields)[:-1])
        for name, curves in {"values": face, **parts}.items():
            file.write(f', "{name}": [')
            for i, row in enumerate(_rows(curves.values)):
                file.write(("," if i else "") + "\n" + json.dumps(row))
            file.write("]")
        file.write("}\n")


def _rows(values: np.ndarray) -> Iterator[list[float]]:
    """One row at a time, so that an hour of curves does not become millions of Python numbers at once."""
    for row in values:
        yield (np.round(row.astype(np.float64), 6) + 0.0).tolist()  # + 0.0 turns -0.0 into 0.0


def performance_of(fields: Mapping[str, Any]) -> Performance:
    """The performance of such arrays or lists.

    Raises:
        CurveFileError: they do not fit each other; other exceptions where something is missing or no number.
    """
    channels = tuple(str(name) for name in fields["channels"])
    values = np.asarray(fields["values"], np.float32).reshape(-1, len(channels))
    if len(set(channels)) != len(channels) or len(values) != len(fields["values"]) or not np.isfinite(values).all():
        raise CurveFileError("holds curves that do not fit their channels")
    face = FaceCurves(values, basis_of(channels), float(fields["fps"]))
    return Performance(face, _part("head", HEAD, fields, face), _part("eyes", EYES, fields, face))


def _part(name: str, basis: Basis, fields: Mapping[str, Any], face: FaceCurves) -> FaceCurves:
    """The head or the eyes; motionless if the file has none."""
    if name not in fields:
        return still(basis, face.frames, face.fps)
    channels = tuple(str(channel) for channel in fields.get(_CHANNELS_OF[name], basis.channels))
    if channels != basis.channels:
        raise CurveFileError(f"names other channels of the {name} than {', '.join(basis.channels)}")
    values = np.asarray(fields[name], np.float32).reshape(-1, len(channels))
    if len(values) != face.frames or not np.isfinite(values).all():
        raise CurveFileError(f"holds {_MOVES[name]} as long as the face")
    return FaceCurves(values, basis, face.fps)


def _parts(performance: Performance) -> dict[str, FaceCurves]:
    """The parts written beside the face: the head, and the eyes if the face has no channels for them."""
    parts = {"head": performance.head}
    if not performance.face.basis.has(("eyeBlinkLeft", "eyeLookUpLeft")):
        parts["eyes"] = performance.eyes
    return parts
