"""ICT-FaceKit: the user's folder of OBJ files as a head of parts, shapes and bones.

The folder is ``FaceXModel`` of ICT-FaceKit Light (USC Institute for Creative Technologies, MIT): a neutral mesh, one
mesh for each expression with the same vertices, and ``vertex_indices.json`` with the names of the expressions.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from . import arkit
from .errors import EmoTalkError
from .gaze_shapes import gaze_shapes
from .sample_head.palette import ENAMEL, EYE_MATERIALS, GUMS, HAIR, SKIN, TONGUE
from .sample_head.parts import Bone, Material, Part

_NEUTRAL: Final = "generic_neutral_mesh.obj"
_INDICES: Final = "vertex_indices.json"
_LARGEST: Final = 64 << 20
"""Bytes of a file; those of the release have under 3 MB."""
_CENTIMETRES: Final = 0.01
_STILL: Final = 1e-6
"""Metres below which a vertex counts as unmoved."""
_PARTS: Final[Mapping[str, tuple[str, tuple[tuple[str, Material], ...]]]] = {
    "skin": ("head", (("M_Face", SKIN), ("M_BackHead", SKIN))),
    "mouth": ("head", (("M_GumsTongue", TONGUE), ("M_Teeth", ENAMEL))),
    "eye left": ("eye.L", (("M_ScleraLeft", EYE_MATERIALS[0]),)),
    "eye right": ("eye.R", (("M_ScleraRight", EYE_MATERIALS[0]),)),
    "lashes": ("head", (("M_EyeLashes", HAIR),)),
}
"""Parts, the bone of each, and their materials in the file. What needs a renderer that sees through things is left out:
the wet film over the eyes, their shadows, and the irises behind the corneas, which get the irises' colours instead."""
_MOUTH_INSIDE: Final = ((-0.028, -0.098, -0.050), (0.028, 0.0, -0.004))
"""Two corners of the space behind the lips, metres."""
_IRIS, _PUPIL = np.cos(np.radians((24, 10)))
"""How far they reach from the axis of the eye, seen from its centre."""


@dataclass(frozen=True)
class IctHead:
    """The head of ICT-FaceKit.

    Attributes:
        parts: skin, mouth, eyes and lashes; metres, Z up, the face looks along -Y. Shapes bear ARKit's names;
            ICT's halves of ``browInnerUp`` and ``cheekPuff`` stand beside the whole ones.
        bones: neck, head and eyes.
        landmarks: (68,) vertices of the skin in the iBUG order.
    """

    parts: tuple[Part, ...]
    bones: tuple[Bone, ...]
    landmarks: np.ndarray


def read_ict(folder: Path) -> IctHead:
    """Read the folder ``FaceXModel``, or one that it lies in.

    Raises:
        EmoTalkError: a file is missing, damaged or does not fit the others.
        OSError: a file cannot be read.
    """
    folder = next((place for place in (folder, folder / "FaceXModel") if (place / _NEUTRAL).is_file()), folder)
    if not (folder / _NEUTRAL).is_file():
        raise EmoTalkError(f"{folder.name} has no {_NEUTRAL}; choose the folder FaceXModel of ICT-FaceKit")
    expressions, landmarks = _read_indices(folder / _INDICES)
    text = _read(folder / _NEUTRAL)
    neutral = _vertices(text, _NEUTRAL)
    moves = {}
    for name in expressions:
        vertices = _vertices(_read(folder / f"{name}.obj"), f"{name}.obj")
        if vertices.shape != neutral.shape:
            raise EmoTalkError(f"{name}.obj has other vertices than {_NEUTRAL}; unpack ICT-FaceKit again")
        moves[name] = vertices - neutral
    if landmarks.min() < 0 or landmarks.max() >= len(neutral):
        raise EmoTalkError(f"{_INDICES} names vertices that there are not; unpack ICT-FaceKit again")
    shapes = arkit_shapes(moves)
    polygons, materials = _polygons(text, len(neutral))
    bones = _bones(neutral, polygons, materials)
    parts, numbers = [], np.empty(0, np.int64)
    centres = {bone.name: bone.start for bone in bones}
    for name, (bone, kinds) in _PARTS.items():
        part, used = _part(name, bone, kinds, neutral, polygons, materials, shapes)
        if bone.startswith("eye"):
            part.shapes.update(gaze_shapes(part.vertices, centres[bone], "Left" if bone == "eye.L" else "Right"))
            part = _with_iris(part, centres[bone])
        if name == "skin":
            part, numbers = _with_mouth_inside(part), used
        parts.append(part)
    places = np.searchsorted(numbers, landmarks)
    if not np.array_equal(numbers[np.minimum(places, len(numbers) - 1)], landmarks):
        raise EmoTalkError(f"{_INDICES} has landmarks that do not lie on the skin; unpack ICT-FaceKit again")
    return IctHead(tuple(parts), bones, places)


