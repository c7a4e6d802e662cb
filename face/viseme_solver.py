"""Shares of mouth poses that look like a face: bounded least squares over what the 52 coefficients do to a mouth."""

from functools import cache
from typing import Final

import numpy as np

from .aperture import CLOSED
from .basis import ARKIT
from .sample_head import build_sample_head

_REGIONS: Final = ("jaw", "lips", "tongue")
"""Poses of other regions than these do not take part: eyes and brows have controls of their own."""
_PARTS: Final = ("skin", "tongue")
_APERTURE: Final = 4.0
"""Weight of the opening between the lips beside the motion of the whole mouth: it is what one sees first."""
_RIDGE: Final = 1e-4
_STEPS: Final = 200
_RELAXATION: Final = 1.6
_STILL: Final = 1e-4


def solve_poses(face: np.ndarray, poses: np.ndarray) -> np.ndarray:
    """The shares of some poses that come closest to a face.

    Minimises (f - w P)' M (f - w P) in each frame over shares w >= 0 that add up to 1 together with the share of the
    face at rest, where M is ``mouth_metric``. Solved for all frames at once by the alternating direction method of
    multipliers (Boyd et al. 2011, sections 3.4.3 and 5.2). Where the face's lips touch, the pose whose lips are closest
    takes over as far as needed for the lips to touch.

    Args:
        face: (frames, 52) coefficients.
        poses: (poses, 52) coefficients of each pose at 1.

    Returns:
        (frames, poses) float64 shares, 0..1.
    """
    metric = mouth_metric()
    with_rest = np.vstack([poses, np.zeros((1, poses.shape[1]))])
    products = with_rest @ metric @ with_rest.T
    size = len(with_rest)
    ridge = _RIDGE * max(float(np.diag(products).max()), 1e-9)
    products[np.arange(size - 1), np.arange(size - 1)] += ridge
    spread = np.linalg.eigvalsh(products[:-1, :-1])
    penalty = float(np.sqrt(spread[0] * spread[-1]))
    system = np.ones((size + 1, size + 1))
    system[:size, :size] = products + penalty * np.eye(size)
    system[size, size] = 0
    inverse = np.linalg.inv(system)
    wanted = (with_rest @ metric) @ np.asarray(face, np.float64).T
    start = inverse[:size, :size] @ wanted + inverse[:size, size:]
    back = penalty * inverse[:size, :size]
    shares, multipliers = np.zeros_like(wanted), np.zeros_like(wanted)
    for _step in range(_STEPS):
        nearest = start + back @ (shares - multipliers)
        relaxed = _RELAXATION * nearest + (1 - _RELAXATION) * shares
        after = np.maximum(relaxed + multipliers, 0)
        multipliers += relaxed - after
        change = float(np.abs(after - shares).max(initial=0))
        shares = after
        if change < _STILL:
            break
    return _keep_contacts((shares[:-1] / np.maximum(shares[:-1].sum(axis=0), 1)).T, face, poses)


def _keep_contacts(shares: np.ndarray, face: np.ndarray, poses: np.ndarray) -> np.ndarray:
    openings = poses @ ARKIT.lip_weights
    closing = int(np.argmin(openings))
    if openings[closing] >= CLOSED:
        return shares
    reached = shares @ openings
    is_short = (np.asarray(face, np.float64) @ ARKIT.lip_weights <= CLOSED) & (reached > CLOSED)
    part = np.where(is_short, (reached - CLOSED) / np.maximum(reached - openings[closing], 1e-9), 0)[:, None]
    closed = (1 - part) * shares
    closed[:, closing] += part[:, 0]
    return np.asarray(closed)


@cache
def mouth_metric() -> np.ndarray:
    """(52, 52) what two coefficients have in common in how they move the built-in head's mouth; jawOpen's own is 1.

    The sum over the vertices of the products of their moves, and of the openings between the lips.
    """
    head = build_sample_head()
    names = [name for region in _REGIONS for name in ARKIT.regions[region]]
    metric = np.zeros((len(ARKIT), len(ARKIT)))
    for part in (head.parts[name] for name in _PARTS):
        found = [name for name in names if name in part.shapes]
        moves = np.stack([part.shapes[name].ravel() for name in found]).astype(np.float64)
        metric[np.ix_(ARKIT.columns(found), ARKIT.columns(found))] += moves @ moves.T
    jaw = ARKIT.index["jawOpen"]
    lips = ARKIT.lip_weights
    return np.asarray(metric / metric[jaw, jaw] + _APERTURE * np.outer(lips, lips))
