"""Edits of the sounds of a line: every one keeps them in order, without gaps, and none shorter than can be seen.

An edit gives a new alignment of the origin "edited"; words begin and end where their sounds do.
"""

from bisect import bisect_right
from dataclasses import replace
from typing import Final

from .alignment import LEAST_FIT, Alignment, AlignmentError, SpokenWord
from .phones import BILABIALS, PHONE_INDEX, PhoneSegment

SHORTEST: Final = 0.02
"""Seconds; a shorter sound is no frame of any film."""
CLOSURE_SECONDS: Final = 0.08
"""Of a closure that is inserted where there is room; read speech closes the lips for 60 to 100 ms."""
_TELLING: Final = 0.08
"""Seconds around a changed sound that are told as well: within as many the network fades from hearing to being told."""
_SAME: Final = 1e-3
"""Seconds; times that differ by less are the same, for they are stored in tenths of a millisecond."""


def sound_at(alignment: Alignment, time: float) -> int:
    """The number of the sound at a time in seconds. Raises AlignmentError if there is none."""
    if not 0 <= time <= alignment.seconds or not alignment.phones:
        raise AlignmentError("There is no sound of the line there; move the playhead onto the line")
    starts = [phone.start for phone in alignment.phones]
    return max(bisect_right(starts, time) - 1, 0)


def word_at(alignment: Alignment, time: float) -> int:
    """The number of the word at a time in seconds. Raises AlignmentError if there is none."""
    for number, word in enumerate(alignment.words):
        if word.start <= time < word.end:
            return number
    raise AlignmentError("There is no word there; move the playhead onto one")


def nearest_boundary(alignment: Alignment, time: float) -> int:
    """The boundary between two sounds that is nearest to a time in seconds. Raises AlignmentError if there is none."""
    ends = [phone.end for phone in alignment.phones[:-1]]
    if not ends:
        raise AlignmentError("The line is one sound, so there is no boundary; split it first")
    return min(range(len(ends)), key=lambda number: abs(ends[number] - time))


def boundary_limits(alignment: Alignment, boundary: int) -> tuple[float, float]:
    """How far a boundary can be moved: the sounds beside it keep the shortest length, or what they have.

    Args:
        alignment: of the line.
        boundary: its number; boundary i lies between the sounds i and i + 1.

    Returns:
        The first and the last time in seconds.

    Raises:
        AlignmentError: there is no such boundary between two sounds.
    """
    if not 0 <= boundary < len(alignment.phones) - 1:
        raise AlignmentError("The line begins and ends with its sound; only boundaries between two sounds move")
    before, after = alignment.phones[boundary], alignment.phones[boundary + 1]
    return min(before.start + SHORTEST, before.end), max(after.end - SHORTEST, after.start)


def move_boundary(alignment: Alignment, boundary: int, time: float) -> Alignment:
    """Move a boundary to a time in seconds, as near as its limits allow; words that begin or end there go with it.

    Raises:
        AlignmentError: see ``boundary_limits``.
    """
    low, high = boundary_limits(alignment, boundary)
    time = min(max(time, low), high)
    before, after = alignment.phones[boundary], alignment.phones[boundary + 1]
    moved = (PhoneSegment(before.name, before.start, time), PhoneSegment(after.name, time, after.end))
    words = _moved(alignment.words, {before.end: time})
    return _edited(alignment, boundary, boundary + 2, moved, words)


def change_sound(alignment: Alignment, number: int, name: str) -> Alignment:
    """Make a sound another one of ``PHONES``.

    Raises:
        AlignmentError: there is no such sound, or it is that one already.
    """
    phone = alignment.phones[number]
    if name not in PHONE_INDEX:
        raise AlignmentError(f"There is no sound {name!r}; the sounds are {', '.join(PHONE_INDEX)}")
    if phone.name == name:
        raise AlignmentError(f"The sound there is {name} already")
    return _edited(alignment, number, number + 1, (replace(phone, name=name),), alignment.words)


