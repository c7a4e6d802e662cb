"""The skin as a finished part: the cage with all 52 shapes and both ears, subdivided once."""

import numpy as np

from .. import arkit
from .ears import build_ear
from .eye_shapes import kept_off_eyeball, lid_shapes
from .jaw_shapes import jaw_shapes
from .mouth import RED_BORDER
from .mouth_shapes import mouth_shapes, narrowing
from .palette import LIP_EDGE, LIPS, MOUTH, SKIN
from .parts import Part, part_of
from .sculpture import NECK_CUT
from .skin_cage import LIP_RINGS, SkinCage
from .subdivision import Polygons, subdivision_of
from .tongue import parting_for_tongue
from .upper_face_shapes import upper_face_shapes


def build_skin(cage: SkinCage) -> tuple[Part, np.ndarray]:
    """The skin, and (V,) bool which of its vertices line the mouth."""
    shapes = _skin_shapes(cage)
    points, polygons = _with_islands(cage)
    rigid = np.zeros((len(points) - len(cage.points), 3))
    step = subdivision_of(polygons, len(points))
    fine = step.apply(np.stack([points, *(np.concatenate([moves, rigid]) for moves in shapes.values())], axis=1))
    jaw, neck, bag = step.apply(np.concatenate([np.stack([cage.jaw, cage.neck, cage.is_bag], axis=1), rigid])).T
    named = {name: fine[:, k + 1] for k, name in enumerate(shapes)}
    kinds = _skin_materials(cage, polygons, len(points))[step.owners]
    neck = np.where(fine[:, 0, 2] < NECK_CUT + 0.1, 1, neck * (1 - jaw))
    weights = {"head": 1 - jaw - neck, "jaw": jaw, "neck": neck}
    return part_of("skin", fine[:, 0], step.polygons, (SKIN, LIPS, MOUTH, LIP_EDGE), kinds, named, weights), bag > 0.01


def _with_islands(cage: SkinCage) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """The cage with the parts that only touch it: two ears and the lid that closes the neck."""
    ear, ear_polygons = build_ear()
    points, polygons = [cage.points], list(cage.polygons)
    for side, step in ((1, 1), (-1, -1)):
        first = sum(map(len, points))
        polygons += [tuple(first + k for k in polygon[::step]) for polygon in ear_polygons]
        points.append(ear * (side, 1, 1))
    first = sum(map(len, points))
    polygons.append(tuple(range(first + len(cage.rim) - 1, first - 1, -1)))
    points.append(cage.points[cage.rim])
    return np.concatenate(points), polygons


def _skin_materials(cage: SkinCage, polygons: Polygons, count: int) -> np.ndarray:
    ring = np.full(count, -1)
    ring[cage.mouth] = ring[cage.mirror[cage.mouth]] = np.arange(len(cage.mouth))[:, None]
    lowest = np.array([min(ring[list(polygon)]) for polygon in polygons])
    return np.select([lowest >= LIP_RINGS - 2, lowest > RED_BORDER, lowest == RED_BORDER], [2, 1, 3], 0)


def _skin_shapes(cage: SkinCage) -> dict[str, np.ndarray]:
    shapes = jaw_shapes(cage.points, cage.jaw, cage.slide)
    shapes["jawOpen"] += narrowing(cage, 1.7)
    shapes["tongueOut"] = parting_for_tongue(shapes["jawOpen"])
    for moves in (mouth_shapes(cage, shapes["jawOpen"]), upper_face_shapes(cage), lid_shapes(cage)):
        for name, move in moves.items():
            shapes[name] = shapes.get(name, 0) + move
    for name in list(shapes):
        shapes[name] = _kept_off_eyeballs(cage, shapes[name])
        if arkit.mirrored(name) not in shapes:
            shapes[arkit.mirrored(name)] = cage.mirrored(shapes[name])
    return {name: shapes[name] for name in arkit.CHANNELS}


def _kept_off_eyeballs(cage: SkinCage, moves: np.ndarray) -> np.ndarray:
    moves = kept_off_eyeball(cage.points, moves)
    return cage.mirrored(kept_off_eyeball(cage.points, cage.mirrored(moves)))
