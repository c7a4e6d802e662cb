"""A cue: one line of dialogue as a row of a cue sheet describes it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ..face.controls import CONTROL_BY_NAME, LINE_CONTROLS, Control, Controls, emotion_control, parse_control
from ..face.emotions import ALIASES, EMOTIONS
from ..face.errors import EmoTalkError
from .cue_columns import CHARACTER, EMOTION, FILE, FRAME, MODEL, NAME, START, TEXT
from .timecode import Clock, whole_frame

Cells = Mapping[str, Any]
"""What a row says, by the meaning of the columns; empty cells are left out."""

_LINE_CONTROLS: Final = {control.name: control for control in LINE_CONTROLS}
_PARTS: Final = re.compile(r"[+;/&]|,(?!\d)|(?<!\d),")
"""A comma between digits is that of a number."""
_PART: Final = re.compile(r"(.+?)(?:\s*[=:]\s*|\s+)(\d*[.,]?\d+|\d+[.,])\s*(%?)")


class CueError(EmoTalkError, ValueError):
    """A row describes no line; the message is a sentence."""


@dataclass(frozen=True)
class Cue:
    """One line of dialogue.

    Attributes:
        audio: its sound file, absolute.
        start_frame: the frame of the scene at which the sound starts; None if the sheet does not say.
        character: the name of the object that speaks; "" if the sheet does not say.
        name: the line's name; "" means that of the file.
        text: what is spoken.
        model: the id of the model; "" is the built-in one.
        controls: sliders that the sheet sets, as ``Controls`` takes them: choices and styles by name.
        settings: the same for ``controls.LINE_CONTROLS``.
        row: of the sheet, as a spreadsheet counts.
    """

    audio: Path
    start_frame: int | None = None
    character: str = ""
    name: str = ""
    text: str = ""
    model: str = ""
    controls: Mapping[str, float | str] = field(default_factory=dict)
    settings: Mapping[str, float | str] = field(default_factory=dict)
    row: int = field(default=0, compare=False)


def cue_of(cells: Cells, row: int, folder: Path, clock: Clock, emotions: Sequence[str] = EMOTIONS) -> Cue:
    """The cue of a row.

    Args:
        cells: of the row.
        row: its number.
        folder: where relative paths begin.
        clock: of the scene.
        emotions: of the row's model.

    Raises:
        CueError: the sound file is not named or not there, or start and frame are both given.
        EmoTalkError: the start is no place on the timeline, or a control has an invalid value.
    """
    if START in cells and FRAME in cells:
        raise CueError("start and frame are both given; leave one of them empty")
    frame = None
    if START in cells:
        frame = clock.frame_at(cells[START])
    elif FRAME in cells:
        frame = whole_frame(_text(cells[FRAME]).removeprefix("@"))
    controls: dict[str, float | str] = dict(parse_emotions(cells[EMOTION], emotions)) if EMOTION in cells else {}
    settings: dict[str, float | str] = {}
    for name, value in cells.items():
        if name in _LINE_CONTROLS:
            settings[name] = _value(_LINE_CONTROLS[name], value)
        elif control := _control(name, emotions):
            controls[name] = _value(control, value)
    Controls(controls, emotions)  # which refuses an emotion that the model lacks
    texts = {name: _text(cells.get(name, "")) for name in (CHARACTER, NAME, TEXT, MODEL)}
    audio = _audio(_text(cells.get(FILE, "")), folder)
    return Cue(audio, frame, **texts, controls=controls, settings=settings, row=row)


def parse_emotions(mix: Any, emotions: Sequence[str] = EMOTIONS) -> dict[str, float]:
    """Weights of emotions: ``happy``, ``happy 0.7 + sad .2``, ``happy=70%, sad=20%``, or a mapping.

    Raises:
        CueError: a name is no emotion of the model, stands there twice, or its weight is not between 0 and 1.
    """
    pairs = mix.items() if isinstance(mix, Mapping) else map(_name_and_weight, _PARTS.split(_text(mix)))
    by_casefold = {name.casefold(): name for name in emotions}
    weights: dict[str, float] = {}
    for given, weight in pairs:
        spoken = str(given).strip().casefold()
        name = by_casefold.get(spoken) or by_casefold.get(ALIASES.get(spoken, ""))
        if name is None:
            there = f"there are: {', '.join(emotions)}" if emotions else "the model has none"
            raise CueError(f"There is no emotion {str(given).strip()!r}; {there}")
        if name in weights:
            raise CueError(f"The emotion {name!r} is given twice")
        weights[name] = float(parse_control(emotion_control(name), _text(weight)))
    return weights


def _name_and_weight(part: str) -> tuple[str, float]:
    found = _PART.fullmatch(part.strip())
    if found is None:
        return part, 1.0
    return found[1], float(found[2].replace(",", ".")) / (100 if found[3] else 1)


def _control(name: str, emotions: Sequence[str]) -> Control | None:
    return CONTROL_BY_NAME.get(name) or (emotion_control(name) if name in emotions else None)


def _value(control: Control, value: Any) -> float | str:
    """A control's value: choices by name, and a decimal comma is understood."""
    text = _text(value)
    if control.kind in ("number", "whole"):
        text = text.replace(",", ".")
    number = parse_control(control, text)
    return control.choices[int(number)] if control.kind == "choice" else number


def _text(value: Any) -> str:
    """A cell as text. Raises CueError for what is neither text nor number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise CueError(f"{str(value)[:40]} is neither a text nor a number")
    return str(value).strip()


def _audio(text: str, folder: Path) -> Path:
    """The sound file. Raises CueError if there is none."""
    if not text:
        raise CueError("The sound file is missing")
    candidates = [folder / text, folder / text.replace("\\", "/")]
    try:
        found = next((path for path in candidates if path.is_file()), None)
    except (OSError, ValueError) as error:
        raise CueError(f"{text[:80]!r} is no name of a file") from error
    if found is None:
        raise CueError(f"There is no file {candidates[0]}")
    return found.absolute()
