"""A contact sheet: frames of a performance over the waveform of its sound, with phones or seconds marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_PAPER: Final = (24, 27, 33)
_INK: Final = (205, 210, 218)
_FAINT: Final = (96, 104, 118)
_WAVE: Final = (96, 160, 220)
_MARK: Final = (240, 176, 80)
_WAVE_HEIGHT: Final = 110
_MARGIN: Final = 12
_TELLING: Final = frozenset("p b m f v w aa ae ay ao aw ow uw iy ey eh sh ch jh".split())
"""Phones that are visible on the lips."""


@dataclass(frozen=True)
class PhoneLabel:
    """One phone, in seconds from the start of the line."""

    start: float
    end: float
    name: str


def choose_moments(seconds: float, phones: Sequence[PhoneLabel], count: int) -> list[float]:
    """The times of the pictures: the middles of visible phones if they are known, else evenly spaced."""
    telling = [p for p in phones if p.name in _TELLING]
    if len(telling) < count:
        return [(i + 0.5) * seconds / count for i in range(count)]
    picks = np.linspace(0, len(telling) - 1, count).round().astype(int)
    return [(telling[i].start + telling[i].end) / 2 for i in picks]


def draw_contact_sheet(
    stills: Sequence[Image.Image],
    moments: Sequence[float],
    samples: np.ndarray,
    rate: int,
    phones: Sequence[PhoneLabel],
    title: str,
    columns: int = 6,
) -> Image.Image:
    """Draw pictures in rows, each with its part of the waveform below.

    Args:
        stills: one picture per moment, all of one size.
        moments: seconds, rising.
        samples: (n,) the line's sound.
        rate: its sample rate in Hz.
        phones: labels for the waveform; if there are none, seconds are marked.
        title: one line at the top.
        columns: pictures per row.
    """
    width, height = stills[0].size
    rows = -(-len(stills) // columns)
    sheet_width = columns * width + 2 * _MARGIN
    row_height = height + _WAVE_HEIGHT + 3 * _MARGIN
    sheet = Image.new("RGB", (sheet_width, rows * row_height + 40), _PAPER)
    draw = ImageDraw.Draw(sheet)
    font, small = ImageFont.load_default(18), ImageFont.load_default(13)
    draw.text((_MARGIN, 10), title, _INK, font)
    seconds = len(samples) / rate
    for row in range(rows):
        top = 40 + row * row_height
        members = range(row * columns, min((row + 1) * columns, len(stills)))
        start = 0.0 if row == 0 else (moments[members[0] - 1] + moments[members[0]]) / 2
        end = seconds if row == rows - 1 else (moments[members[-1]] + moments[members[-1] + 1]) / 2
        box = (_MARGIN, top + height + _MARGIN, sheet_width - _MARGIN, top + height + _MARGIN + _WAVE_HEIGHT)
        _draw_waveform(draw, box, samples[int(start * rate) : int(end * rate)])
        _draw_labels(draw, box, start, end, phones, small)
        for place, member in enumerate(members):
            left = _MARGIN + place * width
            sheet.paste(stills[member], (left, top))
            x = box[0] + (moments[member] - start) / (end - start) * (box[2] - box[0])
            draw.line([(left + width / 2, top + height), (x, box[1]), (x, box[3])], _MARK, 2)
            spoken = next((p.name for p in phones if p.start <= moments[member] < p.end), "")
            draw.text((left + 8, top + 6), f"{moments[member]:.2f} s  {spoken}", _MARK, font)
    return sheet


def _draw_waveform(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], samples: np.ndarray) -> None:
    left, top, right, bottom = box
    middle, reach = (top + bottom) / 2, (bottom - top) / 2 - 14
    loudest = max(float(np.abs(samples).max(initial=0)), 1e-6)
    for x, part in enumerate(np.array_split(samples, right - left)):
        if len(part):
            low, high = part.min() / loudest, part.max() / loudest
            draw.line([(left + x, middle - high * reach), (left + x, middle - low * reach)], _WAVE)


def _draw_labels(
    draw: ImageDraw.ImageDraw,
    box: tuple[int, int, int, int],
    start: float,
    end: float,
    phones: Sequence[PhoneLabel],
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    left, top, right, bottom = box

    def across(second: float) -> float:
        return left + (second - start) / (end - start) * (right - left)

    for phone in phones:
        if phone.end <= start or phone.start >= end:
            continue
        x = across(max(phone.start, start))
        draw.line([(x, bottom - 14), (x, bottom)], _FAINT)
        draw.text((x + 2, bottom - 15), phone.name, _INK, font)
    for tick in range(int(np.ceil(start * 2)), int(end * 2) + 1):
        x = across(tick / 2)
        draw.line([(x, top), (x, top + 5)], _FAINT)
        draw.text((x + 2, top - 4), f"{tick / 2:g} s", _FAINT, font)
