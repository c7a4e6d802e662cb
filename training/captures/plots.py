"""Plots of a check as SVG text, drawn here: Blender's own Python has no matplotlib."""

import html
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from ..arrays import FloatArray
from .heard import USUAL, Heard
from .sync import LEAST_CORRELATION, NEAR, RATE, Sync, loudness, opening
from .take import SPLITS, Take

RED, BLUE, GREY, YELLOW = "#d1495b", "#30638e", "#b8bcc2", "#edae49"
_EXCERPT: Final = 8.0
"""Seconds."""
_WIDTH, _HEIGHT = 560.0, 110.0
_DRIFT_MS: Final = 120.0
"""The axis of lags goes so far to both sides, or further if a window does."""
_SPLIT_COLOURS: Final = dict(zip(SPLITS, (BLUE, YELLOW, RED), strict=True))


def excerpt(take: Take) -> str:
    """The opening of the mouth (red) over the loudness (grey) in the eight seconds with the most speech."""
    sound, mouth = loudness(take.speech, RATE), opening(take.curves)
    times = np.arange(len(sound)) / RATE
    length = min(round(_EXCERPT * RATE), len(sound))
    sums = np.cumsum(np.concatenate(([0.0], sound)))
    first = int(np.argmax(sums[length:] - sums[:-length]))
    part = slice(first, first + length)
    lips = np.interp(times[part], take.curves.times, mouth)
    x = np.linspace(0, _WIDTH, length)
    ground = f"0,{_HEIGHT} {_points(x, _scaled(sound[part], sound))} {_WIDTH},{_HEIGHT}"
    shapes = [
        f'<polygon points="{ground}" fill="{GREY}"/>',
        _line(x, _scaled(lips, mouth), RED),
        _text(4, 12, f"{times[first]:.1f} to {times[first] + length / RATE:.1f} s: mouth (red), loudness (grey)"),
    ]
    return _svg(_WIDTH, _HEIGHT, shapes)


def correlogram(sync: Sync) -> str:
    """The correlation at every lag; the take is in time where the peak stands in the light band."""
    lags, values = sync.correlations.T
    width = _WIDTH / 2
    x = (lags - lags[0]) / max(float(np.ptp(lags)), 1e-9) * width
    y = _HEIGHT * (1 - np.clip(values, 0, 1))
    left, right = (float(np.interp(edge, lags, x)) for edge in (-NEAR, NEAR))
    least = _HEIGHT * (1 - LEAST_CORRELATION)
    shapes = [
        f'<rect x="{left:.1f}" y="0" width="{right - left:.1f}" height="{_HEIGHT}" fill="#dfeadf"/>',
        f'<line x1="0" x2="{width}" y1="{least:.1f}" y2="{least:.1f}" stroke="{GREY}" stroke-dasharray="4"/>',
        _line(x, y, BLUE),
        _text(4, 12, f"lag {round(1000 * sync.lag_seconds):+d} ms, r {sync.lag_correlation:.2f}"),
        _text(4, _HEIGHT - 4, f"{lags[0]:+.0f} s"),
        _text(width - 30, _HEIGHT - 4, f"{lags[-1]:+.0f} s"),
    ]
    return _svg(width, _HEIGHT, shapes)


