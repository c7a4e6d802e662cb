"""What a head has beside its skin: eyeballs, teeth, tongue, lashes, brows; what each is, and how it moves.

Everything lies where the built-in head lies: metres, Z up, the face looks along -Y.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from . import arkit, landmarks
from .face_marks import MarkedHead
from .sample_head import build_sample_head
from .sample_head.binding import bind
from .shape_transfer import nearest_places, similarity

_RADII: Final = (0.008, 0.020)
_ROUND: Final = 0.08
"""Metres of the radius of an eyeball, and how far from a ball it may be, in radii."""
_BALL_VERTICES: Final = 20
_EYE_REACH: Final = 0.022
"""Metres between the middle of the lids and that of the eyeball."""
_WITHIN: Final = 1.06
"""Radii of the eyeball within which other parts, such as irises, turn with it."""
_MOUTH_ROOM: Final = 0.008
"""Metres by which the mouth may be larger than the space that the built-in head's teeth and tongue take."""
_MOUTH_PARTS: Final = ("teeth upper", "teeth lower", "tongue")
_BOTH_JAWS: Final = 0.006
"""A part that reaches so far above and below where the lips meet stands in both jaws, metres."""
_BETWEEN_GUMS: Final = (0.004, 0.008)
"""Metres above where the lips meet within which such a part passes from the lower jaw to the upper one; the tongue is
below them."""
_TEETH_NEAR: Final = 6
_BESIDE_TEETH: Final = (0.002, 0.005)
"""Vertices of teeth that are asked, and metres from them within which gums go with them."""
_ROOT: Final = 0.002
"""Metres beyond its nearest place to the skin up to which a part counts as rooted there."""
_ROOTS: Final = 6
_TOUCHING: Final = 0.008
_LOOSE: Final = (0.015, 0.040)
"""Metres from the skin within which a part must begin to follow it, and from its roots up to which it follows fully and
from which on not at all."""


@dataclass(frozen=True)
class Eyeball:
    """What turns about one centre: vertex numbers, and the centre."""

    vertices: np.ndarray
    centre: tuple[float, ...]


@dataclass(frozen=True)
class SortedParts:
    """The loose parts of a head.

    Attributes:
        eyeballs: by side, "Left" and "Right".
        mouth: numbers of the vertices inside the mouth.
        others: numbers of the vertices of each other part.
    """

    eyeballs: dict[str, Eyeball]
    mouth: np.ndarray
    others: tuple[np.ndarray, ...]


def sort_parts(head: MarkedHead) -> SortedParts:
    """Say what each loose part is, by its form and place."""
    order = np.argsort(head.parts, kind="stable")
    borders = np.flatnonzero(np.diff(head.parts[order])) + 1
    parts = [numbers for numbers in np.split(order, borders) if numbers[0] != head.skin[0]]
    eyeballs = {}
    for side, first in (("Right", landmarks.LIDS[0]), ("Left", landmarks.LIDS[6])):
        lids = head.face.vertices[head.face.landmarks[first : first + 6]].mean(axis=0)
        balls = [ball for numbers in parts if (ball := _ball(head.vertices[numbers], lids)) is not None]
        if balls:
            centre, radius = max(balls, key=lambda ball: ball[1])
            is_eye = [_is_within(head.vertices[numbers], centre, _WITHIN * radius) for numbers in parts]
            turning = np.concatenate([numbers for numbers, turns in zip(parts, is_eye, strict=True) if turns])
            eyeballs[side] = Eyeball(turning, tuple(map(float, centre)))
            parts = [numbers for numbers, turns in zip(parts, is_eye, strict=True) if not turns]
    low, high = _mouth_box()
    mouth = [np.empty(0, np.int64)]
    others: list[np.ndarray] = []
    for numbers in parts:
        points = head.vertices[numbers]
        middle = (points.min(axis=0) + points.max(axis=0)) / 2
        (mouth if bool((middle > low).all() and (middle < high).all()) else others).append(numbers)
    return SortedParts(eyeballs, np.concatenate(mouth), tuple(others))


def mouth_moves(head: MarkedHead, numbers: np.ndarray) -> dict[str, np.ndarray]:
    """The moves of what is inside the mouth: lower teeth go with the jaw, a tongue moves as the built-in one.

    Gums that are one with those of the other jaw part between them.

    Args:
        head: the head.
        numbers: (N,) its vertices in the mouth.

    Returns:
        (N, 3) by channel.
    """
    if not len(numbers):
        return {}
    points = head.vertices[numbers]
    lips = head.face.vertices[head.face.landmarks[[landmarks.UPPER_MIDDLE, landmarks.LOWER_MIDDLE]], 2].mean()
    is_down, is_tongue = np.zeros((len(points), 1)), np.zeros((len(points), 1))
    in_both = np.zeros(len(points), bool)
    for part in np.unique(head.parts[numbers]):
        own = head.parts[numbers] == part
        heights = points[own, 2] - lips
        if heights.max() > _BOTH_JAWS and heights.min() < -_BOTH_JAWS:
            in_both |= own
        else:
            is_tongue[own] = _is_tongue(points[own])
            is_down[own] = is_tongue[own] if is_tongue[own].any() else (heights.max() + heights.min()) / 2 < 0
    teeth = points[~in_both & ~is_tongue[:, 0].astype(bool)]
    is_down[in_both] = _gums_down(points[in_both], lips, teeth, is_down[~in_both & ~is_tongue[:, 0].astype(bool)])
    with_teeth, with_tongue = _with_jaw(points), _with_tongue(points)
    moves = {}
    for name in arkit.CHANNELS:
        if name in with_teeth or name in with_tongue:
            teeth, free = with_teeth.get(name, 0 * points), with_tongue.get(name, 0 * points)
            moves[name] = is_down * (teeth + is_tongue * (free - teeth))
    return moves


