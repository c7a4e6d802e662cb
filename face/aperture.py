"""How far the lips are apart, from coefficients alone.

There is one formula, ``Basis.lip_terms``, in units of the wide open jaw: 33.5 mm on ICT-FaceKit, where it was measured.
"""

from typing import Final

import numpy as np

from .basis import ARKIT, Basis

CLOSED: Final = 0.03
"""Lips that are this close, in units of the wide open jaw, are closed."""
ON_TEETH: Final = 0.30
"""The labiodental channel at which the lower lip is on the upper teeth."""


def lip_aperture(values: np.ndarray, basis: Basis = ARKIT) -> np.ndarray:
    """The opening between the lips in units of the wide open jaw: 0 = just closed, below 0 = pressed together.

    Args:
        values: (frames, channels) coefficients.
        basis: of the columns.

    Returns:
        (frames,) apertures; zeros if the basis has no lip terms.
    """
    aperture = np.zeros(len(values), values.dtype)
    for term in basis.lip_terms:
        aperture = aperture + term.opening * values[:, basis.columns(term.channels)].mean(axis=1) / term.per
    return aperture


def lip_contact(values: np.ndarray, basis: Basis = ARKIT) -> np.ndarray:
    """How much lip contact a frame has: closed lips (p, b, m, silence) or the labiodental contact (f, v).

    Args:
        values: (frames, channels) coefficients.
        basis: of the columns.

    Returns:
        (frames,) 0 = no contact, 1 = a contact that must be kept; continuous in the coefficients. Zeros if the basis
        has no lip terms.
    """
    if not basis.lip_terms:
        return np.zeros(len(values), values.dtype)
    closed = np.clip((CLOSED + 0.04 - lip_aperture(values, basis)) / 0.04, 0, 1)
    if not basis.labiodental:
        return closed
    on_teeth = np.clip((values[:, basis.index[basis.labiodental]] - ON_TEETH / 2) / (ON_TEETH / 2), 0, 1)
    return np.maximum(closed, on_teeth)
