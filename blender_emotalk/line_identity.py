"""Which line is which: a line is known by an identity of its own, for two sound files may have the same name.

The identity changes when another sound is chosen or the line gets another name, and comes back with them: an action
stores the identity, the name and the sound of its line. In files of earlier versions the name is the identity.
"""

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

import bpy

from . import own_actions

if TYPE_CHECKING:
    from .properties import LineProperties

UNNAMED: Final = "line"
_STRIP: Final = "strip:"
_FILE: Final = "file:"


def line_name(line: "LineProperties") -> str:
    """The name of the line: the animator's name for it, else its strip's or its file's."""
    return line.name or line.strip or Path(bpy.path.abspath(line.audio)).stem or UNNAMED


def identity_of(line: "LineProperties") -> str:
    """The identity of the line; its name if it was saved by an earlier version."""
    return line.identity or line_name(line)


def sound_key(line: "LineProperties") -> str:
    """A text that tells the line's sound from other sounds."""
    return _STRIP + line.strip if line.strip else _FILE + line.audio


def renew(line: "LineProperties") -> None:
    """Called when the sound or the name has changed: the identity of the line that they belong to, or a new one."""
    name, sound = line_name(line), sound_key(line)
    known = (mark.identity for mark in own_actions.marks() if mark.name == name and _is_same_sound(mark.sound, sound))
    line.identity = next(known, "") or uuid.uuid4().hex


def keep(line: "LineProperties", identity: str) -> None:
    """Called when the same sound is used in another way: the line stays the line that it was."""
    line.identity = identity
    own_actions.tell_sound(identity, sound_key(line))


def take_by_name(line: "LineProperties") -> None:
    """Called when a script has named the line: whatever its sound was, a line of this name is meant."""
    line.identity = named(line_name(line), sound_key(line))


def named(name: str, sound: str = "") -> str:
    """The identity of the file's line of this name; if there are several, of the one with this sound; else the name."""
    marks = [mark for mark in own_actions.marks() if mark.name == name]
    if len({mark.identity for mark in marks}) > 1:
        marks = [mark for mark in marks if _is_same_sound(mark.sound, sound)]
    return marks[0].identity if marks else name


def _is_same_sound(one: str, other: str) -> bool:
    """Whether two keys mean one sound: a file may be given relative to the .blend file or not."""
    if not (one.startswith(_FILE) and other.startswith(_FILE)):
        return one == other
    return bpy.path.abspath(one.removeprefix(_FILE)) == bpy.path.abspath(other.removeprefix(_FILE))
