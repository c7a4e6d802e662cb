"""The text of a line from elsewhere: a file, or text strips of the Video Sequencer."""

from pathlib import Path

import bpy

from ..inference.alignment.texts import read_text_file
from ..inference.contract import EmoTalkError
from ..inference.sound.wav import open_wav
from .keyframes import frame_rate
from .lines import performed_part
from .properties import LineProperties
from .strips import all_strips, edges, is_muted


def text_of_strips(line: LineProperties, scene: bpy.types.Scene) -> str:
    """The text of the strips that overlap a line, in their order; muted ones are left out.

    Raises:
        EmoTalkError: there are none, or the line has no sound.
    """
    first, last = _extent(line, scene)
    texts = [strip for strip in all_strips(scene) if strip.type == "TEXT" and not is_muted(strip, scene)]
    over = sorted((strip for strip in texts if edges(strip)[0] < last and edges(strip)[1] > first), key=edges)
    text = " ".join(strip.text for strip in over)
    if not text.split():
        raise EmoTalkError("No text strip lies over the line in the Video Sequencer; move one there, or paste the text")
    return text


def text_of_file(path: Path, character: str, line: LineProperties, scene: bpy.types.Scene) -> str:
    """What is said in a line, from a text, a screenplay, or subtitles whose time begins at the scene's first frame.

    Args:
        path: of the file.
        character: whose lines of a screenplay are taken; "" for those of all.
        line: whose time the subtitles must have; all of them, if it has no sound yet.
        scene: of the line.

    Raises:
        EmoTalkError: it cannot be read, or has no text for the line.
    """
    try:
        first, last = _extent(line, scene)
    except EmoTalkError:
        first, last = float(scene.frame_start), float("inf")
    start, end = ((frame - scene.frame_start) / frame_rate(scene) for frame in (first, last))
    try:
        text = read_text_file(path, character, start, end)
    except OSError as error:
        raise EmoTalkError(f"{path} cannot be read: {error.strerror or error}") from None
    if not text.split():
        raise EmoTalkError(f"{path.name} has no text for this line; choose another file")
    return text


def _extent(line: LineProperties, scene: bpy.types.Scene) -> tuple[float, float]:
    """The scene frames at which a line begins and ends; without an end where only decoding would tell it."""
    path, _packed_as, start, section = performed_part(line, scene)
    if section is not None and line.strip:
        return start, start + section[1] * frame_rate(scene)
    try:
        wav = open_wav(path)
    except (EmoTalkError, OSError):
        return start, float("inf")
    left = wav.frames / wav.rate - (section[0] if section else 0.0)
    return start, start + (min(left, section[1]) if section else left) * frame_rate(scene)
