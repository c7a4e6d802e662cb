"""Proposes where the landmarks of a face are, from its form alone; the animator corrects them.

The head is laid upon the built-in one. Then the mouth is found as the slit at which the way along the surface from the
nose jumps, and the eyes as holes or pits. The other landmarks follow from these.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .errors import EmoTalkError
from .face_marks import MARKS, face_alone, marks_of, nearest_facing
from .face_mesh import FaceMesh
from .front_view import STEP, FrontView, seen_from_front
from .head_alignment import align_head
from .shape_transfer import ThinPlateWarp
from .surface_paths import loose_parts

FEWEST: Final = 300
"""Vertices of a face."""
_ENOUGH: Final = 15
"""Landmarks that are seen if nose, mouth and both eyes are."""
_WINDOW: Final = ((-0.075, -0.085), (0.075, 0.085))
"""Metres around the tip of the nose that are looked at."""
_SIZES: Final = (0.8, 1.35)
"""How much the head's size may still be wrong after it was laid upon the built-in one."""
_JUMP: Final = 0.008
_STEEP: Final = 0.012
"""Metres by which the way from the nose is longer below the slit of the mouth, and by which one lip may stand before
the other."""
_NEXT_ROWS: Final = 4
"""Rows by which the slit may rise or fall from one column to the next."""
_PAST_CORNER: Final = 0.003
"""Metres from where the lips are last seen to part to the corner of the mouth."""
_BELOW_LIP: Final = 0.018
_CHIN_ROWS: Final = 4
_SLOPE: Final = 1.2
"""The chin lies at least so far below the lip, metres, where over so many rows the surface falls back by this slope."""
_PIT: Final = (0.018, 0.002, 0.002)
_SMALLEST_EYE: Final = 3e-5
"""Metres: height, depth and sharpness of the opening of an eye; its smallest area in square metres."""
_RIM: Final = 5
_LID: Final = 0.003
"""The rim of an eye is looked for within so many squares, no farther behind the nearest lid than so many metres."""
_THIRD: Final = 0.33
"""Of the way from the outer to the inner corner, where lids are marked."""
_OVER_LID: Final = (0.25, 1.0)
"""How far above the lid the brow is looked for, in widths of the eye."""
_STIFFNESS: Final = 5e-3