def arkit_shapes(moves: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """ICT's expressions by ARKit's names: ``_L`` and ``_R`` are sides, and two halves that ARKit has in one are added.

    The halves are kept under their own names.
    """
    shapes: dict[str, np.ndarray] = {}
    for name, move in moves.items():
        whole = re.sub(r"_[LR]$", "", name)
        sided = name.replace("_L", "Left").replace("_R", "Right")
        if sided in arkit.INDEX:
            shapes[sided] = move
        else:
            shapes[name] = move
            if whole in arkit.INDEX:
                shapes[whole] = shapes.get(whole, 0) + move
    order = [*arkit.CHANNELS, *(name for name in shapes if name not in arkit.INDEX)]
    return {name: shapes[name] for name in order if name in shapes}


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise EmoTalkError(f"There is no {path.name} beside {_NEUTRAL}; unpack ICT-FaceKit again")
    if path.stat().st_size > _LARGEST:
        raise EmoTalkError(f"{path.name} is too large for a mesh of ICT-FaceKit; choose its folder FaceXModel")
    return path.read_bytes()


def _read_indices(path: Path) -> tuple[list[str], np.ndarray]:
    """The names of the expressions and the 68 landmarks."""
    try:
        content = json.loads(_read(path))
        names = content["expressions"]
        landmarks = np.array(content["idx_to_landmark_verts"], np.int64)
    except (ValueError, KeyError, TypeError, OverflowError):
        raise EmoTalkError(f"{path.name} is damaged; unpack ICT-FaceKit again") from None
    is_plain = isinstance(names, list) and all(isinstance(name, str) and re.fullmatch(r"\w+", name) for name in names)
    if not is_plain or landmarks.shape != (68,):
        raise EmoTalkError(f"{path.name} lacks expressions or its 68 landmarks; unpack ICT-FaceKit again")
    return names, landmarks


def _vertices(text: bytes, name: str) -> np.ndarray:
    """(V, 3) metres with Z up of an OBJ file in centimetres with Y up."""
    rows = re.findall(rb"^v[ \t]+(\S+)[ \t]+(\S+)[ \t]+(\S+)", text, re.MULTILINE)
    try:
        points = np.array(rows, "S32").astype(np.float64).reshape(-1, 3) * _CENTIMETRES
    except ValueError:
        points = np.empty((0, 3))
    if not len(points) or not np.isfinite(points).all():
        raise EmoTalkError(f"{name} has no vertices, or some that are no numbers; unpack ICT-FaceKit again")
    return np.stack([points[:, 0], -points[:, 2], points[:, 1]], axis=1)


def _polygons(text: bytes, count: int) -> tuple[list[tuple[int, ...]], np.ndarray]:
    """Vertex numbers of each polygon, and the name of its material."""
    polygons, materials, material = [], [], ""
    for line in re.findall(rb"^(?:f|usemtl)[ \t].*$", text, re.MULTILINE):
        words = line.split()
        if words[0] == b"usemtl":
            material = words[1].decode("ascii", "replace") if len(words) > 1 else ""
            continue
        try:
            corners = tuple(int(word.split(b"/")[0]) - 1 for word in words[1:])
        except ValueError:
            corners = ()
        if len(corners) < 3 or not 0 <= min(corners) <= max(corners) < count:
            raise EmoTalkError(f"{_NEUTRAL} has polygons of vertices that there are not; unpack ICT-FaceKit again")
        polygons.append(corners)
        materials.append(material)
    return polygons, np.array(materials)


def _part(
    name: str,
    bone: str,
    kinds: tuple[tuple[str, Material], ...],
    neutral: np.ndarray,
    polygons: list[tuple[int, ...]],
    materials: np.ndarray,
    shapes: Mapping[str, np.ndarray],
) -> tuple[Part, np.ndarray]:
    """A part of the mesh, and which vertices of the file are its own, in ascending order."""
    chosen = [k for k, material in enumerate(materials) if material in dict(kinds)]
    if not chosen:
        raise EmoTalkError(f"{_NEUTRAL} has no {' or '.join(kind for kind, _ in kinds)}; unpack ICT-FaceKit again")
    numbers = np.unique([corner for k in chosen for corner in polygons[k]])
    places = np.full(len(neutral), -1)
    places[numbers] = np.arange(len(numbers))
    order = [kind for kind, _ in kinds]
    weights = {bone: np.ones(len(numbers), np.float32)}
    if name == "skin":
        weights = _neck_weights(neutral[numbers])
    return Part(
        name,
        neutral[numbers].astype(np.float32),
        [tuple(int(places[corner]) for corner in polygons[k]) for k in chosen],
        tuple(material for _, material in kinds),
        np.array([order.index(materials[k]) for k in chosen], np.int32),
        {
            shape: moves[numbers].astype(np.float32)
            for shape, moves in shapes.items()
            if np.abs(moves[numbers]).max() > _STILL
        },
        weights,
    ), numbers


def _with_mouth_inside(part: Part) -> Part:
    """The skin with gums' colour where it lines the mouth behind the lips, which is the face's material in the file."""
    middles = np.array([part.vertices[list(polygon)].mean(axis=0) for polygon in part.polygons])
    low, high = _MOUTH_INSIDE
    is_inside = ((middles > low) & (middles < high)).all(axis=1)
    kinds = np.where(is_inside, len(part.materials), part.polygon_materials).astype(np.int32)
    return replace(part, materials=(*part.materials, GUMS), polygon_materials=kinds)


def _with_iris(part: Part, centre: tuple[float, float, float]) -> Part:
    """The eye with an iris and a pupil painted on its front."""
    middles = np.array([part.vertices[list(polygon)].mean(axis=0) for polygon in part.polygons]) - centre
    ahead = -middles[:, 1] / np.maximum(np.linalg.norm(middles, axis=1), 1e-9)
    kinds = np.select([ahead > _PUPIL, ahead > _IRIS], [2, 1], 0).astype(np.int32)
    return replace(part, materials=EYE_MATERIALS[:3], polygon_materials=kinds)


def _neck_weights(vertices: np.ndarray) -> dict[str, np.ndarray]:
    """The lower third of the height below the eyes passes from the head into the neck."""
    low, high = vertices[:, 2].min(), 0.0
    share = np.clip((vertices[:, 2] - low) / (high - low) * 1.6 - 0.3, 0, 1)
    head = (share * share * (3 - 2 * share)).astype(np.float32)
    return {"head": head, "neck": 1 - head}


def _bones(neutral: np.ndarray, polygons: list[tuple[int, ...]], materials: np.ndarray) -> tuple[Bone, ...]:
    def middle(*kinds: str) -> np.ndarray:
        corners = [corner for k, kind in enumerate(materials) if kind in kinds for corner in polygons[k]]
        if not corners:
            raise EmoTalkError(f"{_NEUTRAL} has no {' or '.join(kinds)}; unpack ICT-FaceKit again")
        points = neutral[np.unique(corners)]
        return (points.min(axis=0) + points.max(axis=0)) / 2

    skin = neutral[np.unique([c for k, kind in enumerate(materials) if kind == "M_BackHead" for c in polygons[k]])]
    depth = float(skin[:, 1].mean())
    low, high = float(neutral[:, 2].min()), float(neutral[:, 2].max())
    joint = (0.0, depth, low / 2)
    bones = [Bone("neck", (0.0, depth, low), joint, None), Bone("head", joint, (0.0, depth, high), "neck")]
    for side, name in (("Left", "eye.L"), ("Right", "eye.R")):
        x, y, z = map(float, middle(f"M_Sclera{side}"))
        bones.append(Bone(name, (x, y, z), (x, y - 0.03, z), "head"))
    return tuple(bones)