def followed(head: MarkedHead, numbers: np.ndarray, on_skin: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The moves of a part that stands on the skin, such as lashes: each vertex goes where its nearest root goes.

    Args:
        head: the head.
        numbers: (N,) the vertices of the part.
        on_skin: channel -> (S, 3) moves of the skin.

    Returns:
        (N, 3) by channel; nothing for a part that does not touch the skin.
    """
    points = head.vertices[numbers]
    binding = bind(points, head.face.vertices, np.arange(len(head.face.vertices)))
    away = np.linalg.norm(points - head.face.vertices[binding.vertices[:, 0]], axis=1)
    if away.min() > _TOUCHING:
        return {}
    roots = np.flatnonzero(away <= away.min() + _ROOT)
    root, length = nearest_places(points, points[roots], min(_ROOTS, len(roots)))
    weights = 1 / (length + _ROOT) ** 2
    weights /= weights.sum(axis=1, keepdims=True)
    near, far = _LOOSE
    share = np.clip((far - length[:, :1]) / (far - near), 0, 1)
    moves = {}
    for name, moved in on_skin.items():
        of_roots = binding.carry(moved)[roots]
        moves[name] = share * np.einsum("nk,nkc->nc", weights, of_roots[root])
    return moves


def _ball(points: np.ndarray, lids: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Centre and radius of a part if it is an eyeball behind these lids."""
    if len(points) < _BALL_VERTICES:
        return None
    system = np.column_stack([2 * points, np.ones(len(points))])
    centre = np.linalg.lstsq(system, (points**2).sum(axis=1), rcond=None)[0][:3]
    away = np.linalg.norm(points - centre, axis=1)
    radius = float(away.mean())
    is_round = float(away.std()) < _ROUND * radius and _RADII[0] < radius < _RADII[1]
    return (centre, radius) if is_round and np.linalg.norm(centre - lids) < _EYE_REACH else None


def _is_within(points: np.ndarray, centre: np.ndarray, reach: float) -> bool:
    return bool(np.quantile(np.linalg.norm(points - centre, axis=1), 0.95) < reach)


@cache
def _mouth_box() -> tuple[np.ndarray, np.ndarray]:
    inside = np.concatenate([build_sample_head().parts[name].vertices for name in _MOUTH_PARTS])
    return inside.min(axis=0) - _MOUTH_ROOM, inside.max(axis=0) + _MOUTH_ROOM


def _gums_down(points: np.ndarray, lips: float, teeth: np.ndarray, teeth_down: np.ndarray) -> np.ndarray:
    """(N, 1) how far gums and tongue in one go with the jaw: by height, and close to teeth as these do."""
    low, high = _BETWEEN_GUMS
    by_height = np.clip((lips + high - points[:, 2:]) / (high - low), 0, 1)
    if not len(points) or len(teeth) <= _TEETH_NEAR:
        return by_height
    nearest, apart = nearest_places(points, teeth, _TEETH_NEAR)
    close, far = _BESIDE_TEETH
    share = np.clip((far - apart[:, :1]) / (far - close), 0, 1)
    blended: np.ndarray = by_height + share * (teeth_down[nearest].mean(axis=1) - by_height)
    return blended


def _is_tongue(points: np.ndarray) -> bool:
    """Whether most of a part lies nearer to the built-in head's tongue than to its teeth."""
    parts = build_sample_head().parts
    apart = np.stack([nearest_places(points, parts[name].vertices, 1)[1][:, 0] for name in _MOUTH_PARTS])
    return bool((apart.argmin(axis=0) == _MOUTH_PARTS.index("tongue")).mean() > 0.5)


def _with_jaw(points: np.ndarray) -> dict[str, np.ndarray]:
    """The moves of points that stand in the lower jaw, as the built-in head's lower teeth move."""
    teeth = build_sample_head().parts["teeth lower"]
    carried = {}
    for name, moves in teeth.shapes.items():
        scale, rotation, shift = similarity(teeth.vertices.astype(np.float64), teeth.vertices + moves)
        carried[name] = scale * points @ rotation.T + shift - points
    return carried


def _with_tongue(points: np.ndarray) -> dict[str, np.ndarray]:
    tongue = build_sample_head().parts["tongue"]
    binding = bind(points, tongue.vertices, np.arange(len(tongue.vertices)))
    return {name: binding.carry(moves) for name, moves in tongue.shapes.items()}
