"""Matches the shape keys of a rig to the channels of a basis by name."""

import re
from collections.abc import Iterable
from functools import cache

from .basis import ARKIT, Basis


def match_shape_keys(names: Iterable[str], basis: Basis = ARKIT) -> dict[str, str]:
    """Find the shape keys for the channels of a basis, in the spellings that rigs use.

    ``jawOpen``, ``JawOpen``, ``jaw_open``, ``Head.jawOpen``, ``mouthSmile_L``, ``mouthSmile.L`` and
    ``Mouth Smile Left`` are all recognised; an exact name wins over a similar one.

    Args:
        names: the rig's shape keys.
        basis: of the channels.

    Returns:
        Channel -> shape key name, in the order of the basis; channels without one are left out.
    """
    names = list(names)
    exact = set(names)
    by_spelling: dict[str, str] = {}
    for name in names:
        for spelling in (_plain(name), _plain(re.split(r"[.:|]", name)[-1])):
            by_spelling.setdefault(spelling, name)
    found: dict[str, str] = {}
    for channel in basis.channels:
        if channel in exact:
            found[channel] = channel
            continue
        for spelling in _spellings(channel):
            if spelling in by_spelling:
                found[channel] = by_spelling[spelling]
                break
    return found


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@cache
def _spellings(channel: str) -> tuple[str, ...]:
    plain = channel.lower()
    for side in ("left", "right"):
        if plain.endswith(side):
            return (plain, plain[: -len(side)] + side[0], side + plain[: -len(side)])
    return (plain,)
