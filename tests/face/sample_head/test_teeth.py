"""What is seen of the teeth: only between the lips, in every viseme with every mood at full level.

From each vertex of enamel a ray goes to the camera. What meets nothing is seen, and must have passed between the lips:
it has crossed the sheet that spans from where the lips meet above to where they meet below.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.emotions import EMOTIONS, PROTOTYPES
from emotalk.face.sample_head import SampleHead, posed
from emotalk.face.sample_head.cage import CORNER
from emotalk.face.sample_head.mouth import CONTACT
from emotalk.face.sample_head.skin_cage import build_skin_cage
from emotalk.face.visemes import VISEMES

bpy = pytest.importorskip("bpy")  # which brings mathutils
BVHTree = pytest.importorskip("mathutils.bvhtree").BVHTree

VIEWS = {"front": 0.0, "three-quarter from the left": 38.0, "three-quarter from the right": -38.0}
_RISE = 0.05
"""How far above the mouth the camera stands, as a share of its distance."""

_ROUNDING = 4e-4
"""Metres by which subdivision rounds the line of the lips between the vertices that span the sheet."""

_SKIN_OF_RAY = 3e-5
_GRAZING = 0.05
_REACH = 0.075
"""Metres around the mouth within which skin can hide a tooth."""

_ROWS = ("teeth upper", "teeth lower")
_MIDDLE = 5e-3
"""Metres beside the midline to which the middle teeth of the lower row reach."""

_FANG_MM = 0.5


@dataclass(frozen=True)
class Seen:
    """Vertices of one row that a camera sees: their numbers, places (N, 3), and whether they are between the lips."""

    numbers: np.ndarray
    places: np.ndarray
    between_lips: np.ndarray


@pytest.fixture(scope="session")
def seen(head):
    """A function from a viseme and an emotion to what each view shows of each row of teeth."""
    look = _sight(head)
    return cache(lambda viseme, emotion: look(_spoken(viseme, emotion)))


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_teeth_are_seen_between_the_lips_alone(seen, emotion):
    beside = {
        (viseme, view, row): np.round(1e3 * teeth.places[~teeth.between_lips][0], 1).tolist()
        for viseme in VISEMES
        for (view, row), teeth in seen(viseme, emotion).items()
        if not teeth.between_lips.all()
    }
    assert beside == {}


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_no_lower_tooth_shows_white_beside_the_middle_ones(head, seen, emotion):
    """White corners of the lower row look like fangs: outer teeth show at most as much as the middle ones."""
    part, white = head.parts["teeth lower"], _of_kind(head, "teeth lower", "Teeth")
    fangs = {}
    for viseme in VISEMES:
        lower = seen(viseme, emotion)["front", "teeth lower"]
        is_white, is_middle = np.isin(lower.numbers, white), np.abs(part.vertices[lower.numbers, 0]) < _MIDDLE
        outer, middle = (_height_mm(lower.places[is_white & which]) for which in (~is_middle, is_middle))
        if outer > middle + _FANG_MM:
            fangs[viseme] = (outer, middle)
    assert fangs == {}


def test_teeth_do_show_in_a_smile_and_none_do_through_closed_lips(head, seen):
    assert len(seen("SS", "happy")["front", "teeth upper"].numbers) > 100
    closed = _sight(head)(np.zeros(len(arkit.CHANNELS)))
    assert not any(len(closed["front", row].numbers) for row in _ROWS)


def test_a_tooth_before_the_lips_is_noticed(head):
    teeth = head.parts["teeth upper"]
    forward = replace(teeth, vertices=teeth.vertices - np.float32((0, 0.012, 0)))
    shown = _sight(replace(head, parts=head.parts | {"teeth upper": forward}))(_spoken("aa", "neutral"))
    assert not shown["front", "teeth upper"].between_lips.all()


def test_back_teeth_lie_in_shade(head):
    for row in _ROWS:
        kinds = ("Teeth", "Teeth In Half Shade", "Teeth In Shade")
        depths = [head.parts[row].vertices[_of_kind(head, row, kind), 1].max() for kind in kinds]
        assert depths == sorted(depths)
        assert depths[0] < depths[2] - 0.01


def _sight(head: SampleHead) -> Callable[[np.ndarray], dict[tuple[str, str], Seen]]:
    """A function from (52,) coefficients to what each view shows of each row of a head's teeth."""
    mouth = head.parts["skin"].vertices[head.landmarks["upper lip"]]
    parts = {name: head.parts[name] for name in ("skin", "tongue", *_ROWS)}
    solids = {name: [list(map(int, polygon)) for polygon in part.polygons] for name, part in parts.items()}
    solids["skin"] = [q for q in solids["skin"] if np.abs(parts["skin"].vertices[q[0]] - mouth).max() < _REACH]
    enamel = {row: _enamel(head, row) for row in _ROWS}
    above, below = _lip_lines()
    span = len(above)

    def look(coefficients: np.ndarray) -> dict[tuple[str, str], Seen]:
        vertices = {name: posed(part, coefficients).astype(float) for name, part in parts.items()}
        polygons, count = [], 0
        for name, solid in solids.items():
            polygons += [[k + count for k in polygon] for polygon in solid]
            count += len(vertices[name])
        scene = BVHTree.FromPolygons(np.concatenate(list(vertices.values())).tolist(), polygons)
        edges = vertices["skin"][above] + (0, 0, _ROUNDING), vertices["skin"][below] - (0, 0, _ROUNDING)
        quads = [[k, k + 1, k + 1 + span, k + span] for k in range(span - 1)]
        sheet = BVHTree.FromPolygons(np.concatenate(edges).tolist(), quads)
        found = {}
        for row in _ROWS:
            normals = _vertex_normals(vertices[row], solids[row])
            starts = vertices[row] + _SKIN_OF_RAY * normals
            for view, turn in VIEWS.items():
                camera = np.array([np.sin(np.radians(turn)), -np.cos(np.radians(turn)), _RISE])
                facing = enamel[row][normals[enamel[row]] @ camera > _GRAZING]
                shown = [k for k in facing if scene.ray_cast(starts[k], camera)[0] is None]
                through = [sheet.ray_cast(starts[k], camera)[0] is not None for k in shown]
                found[view, row] = Seen(np.array(shown, int), vertices[row][shown], np.array(through, bool))
        return found

    return look


