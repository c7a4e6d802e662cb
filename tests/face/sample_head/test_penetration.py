"""No part of the head may stand more than a millimetre deep in another, or in itself, in any pose it is made for.

A vertex is inside flesh or a tooth when the first surface that its outward ray meets is seen from behind. Its depth
is the shortest way out: on along that ray, or back to the nearest surface that faces it. Only vertices that some
shape moves are tried, and of the teeth only enamel: gums are meant to stand in the flesh, as ears are in the head.
"""

from collections.abc import Callable

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.emotions import EMOTIONS, PROTOTYPES
from emotalk.face.sample_head import SampleHead, posed
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

bpy = pytest.importorskip("bpy")  # which brings mathutils
BVHTree = pytest.importorskip("mathutils.bvhtree").BVHTree

LIMIT_MM = 1.0
_SKIN_OF_RAY = 2e-5
"""Metres by which a ray starts off its vertex."""

_GRAZING = 0.2
"""Cosine below which a ray runs along a surface rather than out of it."""

_REACH = 8e-3
"""Metres within which the surface is looked for through which a vertex came in."""

_SOLIDS = ("skin", "eye left", "eye right", "teeth upper", "teeth lower", "tongue")


@pytest.fixture(scope="session")
def penetrations(head: SampleHead) -> Callable[[np.ndarray], dict[tuple[str, str], tuple[float, list[float]]]]:
    """Deepest penetration under coefficients (52,) for each pair of parts (which, into which).

    Each is a depth in millimetres and the neutral place of the vertex that stands so deep.
    """
    solid = {name: head.parts[name].polygons for name in _SOLIDS}
    solid["skin"] = _largest_island(head.parts["skin"].polygons)
    polygons, count = [], 0
    for name in _SOLIDS:
        polygons += [[int(k) + count for k in polygon] for polygon in solid[name]]
        count += len(head.parts[name].vertices)
    owner_of_polygon = np.repeat(np.arange(len(_SOLIDS)), [len(solid[name]) for name in _SOLIDS])
    is_gum = np.concatenate(
        [
            head.parts[name].polygon_materials if name.startswith("teeth") else np.zeros(len(solid[name]), int)
            for name in _SOLIDS
        ]
    )
    tried = {name: _tried_vertices(head, name) for name in _SOLIDS if not name.startswith("eye")}

    def measure(coefficients: np.ndarray) -> dict[tuple[str, str], tuple[float, list[float]]]:
        vertices = {name: posed(head.parts[name], coefficients).astype(float) for name in _SOLIDS}
        tree = BVHTree.FromPolygons(np.concatenate(list(vertices.values())).tolist(), polygons)
        deepest: dict[tuple[str, str], tuple[float, list[float]]] = {}
        for name, numbers in tried.items():
            normals = _vertex_normals(vertices[name], head.parts[name].polygons)
            starting = vertices[name][numbers] + _SKIN_OF_RAY * normals[numbers]
            for number, start, normal in zip(numbers, starting, normals[numbers], strict=True):
                polygon, way_out = _seen_from_behind(tree, start, normal)
                if polygon is None or is_gum[polygon]:
                    continue
                pair = (name, _SOLIDS[owner_of_polygon[polygon]])
                around = tree.find_nearest_range(start, _REACH)
                ways = [distance for _, face_normal, _, distance in around if face_normal.dot(normal) < 0]
                depth = 1e3 * min(way_out, *ways, _REACH)
                if depth > deepest.get(pair, (0.0,))[0]:
                    deepest[pair] = (depth, np.round(1e3 * head.parts[name].vertices[number], 1).tolist())
        return deepest

    return measure


@pytest.mark.parametrize("name", [name for name in arkit.CHANNELS if name != "mouthClose"])
def test_no_shape_runs_through_another_surface(penetrations, name):
    """mouthClose is left out: it answers jawOpen, and on a closed mouth it has nowhere to go."""
    assert too_deep(penetrations(np.eye(len(arkit.CHANNELS))[arkit.INDEX[name]])) == {}


def test_no_phone_does(penetrations, phone_targets):
    deep = {phone: too_deep(penetrations(target.coefficients)) for phone, target in phone_targets.items()}
    assert {phone: pairs for phone, pairs in deep.items() if pairs} == {}


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_no_emotion_does(penetrations, emotion):
    assert too_deep(penetrations(PROTOTYPES[EMOTIONS.index(emotion)])) == {}


@pytest.mark.parametrize("jaw", [0.1, 0.5, 1.0])
def test_no_sealed_jaw_does(penetrations, posing, jaw):
    assert too_deep(penetrations(posing(jawOpen=jaw, mouthClose=arkit.SEAL_FACTOR * jaw))) == {}


@pytest.mark.parametrize("look", [{}, {"eyeLookDown": 1}, {"eyeLookUp": 1}])
@pytest.mark.parametrize("blink", [0.5, 1])
def test_no_blink_does(penetrations, posing, blink, look):
    assert too_deep(penetrations(posing(eyeBlink=blink, **look))) == {}


def test_the_measure_sees_lips_that_run_through_each_other(penetrations, posing):
    depth, _ = penetrations(posing(mouthClose=0.2))[("skin", "skin")]
    assert depth > 2


def too_deep(found: dict[tuple[str, str], tuple[float, list[float]]]) -> dict[tuple[str, str], tuple]:
    return {pair: place for pair, place in found.items() if place[0] > LIMIT_MM}


def _seen_from_behind(tree: BVHTree, start: np.ndarray, normal: np.ndarray) -> tuple[int | None, float]:
    """The polygon that three rays out of a vertex meet from behind, and how far off; None where one does not.

    Three, because a single ray may slip between two polygons where it meets their common edge.
    """
    polygon, way = None, 0.0
    for lean in ((0.0, 0.0, 0.0), (0.021, -0.034, 0.027), (-0.04, 0.013, -0.03)):
        direction = normal + lean
        _, facing, polygon, way = tree.ray_cast(start, direction)
        if polygon is None or facing.dot(direction) < _GRAZING:
            return None, 0.0
    return polygon, way


def _largest_island(polygons: np.ndarray) -> np.ndarray:
    """Those of the quads (P, 4) that hang together with most others."""
    polygons = np.asarray(polygons)
    starts, ends = np.repeat(polygons[:, 0], 3), polygons[:, 1:].ravel()
    links = coo_matrix((np.ones(len(starts)), (starts, ends)))
    size = polygons.max() + 1
    links.resize(size, size)
    _, island = connected_components(links, directed=False)
    return polygons[island[polygons[:, 0]] == np.bincount(island).argmax()]


def _tried_vertices(head: SampleHead, name: str) -> np.ndarray:
    part = head.parts[name]
    if name.startswith("teeth"):
        enamel = [part.polygons[k] for k in np.flatnonzero(part.polygon_materials == 0)]
        return np.unique(np.concatenate([np.asarray(polygon) for polygon in enamel]))
    moved = np.max([np.abs(moves).max(axis=1) for moves in part.shapes.values()], axis=0)
    return np.flatnonzero(moved > 1e-5)


def _vertex_normals(vertices: np.ndarray, polygons: list) -> np.ndarray:
    normals = np.zeros_like(vertices)
    for size in {len(polygon) for polygon in polygons}:
        faces = np.array([polygon for polygon in polygons if len(polygon) == size])
        corners = vertices[faces]
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normal = normal + np.cross(corners[:, 2] - corners[:, 0], corners[:, -1] - corners[:, 0])
        for k in range(size):
            np.add.at(normals, faces[:, k], normal)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
