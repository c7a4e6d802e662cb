"""Cue sheets in a scene: their cues become lines of the dialogue list, and its lines become cues."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy

from ..dialogue.cue_sheet import check_rows, read_cue_sheet, write_cue_sheet
from ..dialogue.cues import Cue
from ..dialogue.timecode import Clock
from ..face.controls import CHANNEL, CONTROLS, LINE_CONTROLS
from ..inference.contract import EmoTalkError
from ..inference.sound.containers import stated_seconds
from . import desk, model_choice
from .access import desk_of
from .keyframes import frame_rate
from .line_identity import free_name, line_name
from .line_settings import LineSettings
from .lines import strip_or_file
from .properties import LineProperties
from .sliders import changed_of, own_weights
from .sounds import sound_format


@dataclass(frozen=True)
class Added:
    """What became of a sheet.

    Attributes:
        count: lines that were added.
        there: cues that were in the list already.
        left_out: a sentence for each bad row that was left out, by its number.
        unused: headers of columns that mean nothing.
    """

    count: int
    there: int = 0
    left_out: Mapping[int, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """All of it for people."""
        parts = [f"Added {self.count} line{'' if self.count == 1 else 's'}"]
        if self.there:
            parts.append(f"{self.there} {'was' if self.there == 1 else 'were'} in the list already")
        if self.left_out:
            parts.append(f"{len(self.left_out)} bad row{'' if len(self.left_out) == 1 else 's'} left out")
        if self.unused:
            parts.append(f"columns not used: {', '.join(self.unused)}")
        return "; ".join(parts)


def clock_of(scene: bpy.types.Scene, zero: str = "") -> Clock:
    """The clock of a scene: its start frame is 0 seconds, or the timecode ``zero``."""
    return Clock(frame_rate(scene), scene.frame_start, zero or "0")


def add_sheet(scene: bpy.types.Scene, path: Path, *, zero: str = "", leave_out_bad: bool = False) -> Added:
    """Add the lines of a cue sheet. A cue whose sound starts in the list at that frame already is not added again.

    Args:
        scene: gets the lines; the characters are its objects.
        path: of the sheet.
        zero: the timecode of the scene's start frame; "" is 0.
        leave_out_bad: whether bad rows are left out; otherwise one of them keeps all from being added.

    Raises:
        CueSheetError: rows are bad, and the message says which and why; nothing was added.
        EmoTalkError: the file is no cue sheet; nothing was added.
        OSError: it cannot be read; nothing was added.
    """
    sheet = read_cue_sheet(path, clock_of(scene, zero), lambda model: model_choice.usable(model).spec.emotions)
    complaints = dict(sheet.complaints)
    lines = desk_of(scene).lines
    active, before = desk_of(scene).active_index, len(lines)
    there = {_sound_of(line, scene) for line in lines}
    known = 0
    for cue in sheet.cues:
        if (cue.audio, _start(cue, scene)) in there:
            known += 1
            continue
        try:
            _add(scene, cue)
        except EmoTalkError as error:
            desk.remove_line(scene, len(lines) - 1)
            complaints[cue.row] = str(error)
    added = len(lines) - before
    try:
        check_rows(complaints, added + known, leave_out_bad=leave_out_bad)
    except EmoTalkError:
        for index in reversed(range(before, len(lines))):
            desk.remove_line(scene, index)
        desk_of(scene).active_index = active
        raise
    return Added(added, known, complaints, sheet.unused)


def export_sheet(scene: bpy.types.Scene, path: Path, *, overwrite: bool = False) -> tuple[int, list[str]]:
    """Write the lines of a scene as a cue sheet.

    Returns:
        How many lines were written, and a sentence for each one that the sheet cannot say in full.

    Raises:
        EmoTalkError: the list is empty, or a file is there and ``overwrite`` is off.
        OSError: the folder cannot be written to.
    """
    if not len(desk_of(scene).lines):
        raise EmoTalkError(desk.NO_LINE)
    cues, remarks = [], []
    for line in desk_of(scene).lines:
        try:
            audio, packed, start, section = strip_or_file(line, scene)
        except EmoTalkError as error:
            remarks.append(f"{line_name(line)} is not in the sheet: {error}")
            continue
        if packed or _is_trimmed(audio, section, scene):
            remarks.append(f"{line_name(line)} is a trimmed or packed strip; the sheet names its file, {audio.name}")
        cues.append(_cue_of(line, audio, start))
    write_cue_sheet(path, cues, overwrite=overwrite)
    return len(cues), remarks


def _add(scene: bpy.types.Scene, cue: Cue) -> None:
    """Add a line at the end of the list, also if an error is raised."""
    line = desk.add_line(scene)
    settings: dict[str, Any] = {name: _whole(name, value) for name, value in cue.settings.items()}
    LineSettings(
        audio=cue.audio,
        line=free_name(line, cue.name) if cue.name else None,
        character=cue.character or None,
        start_frame=_start(cue, scene),
        model=cue.model,
        controls=cue.controls,
        **settings,
    ).apply(scene, line)
    line.text = cue.text


def _whole(name: str, value: float | str) -> float | int | str:
    return int(value) if name == CHANNEL.name else value


def _start(cue: Cue, scene: bpy.types.Scene) -> int:
    return scene.frame_start if cue.start_frame is None else cue.start_frame


def _sound_of(line: LineProperties, scene: bpy.types.Scene) -> tuple[Path, int] | None:
    """The file of a line and the frame at which it starts; None if it has no sound."""
    try:
        audio, _packed, start, _section = strip_or_file(line, scene)
    except EmoTalkError:
        return None
    return audio, round(start)


def _is_trimmed(audio: Path, section: tuple[float, float] | None, scene: bpy.types.Scene) -> bool:
    """Whether a line's strip plays less than its file, as far as that can be told without decoding it."""
    if section is None:
        return False
    try:
        seconds = stated_seconds(audio, sound_format(audio))
    except EmoTalkError:
        return False
    return section[0] > 0 or section[1] < seconds - 1 / frame_rate(scene)


def _cue_of(line: LineProperties, audio: Path, start: float) -> Cue:
    return Cue(
        audio,
        round(start),
        line.character.name if line.character else "",
        line_name(line),
        line.text,
        line.model,
        {**changed_of(line, CONTROLS), **own_weights(line)},
        {name: float(value) for name, value in changed_of(line, LINE_CONTROLS).items()},
    )
