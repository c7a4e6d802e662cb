"""How far the lips are apart, told from coefficients alone."""

import numpy as np

from . import arkit

_LOWERERS = arkit.indices(arkit.sides("mouthLowerDown"))
_RAISERS = arkit.indices(arkit.sides("mouthUpperUp"))
_PRESSES = arkit.indices(arkit.sides("mouthPress"))
_ROLLS = arkit.indices(("mouthRollLower", "mouthRollUpper"))
_JAW, _CLOSE, _FUNNEL = arkit.indices(("jawOpen", "mouthClose", "mouthFunnel"))


def lip_aperture(values: np.ndarray) -> np.ndarray:
    """The opening between the lips in units of jawOpen: 0 = just closed, below 0 = pressed, 1 = jaw wide open.

    The weights are the lip gaps that ICT-FaceKit shows for each coefficient, relative to jawOpen's 33.5 mm.

    Args:
        values: (frames, 52) coefficients.

    Returns:
        (frames,) apertures.
    """
    return (
        values[:, _JAW]
        - values[:, _CLOSE] / arkit.SEAL_FACTOR
        + 0.22 * values[:, _LOWERERS].mean(axis=1)
        + 0.24 * values[:, _RAISERS].mean(axis=1)
        + 0.43 * values[:, _FUNNEL]
        - 0.10 * values[:, _PRESSES].mean(axis=1)
        - 0.10 * values[:, _ROLLS].sum(axis=1)
    )


def lip_contact(values: np.ndarray) -> np.ndarray:
    """How much a frame relies on contact: lips together (p, b, m, silence) or lower lip on the teeth (f, v).

    Args:
        values: (frames, 52) coefficients.

    Returns:
        (frames,) 0 = free, 1 = a contact that nothing may undo; continuous in the coefficients.
    """
    closed = np.clip((0.07 - lip_aperture(values)) / 0.04, 0, 1)
    on_teeth = np.clip((values[:, _ROLLS[0]] - 0.15) / 0.15, 0, 1)
    return np.maximum(closed, on_teeth)
