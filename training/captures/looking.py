"""Finds the takes in a folder and writes a project file about them: ``emotalk captures init``."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ...face import arkit
from ...face.atomic_file import check_place, replacing
from ...face.basis import JAW_CHANNELS
from ...face.errors import EmoTalkError
from .channel_mapping import preset_names, read_mapping
from .curve_table import SUFFIXES as CURVE_SUFFIXES
from .curve_table import CurveTable, read_table
from .faults import LONGEST_DIFFERENCE, RATES
from .labels_from_names import guess_labels
from .project import DEFAULT_FPS
from .sound_track import SUFFIXES as SOUND_SUFFIXES
from .sound_track import read_sound_track
from .take import Labels

PROJECT_NAME: Final = "project.toml"
_ARKIT, _OWN = "arkit", "own"
_TABLES: Final = (".csv", ".npz", ".npy")
"""Files that are worth a remark if they have no sound."""
_COMMENT: Final = """\
# The captures of one actor, as emotalk captures init found them. All of it may be changed. Paths start at this file.
# Look at each take: emotion, level and content were guessed from file names, the split by length.
# Then run: emotalk captures check {name}
"""


@dataclass(frozen=True)
class _Pair:
    """A take that was found.

    Attributes:
        curves: the file.
        sound: its sound.
        seconds: of the sound.
        fps: that the file leaves to be stated; None if it states one itself or no usual one fits.
        basis: "arkit", "flame-N" or "own".
        mapping: a preset that fits; "" if none is needed.
        table: the columns.
    """

    curves: Path
    sound: Path
    seconds: float
    fps: float | None
    basis: str
    mapping: str
    table: CurveTable


@dataclass(frozen=True)
class Written:
    """What became of a folder.

    Attributes:
        path: the project file.
        takes: how many it lists.
        left_out: (file, reason) of what looked like a take and is none.
    """

    path: Path
    takes: int
    left_out: tuple[tuple[str, str], ...]


def write_project(folder: Path, path: Path | None = None, actor: str = "", overwrite: bool = False) -> Written:
    """Look for takes in a folder and the folders in it, and list them in a project file.

    Args:
        folder: with curves, and sounds of the same names anywhere in it.
        path: the project file; ``project.toml`` in the folder if not given.
        actor: the name; that of the folder if not given.
        overwrite: replace a project file.

    Raises:
        EmoTalkError: there is no such folder, it holds no take, or the project file exists (TakenError).
        OSError: the file cannot be written.
    """
    if not folder.is_dir():
        raise EmoTalkError(f"There is no folder {folder}")
    path = path or folder / PROJECT_NAME
    check_place(path, overwrite=overwrite)
    pairs, left_out = _find(folder)
    kinds = Counter((pair.basis, pair.table.names if pair.basis == _OWN else ()) for pair in pairs)
    if not kinds:
        reasons = "".join(f"; {name}: {reason}" for name, reason in left_out[:3])
        raise EmoTalkError(f"{folder} holds no take, which is a file of curves and a sound of the same name{reasons}")
    kind = kinds.most_common(1)[0][0]
    for pair in pairs:
        if (pair.basis, pair.table.names if pair.basis == _OWN else ()) != kind:
            left_out.append((pair.curves.name, "has other channels than most of the takes"))
    pairs = [pair for pair in pairs if (pair.basis, pair.table.names if pair.basis == _OWN else ()) == kind]
    pairs = _with_rates(pairs)
    text = _text(pairs, left_out, actor or folder.resolve().name, path)
    with replacing(path, overwrite=overwrite) as part:
        part.write_text(text, "utf-8")
    return Written(path, len(pairs), tuple(left_out))


def _find(folder: Path) -> tuple[list[_Pair], list[tuple[str, str]]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not _is_hidden(path, folder))
    sounds = [path for suffix in SOUND_SUFFIXES for path in files if path.suffix.lower() == suffix]
    pairs, left_out, taken = [], [], set()
    for path in files:
        if path.suffix.lower() not in CURVE_SUFFIXES:
            continue
        try:
            sound = _sound_of(path, sounds)
            if sound is None and path.suffix.lower() not in _TABLES:
                continue  # a character, or a file of another program
            if sound is None:
                raise EmoTalkError("has no sound of the same name")
            if sound in taken:
                raise EmoTalkError(f"has the sound of another file, {sound.name}")
            pairs.append(_look_at(path, sound))
            taken.add(sound)
        except EmoTalkError as error:
            left_out.append((path.relative_to(folder).as_posix(), str(error).removeprefix(f"{path.name} ")))
    return pairs, left_out


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _sound_of(curves: Path, sounds: Sequence[Path]) -> Path | None:
    """The sound of the same name beside the curves or anywhere, else the only one whose name is part of theirs."""
    same = [sound for sound in sounds if sound.stem.lower() == curves.stem.lower()]
    beside = [sound for sound in same if sound.parent == curves.parent]
    if beside or same:
        return (beside or same)[0]
    within = {sound.stem: sound for sound in sounds if curves.stem.lower().endswith("_" + sound.stem.lower())}
    return next(iter(within.values())) if len(within) == 1 else None


def _look_at(curves: Path, sound: Path) -> _Pair:
    table, seconds = read_table(curves), read_sound_track(sound).seconds
    basis, mapping = _basis_of(table)
    return _Pair(curves, sound, seconds, None if table.fps else _rate(table, seconds), basis, mapping, table)


def _basis_of(table: CurveTable) -> tuple[str, str]:
    """The basis of a table, and the mapping that brings it there."""
    names = {name.lower() for name in table.names}
    if not table.names:
        if table.values.shape[1] != len(arkit.CHANNELS):
            raise EmoTalkError(f"has {table.values.shape[1]} columns without names; write a mapping that names them")
        return _ARKIT, ""
    if sum(name.lower() in names for name in arkit.CHANNELS) >= len(arkit.CHANNELS) - 1:
        return _ARKIT, ""
    if set(JAW_CHANNELS) <= names and "exp000" in names:
        return f"flame-{sum(name.startswith('exp') for name in names)}", ""
    for preset in preset_names():
        if set(read_mapping(preset, Path()).needed) <= set(table.names):
            return _ARKIT, preset
    return _OWN, ""


def _rate(table: CurveTable, seconds: float) -> float | None:
    """The usual rate at which the curves last as long as the sound, whole numbers first; None if there is none."""
    fitting = [rate for rate in RATES if abs(len(table.values) / rate - seconds) <= LONGEST_DIFFERENCE]
    return min(
        fitting, key=lambda rate: (abs(rate - round(rate)), abs(len(table.values) / rate - seconds)), default=None
    )


def _with_rates(pairs: Sequence[_Pair]) -> list[_Pair]:
    """Takes to which no rate fits get that of most others: their sound may begin elsewhere, which the check tells."""
    known = Counter(pair.fps for pair in pairs if pair.fps)
    usual = known.most_common(1)[0][0] if known else DEFAULT_FPS
    return [pair if pair.fps or pair.table.fps else replace(pair, fps=usual) for pair in pairs]


def _text(pairs: Sequence[_Pair], left_out: Iterable[tuple[str, str]], actor: str, path: Path) -> str:
    labels = guess_labels({pair.curves: pair.seconds for pair in pairs})
    first = pairs[0]
    head = {
        "name": actor,
        "actor": actor,
        "basis": list(first.table.names) if first.basis == _OWN else first.basis,
    }
    rates, mappings = ({getattr(pair, key) for pair in pairs} for key in ("fps", "mapping"))
    shared = {key: getattr(first, key) for key, values in (("fps", rates), ("mapping", mappings)) if len(values) == 1}
    head |= {key: value for key, value in shared.items() if value}
    lines = [_COMMENT.format(name=path.name), *_settings(head)]
    names = _unique_names([pair.curves for pair in pairs])
    for pair in pairs:
        row = {
            "name": names[pair.curves],
            "sound": _relative(pair.sound, path.parent),
            "curves": _relative(pair.curves, path.parent),
            **_labels(labels[pair.curves]),
            **{key: getattr(pair, key) for key in ("fps", "mapping") if key not in shared and getattr(pair, key)},
        }
        lines += ["", "[[takes]]", *_settings(row)]
    notes = [f"# left out: {name}: {' '.join(reason.splitlines())}" for name, reason in left_out]
    return "\n".join([*lines, *([""] if notes else []), *notes]) + "\n"


def _labels(labels: Labels) -> dict[str, object]:
    row: dict[str, object] = {"emotion": labels.emotion, "level": labels.level, "intensity": labels.intensity}
    return row | ({"content": labels.content} if labels.content else {}) | {"split": labels.split}


def _settings(fields: Mapping[str, object]) -> list[str]:
    """Lines of TOML, whose strings, numbers and lists of strings are written as JSON writes them."""
    return [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items()]


def _relative(file: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return file.resolve().as_posix()


def _unique_names(files: Sequence[Path]) -> dict[Path, str]:
    """The file's own name, with that of its folder before it where two are the same."""
    count = Counter(file.stem for file in files)
    names = {file: file.stem if count[file.stem] == 1 else f"{file.parent.name}_{file.stem}" for file in files}
    twice = Counter(names.values())
    return {file: name if twice[name] == 1 else file.as_posix() for file, name in names.items()}
