"""Temporary files, in one folder for each process, so that what a killed Blender has left can be told and removed."""

import contextlib
import os
import re
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import Final

from ..inference.contract import EmoTalkError

_PREFIX: Final = "emotalk-"
_OURS: Final = re.compile(rf"{_PREFIX}([1-9][0-9]{{0,9}})-[a-z0-9_]{{8}}")
_LONGEST_SUFFIX: Final = 8
"""Longer ones are no endings of sound files but parts of a name, which may be too long for a file of its own."""

_folder: Path | None = None


def new_file(suffix: str, data: bytes = b"") -> Path:
    """A new file with this content.

    Raises:
        EmoTalkError: the temporary folder is gone, read-only or full.
    """
    try:
        handle, path = tempfile.mkstemp(suffix=suffix if len(suffix) <= _LONGEST_SUFFIX else "", dir=_own_folder())
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
        except OSError:
            remove(Path(path))
            raise
    except OSError as error:
        where = tempfile.tempdir or "the system's temporary folder"
        raise EmoTalkError(
            f"No temporary file can be written to {where} ({error.strerror or error}); make room there, or start "
            "Blender with another folder in the variable TMPDIR (on Windows TEMP)"
        ) from error
    return Path(path)


def remove(path: Path) -> None:
    """Remove one of the files, and with the last one their folder."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        path.parent.rmdir()


def remove_leftovers() -> None:
    """Remove the folders of processes that have ended. Called at start; never fails, and never follows a link."""
    try:
        entries = list(os.scandir(tempfile.gettempdir()))
    except OSError:
        return
    for entry in entries:
        match = _OURS.fullmatch(entry.name)
        if match and not _is_running(int(match[1])) and _is_own_folder(entry.path):
            shutil.rmtree(entry.path, ignore_errors=True)


def _own_folder() -> Path:
    """The folder of this process; made again if the temporary folder has changed or somebody has removed it."""
    global _folder
    base = Path(tempfile.gettempdir())
    if _folder is None or _folder.parent != base or not _is_own_folder(str(_folder)):
        _folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=base))
    return _folder


def _is_own_folder(path: str) -> bool:
    """Whether this is a folder, no link to one, of this user."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    is_junction = bool(getattr(status, "st_reparse_tag", 0))
    return stat.S_ISDIR(status.st_mode) and not is_junction and (os.name == "nt" or status.st_uid == os.getuid())


def _is_running(pid: int) -> bool:
    """Whether a process of this id exists, of whichever user; yes in doubt."""
    if sys.platform == "win32":
        return _is_running_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _is_running_on_windows(pid: int) -> bool:
    """There ``os.kill`` would end the process."""
    import ctypes

    limited_information, still_active, invalid_parameter = 0x1000, 259, 87
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined, unused-ignore]
    kernel.OpenProcess.restype = ctypes.c_void_p
    process = kernel.OpenProcess(limited_information, False, pid)
    if not process:
        error: int = ctypes.get_last_error()  # type: ignore[attr-defined, unused-ignore]
        return error != invalid_parameter
    status = ctypes.c_ulong()
    known = kernel.GetExitCodeProcess(ctypes.c_void_p(process), ctypes.byref(status))
    kernel.CloseHandle(ctypes.c_void_p(process))
    return not known or status.value == still_active
