"""The project file of a studio's captures: which takes there are, and what is known of each.

TOML. At its head stand ``name``, ``actor``, ``basis`` (``"arkit"``, ``"flame-50"``, or a list of channels), and
what holds for all takes that do not say otherwise: ``fps``, ``mapping`` and ``shapes``. There is one ``[[takes]]`` for
each take: ``name``, ``sound``, ``curves``, and if need be ``emotion``, ``level``, ``intensity``, ``content``,
``split``, ``fps``, ``mapping``, ``shapes``, ``offset_seconds``. Paths are relative to the file. With ``shapes``, a file
of shape keys, the curves are vertices (``vertices.py``).
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...face.basis import ARKIT, FLAME, Basis, basis_of
from ...face.curves import FaceCurves
from ...face.errors import EmoTalkError
from ...inference.contract import SAMPLE_RATE, Speech
from .channel_mapping import map_channels, read_mapping
from .curve_table import CurveTable, read_table
from .exchanged import strange_sounds
from .faults import faults
from .sound_track import read_sound_track
from .sync import Sync, measure_sync
from .take import SPLITS, Labels, Take
from .vertices import solve_table

_HEAD: Final = frozenset({"name", "actor", "basis", "fps", "mapping", "shapes", "takes"})
_LABELS: Final = ("emotion", "level", "intensity", "content", "split", "actor")
_TAKE: Final = frozenset({"name", "sound", "curves", "fps", "offset_seconds", "mapping", "shapes", *_LABELS})
DEFAULT_FPS: Final = 30.0
"""Of files that state no rate, as 3D-ETF's; ARKit's phones record 60, which their timecodes say."""
_FASTEST: Final = 1000.0
_LARGEST_OFFSET: Final = 60.0
"""Seconds."""


@dataclass(frozen=True)
class TakeEntry:
    """One take as the project lists it.

    Attributes:
        name: unique in the project.
        sound: the sound file.
        curves: the file of captured curves.
        labels: see ``Labels``.
        fps: frames per second of the curves; None to take the file's word.
        offset_seconds: where in the sound the first frame of the curves stands; below 0, before the sound begins.
        mapping: a preset or a file with the names of the columns; "" if these are our own.
        shapes: the shape keys that captured vertices are solved onto; None if the curves are coefficients.
    """

    name: str
    sound: Path
    curves: Path
    labels: Labels = field(default_factory=Labels)
    fps: float | None = None
    offset_seconds: float = 0.0
    mapping: str = ""
    shapes: Path | None = None


@dataclass(frozen=True)
class Project:
    """A project file.

    Attributes:
        name: of the data set.
        actor: whose style it is.
        folder: of the project file; paths start there.
        basis: of the curves that are trained on.
        entries: the takes, in the order of the file.
        path: the project file.
    """

    name: str
    actor: str
    folder: Path
    basis: Basis
    entries: tuple[TakeEntry, ...]
    path: Path


@dataclass(frozen=True)
class ReadTakes:
    """What could be read of a project.

    Attributes:
        takes: the good ones, in the order of the file.
        left_out: name and reason (a sentence) of each take that must not be trained on.
    """

    takes: tuple[Take, ...]
    left_out: tuple[tuple[str, str], ...]

    def of_split(self, split: str) -> tuple[Take, ...]:
        """The good takes of one split, in the order of the file."""
        return tuple(take for take in self.takes if take.labels.split == split)


def read_project(path: str | Path) -> Project:
    """Read a project file; the takes themselves are not looked at.

    Raises:
        EmoTalkError: the file is missing, no TOML, or says something that is not understood.
    """
    path = Path(path)
    try:
        fields = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise EmoTalkError(f"{path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise EmoTalkError(f"{path.name} is not a project file in TOML: {error}") from None
    try:
        return _project_of(fields, path)
    except EmoTalkError as error:
        raise EmoTalkError(f"{path.name}: {error}") from None


def read_takes(project: Project, split: str | None = None) -> ReadTakes:
    """Read the takes of a project, or of one split of it.

    A take with a fault (``faults.py``) is left out with the reason: it must not be trained on. All takes are looked at,
    whatever the split, for a take may have the sound or the curves of any other.
    """
    reasons = duplicates(project)
    read: dict[str, tuple[Take, Sync]] = {}
    for entry in project.entries:
        try:
            take = read_take(project, entry)
        except EmoTalkError as error:
            reasons[entry.name] = str(error)
            continue
        sync = measure_sync(take.speech, take.curves)
        if fault := next(faults(take, sync), ""):
            reasons.setdefault(entry.name, fault)
        read[entry.name] = take, sync
    strange = strange_sounds({name: both for name, both in read.items() if name not in reasons})
    reasons |= strange
    names = [entry.name for entry in project.entries if split in (None, entry.labels.split)]
    return ReadTakes(
        tuple(read[name][0] for name in names if name not in reasons),
        tuple((name, reasons[name]) for name in names if name in reasons),
    )


def read_take(project: Project, entry: TakeEntry) -> Take:
    """Read one take as the project describes it, whatever its faults are.

    Raises:
        EmoTalkError: a file is missing, damaged or of an unknown kind, or its channels are not those of the basis.
    """
    return assemble(project, entry, read_sound_track(entry.sound), table_of(entry))


def table_of(entry: TakeEntry) -> CurveTable:
    """The curves of a take as their file has them, or as its vertices are solved onto the project's shape keys.

    Raises:
        EmoTalkError: a file is missing, damaged or of an unknown kind.
    """
    return solve_table(entry.curves, entry.shapes, entry.fps) if entry.shapes else read_table(entry.curves, entry.fps)


def duplicates(project: Project) -> dict[str, str]:
    """Name -> sentence for each take whose curves an earlier take of any split has already."""
    first: dict[bytes, str] = {}
    found = {}
    for entry in project.entries:
        try:
            digest = hashlib.sha256(entry.curves.read_bytes()).digest()
        except OSError:
            continue
        earlier = first.setdefault(digest, entry.name)
        if earlier != entry.name:
            found[entry.name] = f"Its curves are those of take {earlier}"
    return found


def assemble(project: Project, entry: TakeEntry, speech: Speech, table: CurveTable) -> Take:
    """A take of files that were read already; its curves start with its sound.

    Raises:
        EmoTalkError: the channels are not those of the basis, or sound and curves do not overlap.
    """
    mapping = read_mapping(entry.mapping, project.folder) if entry.mapping else None
    try:
        curves = map_channels(table, project.basis, mapping, entry.fps or table.fps or DEFAULT_FPS)
    except EmoTalkError as error:
        raise EmoTalkError(f"{entry.curves.name} {error}") from None
    return Take(entry.name, *begin_together(speech, curves, entry.offset_seconds), entry.labels)


def begin_together(speech: Speech, curves: FaceCurves, offset_seconds: float) -> tuple[Speech, FaceCurves]:
    """Cut the beginning of sound or curves so that both begin at once; no frame is moved or interpolated.

    Where an offset is stated, somebody has looked at the take, and sound that goes on after the curves is cut off too.

    Args:
        speech: the sound.
        curves: at their own rate.
        offset_seconds: see ``TakeEntry``.

    Raises:
        EmoTalkError: nothing would be left of one of them.
    """
    frames = max(int(np.ceil(-offset_seconds * curves.fps - 1e-6)), 0)
    first = max(round((offset_seconds + frames / curves.fps) * SAMPLE_RATE), 0)
    if first >= len(speech.samples) or frames >= curves.frames:
        raise EmoTalkError(f"An offset of {offset_seconds:g} s leaves nothing of the take")
    if offset_seconds == 0:
        return speech, curves
    curves = curves.with_values(curves.values[frames:])
    last = first + round(curves.frames / curves.fps * SAMPLE_RATE)
    return Speech(speech.samples[first:last], speech.source, speech.remarks), curves


def basis_named(value: object) -> Basis:
    """The basis that a project states: ``arkit``, ``flame-N``, or a list of the channels of a rig.

    Raises:
        EmoTalkError: it is none of these.
    """
    if value == "arkit":
        return ARKIT
    if isinstance(value, str) and (match := re.fullmatch(r"flame-(\d{1,3})", value)) and 1 <= int(match[1]) <= 100:
        return FLAME(int(match[1]))
    if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
        if len(set(value)) < len(value):
            raise EmoTalkError("the basis names a channel twice")
        return basis_of(tuple(value))
    raise EmoTalkError('the basis is "arkit", "flame-1" to "flame-100", or a list of channel names')


def _project_of(fields: Mapping[str, Any], path: Path) -> Project:
    _check_names(fields, _HEAD, "the head")
    rows = fields.get("takes")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise EmoTalkError("it lists no takes; add [[takes]] with name, sound and curves")
    folder = path.parent
    entries = tuple(_entry_of(row, fields, folder) for row in rows)
    names = [entry.name for entry in entries]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise EmoTalkError(f"there are two takes {twice}; give each a name of its own")
    name = _text(fields, "name", path.stem)
    return Project(name, _text(fields, "actor", name), folder, basis_named(fields.get("basis", "arkit")), entries, path)


def _entry_of(row: Mapping[str, Any], head: Mapping[str, Any], folder: Path) -> TakeEntry:
    name = _text(row, "name", Path(_text(row, "curves", "")).stem)
    if not name:
        raise EmoTalkError("a take has neither name nor curves")
    _check_names(row, _TAKE, f"take {name}")
    if missing := [key for key in ("sound", "curves") if not _text(row, key, "")]:
        raise EmoTalkError(f"take {name} does not say its {missing[0]}")
    both = {**{key: head[key] for key in ("fps", "mapping", "shapes") if key in head}, **row}
    fps = _number(both, "fps", 0.0, name, 0.0, _FASTEST)
    if "fps" in both and not fps:
        raise EmoTalkError(f"the fps of take {name} must be above 0")
    labels = Labels(
        _text(row, "emotion", Labels.emotion).strip().lower() or Labels.emotion,
        _number(row, "level", Labels.level, name, 0.0, 1.0),
        _number(row, "intensity", Labels.intensity, name, 0.0, 1.0),
        _text(row, "content", Labels.content),
        _text(row, "split", Labels.split),
        _text(row, "actor", Labels.actor),
    )
    if labels.split not in SPLITS:
        raise EmoTalkError(f"the split of take {name} is {labels.split!r}; it can be {', '.join(SPLITS)}")
    offset = _number(row, "offset_seconds", 0.0, name, -_LARGEST_OFFSET, _LARGEST_OFFSET)
    sound, curves = folder / row["sound"], folder / row["curves"]
    shapes = _text(both, "shapes", "")
    return TakeEntry(
        name,
        sound,
        curves,
        labels,
        fps or None,
        offset,
        _text(both, "mapping", ""),
        folder / shapes if shapes else None,
    )


def _check_names(fields: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    if unknown := sorted(set(fields) - known):
        raise EmoTalkError(f"{unknown[0]} is not known in {where}; known are {', '.join(sorted(known))}")


def _text(fields: Mapping[str, Any], name: str, default: str) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str):
        raise EmoTalkError(f"{name} must be text in quotes, not {value!r}")
    return value


def _number(fields: Mapping[str, Any], name: str, default: float, take: str, lowest: float, highest: float) -> float:
    value = fields.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
        raise EmoTalkError(f"{name} of take {take} must be a number from {lowest:g} to {highest:g}, not {value!r}")
    return float(value)
