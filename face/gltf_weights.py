"""The morph weights of glTF 2.0 scenes, .gltf and .glb (Khronos' glTF 2.0 specification, sections 3.6 and 3.11)."""

import base64
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import numpy as np

from .errors import CurveFileError
from .weight_tracks import Tracks, WeightTrack, linear

GLTF: Final = ("gltf", "glb")
"""Suffixes."""

_LARGEST: Final = 2 << 30
"""Bytes of a file."""
_MOST_NUMBERS: Final = 10**8
"""Of an accessor; an hour of 52 weights at 60 frames per second has a tenth of it."""
_COMPONENTS: Final = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_MOST: Final = {"<i1": 127.0, "<u1": 255.0, "<i2": 32767.0, "<u2": 65535.0}
"""What stands for 1 in normalised integers."""
_JSON_CHUNK: Final = 0x4E4F534A
_BINARY_CHUNK: Final = 0x004E4942
_ALMOST: Final = 1e-4
"""Seconds by which float32 may put a key too late."""


def read_gltf(path: Path) -> Tracks:
    """The animated morph targets of each mesh, under the names of its ``extras.targetNames``.

    Of several animations of the same mesh the first one counts.

    Raises:
        CurveFileError: it is no glTF 2.0, is cut off or is compressed; the message is the end of a sentence about it.
        OSError: it, or a file that it needs, cannot be read.
    """
    scene = _Scene(path)
    tracks: dict[int, WeightTrack] = {}
    left_out = 0
    for animation in scene.document.get("animations", ()):
        weights = [each for each in animation["channels"] if each["target"].get("path") == "weights"]
        fresh = [each for each in weights if "node" in each["target"] and each["target"]["node"] not in tracks]
        left_out += bool(weights) and not fresh
        for channel in fresh:
            node = scene.document["nodes"][channel["target"]["node"]]
            tracks[channel["target"]["node"]] = _track(scene, node, animation["samplers"][channel["sampler"]])
    several = f"It has {left_out + 1} animations, of which the first was read"
    return Tracks(tuple(tracks.values()), remarks=(several,) if left_out else ())


def _track(scene: "_Scene", node: dict[str, Any], sampler: dict[str, Any]) -> WeightTrack:
    mesh = scene.document["meshes"][node["mesh"]]
    names = tuple(str(name) for name in mesh.get("extras", {}).get("targetNames", ()))
    count = len(mesh["primitives"][0].get("targets", ()))
    label = str(node.get("name") or mesh.get("name") or "a mesh")
    if len(set(names)) != count:
        names = tuple(f"{label} target {number}" for number in range(count))
    times = scene.numbers(sampler["input"])
    rule = sampler.get("interpolation", "LINEAR")
    parts = 3 if rule == "CUBICSPLINE" else 1
    weights = scene.numbers(sampler["output"])
    if not len(times) or (np.diff(times) <= 0).any() or len(weights) != parts * count * len(times):
        raise CurveFileError(f"has keys of {label} that do not fit its shape keys")
    table = weights.reshape(len(times), parts, count)
    sample = {
        "LINEAR": lambda: linear(times, table[:, 0]),
        "STEP": lambda: _steps(times, table[:, 0]),
        "CUBICSPLINE": lambda: _splines(times, table),
    }.get(rule)
    if sample is None:
        raise CurveFileError(f"interpolates {label} by {rule}, which glTF 2.0 has not")
    return WeightTrack(label, names, times, sample())


