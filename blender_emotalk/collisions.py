"""What goes through what on an evaluated face: lips through lips, teeth through lips."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import bpy
import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree

from ..face.face_measures import FaceMeasures
from ..face.fit import Collisions, lower_lip_near
from ..face.lids import joined_with
from ..face.played_face import SENTENCE, PlayedFace

_TOOTH: Final = re.compile(r"teeth|tooth", re.IGNORECASE)
_GUM: Final = re.compile(r"gum|tongue", re.IGNORECASE)
_AROUND_LIPS: Final = 0.35
_AROUND_TEETH: Final = 0.5
_SKIN: Final = 0.9
_MIDDLE_OF_LIP: Final = 0.12
"""Reaches around the middle of the lips, in distances of the eyes."""
_UNMOVED: Final = 0.2
"""Upper teeth go along with the jaw by less than this share of the lower lip's way."""

_OFF: Final = 3e-4
"""By how much a ray starts off its vertex."""
_REACH: Final = 0.12
_REACH_AT_REST: Final = 0.5
"""How thick the flesh is that something may stand in; more at rest, as lips may be a single sheet before the teeth."""
_LEANING: Final = ((0.0, 0.0, 0.0), (0.021, -0.034, 0.027), (-0.04, 0.013, -0.03))
"""Three rays, because a single one may slip between two triangles where it meets their common edge."""


@dataclass(frozen=True)
class _Surface:
    """Part of a mesh in its poses.

    Attributes:
        places: pose -> (V, 3) all vertices in the world.
        triangles: (T, 3) of the part.
        tried: vertices that are tried.
    """

    places: Mapping[str, np.ndarray]
    triangles: np.ndarray
    tried: np.ndarray


def collisions_of(
    face: PlayedFace,
    measures: FaceMeasures,
    mesh: bpy.types.Object,
    places: Mapping[bpy.types.Object, Mapping[str, np.ndarray]],
) -> Collisions:
    """Find what goes through what in the poses of ``SENTENCE``, and how near the lower lip comes to the upper teeth.

    Args:
        face: the mesh with the lips in its poses.
        measures: of it.
        mesh: its object.
        places: of each mesh of the character: pose -> (V, 3) vertices in the world, "" in the neutral pose.
    """
    size, middle = measures.eyes, places[mesh][""][measures.upper_lip]
    teeth = [_near(_tooth_triangles(each), middle, _AROUND_TEETH * size, places[each]) for each in places]
    teeth = [each for each in teeth if len(each.tried)]
    is_skin = joined_with(face.triangles, measures.upper_lip, len(face.vertices))
    skin = face.triangles[is_skin[face.triangles[:, 0]]]
    distance = np.linalg.norm(places[mesh][""] - middle, axis=1)
    skin = skin[(distance[skin] < _SKIN * size).all(axis=1)]
    tried = np.unique(skin)
    lips = _Surface(places[mesh], skin, tried[distance[tried] < _AROUND_LIPS * size])
    corners = np.searchsorted(tried, skin).tolist()
    trees = {name: _tree(places[mesh][name][tried], corners) for name in ("", *SENTENCE)}
    in_skin = _deepest(trees, lips, size)
    if not teeth:
        return Collisions(in_skin)
    of_teeth = [_deepest(trees, each, size) for each in teeth]
    deepest = {name: max(each.get(name, 0.0) for each in of_teeth) for name in SENTENCE}
    return Collisions(in_skin, deepest, _lip_to_teeth(face, measures, places[mesh], teeth))


def _tree(vertices: np.ndarray, triangles: list[list[int]]) -> BVHTree:
    make: Any = BVHTree.FromPolygons  # the stubs say that it gives nothing
    return cast(BVHTree, make(vertices.tolist(), triangles))


def _near(triangles: np.ndarray, middle: np.ndarray, reach: float, places: Mapping[str, np.ndarray]) -> _Surface:
    numbers = np.unique(triangles)
    return _Surface(places, triangles, numbers[np.linalg.norm(places[""][numbers] - middle, axis=1) < reach])


