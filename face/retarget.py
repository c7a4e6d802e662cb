"""Matches the shape keys of a rig to the channels of a basis by name."""

import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from itertools import accumulate
from typing import Final

from .basis import ARKIT, Basis

_COPY: Final = re.compile(r"\.[0-9]{3,}$")
"""What Blender adds to a name that there is already."""
_FEWEST_NAMES: Final = 2
"""With one name alone nobody can tell an affix from the name."""

_Affix = tuple[str, str]
"""What stands before and after the name of a channel, in small letters and digits only."""


def match_shape_keys(names: Iterable[str], basis: Basis = ARKIT, relatives: Iterable[str] = ()) -> dict[str, str]:
    """Find the shape keys for the channels of a basis, in the spellings that rigs use.

    ``jawOpen``, ``JawOpen``, ``jaw_open``, ``Head.jawOpen``, ``mouthSmile_L``, ``mouthSmile.L``, ``Mouth Smile Left``
    and Blender's ``jawOpen.001`` are all recognised, and so is ``facs_bs_jawOpen`` or ``jawOpen_bs`` where most names
    have the same before or after them. An exact name wins over a similar one, and no shape key gets two channels.

    Args:
        names: the rig's shape keys.
        basis: of the channels.
        relatives: the shape keys of other meshes of the character, which have the same before or after their names.

    Returns:
        Channel -> shape key name, in the order of the basis; channels without one are left out.
    """
    return dict(_matched(tuple(dict.fromkeys(names)), basis.channels, tuple(sorted(set(relatives)))))


@lru_cache(maxsize=64)
def _matched(names: tuple[str, ...], channels: tuple[str, ...], relatives: tuple[str, ...]) -> dict[str, str]:
    """As ``match_shape_keys``; a slider that is dragged asks the same many times."""
    found: dict[str, str] = {}
    _take(found, names, channels, lambda name: name, lambda channel: (channel,))
    _take(found, names, channels, _original, lambda channel: (channel,))
    _take(found, names, channels, _plain, _spellings)
    _take(found, names, channels, lambda name: _plain(_original(name)), _spellings)
    _take(found, names, channels, lambda name: _plain(re.split(r"[.:|]", _original(name))[-1]), _spellings)
    if len(found) < len(channels):
        affix = _common_affix(tuple(sorted({*names, *relatives})), channels)
        if affix is not None:
            _take(found, names, channels, lambda name: _without(affix, _plain(_original(name))), _spellings)
    return {channel: found[channel] for channel in channels if channel in found}


def match_names(names: Iterable[str], wanted: Iterable[str]) -> dict[str, str]:
    """Find names as they are, in other cases, or with Blender's number or what stands before a dot.

    Unlike ``match_shape_keys`` it leaves out what names have in common: a name of one letter is in any word.

    Args:
        names: of the rig.
        wanted: to find.

    Returns:
        Wanted name -> name of the rig; those that are not there are left out.
    """
    found: dict[str, str] = {}
    names, wanted = list(dict.fromkeys(names)), tuple(wanted)
    readings: tuple[Callable[[str], str], ...] = (
        str,
        _original,
        lambda name: _original(name).casefold(),
        lambda name: re.split(r"[.:|]", _original(name))[-1].casefold(),
    )
    for reading in readings:
        used = set(found.values())
        free: dict[str, str] = {}
        for name in names:
            if name not in used:
                free.setdefault(reading(name), name)
        for name in wanted:
            if name not in found and reading(name) in free:
                found[name] = free.pop(reading(name))
    return found


def _take(
    found: dict[str, str],
    names: tuple[str, ...],
    channels: tuple[str, ...],
    read: Callable[[str], str],
    spell: Callable[[str], tuple[str, ...]],
) -> None:
    """Give each channel that has none yet the first free shape key that reads like one of its spellings."""
    used = set(found.values())
    by_spelling: dict[str, str] = {}
    for name in names:
        if name not in used and (text := read(name)):
            by_spelling.setdefault(text, name)
    for channel in channels:
        if channel in found:
            continue
        spelling = next((spelling for spelling in spell(channel) if spelling in by_spelling), None)
        if spelling is not None:
            found[channel] = by_spelling.pop(spelling)


@lru_cache(maxsize=16)
def _common_affix(names: tuple[str, ...], channels: tuple[str, ...]) -> _Affix | None:
    """The affix of most names that contain the name of a channel; None if most of them have none, or different ones."""
    whole_names = {_plain(channel) for channel in channels}
    spellings = [
        spelling
        for channel in channels
        for spelling in _spellings(channel)
        if spelling in whole_names or not _is_one_word_and_a_side(channel)
    ]
    votes: dict[_Affix, set[str]] = {}
    voters = 0
    for original in {_original(name) for name in names}:
        name, ends = _plain(original), _ends_of_words(original)
        affixes = {}
        for spelling in spellings:
            at = name.find(spelling)
            # A letter for the side stands at the end of a word: jaw_round is not jaw_R.
            if at >= 0 and (spelling in whole_names or at + len(spelling) in ends):
                affixes[name[:at], name[at + len(spelling) :]] = spelling
        voters += bool(affixes)
        for affix, spelling in affixes.items():
            votes.setdefault(affix, set()).add(spelling)
    if not votes:
        return None

    def rank(affix: _Affix) -> tuple[int, int, int, _Affix]:
        """Most names first; of equal ones those that are spelled out, then the shorter affix."""
        return -len(votes[affix]), -len(votes[affix] & whole_names), len(affix[0]) + len(affix[1]), affix

    best = min(votes, key=rank)
    is_common = len(votes[best]) >= _FEWEST_NAMES and 2 * len(votes[best]) > voters
    return best if is_common and best != ("", "") else None


def _is_one_word_and_a_side(channel: str) -> bool:
    """Whether any name with a word such as jaw and a side reads like the channel: Leftjaw_round is not jawLeft."""
    return re.fullmatch("[a-z]+(Left|Right)", channel) is not None


def _ends_of_words(name: str) -> set[int]:
    """Where the words of a name end in its plain form; a capital letter begins a word, as in jawOpen."""
    lengths = map(len, re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+", name))
    return set(accumulate(lengths))


def _without(affix: _Affix, plain: str) -> str:
    before, after = affix
    if len(plain) > len(before) + len(after) and plain.startswith(before) and plain.endswith(after):
        return plain[len(before) : len(plain) - len(after)]
    return ""


def _original(name: str) -> str:
    return _COPY.sub("", name)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@cache
def _spellings(channel: str) -> tuple[str, ...]:
    plain = _plain(channel)
    for side in ("left", "right"):
        if plain.endswith(side):
            return (plain, plain[: -len(side)] + side[0], side + plain[: -len(side)])
    return (plain,)
