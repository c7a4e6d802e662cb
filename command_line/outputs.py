"""The output file of each line, chosen before any work begins."""

import glob
import os
from collections.abc import Sequence
from pathlib import Path

from ..face.curve_files import FORMATS, format_of
from ..face.errors import CurveFileError
from .complaints import UsageError

DEFAULT_FORMAT = FORMATS[0]


def expand(names: Sequence[str]) -> list[Path]:
    """The files; patterns are expanded if the shell (on Windows) did not.

    Raises:
        UsageError: no file matches a pattern.
    """
    files: list[Path] = []
    for name in names:
        if not glob.has_magic(name) or Path(name).exists():
            files.append(Path(name))
        elif found := sorted(glob.glob(name)):  # noqa: PTH207 - Path.glob takes no absolute patterns
            files += map(Path, found)
        else:
            raise UsageError(f"No file matches {name}")
    return files


def plan(lines: Sequence[Path], output: str, chosen_format: str | None) -> list[Path]:
    """The output file of each line.

    Args:
        lines: the sound files.
        output: a file, for a single line, or a folder.
        chosen_format: one of ``FORMATS``; if not given, the output's suffix, or .npz in a folder.

    Raises:
        UsageError: one file for several lines, two lines with the same name, or a format that contradicts the suffix.
    """
    path = Path(output)
    is_folder = path.is_dir() or output.endswith((os.sep, "/")) or not path.suffix
    if is_folder:
        outputs = [path / f"{line.stem}.{chosen_format or DEFAULT_FORMAT}" for line in lines]
        _refuse_same(lines, outputs)
        return outputs
    try:
        named_format = format_of(path)
    except CurveFileError as error:
        raise UsageError(str(error)) from None
    if chosen_format not in (None, named_format):
        raise UsageError(f"{path.name} cannot be written as {chosen_format}; leave --format out or change the name")
    if len(lines) > 1:
        raise UsageError(f"{path.name} is one file, but there are {len(lines)} lines; give a folder")
    return [path]


def _refuse_same(lines: Sequence[Path], outputs: Sequence[Path]) -> None:
    taken: dict[str, Path] = {}
    for line, output in zip(lines, outputs, strict=True):
        # Some file systems do not distinguish Line.npz from line.npz.
        other = taken.setdefault(output.name.casefold(), line)
        if other is not line:
            raise UsageError(f"{other} and {line} would both become {output}; rename one or use two folders")