def _tooth_triangles(mesh: bpy.types.Object) -> np.ndarray:
    """(T, 3) triangles of a mesh that are teeth, by the names of its materials and its own."""
    data = cast(bpy.types.Mesh, mesh.data)
    data.calc_loop_triangles()
    triangles, numbers = (np.empty(n * len(data.loop_triangles), np.int32) for n in (3, 1))
    data.loop_triangles.foreach_get("vertices", triangles)
    data.loop_triangles.foreach_get("material_index", numbers)
    names = [slot.material.name if slot.material is not None else "" for slot in mesh.material_slots]
    names = names or [""]
    if any(_TOOTH.search(name) for name in names):
        is_tooth = [bool(_TOOTH.search(name)) for name in names]
    else:
        is_tooth = [bool(_TOOTH.search(mesh.name)) and not _GUM.search(name) for name in names]
    return np.asarray(triangles.reshape(-1, 3)[np.array(is_tooth)[np.minimum(numbers, len(is_tooth) - 1)]])


def _deepest(trees: Mapping[str, BVHTree], surface: _Surface, size: float) -> dict[str, float]:
    """Pose -> how deep a surface stands in the skin, at most. What stands in it at rest is meant to."""
    found, before = {}, np.zeros(len(surface.tried))
    for name, tree in trees.items():
        places = surface.places[name]
        normals = vertex_normals(places, surface.triangles)[surface.tried]
        deep = depths(tree, places[surface.tried], normals, size, _REACH if name else _REACH_AT_REST)
        if not name:
            before = deep
        else:
            found[name] = float(np.where(before > 0, 0, deep).max(initial=0))
    return found


def _lip_to_teeth(
    face: PlayedFace, measures: FaceMeasures, places: Mapping[str, np.ndarray], teeth: list[_Surface]
) -> float | None:
    """The distance of the lower lip from the upper teeth in f and v; None if all teeth go along with the jaw."""
    lip = lower_lip_near(face, measures, _MIDDLE_OF_LIP)
    way = np.linalg.norm(face.moves["jawOpen"][measures.lower_lip])
    distances = []
    for each in teeth:
        moved = np.linalg.norm(each.places["jawOpen"][each.tried] - each.places[""][each.tried], axis=1)
        upper = each.places["FF"][each.tried[moved < _UNMOVED * way]]
        if len(upper) and len(lip):
            distances.append(np.linalg.norm(places["FF"][lip][:, None] - upper, axis=2).min())
    return float(min(distances)) / measures.eyes if distances else None


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(V, 3) unit normals, weighted by the areas of the triangles (T, 3)."""
    first, second, third = (vertices[triangles[:, corner]] for corner in range(3))
    areas = np.cross(second - first, third - first)
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], areas)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(normals / np.where(lengths > 0, lengths, 1))


def depths(skin: BVHTree, vertices: np.ndarray, normals: np.ndarray, size: float, thickness: float) -> np.ndarray:
    """How deep vertices stand in the skin; 0 for those that do not.

    A vertex is inside if the first surface that its outward rays meet is seen from behind and is near. Its depth is the
    shortest way out: on along the ray, or back to the nearest surface that faces it.

    Args:
        skin: its triangles, which turn to the outside.
        vertices: (V, 3).
        normals: (V, 3) theirs.
        size: the unit of lengths.
        thickness: of the flesh, in units of ``size``: a surface that is further off bounds something else.

    Returns:
        (V,) in units of ``size``.
    """
    found = np.zeros(len(vertices))
    starts = vertices + _OFF * size * normals
    for number, (start, normal) in enumerate(zip(starts.tolist(), normals.tolist(), strict=True)):
        way = _way_out(skin, Vector(start), Vector(normal), thickness * size)
        if way is not None:
            around = skin.find_nearest_range(start, way)
            ways = [distance for _, face, _, distance in around if face is not None and face.dot(normal) < 0]
            found[number] = min([way, *ways]) / size
    return found


def _way_out(skin: BVHTree, start: Vector, normal: Vector, reach: float) -> float | None:
    """The distance to the surface that three rays out of a vertex meet from behind; None where one does not."""
    way = 0.0
    for lean in _LEANING:
        direction = normal + Vector(lean)
        _place, face, _number, distance = skin.ray_cast(start, direction, reach)
        if face is None or distance is None or face.dot(direction) <= 0:
            return None
        way = max(way, distance)
    return way
