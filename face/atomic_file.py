"""Atomic writing of files: a file appears whole, and takes nobody's place unless that was asked for."""

import errno
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from .errors import EmoTalkError

_NAME_KEPT: Final = 48
"""Characters of a file's name in that of its temporary file: four bytes each still leave room for the rest."""
_NO_HARD_LINKS: Final = (errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV)


class PlaceError(EmoTalkError):
    """Something other than a file is where a file is to be written; the message is a sentence."""


class TakenError(PlaceError):
    """There is a file already, and nobody asked to replace it; the message is a sentence."""


@contextmanager
def replacing(path: Path, *, overwrite: bool = True) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends without an error.

    An interruption (an error, Ctrl-C) removes the temporary file and leaves the old file at ``path``. See ``publish``
    for symbolic links, modes and other programs that write the same file.

    Raises:
        PlaceError: a folder, a pipe or a device is there, or a file is and ``overwrite`` is off.
        OSError: the folder cannot be written to.
    """
    target = check_place(path, overwrite=overwrite)
    try:
        part, mode = _make_part(target)
    except OSError as error:  # name the target, not the temporary file
        raise OSError(error.errno, error.strerror, str(path)) from error
    try:
        yield part
        part.chmod(mode)  # the block may have made the file anew
        _move(part, target, overwrite)
    finally:
        part.unlink(missing_ok=True)


def publish(finished: Path, path: Path, *, overwrite: bool = True) -> None:
    """Move a finished file on the same disk to ``path`` in one step.

    A symbolic link at ``path`` stays, and what it points to is replaced. A file that is replaced hands on its mode.
    Of several programs that publish without ``overwrite`` at the same time, exactly one succeeds.

    Raises:
        PlaceError: a folder, a pipe or a device is there, or a file is and ``overwrite`` is off.
        OSError: the folder cannot be written to.
    """
    target = check_place(path, overwrite=overwrite)
    if (mode := _mode_of(target)) is not None:
        finished.chmod(mode)
    _move(finished, target, overwrite)


def check_place(path: Path, *, overwrite: bool = True) -> Path:
    """Check whether a file can be put at ``path``, before work is spent on it.

    Returns:
        The path without symbolic links.

    Raises:
        PlaceError: a folder, a pipe or a device is there, or a file is and ``overwrite`` is off.
    """
    target = Path(os.path.realpath(path))
    try:
        kind = target.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):  # the latter is explained when the file is written
        return target
    if stat.S_ISLNK(kind):
        raise PlaceError(f"{path} is a symbolic link that leads nowhere; choose another name")
    if stat.S_ISDIR(kind):
        raise PlaceError(f"{path} is a folder; choose another name for the file")
    if not stat.S_ISREG(kind):
        raise PlaceError(f"{path} is a pipe or a device, not a file; choose another name")
    if not overwrite:
        raise TakenError(f"{path} exists already")
    return target


def _mode_of(target: Path) -> int | None:
    """The permissions of a file; None if there is none."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _make_part(target: Path) -> tuple[Path, int]:
    """A new, empty file beside the target, and the permissions for the end."""
    mode = _mode_of(target)
    while True:
        part = target.with_name(f".{target.name[:_NAME_KEPT]}.{secrets.token_hex(4)}.part")
        try:
            # The system applies the user's mask. Nobody may read the new file who could not read the old one.
            handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666 if mode is None else mode | stat.S_IWUSR)
        except FileExistsError:
            continue
        try:
            return part, stat.S_IMODE(os.fstat(handle).st_mode) if mode is None else mode
        finally:
            os.close(handle)


def _move(part: Path, target: Path, overwrite: bool) -> None:
    if overwrite:
        part.replace(target)
        return
    try:
        _move_to_free(part, target)
    except FileExistsError:
        raise TakenError(f"{target} exists already") from None


def _move_to_free(part: Path, target: Path) -> None:
    """Raises FileExistsError if something is there; checking and moving are one step."""
    if sys.platform == "win32":
        part.rename(target)  # which replaces nothing there
        return
    try:
        os.link(part, target)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
    else:
        part.unlink()
        return
    # A disk without hard links: an empty file reserves the name.
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    try:
        part.replace(target)
    except OSError:
        target.unlink()
        raise
