"""Tells a file that is being written from one whose writer was killed.

A writer holds the system's lock on its temporary file, which ends with the process, however it ends.
"""

import errno
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

if sys.platform != "win32":
    import fcntl

SETTLED_SECONDS: Final = 10.0
"""A writer has its file unlocked for moments: after making it, and before it gets its name."""

_DAY_SECONDS: Final = 24 * 3600.0
_PART: Final = ".part"
_HELD: Final = (errno.EACCES, errno.EAGAIN)


def hold(file: IO[Any]) -> None:
    """Lock a file while it is written. Some network drives lack locks; on Windows an open file cannot be deleted."""
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Lock a finished file until it has its name. Windows cannot rename an open file: there, its age begins anew."""
    path.touch()
    if sys.platform == "win32":
        yield
        return
    with path.open("rb") as file:
        hold(file)
        yield


def part_beside(path: Path) -> Path:
    """A name, unused yet, for the unfinished file of a path."""
    return path.with_name(f".{secrets.token_hex(8)}{_PART}")


def abandoned_parts(folder: Path) -> list[Path]:
    """Temporary files of ``face.atomic_file`` in a folder, of which nobody is the writer any more."""
    try:
        return sorted(path for path in folder.iterdir() if _is_part(path) and _is_abandoned(path))
    except OSError:  # no folder, or no permission
        return []


def _is_part(path: Path) -> bool:
    return path.name.startswith(".") and path.suffix == _PART and path.is_file() and not path.is_symlink()


def _is_abandoned(path: Path) -> bool:
    try:
        age = time.time() - path.stat().st_mtime
        return age > SETTLED_SECONDS and not _is_held(path, age)
    except OSError:  # it is gone: its writer finished it
        return False


def _is_held(path: Path, age: float) -> bool:
    if sys.platform == "win32":
        try:
            path.rename(path)  # fails while somebody has the file open
        except OSError:
            return True
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            # Where there are no locks, only a file that nobody has touched for a day counts as abandoned.
            return error.errno in _HELD or age < _DAY_SECONDS
    return False
