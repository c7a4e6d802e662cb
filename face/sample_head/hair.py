"""Hair as one stylised solid: locks that sweep from a parting over the scalp (millimetres)."""

from typing import Final

import numpy as np

from .cage import cast
from .fields import falloff

_AROUND: Final = 168
_ALONG: Final = 26
_LOCKS: Final = 24
_SWIRL: Final = 0.5
"""Radians by which a lock bends on its way from the parting to its tip."""

_CENTRE: Final = (0.0, 8.0, 200.0)
_PARTING: Final = (0.34, -0.36, 0.87)
"""Direction from the centre in which all locks begin."""

_HAIRLINE: Final = (
    # degrees from the front towards the actor's left, lowest elevation seen from the centre
    (-180, -36),
    (-140, -33),
    (-112, -20),
    (-98, -2),
    (-88, -4),
    (-81, -18),
    (-73, -10),
    (-63, 4),
    (-50, 17),
    (-25, 27),
    (0, 31),
    (25, 32),
    (50, 17),
    (63, 4),
    (73, -10),
    (81, -18),
    (88, -4),
    (98, -2),
    (112, -20),
    (140, -33),
    (180, -36),
)
_VOLUMES: Final = (
    # direction, angular radius, millimetres on top of the even thickness
    ((-0.35, -0.75, 0.62), 0.95, 14.0),
    ((0.0, 0.35, 0.95), 1.25, 7.0),
    ((0.0, 0.95, 0.1), 1.1, 3.0),
)
_THICKNESS: Final = 5.5
_RELIEF: Final = 5.6


def build_hair() -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """Vertices (N, 3) and polygons of the hair; its border stands inside the head."""
    turn = np.arange(_AROUND) / _AROUND * 2 * np.pi
    lock = _lock(turn)
    share = np.append(np.linspace(0.03, 1, _ALONG) ** 0.9, 1.0)[:, None]
    reach = _reach(turn) * (1 + 0.085 * (lock - 0.7))
    direction = _from_parting(turn, share * reach)
    origins = np.broadcast_to(_CENTRE, direction.shape).reshape(-1, 3)
    scalp = cast(origins, direction.reshape(-1, 3), 170).reshape(direction.shape)
    thickness = _THICKNESS + _RELIEF * (lock - 0.65) * np.minimum(share * 1.8, 1)
    for towards, radius, amount in _VOLUMES:
        apart = np.arccos(np.clip(direction @ (np.asarray(towards) / np.linalg.norm(towards)), -1, 1))
        thickness = thickness + amount * falloff(apart, radius)
    thickness = thickness * np.minimum(1, 0.16 + (1 - share) * 5)
    thickness[-1] = -5
    points = (scalp + thickness[..., None] * direction).reshape(-1, 3)
    pole = points[:_AROUND].mean(axis=0, keepdims=True)
    polygons: list[tuple[int, ...]] = [(0, 1 + k, 1 + (k + 1) % _AROUND) for k in range(_AROUND)]
    for ring in range(len(share) - 1):
        for k in range(_AROUND):
            a, b = 1 + ring * _AROUND + k, 1 + ring * _AROUND + (k + 1) % _AROUND
            polygons.append((a, a + _AROUND, b + _AROUND, b))
    return np.concatenate([pole, points]), polygons


def _from_parting(turn: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """(..., 3) unit directions at angular distances from the parting, bending as they go."""
    pole = np.asarray(_PARTING) / np.linalg.norm(_PARTING)
    front = np.array([0, -1.0, 0]) - pole * (pole @ (0, -1, 0))
    front /= np.linalg.norm(front)
    side = np.cross(pole, front)
    bent = turn + _SWIRL * (apart / 2) ** 1.5
    sideways = np.cos(bent)[..., None] * front + np.sin(bent)[..., None] * side
    apart = np.broadcast_to(apart, bent.shape)[..., None]
    return np.cos(apart) * pole + np.sin(apart) * sideways


def _reach(turn: np.ndarray) -> np.ndarray:
    """(N,) angular distance from the parting to the hairline along each lock."""
    steps = np.linspace(0.1, 2.9, 160)[:, None]
    direction = _from_parting(turn, steps)
    azimuth = np.degrees(np.arctan2(direction[..., 0], -direction[..., 1]))
    elevation = np.degrees(np.arcsin(np.clip(direction[..., 2], -1, 1)))
    angles, lowest = np.array(_HAIRLINE, float).T
    outside = elevation < np.interp(azimuth, angles, lowest)
    first = steps[np.argmax(outside, axis=0), 0]
    kernel = np.hanning(9) / np.hanning(9).sum()
    return np.convolve(np.concatenate([first[-4:], first, first[:4]]), kernel, "valid")


def _lock(turn: np.ndarray) -> np.ndarray:
    """(N,) 0 in the furrows, 1 along the middle of each lock; broad and narrow locks alternate."""
    place = turn / (2 * np.pi)
    phase = _LOCKS * place + 0.3 * np.sin(6 * np.pi * place) + 0.25 * np.sin(14 * np.pi * place + 1)
    return 1 - np.abs(2 * (phase % 1) - 1) ** 2.2