def delete_sound(alignment: Alignment, number: int) -> Alignment:
    """Remove a sound; its neighbours meet in its middle. A word that has no sound left goes too.

    Raises:
        AlignmentError: it is the only sound.
    """
    if len(alignment.phones) < 2:
        raise AlignmentError("This is the only sound of the line; change it instead")
    phone = alignment.phones[number]
    meeting = (phone.start + phone.end) / 2
    first, last = max(number - 1, 0), min(number + 2, len(alignment.phones))
    if number == 0:
        meeting = phone.start
    elif number == len(alignment.phones) - 1:
        meeting = phone.end
    grown = []
    if number > 0:
        grown.append(replace(alignment.phones[number - 1], end=meeting))
    if number < len(alignment.phones) - 1:
        grown.append(replace(alignment.phones[number + 1], start=meeting))
    words = _moved(alignment.words, {phone.start: meeting, phone.end: meeting})
    return _edited(alignment, first, last, tuple(grown), words)


def split_sound(alignment: Alignment, number: int, time: float) -> Alignment:
    """Make two sounds of one; both keep the shortest length, so the time of the split may move.

    Raises:
        AlignmentError: the sound is too short.
    """
    phone = alignment.phones[number]
    if phone.end - phone.start < 2 * SHORTEST:
        raise AlignmentError(f"The sound {phone.name} is too short to be split; make it longer first")
    time = min(max(time, phone.start + SHORTEST), phone.end - SHORTEST)
    halves = (replace(phone, end=time), replace(phone, start=time))
    return _edited(alignment, number, number + 1, halves, alignment.words)


def insert_closure(alignment: Alignment, time: float, name: str = "M") -> Alignment:
    """Shut the lips at a time: within the sound there if it is long enough, else between it and its neighbour.

    Args:
        alignment: of the line.
        time: the middle of the closure, in seconds.
        name: P, B or M.

    Raises:
        AlignmentError: no such closure, no sound there, a closure there already, or no room.
    """
    if name not in BILABIALS:
        raise AlignmentError(f"{name!r} does not close the lips; P, B and M do")
    number = sound_at(alignment, time)
    phone = alignment.phones[number]
    if phone.name in BILABIALS:
        raise AlignmentError(f"The lips are closed there already, for {phone.name}")
    if phone.end - phone.start >= CLOSURE_SECONDS + 2 * SHORTEST:
        half = CLOSURE_SECONDS / 2
        middle = min(max(time, phone.start + SHORTEST + half), phone.end - SHORTEST - half)
        parts = (
            replace(phone, end=middle - half),
            PhoneSegment(name, middle - half, middle + half),
            replace(phone, start=middle + half),
        )
        return _edited(alignment, number, number + 1, parts, alignment.words)
    is_left = time - phone.start > phone.end - time
    boundary = number if is_left else number - 1
    if not 0 <= boundary < len(alignment.phones) - 1:
        raise AlignmentError("The sounds there are too short for a closure; make one of them longer first")
    before, after = alignment.phones[boundary], alignment.phones[boundary + 1]
    for neighbour in (before, after):
        if neighbour.name in BILABIALS:
            raise AlignmentError(f"The lips are closed right beside it already, for {neighbour.name}")
    lowest, highest = boundary_limits(alignment, boundary)
    low, high = max(lowest, before.end - CLOSURE_SECONDS / 2), min(highest, after.start + CLOSURE_SECONDS / 2)
    if high - low < SHORTEST:
        raise AlignmentError("The sounds there are too short for a closure; make one of them longer first")
    parts = (replace(before, end=low), PhoneSegment(name, low, high), replace(after, start=high))
    words = _moved(alignment.words, {before.end: high if is_left else low})
    return _edited(alignment, boundary, boundary + 2, parts, words)


