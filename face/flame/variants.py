"""The releases of FLAME: how a file of each is recognised, and its terms."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

_RESEARCH: Final = (
    "Max Planck licence: non-commercial scientific research only, no redistribution of the model; "
    "see flame.is.tue.mpg.de"
)
_OPEN: Final = "CC BY 4.0: name Li et al. 2017 (FLAME) and state changes; see flame.is.tue.mpg.de"


@dataclass(frozen=True)
class Variant:
    """A release of FLAME. The spaces of two releases are not interchangeable, even where the triangles are.

    Attributes:
        name: for people.
        terms: of its licence, in one sentence.
        has_jaw: whether its jaw is to be turned; without, the expressions contain its motion.
    """

    name: str
    terms: str
    has_jaw: bool = True


EARLY: Final = Variant("FLAME 2017–2020", _RESEARCH)
FLAME_2020: Final = Variant("FLAME 2020", _RESEARCH)
FLAME_2023: Final = Variant("FLAME 2023", _RESEARCH)
FLAME_2023_NO_JAW: Final = Variant("FLAME 2023 without jaw", _RESEARCH, has_jaw=False)
FLAME_2023_OPEN: Final = Variant("FLAME 2023 Open", _OPEN)
UNKNOWN: Final = Variant("FLAME of an unknown release", _RESEARCH)
VARIANTS: Final = {
    variant.name: variant for variant in (EARLY, FLAME_2020, FLAME_2023, FLAME_2023_NO_JAW, FLAME_2023_OPEN, UNKNOWN)
}

_KNOWN_FILES: Final = (("efcd14cc", "725b", FLAME_2020), ("e75a0990", "7623", FLAME_2023_OPEN))
"""First and last digits of published SHA-256 hashes."""


def recognise(sha256: str, keys: Collection[str], file_name: str, has_chumpy: bool) -> Variant:
    """The release of a model file: by its hash, else by what is in it, else by its name.

    Args:
        sha256: of the file, in hexadecimal digits.
        keys: of the file's arrays.
        file_name: as the user has it; the releases of 2023 differ in nothing else that shows.
        has_chumpy: whether the arrays were chumpy's, as in the releases up to 2020.
    """
    for first, last, variant in _KNOWN_FILES:
        if sha256.startswith(first) and sha256.endswith(last):
            return variant
    if "supr_expression_metadata" in keys:
        return FLAME_2023_OPEN
    if has_chumpy:
        return EARLY
    name = re.sub(r"[^a-z0-9]", "", file_name.lower())
    if "2023" in name:
        return FLAME_2023_NO_JAW if "nojaw" in name else FLAME_2023
    return FLAME_2020 if "2020" in name else UNKNOWN
