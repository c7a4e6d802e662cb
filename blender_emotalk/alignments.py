"""The words and sounds of a line as they are stored with it, and whether they still belong to its sound.

Times are stored from the start of what was aligned. A strip that is trimmed keeps the sounds of what remains of it.
"""

import functools
import hashlib
import json
from pathlib import Path
from typing import Any, Final

import bpy

from ..face.alignment import Alignment, AlignmentError
from ..face.alignment_edits import changed_sounds, changed_stretch, cut, put_back, told
from ..inference.contract import EmoTalkError
from . import model_choice
from .keyframes import frame_rate
from .lines import performed_part
from .properties import LineProperties
from .strips import find_sound_strip

SOUND_CHANGED: Final = "The sound has changed since it was aligned; press Align again"
LONGER: Final = "The line has more sound than was aligned; press Align again"
NONE: Final = "The line has no sounds yet; press Align or Hear first"
TEXT_CHANGED: Final = "The text has changed since it was aligned; press Align to take it"

_MORE: Final = 0.05
"""Seconds of sound that a strip may gain at either end without being aligned again: a frame or so of rounding."""
_BLOCK: Final = 1 << 16


def alignment_of(line: LineProperties, scene: bpy.types.Scene) -> Alignment:
    """The words and sounds of a line, in seconds after the start of its sound on the timeline.

    Raises:
        EmoTalkError: it has none, they are damaged, or its sound has changed.
    """
    if not line.alignment:
        raise EmoTalkError(NONE)
    return _cut(line.alignment, *_section(line, scene, _parsed(line.alignment)))


def original_of(line: LineProperties, scene: bpy.types.Scene) -> Alignment:
    """The same before the animator's edits. Raises EmoTalkError as ``alignment_of`` does."""
    if not line.alignment:
        raise EmoTalkError(NONE)
    return _cut(line.aligned, *_section(line, scene, _parsed(line.alignment)))


def usable_alignment(line: LineProperties, scene: bpy.types.Scene) -> Alignment | None:
    """The words and sounds of a line; None if it has none that belong to its sound."""
    try:
        return alignment_of(line, scene)
    except EmoTalkError:
        return None


def why_unusable(line: LineProperties, scene: bpy.types.Scene) -> str:
    """Why the stored words and sounds cannot be used, as a sentence; "" if they can."""
    try:
        alignment_of(line, scene)
    except EmoTalkError as error:
        return str(error)
    return ""


def changes_of(line: LineProperties, scene: bpy.types.Scene) -> tuple[bool, ...]:
    """For each sound, whether the animator has changed it. Raises EmoTalkError as ``alignment_of`` does."""
    if not line.alignment:
        raise EmoTalkError(NONE)
    section = _section(line, scene, _parsed(line.alignment))
    return _changes(line.alignment, line.aligned, *section)


def seconds_at(line: LineProperties, scene: bpy.types.Scene, frame: float) -> float:
    """The second of a line at a frame of its scene; below 0 before the line. Raises EmoTalkError without a sound."""
    return (frame - performed_part(line, scene)[2]) / frame_rate(scene)


def is_edited(line: LineProperties) -> bool:
    """Whether the animator has changed any sound."""
    return line.alignment != line.aligned


def is_own(line: LineProperties) -> bool:
    """Whether the sounds are more than what the text gives: the animator has edited them, or read them from a file."""
    try:
        return is_edited(line) or (bool(line.alignment) and _parsed(line.alignment).origin == "read")
    except AlignmentError:
        return False


def has_other_text(line: LineProperties) -> bool:
    """Whether the line has another text than the one that was aligned."""
    return bool(line.alignment) and line.text.split() != line.aligned_text.split()


def needs_aligning(line: LineProperties, scene: bpy.types.Scene) -> bool:
    """Whether the line has a text that has to be aligned before it is performed; edited and read sounds are kept."""
    if not line.text.split() or not model_choice.can_be_told(line):
        return False
    if usable_alignment(line, scene) is None:
        return True
    return has_other_text(line) and not is_own(line)


def told_to(line: LineProperties, scene: bpy.types.Scene) -> Alignment | None:
    """What the network is told of a line; None if it has to listen."""
    if not model_choice.can_be_told(line):
        return None
    alignment = usable_alignment(line, scene)
    return None if alignment is None else told(alignment, original_of(line, scene))


def inputs_of(line: LineProperties, scene: bpy.types.Scene) -> Any:
    """What a performance depends on here, for ``line_states``; None for a line that is only listened to.

    A text and its unedited alignment are the same: the one gives the other.
    """
    if not model_choice.can_be_told(line):
        return None
    own = line.alignment if is_own(line) and usable_alignment(line, scene) is not None else ""
    text = " ".join(line.text.split())
    return [text, own] if text or own else None


