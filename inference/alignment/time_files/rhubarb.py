"""Rhubarb Lip Sync's cues, as TSV, XML or JSON: nine mouth shapes, of which each is told as a sound that looks so."""

import re
from typing import Any, Final

from ....face.phones import PhoneSegment
from .labels import RHUBARB_SHAPES
from .timed import Timed, number, until_next

_XML_CUE: Final = re.compile(r'<mouthCue\s+start="([^"]*)"\s+end="([^"]*)"\s*>\s*([A-HX])\s*</mouthCue>')


def read_rhubarb_json(content: Any, _seconds: float) -> Timed:
    """The cues. Raises ValueError, KeyError or TypeError if they are damaged."""
    cues = [(number(cue["start"]), number(cue["end"]), str(cue["value"])) for cue in content["mouthCues"]]
    return _timed(cues)


def read_rhubarb_xml(text: str, _seconds: float) -> Timed:
    """The cues. Raises ValueError if there are none."""
    cues = [(number(start), number(end), shape) for start, end, shape in _XML_CUE.findall(text)]
    if not cues:
        raise ValueError("it has no mouth cues")
    return _timed(cues)


def read_rhubarb_tsv(text: str, seconds: float) -> Timed:
    """The cues; each lasts until the next. Raises ValueError if they are damaged."""
    rows = [line.split("\t") for line in text.splitlines() if line.strip()]
    return _timed(
        [
            (span.start, span.end, span.label)
            for span in until_next([(number(start), shape.strip()) for start, shape in rows], seconds)
        ]
    )


def _timed(cues: list[tuple[float, float, str]]) -> Timed:
    unknown = next((shape for _, _, shape in cues if shape not in RHUBARB_SHAPES), None)
    if unknown is not None:
        raise ValueError(f"there is no mouth shape {unknown[:20]!r}")
    return Timed((), tuple(PhoneSegment(RHUBARB_SHAPES[shape], start, end) for start, end, shape in cues))
