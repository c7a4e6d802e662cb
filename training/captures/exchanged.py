"""Sounds that belong to another take of the same project: copied, or exchanged for each other.

A short take may fit a strange sound by chance (``sync.py``), but never as well as its own: in pieces of 5 s of the five
takes named there, the best of about fifty strange sounds fits at most .03 better than the own one, in 3 s .09.
"""

from collections.abc import Mapping
from itertools import permutations
from typing import Final

import numpy as np

from ...inference.contract import SAMPLE_RATE, Speech
from .faults import LONGEST_DIFFERENCE
from .sync import RATE, Sync, loudness, near_correlation, opening_track
from .take import Take

_BETTER: Final = 0.1
_PROBE: Final = SAMPLE_RATE
"""Samples that are compared before all of them are."""


def strange_sounds(takes: Mapping[str, tuple[Take, Sync]]) -> dict[str, str]:
    """Name -> sentence for each take whose sound is rather that of another one, or fits another take better.

    Args:
        takes: name -> the take and its own sync.
    """
    found: dict[str, str] = {}
    mouths = {name: opening_track(take.curves) for name, (take, _) in takes.items()}
    sounds = {name: loudness(take.speech, RATE) for name, (take, _) in takes.items()}
    for (name, (take, own)), (other, (strange, others_own)) in permutations(takes.items(), 2):
        if name in found or abs(take.speech.seconds - strange.speech.seconds) > 2 * LONGEST_DIFFERENCE:
            continue
        if _is_same(take.speech, strange.speech):
            if own.correlation < others_own.correlation:
                found[name] = f"Its sound is that of take {other}"
            continue
        fit = near_correlation(mouths[name], sounds[other])
        if fit > own.correlation + _BETTER:
            found[name] = (
                f"The mouth follows the sound of take {other} better (correlation {fit:.2f}) than its own "
                f"({own.correlation:.2f}): the sounds are exchanged"
            )
    return found


def _is_same(one: Speech, other: Speech) -> bool:
    length = min(len(one.samples), len(other.samples))
    middle = slice(length // 2, length // 2 + _PROBE)
    return bool(
        np.array_equal(one.samples[middle], other.samples[middle])
        and np.array_equal(one.samples[:length], other.samples[:length])
    )