def word_limits(alignment: Alignment, number: int) -> tuple[float, float]:
    """How far a word can be moved as a whole: the least and the largest shift in seconds.

    Raises:
        AlignmentError: it has no sounds, or none before or after it that could make room.
    """
    first, last = _sounds_of(alignment, number)
    text = alignment.words[number].text
    if first == 0 or last == len(alignment.phones):
        raise AlignmentError(f"Nothing lies before or after {text!r} that could make room; move a boundary instead")
    before, after = alignment.phones[first - 1], alignment.phones[last]
    return min(before.start + SHORTEST - before.end, 0.0), max(after.end - SHORTEST - after.start, 0.0)


def move_word(alignment: Alignment, number: int, shift: float) -> Alignment:
    """Move a word with all its sounds; the sounds before and after it grow and shrink.

    Args:
        alignment: of the line.
        number: of the word.
        shift: seconds, as far as ``word_limits`` allow.

    Raises:
        AlignmentError: see ``word_limits``.
    """
    low, high = word_limits(alignment, number)
    shift = min(max(shift, low), high)
    first, last = _sounds_of(alignment, number)
    own = alignment.phones[first:last]
    moved = (
        replace(alignment.phones[first - 1], end=own[0].start + shift),
        *(PhoneSegment(phone.name, phone.start + shift, phone.end + shift) for phone in own),
        replace(alignment.phones[last], start=own[-1].end + shift),
    )
    words = _moved(alignment.words, {own[0].start: own[0].start + shift, own[-1].end: own[-1].end + shift})
    return _edited(alignment, first - 1, last + 1, moved, words)


def changed_sounds(alignment: Alignment, original: Alignment) -> tuple[bool, ...]:
    """For each sound, whether the original lacks it: another sound, or another time."""
    known = {_in_milliseconds(phone) for phone in original.phones}
    near = [(early, late) for early in (0, -1, 1) for late in (0, -1, 1)]
    return tuple(
        not any((name, start + early, end + late) in known for early, late in near)
        for name, start, end in map(_in_milliseconds, alignment.phones)
    )


def changed_stretch(before: Alignment, after: Alignment) -> tuple[float, float] | None:
    """(first, last) second between which two alignments differ; None if their sounds are the same."""
    old, new = before.phones, after.phones
    shared = min(len(old), len(new))
    head = next((i for i in range(shared) if not _is_same(old[i], new[i])), shared)
    if head == len(old) == len(new):
        return None
    tail = next((i for i in range(shared - head) if not _is_same(old[-1 - i], new[-1 - i])), shared - head)
    differing = (*old[head : len(old) - tail], *new[head : len(new) - tail])
    return min(phone.start for phone in differing), max(phone.end for phone in differing)


def told(alignment: Alignment, original: Alignment) -> Alignment | None:
    """What the network is told of a line: the words that fit, and whatever the animator has changed.

    All else is left to listening, and so is a line without words as long as nobody has changed it.

    Args:
        alignment: of the line.
        original: the one that was aligned or heard, before the animator's edits.

    Returns:
        The alignment with words of no fit over what is left to listening; None if nothing is told.
    """
    changed = [
        (phone.start - _TELLING, phone.end + _TELLING)
        for phone, is_changed in zip(alignment.phones, changed_sounds(alignment, original), strict=True)
        if is_changed
    ]
    left: list[SpokenWord] = []
    if not alignment.words and alignment.origin in ("heard", "edited"):
        if not changed:
            return None
        left = [SpokenWord("", 0.0, alignment.seconds, 0.0)]
    left += [word for word in alignment.words if word.fit < LEAST_FIT]
    for start, end in changed:
        left = [part for word in left for part in _around(word, start, end)]
    said = [word for word in alignment.words if word.fit >= LEAST_FIT]
    return replace(alignment, words=tuple(sorted((*said, *left), key=lambda word: word.start)))


