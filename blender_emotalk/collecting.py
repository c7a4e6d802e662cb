"""Collects the sound strips of the Video Sequencer as lines of the dialogue list."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import bpy

from ..inference.contract import EmoTalkError
from . import desk, model_choice
from .access import active_line, desk_of
from .characters import find_character
from .flame_motion import performed_basis
from .line_identity import free_name
from .line_settings import object_of
from .lines import strip_or_file
from .strips import all_strips, audible_section, channel_name, find_sound_strip, is_muted

Table = Sequence[tuple[str, str]]
"""Patterns of strip names (``ann_*``) or numbers of channels (``#2``), and the names of the objects that speak."""

_CHANNEL: Final = "#"


@dataclass(frozen=True)
class Collected:
    """What became of the strips.

    Attributes:
        count: lines that were added.
        there: strips that were lines already.
        muted: strips that were left out because they are muted.
        silent: names of added strips for which no character was found.
        left_out: a sentence for each strip that cannot be a line.
    """

    count: int
    there: int
    muted: int
    silent: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """All of it for people."""
        parts = [f"Collected {self.count} line{'' if self.count == 1 else 's'}"]
        if self.there:
            parts.append(f"{self.there} {'was' if self.there == 1 else 'were'} in the list already")
        if self.muted:
            parts.append(f"{self.muted} muted left out")
        if self.silent:
            parts.append(f"choose who speaks {', '.join(self.silent)}")
        return "; ".join(parts)


def parse_table(text: str) -> Table:
    """The table of an operator: ``ann_*: Ann; #2: Bob``.

    Raises:
        EmoTalkError: an entry has no colon, or nothing before or behind it.
    """
    table = []
    for entry in filter(None, (entry.strip() for entry in re.split(r"[;\n]", text))):
        pattern, _, name = (part.strip() for part in entry.partition(":"))
        if not (pattern and name):
            raise EmoTalkError(f"{entry!r} names no character; write it like ann_*: Ann, or like #2: Ann for channel 2")
        table.append((pattern, name))
    return table


def collect(
    scene: bpy.types.Scene, table: Table = (), *, only_selected: bool = False, include_muted: bool = False
) -> Collected:
    """Add a line for each sound strip of a scene, those in meta strips too, in the order of their starts.

    Who speaks: the table's object for the strip's name or channel; else a character whose name is in the strip's name;
    else one that its channel is named after; else nobody, and the line takes the active object.

    Args:
        scene: with the sequencer; gets the lines.
        table: who speaks which strips; the first entry that fits counts.
        only_selected: whether only selected strips are collected.
        include_muted: whether muted strips are collected too.

    Raises:
        EmoTalkError: the table names an object that the scene lacks; nothing was added.
    """
    for _pattern, name in table:
        object_of(name, scene)
    there = set(_strips_and_sounds(scene))
    speakers = _Speakers(scene, table)
    known = muted = 0
    before = len(desk_of(scene).lines)
    silent, left_out = [], []
    for strip, start in _sound_strips(scene, only_selected):
        if is_muted(strip, scene) and not include_muted:
            muted += 1
            continue
        if there & {strip.name, _place(strip, start)}:
            known += 1
            continue
        try:
            find_sound_strip(scene, strip.name)
            if audible_section(strip, scene)[1][1] <= 0:
                raise EmoTalkError(f"Nothing of strip {strip.name!r} can be heard")
        except EmoTalkError as error:
            left_out.append(str(error))
            continue
        line = desk.add_line(scene)
        line.strip, line.name, line.start_frame = strip.name, free_name(line, strip.name), round(start)
        line.character = speakers.of(strip)
        if line.character is None:
            silent.append(strip.name)
    return Collected(len(desk_of(scene).lines) - before, known, muted, tuple(silent), tuple(left_out))


class _Speakers:
    """Finds who speaks a strip; each object is looked at once."""

    def __init__(self, scene: bpy.types.Scene, table: Table) -> None:
        self._scene, self._table = scene, table
        self._basis = model_choice.spec_of(active_line(scene)).basis
        self._is_speaker: dict[str, bool] = {}
        self._by_length = sorted(scene.objects, key=lambda candidate: -len(candidate.name))

    def of(self, strip: Any) -> bpy.types.Object | None:
        for pattern, name in self._table:
            if pattern == f"{_CHANNEL}{strip.channel}" or fnmatchcase(strip.name.casefold(), pattern.casefold()):
                return object_of(name, self._scene)
        return self._named_in(strip.name) or self._named_in(channel_name(strip, self._scene))

    def _named_in(self, text: str) -> bpy.types.Object | None:
        """The speaker with the longest name that stands in a text as a word; digits may follow it."""
        for candidate in self._by_length:
            name = re.escape(candidate.name.casefold())
            if re.search(rf"(?<![^\W_]){name}(?![^\W\d_])", text.casefold()) and self._can_speak(candidate):
                return candidate
        return None

    def _can_speak(self, candidate: bpy.types.Object) -> bool:
        if candidate.name not in self._is_speaker:
            try:
                find_character(candidate, self._scene, performed_basis(candidate, self._scene, self._basis))
            except EmoTalkError:
                self._is_speaker[candidate.name] = False
            else:
                self._is_speaker[candidate.name] = True
        return self._is_speaker[candidate.name]


def _sound_strips(scene: bpy.types.Scene, only_selected: bool) -> list[tuple[Any, float]]:
    """The sound strips and where each begins to be heard, in that order."""
    strips = [strip for strip in all_strips(scene) if strip.type == "SOUND" and (strip.select or not only_selected)]
    placed = [(strip, audible_section(strip, scene)[0]) for strip in strips]
    return sorted(placed, key=lambda pair: (pair[1], pair[0].channel, pair[0].name))


def _strips_and_sounds(scene: bpy.types.Scene) -> Iterator[Any]:
    """The strips of the lines by name, and the files of the others with the frames at which they start."""
    for line in desk_of(scene).lines:
        if line.strip:
            yield line.strip
            continue
        try:
            path, _packed, start, _section = strip_or_file(line, scene)
        except EmoTalkError:
            continue
        yield path, round(start)


def _place(strip: Any, start: float) -> tuple[Path, int] | None:
    """The file of a strip and the frame at which it starts."""
    if strip.sound is None:
        return None
    return Path(bpy.path.abspath(strip.sound.filepath, library=strip.sound.library)), round(start)