def drift(sync: Sync, seconds: float) -> str:
    """The lag in each window over the take, and the line through them."""
    width = _WIDTH / 2
    if not len(sync.windows):
        return _svg(width, _HEIGHT, [_text(4, 12, "no window in which mouth and sound go together")])
    lags = 1000 * sync.windows[:, 1]
    most = max(_DRIFT_MS, 1.2 * float(np.abs(lags).max()))
    x = sync.windows[:, 0] / seconds * width
    y = _HEIGHT / 2 * (1 - lags / most)
    ends = 1000 * (sync.start_lag + sync.drift * np.array([0, seconds]))
    shapes = [
        f'<line x1="0" x2="{width}" y1="{_HEIGHT / 2}" y2="{_HEIGHT / 2}" stroke="{GREY}"/>',
        _line(np.array([0, width]), _HEIGHT / 2 * (1 - ends / most), YELLOW),
        *(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{BLUE}"/>' for a, b in zip(x, y, strict=True)),
        _text(4, 12, f"lag over the take: {round(1000 * sync.drift * seconds):+d} ms from end to end"),
        _text(4, _HEIGHT - 4, f"±{most:.0f} ms"),
    ]
    return _svg(width, _HEIGHT, shapes)


def ranges(channels: Sequence[str], lowest: FloatArray, highest: FloatArray) -> str:
    """A bar from the lowest to the highest value of each channel."""
    low, high = min(float(lowest.min(initial=0)), 0.0), max(float(highest.max(initial=1)), 1.0)
    step, left = 15, 150
    scale = (_WIDTH - left - 10) / (high - low)
    shapes = [
        f'<line x1="{left + (edge - low) * scale:.1f}" x2="{left + (edge - low) * scale:.1f}" y1="0" '
        f'y2="{step * len(channels)}" stroke="{GREY}"/>'
        for edge in (0.0, 1.0)
    ]
    for row, (name, bottom, top) in enumerate(zip(channels, lowest, highest, strict=True)):
        x, width = left + (bottom - low) * scale, max((top - bottom) * scale, 1)
        bar = f'y="{row * step + 3}" width="{width:.1f}" height="{step - 5}"'
        shapes += [_text(0, row * step + 12, name), f'<rect x="{x:.1f}" {bar} fill="{BLUE}"/>']
    return _svg(_WIDTH, step * len(channels), shapes)


def minutes(table: Mapping[tuple[str, str], float]) -> str:
    """A bar of minutes for each emotion, its splits in their colours."""
    emotions = sorted({emotion for emotion, _ in table})
    most = max(sum(table.get((emotion, split), 0.0) for split in SPLITS) for emotion in emotions)
    step, left = 20, 110
    shapes = []
    for row, emotion in enumerate(emotions):
        x = float(left)
        shapes.append(_text(0, row * step + 14, emotion))
        for split in SPLITS:
            width = table.get((emotion, split), 0.0) / most * (_WIDTH - left - 60)
            bar = f'width="{width:.1f}" height="{step - 6}" fill="{_SPLIT_COLOURS[split]}"'
            shapes.append(f'<rect x="{x:.1f}" y="{row * step + 3}" {bar}/>')
            x += width
        total = sum(table.get((emotion, split), 0.0) for split in SPLITS)
        shapes.append(_text(x + 5, row * step + 14, f"{total:.1f} min"))
    shapes.append(_text(left, len(emotions) * step + 14, "blue: train, yellow: validation, red: test"))
    return _svg(_WIDTH, step * (len(emotions) + 1), shapes)


def vowels(heard: Heard) -> str:
    """Seconds in each cell of jaw (down) and rounding (to the right); framed where usual speech is."""
    step = 44
    most = max(float(heard.vowels.max()), 1e-9)
    shapes = []
    for (row, column), seconds in np.ndenumerate(heard.vowels):
        place = f'x="{column * step + 2}" y="{row * step + 2}" width="{step - 4}" height="{step - 4}"'
        frame = f'stroke="{RED}"' if USUAL[row, column] else 'stroke="none"'
        shade = np.sqrt(seconds / most)
        shapes.append(f'<rect {place} fill="{BLUE}" fill-opacity="{shade:.2f}" {frame}/>')
        shapes.append(_text(column * step + 8, row * step + 26, f"{seconds:.1f}"))
    return _svg(step * heard.vowels.shape[1], step * heard.vowels.shape[0], shapes)


def _scaled(values: FloatArray, whole: FloatArray) -> FloatArray:
    """Heights in the picture, so that nearly all of ``whole`` would fit."""
    low, high = np.percentile(whole, (2, 99.5))
    return _HEIGHT * (1 - 0.85 * np.clip((values - low) / max(float(high - low), 1e-9), 0, 1.15))


def _line(x: FloatArray, y: FloatArray, colour: str) -> str:
    return f'<polyline points="{_points(x, y)}" fill="none" stroke="{colour}" stroke-width="1.5"/>'


def _points(x: FloatArray, y: FloatArray) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))


def _text(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="11">{html.escape(text)}</text>'


def _svg(width: float, height: float, shapes: Sequence[str]) -> str:
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">{"".join(shapes)}</svg>'
