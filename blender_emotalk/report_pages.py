"""The report of a batch as one HTML page, with the curves of each line as a picture."""

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import bpy
import numpy as np

from ..face.atomic_file import replacing
from . import own_actions
from .actions import all_curves
from .batch import LineResult
from .reports import worst_first

_SHOWN: Final = 4
"""Curves in a picture: those that move most."""
_WIDTH, _HEIGHT = 360, 80
_POINTS: Final = 240
_COLOURS: Final = ("#d1495b", "#30638e", "#edae49", "#3c8d5a")
_TITLES: Final = ("Line", "Character", "Outcome", "Keys", "Seconds", "To look at", "Curves")
_STYLE: Final = (
    "body{font:15px sans-serif;margin:2em;max-width:70em}table{border-collapse:collapse;width:100%}"
    "td,th{padding:.5em;border-bottom:1px solid #ccc;text-align:left;vertical-align:top}"
    ".failed{background:#fbe3e4}.cancelled{color:#777}svg{background:#f6f6f6}"
)


def write_page(path: Path, results: Sequence[LineResult]) -> None:
    """Write the results as a page that needs no other file, worst first.

    Raises:
        OSError: the folder cannot be written to.
    """
    rows = "\n".join(_row(result) for result in worst_first(results))
    heads = "".join(f"<th>{title}</th>" for title in _TITLES)
    failed = sum(result.is_bad for result in results)
    page = (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>EmoTalk report</title><style>{_STYLE}</style>\n'
        f"<h1>{len(results)} lines, {failed} without new keys</h1>\n<table><tr>{heads}</tr>\n{rows}\n</table></html>\n"
    )
    with replacing(path) as part:
        part.write_text(page, "utf-8")


def _row(result: LineResult) -> str:
    remarks = "<br>".join(map(html.escape, result.remarks))
    cells = (
        html.escape(result.line),
        html.escape(result.character),
        result.outcome,
        f"{result.keys:,}",
        f"{result.seconds:.2f}",
        remarks,
        "" if result.is_bad else plot(result.identity),
    )
    return f'<tr class="{result.outcome}">{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def plot(identity: str) -> str:
    """The curves of a line that move most, as SVG; empty if the line has no keys."""
    action = next((action for action in bpy.data.actions if own_actions.line_of(action) == identity), None)
    if action is None:
        return ""
    first, last = action.frame_range[0], action.frame_range[1]
    frames = np.linspace(first, last, _POINTS)
    curves = [curve for curve in all_curves(action) if curve.data_path.endswith(".value")]
    sampled = {_name(curve): [curve.evaluate(frame) for frame in frames] for curve in curves}
    most = sorted(sampled, key=lambda name: -float(np.std(sampled[name])))[:_SHOWN]
    x = np.linspace(0, _WIDTH, _POINTS)
    lines, legend = "", []
    for name, colour in zip(most, _COLOURS, strict=False):
        y = _HEIGHT * (1 - np.clip(sampled[name], 0, 1))
        points = " ".join(f"{a:.0f},{b:.1f}" for a, b in zip(x, y, strict=True))
        lines += f'<polyline points="{points}" fill="none" stroke="{colour}"/>'
        legend.append(f'<span style="color:{colour}">{html.escape(name)}</span>')
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    return f"<svg {size}>{lines}</svg><br>{', '.join(legend)}"


def _name(curve: bpy.types.FCurve) -> str:
    """The name of a shape key, which its path has between quotes."""
    return bpy.utils.unescape_identifier(curve.data_path.partition('"')[2].rpartition('"')[0])