def sound_mark(line: LineProperties, scene: bpy.types.Scene) -> str:
    """What tells the line's sound, and the section of it that is performed, from others: stored with an alignment.

    Raises:
        EmoTalkError: the line has no sound.
    """
    path, packed_as, _start, section = performed_part(line, scene)
    begin, seconds = section or (0.0, 0.0)
    content = f"{_content(line, scene, path, packed_as)} {line.channel}"
    return json.dumps([content, round(begin, 4), round(seconds, 4)])


def store(line: LineProperties, alignment: Alignment, text: str, mark: str) -> None:
    """Store an alignment, which replaces the one before with its edits.

    Args:
        line: of the list.
        alignment: as it was aligned, heard or read.
        text: that was aligned; "" for none.
        mark: ``sound_mark`` of when that began.
    """
    line.alignment = line.aligned = alignment.to_json()
    line.aligned_text, line.aligned_sound = text, mark


def edit(line: LineProperties, scene: bpy.types.Scene, alignment: Alignment) -> None:
    """Store an edited alignment of the section that is performed now; one as it was aligned is not an edit."""
    stored, original = _parsed(line.alignment), _parsed(line.aligned)
    first, seconds = _section(line, scene, stored)
    is_all = first == 0 and seconds == stored.seconds
    whole = alignment if is_all else put_back(stored, alignment, first)
    line.alignment = line.aligned if changed_stretch(whole, original) is None else whole.to_json()


def forget(line: LineProperties) -> None:
    """Remove the stored words and sounds; the text stays."""
    line.alignment = line.aligned = line.aligned_text = line.aligned_sound = ""


def _section(line: LineProperties, scene: bpy.types.Scene, stored: Alignment) -> tuple[float, float]:
    """The first second and the duration of what is performed now, on the stored times.

    Raises:
        EmoTalkError: it is another sound, or there is more of it than was aligned.
    """
    try:
        content, begin, seconds = json.loads(line.aligned_sound)
    except (ValueError, TypeError) as error:
        raise AlignmentError(SOUND_CHANGED) from error
    now_content, now_begin, now_seconds = json.loads(sound_mark(line, scene))
    if now_content != content:
        raise EmoTalkError(SOUND_CHANGED)
    first = now_begin - begin
    reaches_end = not seconds or stored.seconds < seconds - 1e-3
    last = first + now_seconds if now_seconds else float("inf")
    if reaches_end:
        last = min(last, stored.seconds)
    if first < -_MORE or last > stored.seconds + _MORE or last <= first:
        raise EmoTalkError(LONGER)
    if abs(first) < 1e-3 and abs(last - stored.seconds) < 1e-3:
        return 0.0, stored.seconds
    return first, last - first


def _content(line: LineProperties, scene: bpy.types.Scene, path: Path, packed_as: str) -> str:
    """A hash that changes with a sound's content, wherever the file lies: of its length and some of its bytes."""
    if packed_as:
        packed: Any = find_sound_strip(scene, line.strip).sound.packed_file
        return _hash_of_packed(packed_as, packed.size, packed)
    try:
        about = path.stat()
        return _hash_of_file(str(path), about.st_size, about.st_mtime_ns)
    except OSError as error:
        raise EmoTalkError(f"{path} cannot be read: {error.strerror or error}") from None


@functools.lru_cache(maxsize=512)
def _hash_of_file(path: str, size: int, _changed: int) -> str:
    with Path(path).open("rb") as file:
        state = hashlib.blake2b(str(size).encode(), digest_size=16)
        for start in _starts(size):
            file.seek(start)
            state.update(file.read(_BLOCK))
    return state.hexdigest()


_packed: Final[dict[tuple[str, int], str]] = {}


def _hash_of_packed(name: str, size: int, packed: Any) -> str:
    if (name, size) not in _packed:
        data = packed.data
        state = hashlib.blake2b(str(size).encode(), digest_size=16)
        for start in _starts(size):
            state.update(data[start : start + _BLOCK])
        _packed[name, size] = state.hexdigest()
    return _packed[name, size]


def _starts(size: int) -> list[int]:
    """Where the blocks begin that are looked at: spread over a large file, all of a small one."""
    blocks = 16
    if size <= blocks * _BLOCK:
        return list(range(0, size, _BLOCK))
    return [number * (size - _BLOCK) // (blocks - 1) for number in range(blocks)]


@functools.lru_cache(maxsize=256)
def _parsed(text: str) -> Alignment:
    return Alignment.from_json(text)


@functools.lru_cache(maxsize=256)
def _cut(text: str, first: float, seconds: float) -> Alignment:
    whole = _parsed(text)
    return whole if first == 0 and seconds == whole.seconds else cut(whole, first, seconds)


@functools.lru_cache(maxsize=256)
def _changes(alignment: str, original: str, first: float, seconds: float) -> tuple[bool, ...]:
    return changed_sounds(_cut(alignment, first, seconds), _cut(original, first, seconds))