def cut(alignment: Alignment, first: float, seconds: float) -> Alignment:
    """The part of an alignment that a section of the sound has; where nothing was aligned it is silent.

    Args:
        alignment: of the whole.
        first: the second at which the section begins; may be negative.
        seconds: its duration.
    """
    last = first + seconds
    phones = []
    for phone in (
        PhoneSegment("SIL", min(first, 0.0), 0.0),
        *alignment.phones,
        PhoneSegment("SIL", alignment.seconds, max(last, alignment.seconds)),
    ):
        start, end = max(phone.start, first), min(phone.end, last)
        if end - start > _SAME:
            phones.append(PhoneSegment(phone.name, start - first, end - first))
    words = tuple(
        replace(word, start=max(word.start, first) - first, end=min(word.end, last) - first)
        for word in alignment.words
        if min(word.end, last) - max(word.start, first) > _SAME
    )
    return Alignment(tuple(phones), words, alignment.origin)


def put_back(whole: Alignment, part: Alignment, first: float) -> Alignment:
    """The whole with an edited section in the place that ``cut`` took it from.

    Args:
        whole: of which the section was cut.
        part: the section, edited.
        first: the second of the whole at which it begins; what lies outside of the whole is left out.
    """
    last = first + part.seconds
    inside = cut(part, max(-first, 0.0), min(last, whole.seconds) - max(first, 0.0))
    pieces = [(inside, max(first, 0.0))]
    if first > _SAME:
        pieces.insert(0, (cut(whole, 0.0, first), 0.0))
    if whole.seconds - last > _SAME:
        pieces.append((cut(whole, last, whole.seconds - last), last))
    phones: list[PhoneSegment] = []
    words: list[SpokenWord] = []
    for piece, at in pieces:
        moved = [PhoneSegment(phone.name, phone.start + at, phone.end + at) for phone in piece.phones]
        if phones and moved and phones[-1].name == moved[0].name:
            moved[0] = replace(moved[0], start=phones.pop().start)
        phones += moved
        spoken = [replace(word, start=word.start + at, end=word.end + at) for word in piece.words]
        if words and spoken and words[-1].text == spoken[0].text and spoken[0].start - words[-1].end < _SAME:
            spoken[0] = replace(spoken[0], start=words.pop().start)
        words += spoken
    return Alignment(tuple(phones), tuple(words), part.origin)


def _around(word: SpokenWord, start: float, end: float) -> list[SpokenWord]:
    """What remains of a word without a stretch."""
    parts = (word.start, min(word.end, start)), (max(word.start, end), word.end)
    return [replace(word, start=first, end=last) for first, last in parts if last > first]


def _in_milliseconds(phone: PhoneSegment) -> tuple[str, int, int]:
    return phone.name, round(1000 * phone.start), round(1000 * phone.end)


def _is_same(one: PhoneSegment, other: PhoneSegment) -> bool:
    return one.name == other.name and abs(one.start - other.start) < _SAME and abs(one.end - other.end) < _SAME


def _sounds_of(alignment: Alignment, number: int) -> tuple[int, int]:
    """The first sound of a word and the one after its last."""
    word = alignment.words[number]
    own = [
        i
        for i, phone in enumerate(alignment.phones)
        if word.start - _SAME <= phone.start and phone.end <= word.end + _SAME
    ]
    if not own:
        raise AlignmentError(f"The word {word.text!r} has no sound of its own; insert one, or align the line again")
    return own[0], own[-1] + 1


def _moved(words: tuple[SpokenWord, ...], times: dict[float, float]) -> tuple[SpokenWord, ...]:
    """The words with those of their ends moved that lie at these times; those of which nothing is left go."""

    def now(time: float) -> float:
        return next((new for old, new in times.items() if abs(old - time) < _SAME), time)

    moved = (replace(word, start=now(word.start), end=now(word.end)) for word in words)
    return tuple(
        word for word, before in zip(moved, words, strict=True) if word.end > word.start or before.end == before.start
    )


def _edited(
    alignment: Alignment, first: int, last: int, phones: tuple[PhoneSegment, ...], words: tuple[SpokenWord, ...]
) -> Alignment:
    """The alignment with the sounds first..last replaced by these."""
    return Alignment((*alignment.phones[:first], *phones, *alignment.phones[last:]), words, "edited").checked()
