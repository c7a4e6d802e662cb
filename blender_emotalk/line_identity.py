"""Which line is which: a line is known by an identity of its own, for two sound files may have the same name.

A line gets its identity when it is added to the list and keeps it, whatever its sound and its name become; its actions
carry it too. In files of version 0.1.0 the name is the identity.
"""

import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import bpy

from . import own_actions
from .property_definitions import PROPERTY

if TYPE_CHECKING:
    from .properties import LineProperties, SceneProperties

UNNAMED: Final = "line"
_NUMBER: Final = re.compile(r"\.[0-9]{3}$")


def line_name(line: "LineProperties") -> str:
    """The name of the line: the animator's name for it, else its strip's or its file's."""
    return line.name or line.strip or Path(bpy.path.abspath(line.audio)).stem or UNNAMED


def identity_of(line: "LineProperties") -> str:
    """The identity of the line; its name if it was saved by version 0.1.0."""
    return line.identity or line_name(line)


def begin(line: "LineProperties") -> None:
    """Called for a new line: it is no line that there was before."""
    line.identity = uuid.uuid4().hex


def take_by_name(line: "LineProperties") -> None:
    """Called when a script has named a new line: if there are keys of a line of this name, it is that line."""
    known = (mark.identity for mark in own_actions.marks() if mark.name == line.name)
    line.identity = next(known, line.identity)


def free_name(line: "LineProperties", name: str) -> str:
    """The name, with a number behind it if another line of the scene has it, as Blender names objects."""
    desk: SceneProperties = getattr(cast(bpy.types.Scene, line.id_data), PROPERTY)
    taken = {line_name(other) for other in desk.lines if other != line}
    stem = _NUMBER.sub("", name)
    numbered = (f"{stem}.{number:03}" for number in range(1, len(taken) + 2))
    return name if name not in taken else next(found for found in numbered if found not in taken)