def _steps(times: np.ndarray, weights: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    return lambda at: weights[np.maximum(np.searchsorted(times, at + _ALMOST, side="right") - 1, 0)]


def _splines(times: np.ndarray, table: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Cubic Hermite segments (appendix C) of (keys, 3, shape keys): tangent before, value, tangent after."""
    if len(times) == 1:
        return linear(times, table[:, 1])

    def sample(at: np.ndarray) -> np.ndarray:
        at = np.clip(at, times[0], times[-1])
        first = np.clip(np.searchsorted(times, at, side="right") - 1, 0, len(times) - 2)
        length = (times[first + 1] - times[first])[:, None]
        t = ((at - times[first]) / length[:, 0])[:, None]
        return np.asarray(
            (2 * t**3 - 3 * t**2 + 1) * table[first, 1]
            + (t**3 - 2 * t**2 + t) * length * table[first, 2]
            + (3 * t**2 - 2 * t**3) * table[first + 1, 1]
            + (t**3 - t**2) * length * table[first + 1, 0]
        )

    return sample


class _Scene:
    """A document and its buffers, which are read when numbers of them are wanted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.buffers: dict[int, bytes] = {}
        data = _bytes_of(path)
        if data.startswith(b"glTF"):
            data = self._unpacked(data)
        self.document: dict[str, Any] = json.loads(data.decode("utf-8-sig"))
        if not isinstance(self.document, dict) or not str(self.document["asset"]["version"]).startswith("2."):
            raise CurveFileError("is no glTF 2.0")

    def _unpacked(self, data: bytes) -> bytes:
        """The document of a .glb, whose binary chunk becomes buffer 0."""
        document, at = b"", 12
        while at + 8 <= len(data):
            length, kind = struct.unpack_from("<II", data, at)
            chunk = data[at + 8 : at + 8 + length]
            if len(chunk) < length:
                raise CurveFileError("is cut off; export it again")
            if kind == _JSON_CHUNK:
                document = chunk
            elif kind == _BINARY_CHUNK:
                self.buffers[0] = chunk
            at += 8 + length
        return document

    def numbers(self, index: int) -> np.ndarray:
        """(count,) float64 scalars of an accessor."""
        accessor = self.document["accessors"][index]
        kind, count = _COMPONENTS[accessor["componentType"]], int(accessor["count"])
        if accessor["type"] != "SCALAR" or not 0 <= count <= _MOST_NUMBERS:
            raise CurveFileError("has keys that are no numbers")
        found = np.zeros(count, kind)
        if "bufferView" in accessor:
            found = self._values(accessor["bufferView"], accessor.get("byteOffset", 0), kind, count).copy()
        if "sparse" in accessor:
            sparse = accessor["sparse"]
            places, values = sparse["indices"], sparse["values"]
            at = self._values(
                places["bufferView"],
                places.get("byteOffset", 0),
                _COMPONENTS[places["componentType"]],
                int(sparse["count"]),
            )
            found[at] = self._values(values["bufferView"], values.get("byteOffset", 0), kind, int(sparse["count"]))
        numbers = found.astype(np.float64)
        return np.maximum(numbers / _MOST[kind], -1) if accessor.get("normalized") and kind in _MOST else numbers

    def _values(self, view_index: int, offset: int, kind: str, count: int) -> np.ndarray:
        view = self.document["bufferViews"][view_index]
        if "EXT_meshopt_compression" in view.get("extensions", {}):
            raise CurveFileError("is compressed with meshopt; export it without compression")
        data = self._buffer(view["buffer"])[view.get("byteOffset", 0) :][: view["byteLength"]]
        stride = view.get("byteStride") or np.dtype(kind).itemsize
        if count and (offset < 0 or offset + (count - 1) * stride + np.dtype(kind).itemsize > len(data)):
            raise CurveFileError("is cut off; export it again")
        return np.ndarray((count,), kind, data, offset, (stride,))

    def _buffer(self, index: int) -> bytes:
        if index not in self.buffers:
            uri = str(self.document["buffers"][index]["uri"])
            if uri.startswith("data:"):
                self.buffers[index] = base64.b64decode(uri.partition(",")[2])
            elif urlsplit(uri).scheme:
                raise CurveFileError("keeps its numbers at an address; export it into one file (.glb)")
            else:
                self.buffers[index] = _bytes_of(self.path.parent / unquote(uri))
        return self.buffers[index]


def _bytes_of(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise CurveFileError(f"needs {path.name}, which is no file")
    with path.open("rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise CurveFileError("is larger than 2 GB")
    return data