def guess_marks(source: FaceMesh, vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """The places of the landmarks on a head.

    Args:
        source: the built-in head's face.
        vertices: (V, 3) of the head with all its parts, in any size, place and direction.
        triangles: (T, 3) vertex numbers, anticlockwise from outside.

    Returns:
        (20, 3) in the order of ``face_marks.MARKS``, each on a vertex.

    Raises:
        EmoTalkError: there are too few vertices for a face.
    """
    skin = _largest_part(vertices, triangles) if len(vertices) else np.empty(0, np.int64)
    if len(skin) < FEWEST:
        raise EmoTalkError(
            f"{len(skin)} vertices are too few for a face; choose the mesh with the skin, or subdivide it"
        )
    head = face_alone(vertices.astype(np.float64), triangles, skin)
    laid, found = _best(source, head)
    goal = dict(zip(MARKS, marks_of(source), strict=True))
    others = [name for name in MARKS if name not in found]
    wanted = np.array([goal[name] for name in others])
    if len(found) >= _ENOUGH:
        seen = np.array([goal[name] for name in found])
        wanted = ThinPlateWarp(seen, laid.vertices[list(found.values())], _STIFFNESS)(wanted)
    normals = source.normals[source.landmarks[[MARKS[name] for name in others]]]
    found.update(zip(others, map(int, nearest_facing(wanted, normals, laid)), strict=True))
    return head.vertices[[found[name] for name in MARKS]]


def _best(source: FaceMesh, head: FaceMesh) -> tuple[FaceMesh, dict[str, int]]:
    """The head laid so that mouth and eyes are seen, or as much of them as can be, and what was seen."""
    best: tuple[FaceMesh, dict[str, int]] | None = None
    for alignment in align_head(source, head):
        laid = FaceMesh(alignment(head.vertices), head.triangles, head.landmarks)
        found = _Finder(source, laid).find()
        if best is None or len(found) > len(best[1]):
            best = laid, found
        if len(best[1]) >= _ENOUGH:
            break
    return best or (head, {})


def _largest_part(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """The vertices of the loose part with the largest surface."""
    parts = loose_parts(triangles, len(vertices))
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    areas = np.bincount(parts[triangles[:, 0]], np.linalg.norm(np.cross(b - a, c - a), axis=1), minlength=len(vertices))
    return np.flatnonzero(parts == areas.argmax())


@dataclass(frozen=True, eq=False)
class _Finder:
    """Finds what can be seen on a face that lies roughly where the source lies."""

    source: FaceMesh
    face: FaceMesh

    def find(self) -> dict[str, int]:
        """Vertices by the name of the landmark: the tip of the nose, and mouth and eyes as far as they are open."""
        goal = dict(zip(MARKS, marks_of(self.source), strict=True))
        nose = goal["Nose Tip"]
        near = np.flatnonzero(np.abs(self.face.vertices[:, [0, 2]] - nose[[0, 2]]).max(axis=1) < 0.012)
        found = {}
        if len(near):
            found["Nose Tip"] = int(near[self.face.vertices[near, 1].argmin()])
        low, high = (tuple(nose[[0, 2]] + np.array(corner)) for corner in _WINDOW)
        view = seen_from_front(self.face.vertices, self.face.triangles, low, high)
        if "Nose Tip" in found:
            found |= self._mouth(view, found["Nose Tip"], goal)
        eyes = [self._eye(view, side, goal) for side in ("Right", "Left")]
        for eye in eyes:
            found |= eye
        return found

    def _mouth(self, view: FrontView, nose: int, goal: dict[str, np.ndarray]) -> dict[str, int]:
        """Lips and corners."""
        way = self.face.distances([nose], 0.25)
        tip = goal["Nose Tip"]
        drop = tip[2] - goal["Upper Lip"][2]
        rows = slice(view.row(tip[2] - _SIZES[1] * 1.4 * drop), view.row(tip[2] - 0.5 * drop))
        middle = view.column(tip[0])
        slit = {}
        for step in (1, -1):
            column, beside = middle, rows
            while 0 <= column < view.depth.shape[1]:
                found = self._slit(view, way, column, beside)
                if found is None:
                    break
                row, slit[column] = found
                beside = slice(max(row - _NEXT_ROWS, 0), row + _NEXT_ROWS + 1)
                column += step
        if middle not in slit:
            return {}
        first, last = min(slit), max(slit)
        chin = self._chin(view, middle, slit[middle][1])
        return {
            "Upper Lip": slit[middle][0],
            "Lower Lip": slit[middle][1],
            "Mouth Right": self._beyond(slit[first], -_PAST_CORNER),
            "Mouth Left": self._beyond(slit[last], _PAST_CORNER),
            **chin,
            **self._borders(view, middle, slit[middle], (first, last), goal),
        }

    def _slit(self, view: FrontView, way: np.ndarray, column: int, rows: slice) -> tuple[int, tuple[int, int]] | None:
        """The row in which the way from the nose jumps most, and the vertices above and below; None if it does not."""
        seen = np.flatnonzero(view.vertices[rows, column] >= 0) + rows.start
        above, below = view.vertices[seen[1:], column], view.vertices[seen[:-1], column]
        steep = np.abs(view.depth[seen[1:], column] - view.depth[seen[:-1], column]) > _STEEP
        jump = np.where(steep, 0, way[below] - way[above])
        if not len(jump) or jump.max() < _JUMP:
            return None
        place = int(jump.argmax())
        return int(seen[place]), (int(above[place]), int(below[place]))

    def _chin(self, view: FrontView, column: int, lip: int) -> dict[str, int]:
        """Where the surface below the lower lip turns back under the chin."""
        start = view.row(self.face.vertices[lip, 2] - _BELOW_LIP)
        for row in range(start, _CHIN_ROWS, -1):
            here, below = view.depth[[row, row - _CHIN_ROWS], column]
            if np.isfinite(here) and below > here + _SLOPE * _CHIN_ROWS * STEP:
                return {"Chin": int(view.vertices[row, column])}
        return {}

    def _borders(
        self, view: FrontView, column: int, lips: tuple[int, int], ends: tuple[int, int], goal: dict[str, np.ndarray]
    ) -> dict[str, int]:
        """Where the lips end above and below, if they are as high for their width as the source's."""
        size = (ends[1] - ends[0]) * STEP / (goal["Mouth Left"] - goal["Mouth Right"])[0]
        found = {}
        for lip, vertex, step in (("Upper Lip", lips[0], 1), ("Lower Lip", lips[1], -1)):
            height = abs(goal[f"{lip} Border"][2] - goal[lip][2])
            row = view.row(self.face.vertices[vertex, 2] + step * size * height)
            while 0 < row < len(view.depth) - 1 and view.vertices[row, column] in (-1, *lips):
                row += step
            if view.vertices[row, column] not in (-1, *lips):
                found[f"{lip} Border"] = int(view.vertices[row, column])
        return found

    def _beyond(self, lips: tuple[int, int], across: float) -> int:
        """The vertex a little to the side of where the lips still part."""
        place = self.face.vertices[list(lips)].mean(axis=0) + np.array([across, 0, 0])
        ahead = np.flatnonzero(self.face.normals[:, 1] < 0)
        return int(ahead[np.linalg.norm(self.face.vertices[ahead] - place, axis=1).argmin()])

    def _eye(self, view: FrontView, side: str, goal: dict[str, np.ndarray]) -> dict[str, int]:
        """Corners and lids of an eye that is open."""
        inner, outer = goal[f"Eye {side} Inner"], goal[f"Eye {side} Outer"]
        middle = (inner + outer) / 2
        nose = goal["Nose Tip"]
        is_open = view.openings(*_PIT)
        zone = np.zeros_like(is_open)
        rise, way = middle[2] - nose[2], middle[0] - nose[0]
        ends = sorted(view.column(nose[0] + share * way) for share in (0.25, 2.0))
        zone[
            view.row(nose[2] + _SIZES[0] * 0.7 * rise) : view.row(nose[2] + _SIZES[1] * 1.3 * rise), ends[0] : ends[1]
        ] = True
        eye = _largest_patch(is_open & zone)
        if eye.sum() * STEP**2 < _SMALLEST_EYE:
            return {}
        columns = np.flatnonzero(eye.any(axis=0))
        right, left = int(columns[0]), int(columns[-1])
        outside, inside = (right, left) if side == "Right" else (left, right)
        third = round(outside + _THIRD * (inside - outside))
        rows = np.flatnonzero(eye[:, third])
        return {
            f"Eye {side} Outer": self._rim(view, eye, int(np.flatnonzero(eye[:, outside]).mean()), outside),
            f"Eye {side} Inner": self._rim(view, eye, int(np.flatnonzero(eye[:, inside]).mean()), inside),
            f"Upper Lid {side}": self._rim(view, eye, int(rows[-1]) + 1, third),
            f"Lower Lid {side}": self._rim(view, eye, int(rows[0]) - 1, third),
            **self._brow(view, side, (right + left) // 2, int(rows[-1]), left - right),
        }

    def _brow(self, view: FrontView, side: str, column: int, lid: int, width: int) -> dict[str, int]:
        """The ridge above an eye: the most forward place over the lid, if it is not the end of what is looked at."""
        start, end = lid + round(_OVER_LID[0] * width), lid + round(_OVER_LID[1] * width)
        depth = view.depth[start:end, column]
        row = int(depth.argmin()) if len(depth) else 0
        vertex = int(view.vertices[start + row, column]) if len(depth) else -1
        return {f"Brow {side}": vertex} if 0 < row < len(depth) - 1 and vertex >= 0 else {}

    def _rim(self, view: FrontView, eye: np.ndarray, row: int, column: int) -> int:
        """The vertex seen next to a square at the rim of an eye, on the lid and not behind it."""
        top, left = max(row - _RIM, 0), max(column - _RIM, 0)
        around = np.s_[top : row + _RIM + 1, left : column + _RIM + 1]
        depth = np.where(eye[around], np.inf, view.depth[around])
        rows, columns = np.nonzero(depth <= depth.min() + _LID)
        nearest = ((rows + top - row) ** 2 + (columns + left - column) ** 2).argmin()
        return int(view.vertices[rows[nearest] + top, columns[nearest] + left])


def _largest_patch(is_on: np.ndarray) -> np.ndarray:
    """The largest set of squares that hang together."""
    number = np.where(is_on, np.arange(1, is_on.size + 1).reshape(is_on.shape), 0)
    while True:
        before = number
        padded = np.pad(number, 1)
        around = np.maximum.reduce([padded[1:-1, :-2], padded[1:-1, 2:], padded[:-2, 1:-1], padded[2:, 1:-1], number])
        number = np.where(is_on, around, 0)
        if np.array_equal(number, before):
            break
    kinds, counts = np.unique(number[is_on], return_counts=True)
    return number == kinds[counts.argmax()] if len(kinds) else np.zeros_like(is_on)
