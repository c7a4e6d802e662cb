"""Adds lines to the dialogue list from sound files."""

import math
from collections.abc import Sequence
from pathlib import Path

import bpy

from ..inference.contract import EmoTalkError
from ..inference.sound.containers import stated_seconds
from . import desk, model_choice
from .access import active_line, desk_of, view_layer_of
from .keyframes import frame_rate
from .properties import LineProperties
from .sounds import sound_format
from .suitability import why_no_face


def add_files(
    context: bpy.types.Context, scene: bpy.types.Scene, paths: Sequence[str], one_after_another: bool
) -> tuple[list[LineProperties], list[str]]:
    """Add a line for each sound file.

    Args:
        context: its active object speaks the lines if it is a face; else who speaks the active line.
        scene: gets the lines; the first one starts at its current frame.
        paths: the files; "//" begins at the .blend file.
        one_after_another: whether each line starts where the sound before it ends, if that can be told without
            decoding it; otherwise all start at the same frame.

    Returns:
        The lines, and a sentence for each file that is no sound.
    """
    usable, complaints = [], []
    for path in paths:
        file = Path(bpy.path.abspath(path))
        try:
            usable.append((str(file), stated_seconds(file, sound_format(file))))
        except EmoTalkError as error:
            complaints.append(str(error))
    speaker = _speaker(context, scene)
    frame = float(scene.frame_current)
    before = len(desk_of(scene).lines)
    for path, seconds in usable:
        line = desk.add_line(scene)
        line.audio, line.character, line.start_frame = path, speaker, math.ceil(frame)
        if one_after_another:
            frame = line.start_frame + seconds * frame_rate(scene)
    return list(desk_of(scene).lines)[before:], complaints


def _speaker(context: bpy.types.Context, scene: bpy.types.Scene) -> bpy.types.Object | None:
    line = active_line(scene)
    active = view_layer_of(context).objects.active
    if active is not None and not why_no_face(active, scene, model_choice.spec_of(line).basis):
        return active
    return line.character if line else None
