"""Lip contacts: closed lips in bilabials (p, b, m) and the lower lip on the upper teeth in labiodentals (f, v).

Smooth regression averages contacts away. So a model predicts contacts separately, and this module makes them full.
"""

from typing import Final

import numpy as np

from . import arkit

JAW: Final = arkit.INDEX["jawOpen"]
CLOSE: Final = arkit.INDEX["mouthClose"]

BILABIAL_POSE: Final[dict[str, float]] = {"mouthPress": 0.26, "mouthRollLower": 0.13, "mouthRollUpper": 0.10}
"""Bilabial contact. Together with a seal, it compresses the lips by about a millimetre."""

LABIODENTAL_POSE: Final[dict[str, float]] = {"mouthRollLower": 0.45, "mouthUpperUp": 0.20}
"""Labiodental contact: the lower lip under the upper teeth."""

BILABIAL_JAW: Final = 0.10
LABIODENTAL_JAW: Final = 0.06
SEAL: Final = 0.95
"""mouthClose over jawOpen in a bilabial: a little more than ``arkit.SEAL_FACTOR``, so that the lips are compressed."""

_BILABIAL_OPENS: Final = {"mouthLowerDown": 0.0, "mouthUpperUp": 0.0, "mouthFunnel": 0.1, "mouthShrugUpper": 0.3}
_LABIODENTAL_OPENS: Final = {
    "mouthLowerDown": 0.0,
    "mouthFunnel": 0.3,
    "mouthPucker": 0.7,
    "mouthPress": 0.0,
    "mouthRollUpper": 0.0,
}

REST_PRESS: Final = 0.12
"""mouthPress of closed lips in silence."""

OPENERS: Final = arkit.indices(("jawOpen", "mouthFunnel", *arkit.sides("mouthLowerDown"), *arkit.sides("mouthUpperUp")))
PRESSES: Final = arkit.indices(arkit.sides("mouthPress"))

BILABIAL_KEEPS: Final = arkit.row(_BILABIAL_OPENS, 1.0)
LABIODENTAL_KEEPS: Final = arkit.row(_LABIODENTAL_OPENS, 1.0)
"""(52,) share of each coefficient that is kept under a full contact."""

BILABIAL_ROW: Final = arkit.row(BILABIAL_POSE)
LABIODENTAL_ROW: Final = arkit.row(LABIODENTAL_POSE)
"""(52,) minimum of each coefficient under a full contact."""


def apply_contacts(
    values: np.ndarray, bilabial: np.ndarray, labiodental: np.ndarray, firmness: np.ndarray
) -> np.ndarray:
    """Close the lips in a bilabial and set the lower lip to the upper teeth in a labiodental.

    Args:
        values: (frames, 52) coefficients.
        bilabial: (frames,) bilabial contact, 0 = none, 1 = full.
        labiodental: (frames,) labiodental contact, 0 = none, 1 = full.
        firmness: (frames,) strength of the bilabial contact, 1 = normal.

    Returns:
        (frames, 52) float32; in a full bilabial mouthClose is 0.95 of a narrow jawOpen for any input.
    """
    firm = BILABIAL_ROW * firmness[:, None]
    values = _under(values, labiodental, LABIODENTAL_KEEPS, LABIODENTAL_ROW, LABIODENTAL_JAW)
    values = _under(values, bilabial, BILABIAL_KEEPS, firm, BILABIAL_JAW)
    values[:, CLOSE] = np.maximum(values[:, CLOSE] * (1 - bilabial), bilabial * SEAL * values[:, JAW])
    return values


def rest_lips(values: np.ndarray, talking: np.ndarray, press: float = REST_PRESS) -> np.ndarray:
    """Close the mouth in silence, where small errors of the network would look like chatter.

    Args:
        values: (frames, 52) coefficients without emotion.
        talking: (frames,) 0 = silence, 1 = speech.
        press: mouthPress of the closed lips.

    Returns:
        (frames, 52); in silence nothing opens the lips and they are lightly closed.
    """
    values = values.copy()
    values[:, OPENERS] *= talking[:, None]
    values[:, PRESSES] = np.maximum(values[:, PRESSES], press * (1 - talking)[:, None])
    return values


def _under(
    values: np.ndarray, contact: np.ndarray, keeps: np.ndarray, least: np.ndarray, widest_jaw: float
) -> np.ndarray:
    contact = contact[:, None]
    held = np.maximum(values * keeps, least)
    held[:, JAW] = np.minimum(held[:, JAW], widest_jaw)
    return (values + contact * (held - values)).astype(np.float32)
