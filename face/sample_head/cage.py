"""The control cage of the skin: a half head of designed loops, laid on the sculpture, then mirrored (millimetres).

The half head is one grid (columns from the front midline round to the back, rows from the neck to the crown) with
two rectangular blocks taken out. Each block is filled with rings round an opening, so that edge loops run round the
eye and round the mouth, and each of a block's corners is a five-edged pole as in a hand-made face.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .sculpture import EYE_CENTRE, head_distance

COLUMNS: Final = 23
ROWS: Final = 36
MOUTH_BLOCK: Final = (0, 8, 10, 14)
EYE_BLOCK: Final = (4, 10, 20, 24)
"""First and last column, first and last row of the grid where the rings stand."""

SPOKES: Final = 20
CORNER: Final = 10
"""Spokes of a ring, and the one at the outer corner; spoke k above lies over spoke 20 - k below."""

_MARCHES: Final = 26
_STRIDE: Final = 0.9
"""Steps of a ray towards the surface, each this share of the distance that is left."""

_ROW_KEYS: Final = (
    # row, front (y, z), side (x, z), back (y, z), origin (y, z)
    (0, (-30, 24), (50, 24), (75, 24), (22, 24)),
    (4, (-30, 54), (50, 60), (75, 66), (20, 58)),
    (6, (-46, 62), (50, 80), (80, 92), (8, 96)),
    (8, (-84, 71), (50, 96), (90, 110), (0, 122)),
    (10, (-92, 90), (56, 112), (95, 126), (0, 134)),
    (12, (-96, 111), (60, 126), (98, 140), (0, 140)),
    (14, (-100, 131), (64, 141), (100, 154), (0, 146)),
    (17, (-112, 145), (68, 154), (103, 168), (0, 160)),
    (20, (-98, 157.5), (72, 164), (104, 179), (0, 171)),
    (24, (-94, 197.5), (74, 197), (104, 209), (0, 193)),
    (27, (-90, 225), (75, 223), (100, 231), (5, 205)),
    (31, (-66, 275), (60, 268), (84, 268), (8, 212)),
    (34, (-24, 300), (28, 297), (48, 297), (10, 214)),
    (35, (-6, 303), (12, 302), (30, 302), (10, 214)),
)
_COLUMN_KEYS: Final = (
    # row, x of the columns 0 to 10 in front
    (0, (0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40)),
    (6, (0, 4, 8, 12, 16, 20, 24.5, 29, 33.5, 38, 42)),
    (8, (0, 4, 8, 12, 16.5, 21, 25.5, 30, 34, 38, 42)),
    (10, (0, 4.6, 9.2, 14, 18.6, 23.2, 28, 32.4, 36, 42, 47)),
    (12, (0, 4.6, 9.2, 14, 18.8, 24, 29, 34, 38, 44, 50)),
    (14, (0, 4.2, 8.4, 12.8, 17.4, 22.2, 27, 32, 37, 44, 51)),
    (16, (0, 3.8, 7.6, 11.4, 15.6, 20.6, 26.2, 32, 38, 45, 53)),
    (18, (0, 3.6, 7.2, 11.0, 15.2, 20.6, 26.6, 33, 39.6, 47, 54)),
    (20, (0, 3.2, 6.4, 9.4, 12.4, 19.6, 27.2, 34, 41, 48, 55)),
    (22, (0, 2.8, 5.4, 7.8, 10.0, 19, 27.5, 35, 42.5, 50, 57)),
    (24, (0, 3.4, 6.8, 10.2, 13.4, 20.6, 28.4, 35.6, 43, 50, 57)),
    (28, (0, 5, 10, 15, 20.5, 26.5, 32.5, 39, 45.5, 52, 58)),
    (31, (0, 4.5, 9, 13.6, 18.4, 23.4, 28.4, 33.6, 38.8, 43.6, 47.4)),
    (35, (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)),
)


@dataclass
class HalfCage:
    """The left half of the cage while it is built.

    Attributes:
        points: one (3,) position per vertex.
        polygons: vertex numbers, anticlockwise from outside.
        grid: (columns, rows) vertex numbers, -1 inside the blocks.
    """

    points: list[np.ndarray]
    polygons: list[tuple[int, ...]]
    grid: np.ndarray

    def add(self, points: np.ndarray) -> np.ndarray:
        """Vertex numbers of points that join the cage."""
        first = len(self.points)
        self.points.extend(points)
        return np.arange(first, len(self.points))

    def stitch(self, outer: np.ndarray, inner: np.ndarray, closed: bool) -> None:
        """Quads between two rings of as many vertices."""
        count = len(outer)
        for k in range(count if closed else count - 1):
            after = (k + 1) % count
            self.polygons.append((int(outer[k]), int(inner[k]), int(inner[after]), int(outer[after])))

    def zip_up(self, ring: np.ndarray) -> None:
        """Close an open ring of 2n + 1 vertices by sewing its first half to its second."""
        last = len(ring) - 1
        for k in range(last // 2):
            corners = (ring[last - k], ring[last - k - 1], ring[k + 1], ring[k])
            self.polygons.append(tuple(dict.fromkeys(int(corner) for corner in corners)))


def grid_cage() -> HalfCage:
    """The half head without rings: rows and columns on the sculpture, blocks left open, crown closed."""
    targets, origins = _grid_targets()
    surface = cast(origins.reshape(-1, 3), (targets - origins).reshape(-1, 3)).reshape(targets.shape)
    surface[0, :, 0] = surface[-1, :, 0] = 0
    cage = HalfCage([], [], np.full((COLUMNS, ROWS), -1))
    for block in (MOUTH_BLOCK, EYE_BLOCK):
        surface[_inside(block)] = np.nan
    surface[0, MOUTH_BLOCK[2] + 1 : MOUTH_BLOCK[3]] = np.nan
    keep = ~np.isnan(surface[..., 0])
    cage.grid[keep] = cage.add(surface[keep])
    for i in range(COLUMNS - 1):
        for j in range(ROWS - 1):
            if not (_covers(MOUTH_BLOCK, i, j) or _covers(EYE_BLOCK, i, j)):
                quad = cage.grid[[i, i + 1, i + 1, i], [j, j, j + 1, j + 1]]
                cage.polygons.append(tuple(int(k) for k in quad))
    (crown,) = cage.add(cast(np.array([[0, 10.0, 214]]), np.array([[0, 0.0, 1]])))
    for i in range(COLUMNS - 1):
        cage.polygons.append((int(cage.grid[i, -1]), int(cage.grid[i + 1, -1]), int(crown)))
    return cage


def mouth_border(cage: HalfCage) -> np.ndarray:
    """(21,) vertices round the mouth block, from the midline above over the side to the midline below."""
    _, right, bottom, top = MOUTH_BLOCK
    above = [cage.grid[i, top] for i in range(right + 1)]
    side = [cage.grid[right, j] for j in range(top - 1, bottom, -1)]
    below = [cage.grid[i, bottom] for i in range(right, -1, -1)]
    return np.array(above + side + below)


def eye_border(cage: HalfCage) -> np.ndarray:
    """(20,) vertices round the eye block, from the inner corner over the top."""
    left, right, bottom, top = EYE_BLOCK
    middle = (bottom + top) // 2
    rise = [cage.grid[left, j] for j in range(middle, top)]
    over = [cage.grid[i, top] for i in range(left, right + 1)]
    fall = [cage.grid[right, j] for j in range(top - 1, bottom - 1, -1)]
    under = [cage.grid[i, bottom] for i in range(right - 1, left - 1, -1)]
    return np.array(rise + over + fall + under + [cage.grid[left, j] for j in range(bottom + 1, middle)])


def cast(origins: np.ndarray, directions: np.ndarray, reach: float = 150, outermost: bool = True) -> np.ndarray:
    """(N, 3) where rays from inside the sculpture leave it.

    Args:
        origins: (N, 3) points inside.
        directions: (N, 3), of any length.
        reach: millimetres within which the ray has left the sculpture finally.
        outermost: the last place where it leaves; otherwise the first.
    """
    directions = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
    travelled = np.full(len(origins), float(reach) if outermost else 0.0)
    for _ in range(_MARCHES):
        depth = head_distance(origins + travelled[:, None] * directions)
        travelled -= _STRIDE * depth
    return origins + travelled[:, None] * directions


def eye_directions(points: np.ndarray) -> np.ndarray:
    """(N, 3) unit vectors from the centre of the left eyeball."""
    offset = points - np.asarray(EYE_CENTRE)
    return offset / np.linalg.norm(offset, axis=-1, keepdims=True)


def _grid_targets() -> tuple[np.ndarray, np.ndarray]:
    rows = np.arange(ROWS)
    keys = np.array([row[0] for row in _ROW_KEYS])
    values = np.array([np.ravel(row[1:]) for row in _ROW_KEYS], float)
    front_y, front_z, side_x, side_z, back_y, back_z, origin_y, origin_z = (
        np.interp(rows, keys, column) for column in values.T
    )
    column_keys = np.array([row[0] for row in _COLUMN_KEYS])
    front_x = np.array([row[1] for row in _COLUMN_KEYS], float)
    x = np.stack([np.interp(rows, column_keys, column) for column in front_x.T])
    angle = np.arcsin(np.minimum(x / np.maximum(side_x, x[-1] * 1.12), 1))
    behind = np.linspace(0, 1, COLUMNS - len(x) + 1)[1:, None]
    angle = np.concatenate([angle, angle[-1] + behind * (np.pi - angle[-1])])
    sine, cosine = np.sin(angle), np.cos(angle)
    front, back = np.maximum(cosine, 0), np.maximum(-cosine, 0)
    side_x = np.maximum(side_x, x[-1] * 1.12)
    height = front_z * front**2 + side_z * sine**2 + back_z * back**2
    targets = np.stack([side_x * sine, front_y * front + back_y * back, height], axis=-1)
    origins = np.stack(np.broadcast_arrays(0.0, origin_y, origin_z), axis=-1)
    return targets, np.broadcast_to(origins, targets.shape)


def _inside(block: tuple[int, int, int, int]) -> tuple[slice, slice]:
    left, right, bottom, top = block
    return slice(left + 1, right), slice(bottom + 1, top)


def _covers(block: tuple[int, int, int, int], column: int, row: int) -> bool:
    left, right, bottom, top = block
    return left <= column < right and bottom <= row < top
