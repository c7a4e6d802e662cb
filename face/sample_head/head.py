"""The sample head put together: parts with shape keys and bone weights, bones, landmarks (metres)."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from .. import arkit
from .binding import bind
from .brow_shapes import brow_shapes
from .brows import build_brow, build_lashes
from .cage import CORNER, SPOKES
from .ears import build_ear
from .eye_shapes import kept_off_eyeball, lid_shapes
from .eyeballs import build_eyeball, gaze_shapes
from .eyes import MARGIN
from .fields import smooth_step
from .hair import build_hair
from .jaw_shapes import HINGE, jaw_shapes
from .mouth import CONTACT, RED_BORDER
from .mouth_shapes import mouth_shapes, narrowing
from .sculpture import EYE_CENTRE, NECK_CUT
from .skin import LIP_RINGS, SkinCage, build_skin_cage
from .subdivision import Polygons, subdivision_of
from .teeth import build_teeth, lower_teeth_shapes
from .tongue import build_tongue, parting_for_tongue, tongue_shapes

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
        materials: what the material numbers stand for.
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
    """A bone at rest: where it begins and ends (metres), and on which it hangs."""

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


SKIN: Final = Material("Skin", (0.95, 0.56, 0.40), 0.5, 0.15)
LIPS: Final = Material("Lips", (0.82, 0.35, 0.29), 0.38, 0.15)
MOUTH: Final = Material("Mouth", (0.10, 0.018, 0.02), 0.6)
ENAMEL: Final = Material("Teeth", (0.86, 0.83, 0.76), 0.25)
GUMS: Final = Material("Gums", (0.55, 0.16, 0.16), 0.4)
TONGUE: Final = Material("Tongue", (0.60, 0.19, 0.18), 0.45)
HAIR: Final = Material("Hair", (0.11, 0.05, 0.03), 0.55)
EYE_MATERIALS: Final = (
    Material("Eye White", (0.86, 0.86, 0.85), 0.12),
    Material("Iris", (0.09, 0.30, 0.33), 0.1),
    Material("Pupil", (0.004, 0.004, 0.004), 0.05),
    Material("Iris Rim", (0.012, 0.045, 0.055), 0.1),
    Material("Glint", (1.0, 1.0, 1.0), 0.1),
)


@cache
def build_sample_head() -> SampleHead:
    """Model the built-in head; always the same to the last bit. Takes about a second the first time."""
    cage = build_skin_cage()
    skin, is_bag = _build_skin(cage)
    parts = [
        skin,
        _rigid("teeth upper", *build_teeth(lower=False), (ENAMEL, GUMS), "head"),
        _lower_teeth(),
        _tongue(),
        _eyeball("eye left", mirror=False),
        _eyeball("eye right", mirror=True),
        *_riders(skin, np.flatnonzero(~is_bag & (skin.vertices[:, 1] < -0.03) & (skin.vertices[:, 2] > 0.15))),
        _hair(),
    ]
    return SampleHead({part.name: part for part in parts}, _bones(), _landmarks(cage))


def _build_skin(cage: SkinCage) -> tuple[Part, np.ndarray]:
    """The skin, and which of its vertices line the mouth."""
    shapes = _skin_shapes(cage)
    points, polygons = _with_islands(cage)
    rigid = np.zeros((len(points) - len(cage.points), 3))
    step = subdivision_of(polygons, len(points))
    fine = step.apply(np.stack([points, *(np.concatenate([moves, rigid]) for moves in shapes.values())], axis=1))
    jaw, bag = step.apply(np.concatenate([np.stack([cage.jaw, cage.is_bag], axis=1), rigid[:, :2]])).T
    named = {name: fine[:, k + 1] for k, name in enumerate(shapes)}
    kinds = _skin_materials(cage, polygons, len(points))[step.owners]
    weights = _skin_weights(fine[:, 0], jaw)
    return _part("skin", fine[:, 0], step.polygons, (SKIN, LIPS, MOUTH), kinds, named, weights), bag > 0.01


def _with_islands(cage: SkinCage) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """The cage with what only lies against it: two ears and the lid that closes the neck."""
    ear, ear_polygons = build_ear()
    points, polygons = [cage.points], list(cage.polygons)
    for side, step in ((1, 1), (-1, -1)):
        first = sum(map(len, points))
        polygons += [tuple(first + k for k in polygon[::step]) for polygon in ear_polygons]
        points.append(ear * (side, 1, 1))
    first = sum(map(len, points))
    polygons.append(tuple(range(first + len(cage.neck) - 1, first - 1, -1)))
    points.append(cage.points[cage.neck])
    return np.concatenate(points), polygons


def _skin_materials(cage: SkinCage, polygons: Polygons, count: int) -> np.ndarray:
    ring = np.full(count, -1)
    ring[cage.mouth] = ring[cage.mirror[cage.mouth]] = np.arange(len(cage.mouth))[:, None]
    lowest = np.array([min(ring[list(polygon)]) for polygon in polygons])
    return np.select([lowest >= LIP_RINGS - 2, lowest >= RED_BORDER], [2, 1], 0)


def _skin_shapes(cage: SkinCage) -> dict[str, np.ndarray]:
    shapes = jaw_shapes(cage.points, cage.jaw, cage.slide)
    shapes["jawOpen"] += narrowing(cage, 1.7)
    shapes["tongueOut"] = parting_for_tongue(shapes["jawOpen"])
    for moves in (mouth_shapes(cage, shapes["jawOpen"]), brow_shapes(cage), lid_shapes(cage)):
        for name, move in moves.items():
            shapes[name] = shapes.get(name, 0) + move
    for name in list(shapes):
        shapes[name] = kept_off_eyeball(cage.points, shapes[name])
        if arkit.mirrored(name) == name:
            shapes[name] = cage.mirrored(kept_off_eyeball(cage.points, cage.mirrored(shapes[name])))
        elif arkit.mirrored(name) not in shapes:
            shapes[arkit.mirrored(name)] = cage.mirrored(shapes[name])
    return {name: shapes[name] for name in arkit.CHANNELS}


def _skin_weights(vertices: np.ndarray, jaw: np.ndarray) -> dict[str, np.ndarray]:
    neck = smooth_step(105, 35, vertices[:, 2] + 0.35 * vertices[:, 1]) * (1 - jaw)
    return {"head": 1 - jaw - neck, "jaw": jaw, "neck": neck}


def _rigid(
    name: str,
    points: np.ndarray,
    polygons: Polygons,
    polygon_materials: np.ndarray,
    materials: tuple[Material, ...],
    bone: str,
    shapes: dict[str, np.ndarray] | None = None,
) -> Part:
    return _part(name, points, polygons, materials, polygon_materials, shapes or {}, {bone: np.ones(len(points))})


def _lower_teeth() -> Part:
    points, polygons, kinds = build_teeth(lower=True)
    shapes = lower_teeth_shapes(points)
    shapes["tongueOut"] = parting_for_tongue(shapes["jawOpen"])
    return _rigid("teeth lower", points, polygons, kinds, (ENAMEL, GUMS), "jaw", shapes)


def _tongue() -> Part:
    points, polygons = build_tongue()
    shapes = tongue_shapes(points)
    step = subdivision_of(polygons, len(points))
    fine = step.apply(np.stack([points, *shapes.values()], axis=1))
    named = {name: fine[:, k + 1] for k, name in enumerate(shapes)}
    return _rigid("tongue", fine[:, 0], step.polygons, np.zeros(len(step.polygons), int), (TONGUE,), "jaw", named)


def _eyeball(name: str, mirror: bool) -> Part:
    points, polygons, kinds = build_eyeball(glint_side=1 if mirror else -1)
    shapes = gaze_shapes(points)
    if mirror:
        points, polygons = points * (-1, 1, 1), [polygon[::-1] for polygon in polygons]
        shapes = {arkit.mirrored(key): moves * (-1, 1, 1) for key, moves in shapes.items()}
    return _rigid(name, points, polygons, kinds, EYE_MATERIALS, "eye.R" if mirror else "eye.L", shapes)


def _riders(skin: Part, carriers: np.ndarray) -> list[Part]:
    """Brows and lashes, which take their shapes from the skin below them."""
    brow, brow_polygons = build_brow()
    lash, lash_polygons, roots = build_lashes()
    parts = []
    for name, points, polygons, anchors in (
        ("brows", brow, brow_polygons, brow),
        ("lashes", lash, lash_polygons, roots),
    ):
        both = np.concatenate([points, points * (-1, 1, 1)])
        anchors = np.concatenate([anchors, anchors * (-1, 1, 1)])
        right = [tuple(len(points) + k for k in reversed(polygon)) for polygon in polygons]
        binding = bind((anchors - (0, 0, NECK_CUT)) * _METRES, skin.vertices, carriers)
        shapes = {key: binding.carry(moves) / _METRES for key, moves in skin.shapes.items()}
        every = [*polygons, *right]
        parts.append(_rigid(name, both, every, np.zeros(len(every), int), (HAIR,), "head", shapes))
    return parts


def _hair() -> Part:
    points, polygons = build_hair()
    return _rigid("hair", points, polygons, np.zeros(len(polygons), int), (HAIR,), "head")


def _bones() -> tuple[Bone, ...]:
    x, y, z = EYE_CENTRE
    joints = (
        ("neck", (0, 24, NECK_CUT), (0, 12, 115), None),
        ("head", (0, 12, 115), (0, 10, 300), "neck"),
        ("jaw", HINGE, (0, -88, 84), "head"),
        ("eye.L", (x, y, z), (x, y - 30, z), "head"),
        ("eye.R", (-x, y, z), (-x, y - 30, z), "head"),
    )
    return tuple(Bone(name, _placed(start), _placed(end), parent) for name, start, end, parent in joints)


def _placed(point: tuple[float, ...]) -> tuple[float, float, float]:
    x, y, z = point
    return x * _METRES, y * _METRES, (z - NECK_CUT) * _METRES


def _landmarks(cage: SkinCage) -> dict[str, int]:
    """Cage vertices keep their numbers when the skin is subdivided."""
    mouth, margin, mirror = cage.mouth, cage.eye[MARGIN], cage.mirror
    left = {
        "mouth corner": mouth[CONTACT, CORNER],
        "upper lid": margin[CORNER // 2],
        "lower lid": margin[SPOKES - CORNER // 2],
        "inner eye corner": margin[0],
        "outer eye corner": margin[CORNER],
    }
    named = {f"{name} left": int(vertex) for name, vertex in left.items()}
    named |= {f"{name} right": int(mirror[vertex]) for name, vertex in left.items()}
    named["upper lip"] = int(mouth[CONTACT, 0])
    named["lower lip"] = int(mouth[CONTACT, SPOKES])
    return named


def _part(
    name: str,
    points: np.ndarray,
    polygons: Polygons,
    materials: tuple[Material, ...],
    polygon_materials: np.ndarray,
    shapes: dict[str, np.ndarray],
    weights: dict[str, np.ndarray],
) -> Part:
    """A part out of millimetres; shapes that leave it where it is are left out."""
    moved = {key: moves for key, moves in shapes.items() if np.abs(moves).max() > _STILL}
    return Part(
        name,
        ((points - (0, 0, NECK_CUT)) * _METRES).astype(np.float32),
        polygons,
        materials,
        np.asarray(polygon_materials, np.int32),
        {key: (moved[key] * _METRES).astype(np.float32) for key in arkit.CHANNELS if key in moved},
        {bone: share.astype(np.float32) for bone, share in weights.items()},
    )
