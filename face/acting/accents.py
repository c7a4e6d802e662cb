"""Accents: brows, lids and cheeks on stressed syllables, and what they hold through a phrase.

Brows go with F0 and prominence (Cavé 1996; Flecha-García 2010: the raise is at or shortly before the accent). Sizes are
set so that the standard deviations and speeds are those of a captured speaker; no two accents are alike.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from .. import arkit
from ..basis import Basis
from ..shaping import gaussian_filter
from .prosody import Prosody
from .pulses import raise_to, sway, vary

GESTURES: Final[Mapping[str, Mapping[str, float]]] = {
    "raise": {"browInnerUp": 0.52, "browOuterUp": 0.36, "eyeWide": 0.10},
    "inner": {"browInnerUp": 0.46, "browDown": 0.10, "eyeSquint": 0.05},
    "knit": {"browDown": 0.42, "eyeSquint": 0.20, "noseSneer": 0.15, "cheekSquint": 0.06},
    "brighten": {"browInnerUp": 0.24, "browOuterUp": 0.24, "cheekSquint": 0.26, "eyeSquint": 0.14},
    "left": {"browOuterUpLeft": 0.42, "browInnerUp": 0.26, "browOuterUpRight": 0.08, "eyeSquintRight": 0.08},
    "right": {"browOuterUpRight": 0.42, "browInnerUp": 0.26, "browOuterUpLeft": 0.08, "eyeSquintLeft": 0.08},
}
"""Channels of each gesture at its full size."""

_NAMES: Final = tuple(GESTURES)
_CHANCES: Final[Mapping[str, tuple[float, ...]]] = {
    "neutral": (0.42, 0.10, 0.20, 0.12, 0.08, 0.08),
    "happy": (0.30, 0.05, 0.0, 0.55, 0.05, 0.05),
    "sad": (0.15, 0.75, 0.10, 0.0, 0.0, 0.0),
    "surprise": (0.90, 0.10, 0.0, 0.0, 0.0, 0.0),
    "fear": (0.10, 0.90, 0.0, 0.0, 0.0, 0.0),
    "disgust": (0.05, 0.0, 0.75, 0.0, 0.10, 0.10),
    "anger": (0.10, 0.0, 0.80, 0.0, 0.05, 0.05),
    "contempt": (0.10, 0.0, 0.20, 0.0, 0.10, 0.60),
}
_ENERGY: Final[Mapping[str, float]] = {"sad": 0.7, "anger": 1.1, "surprise": 1.1, "contempt": 0.8}
_FOLLOWING: Final[Mapping[str, Mapping[str, float]]] = {
    "cheekSquint": {"mouthSmile": 0.55, "mouthStretch": 0.35},
    "eyeSquint": {"mouthSmile": 0.28, "mouthStretch": 0.20},
    "noseSneer": {"mouthUpperUp": 0.75},
}
"""What cheeks, lids and nose do with the corners and the upper lip: the skin between them is one."""
_HELD: Final = 0.32
"""Share of a gesture that a phrase holds."""
_AHEAD: Final = 0.03


def accents(prosody: Prosody, basis: Basis, weights: np.ndarray, names: Sequence[str], seed: int) -> np.ndarray | None:
    """What accents add to the upper face.

    Args:
        prosody: of the line.
        basis: of the face; channels that it lacks are left out.
        weights: (frames, names) the animator's emotions, which choose among the gestures.
        names: of the emotions.
        seed: whole number.

    Returns:
        (frames, channels) float32, 0 and up; None if the basis has none of the channels.
    """
    rows = {name: _row(basis, gesture) for name, gesture in GESTURES.items()}
    if not any(row.any() for row in rows.values()):
        return None
    rng = np.random.default_rng([seed, 13])
    tracks = {name: np.zeros(prosody.frames, np.float32) for name in GESTURES}
    for start, end in prosody.phrases:
        if end - start < 0.4:
            continue
        # By the emotion at its beginning: one that is keyed later must not be seen before.
        kind, energy = _choose(prosody, weights, names, start, rng)
        height = _HELD * energy * vary(rng, 0.2, 1.3)
        raise_to(tracks[kind], prosody.fps, start + 0.15, 0.4, max(end - start - 0.3, 0), vary(rng, 0.4, 0.8), height)
    for stress in prosody.stresses:
        kind, energy = _choose(prosody, weights, names, stress.second, rng)
        size = energy * (0.25 + 0.75 * stress.strength) * vary(rng, 0.65, 1.25)
        if rng.random() < 0.12:
            continue
        rise, fall = vary(rng, 0.16, 0.26), vary(rng, 0.28, 0.55)
        raise_to(tracks[kind], prosody.fps, stress.second - _AHEAD, rise, vary(rng, 0.04, 0.12), fall, size)
    added = np.zeros((prosody.frames, len(basis)), np.float32)
    idle = np.maximum(sway(prosody.frames, prosody.fps, 1.3, rng), 0)
    tracks["raise"] = np.maximum(tracks["raise"], 0.05 * idle)
    for name, row in rows.items():
        added += gaussian_filter(tracks[name].astype(np.float32), 0.025 * prosody.fps)[:, None] * row
    return added


def follow_mouth(values: np.ndarray, basis: Basis, fps: float) -> np.ndarray:
    """(frames, channels) what the mouth's motion adds to the cheeks, lids and nose of its side."""
    added = np.zeros_like(values)
    for stem, sources in _FOLLOWING.items():
        for name in arkit.sides(stem):
            side = name.removeprefix(stem)
            pulling = [(source + side, share) for source, share in sources.items() if source + side in basis.index]
            if name in basis.index and pulling:
                pulled = sum(share * values[:, basis.index[source]] for source, share in pulling)
                added[:, basis.index[name]] = gaussian_filter(np.asarray(pulled, np.float32), 0.08 * fps)
    return added


def _choose(
    prosody: Prosody, weights: np.ndarray, names: Sequence[str], second: float, rng: np.random.Generator
) -> tuple[str, float]:
    """A gesture for this moment, and the energy that its emotion gives it."""
    felt = weights[int(np.clip(second * prosody.fps, 0, len(weights) - 1))] if len(names) else np.zeros(0)
    shares = {name: float(min(weight, 1)) for name, weight in zip(names, felt, strict=True) if name in _CHANCES}
    calm = max(1 - sum(shares.values()), 0)
    chances = calm * np.array(_CHANCES["neutral"])
    for name, share in shares.items():
        chances = chances + share * np.array(_CHANCES[name])
    place = float(rng.random()) * chances.sum()
    kind = _NAMES[min(int(np.searchsorted(np.cumsum(chances), place)), len(_NAMES) - 1)]
    energy = 1 + sum(share * (_ENERGY.get(name, 1.0) - 1) for name, share in shares.items())
    return kind, energy


def _row(basis: Basis, gesture: Mapping[str, float]) -> np.ndarray:
    row = np.zeros(len(basis), np.float32)
    for stem, value in gesture.items():
        for name in arkit.sides(stem):
            if name in basis.index:
                row[basis.index[name]] = value
    return row
