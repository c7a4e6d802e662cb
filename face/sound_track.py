"""Where the words and sounds of a line stand on a timeline, in pixels: what is drawn, and what is under the mouse."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from .alignment import Alignment
from .phones import BILABIALS, LABIODENTALS

Contact = Literal["", "lips", "teeth"]
"""What touches in a sound: nothing, both lips, or the lower lip and the teeth."""

PEAKS_PER_SECOND: Final = 100
"""Of the outline of a sound."""
REACH: Final = 6.0
"""Pixels at a display scale of 1 within which the mouse is on a boundary."""
_LEAST_WIDTH: Final = 2.0
"""Pixels; a box that is narrower cannot be told from its neighbours."""
_MARGIN: Final = 3.0
"""Pixels between a name and either end of its box."""
_HIGHEST_ROW, _LOWEST_ROW = 20.0, 11.0
_NARROW: Final = 20.0
"""Pixels of a sound below which its name often hides."""
_BAR: Final = 2.0
"""Pixels of a bar of the waveform."""
_HEADER: Final = 16.0
"""Pixels at the top of a strip in which Blender writes its name, if it is high enough."""


@dataclass(frozen=True)
class TimeScale:
    """Maps seconds of a line to pixels of a region.

    Attributes:
        start: the pixel of second 0; may lie outside.
        per_second: pixels of a second, above 0.
        width: of the region in pixels.
        scale: of the display; 2 where letters are twice as large.
    """

    start: float
    per_second: float
    width: float
    scale: float = 1.0

    def pixel(self, seconds: float) -> float:
        """The pixel of a time."""
        return self.start + seconds * self.per_second

    def seconds(self, pixel: float) -> float:
        """The time at a pixel."""
        return (pixel - self.start) / self.per_second


@dataclass(frozen=True)
class Box:
    """A word or a sound that is seen.

    Attributes:
        number: of the word or the sound in the alignment.
        left, right: pixels, within the region.
        text: what is written in the middle; "" where there is no room.
        contact: of a sound.
        fit: of a word, 0..1; of a sound, that of its word.
        is_changed: whether the animator has changed the sound.
    """

    number: int
    left: float
    right: float
    text: str
    contact: Contact = ""
    fit: float = 1.0
    is_changed: bool = False


@dataclass(frozen=True)
class Rows:
    """The two rows in a region, in pixels from its bottom: sounds below, words above.

    Attributes:
        bottom: of the sounds.
        middle: between sounds and words.
        top: of the words; as ``middle`` where there is room for one row only.
    """

    bottom: float
    middle: float
    top: float

    def row_at(self, pixel: float) -> Literal["", "sounds", "words"]:
        """The row at a height; "" where there is none."""
        if not self.bottom <= pixel < self.top:
            return ""
        return "sounds" if pixel < self.middle else "words"


def rows_in(bottom: float, top: float, scale: float = 1.0, has_header: bool = True) -> Rows | None:
    """The rows at the bottom of a strip; None where it is too low for letters.

    Args:
        bottom: of the strip, in pixels.
        top: of the strip, in pixels.
        scale: of the display.
        has_header: whether Blender writes a name at its top.
    """
    height = top - bottom
    room = height - _HEADER * scale if has_header and height > (_HEADER + 2 * _LOWEST_ROW) * scale else height
    if room < _LOWEST_ROW * scale:
        return None
    if room < 2 * _LOWEST_ROW * scale:
        row = min(room, _HIGHEST_ROW * scale)
        return Rows(bottom, bottom + row, bottom + row)
    row = min(room / 2, _HIGHEST_ROW * scale)
    return Rows(bottom, bottom + row, bottom + 2 * row)


def word_boxes(alignment: Alignment, scale: TimeScale, width_of: Callable[[str], float]) -> list[Box]:
    """The words that are seen.

    Args:
        alignment: of the line.
        scale: of the timeline.
        width_of: the width of a text in pixels.
    """
    words = alignment.words
    spans = _visible([word.start for word in words], [word.end for word in words], scale)
    return [
        Box(i, left, right, _fitting(words[i].text, right - left, scale, width_of), fit=words[i].fit)
        for i, left, right in spans
    ]


def sound_boxes(
    alignment: Alignment, changed: Sequence[bool], scale: TimeScale, width_of: Callable[[str], float]
) -> list[Box]:
    """The sounds that are seen, without silences.

    Args:
        alignment: of the line.
        changed: for each sound, whether the animator has changed it.
        scale: of the timeline.
        width_of: the width of a text in pixels.
    """
    phones = alignment.phones
    spans = _visible([phone.start for phone in phones], [phone.end for phone in phones], scale)
    fits = _fits(alignment)
    boxes = []
    for i, left, right in spans:
        name = phones[i].name
        if name == "SIL" and not changed[i]:
            continue
        text = _fitting("" if name == "SIL" else name, right - left, scale, width_of)
        boxes.append(Box(i, left, right, text, contact_of(name), fits[i], changed[i]))
    return boxes


def wave_bars(peaks: np.ndarray, rate: float, scale: TimeScale) -> list[tuple[float, float, float]]:
    """The outline of a sound as bars that touch.

    Args:
        peaks: (n,) 0..1 from second 0 on.
        rate: peaks per second.
        scale: of the timeline.

    Returns:
        (left, right, height 0..1) of each bar that is seen, ``_BAR`` pixels wide or as wide as a peak.
    """
    first = max(int(np.floor(scale.seconds(0) * rate)), 0)
    last = min(int(np.ceil(scale.seconds(scale.width) * rate)) + 1, len(peaks))
    if last <= first:
        return []
    each = max(round(_BAR * scale.scale / scale.per_second * rate), 1)
    starts = np.arange(first - first % each, last, each)
    heights = np.maximum.reduceat(peaks[: starts[-1] + each], starts)
    lefts = scale.start + starts / rate * scale.per_second
    rights = lefts + each / rate * scale.per_second
    return [
        (float(max(left, 0.0)), float(min(right, scale.width)), float(height))
        for left, right, height in zip(lefts, rights, heights, strict=True)
        if height > 0 and right > 0 and left < scale.width
    ]


def shows_words_alone(alignment: Alignment, scale: TimeScale, rows: Rows) -> bool:
    """Whether a single row shows the words: where most of the sounds are too narrow for their names."""
    if rows.top > rows.middle or not alignment.words:
        return False
    sounds = sum(phone.name != "SIL" for phone in alignment.phones)
    return sum(w.end - w.start for w in alignment.words) * scale.per_second < sounds * _NARROW * scale.scale


def contact_of(name: str) -> Contact:
    """What touches in a sound of ``PHONES``."""
    if name in BILABIALS:
        return "lips"
    return "teeth" if name in LABIODENTALS else ""


def boundary_near(alignment: Alignment, scale: TimeScale, pixel: float) -> int | None:
    """The boundary between two sounds that is nearest to a pixel, if it is near enough; boundary i ends sound i."""
    ends = np.array([phone.end for phone in alignment.phones[:-1]])
    if not len(ends):
        return None
    distances = np.abs(ends - scale.seconds(pixel)) * scale.per_second
    nearest = int(distances.argmin())
    return nearest if distances[nearest] <= REACH * scale.scale else None


def _fits(alignment: Alignment) -> np.ndarray:
    """(sounds,) how well the word of each sound fits; 1 outside of words."""
    fits = np.ones(len(alignment.phones))
    if not alignment.words:
        return fits
    starts = np.array([word.start for word in alignment.words])
    middles = np.array([(phone.start + phone.end) / 2 for phone in alignment.phones])
    word = np.searchsorted(starts, middles, side="right") - 1
    ends = np.array([word.end for word in alignment.words])
    inside = (word >= 0) & (middles < ends[word])
    fits[inside] = np.array([word.fit for word in alignment.words])[word[inside]]
    return fits


def _visible(starts: Sequence[float], ends: Sequence[float], scale: TimeScale) -> list[tuple[int, float, float]]:
    """(number, left, right) of those that are seen and wide enough, cut to the region."""
    left = scale.start + np.asarray(starts, np.float64) * scale.per_second
    right = scale.start + np.asarray(ends, np.float64) * scale.per_second
    seen = np.flatnonzero((right > 0) & (left < scale.width) & (right - left >= _LEAST_WIDTH * scale.scale))
    return [(int(i), float(max(left[i], 0.0)), float(min(right[i], scale.width))) for i in seen]


def _fitting(text: str, width: float, scale: TimeScale, width_of: Callable[[str], float]) -> str:
    """The text if there is room for it, else ""."""
    return text if text and width_of(text) + 2 * _MARGIN * scale.scale <= width else ""