def _height_mm(places: np.ndarray) -> float:
    return 1e3 * float(np.ptp(places[:, 2])) if len(places) else 0.0


def _spoken(viseme: str, emotion: str) -> np.ndarray:
    return np.clip(arkit.row(VISEMES[viseme]) + PROTOTYPES[EMOTIONS.index(emotion)], 0, 1)


def _lip_lines() -> tuple[np.ndarray, np.ndarray]:
    """Vertices where the upper and where the lower lip meets the other one, from the right corner to the left one."""
    cage = build_skin_cage()
    ring = cage.mouth[CONTACT]
    halves = ring[: CORNER + 1], ring[: CORNER - 1 : -1]
    above, below = (np.concatenate([cage.mirror[half[:0:-1]], half]) for half in halves)
    return above, below


def _of_kind(head: SampleHead, row: str, material: str) -> np.ndarray:
    part = head.parts[row]
    kind = [each.name for each in part.materials].index(material)
    polygons = [part.polygons[k] for k in np.flatnonzero(part.polygon_materials == kind)]
    return np.unique(np.concatenate([np.asarray(polygon) for polygon in polygons]))


def _enamel(head: SampleHead, row: str) -> np.ndarray:
    kinds = [each.name for each in head.parts[row].materials if each.name.startswith("Teeth")]
    return np.unique(np.concatenate([_of_kind(head, row, name) for name in kinds]))


def _vertex_normals(vertices: np.ndarray, polygons: list[list[int]]) -> np.ndarray:
    normals = np.zeros_like(vertices)
    quads = np.array([polygon for polygon in polygons if len(polygon) == 4])
    corners = vertices[quads]
    across = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    for k in range(4):
        np.add.at(normals, quads[:, k], across)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
