"""A lock: only one program at a time changes something, even with two Blenders open."""

import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from .errors import EmoTalkError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_LOCKED_BYTE: Final = 1024
"""An offset beyond the text: locked bytes cannot be read on Windows."""
_HELD: Final = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_PAUSE_SECONDS: Final = 0.02


@contextmanager
def claimed(path: Path, what: str, patience: float = 0.0) -> Iterator[None]:
    """Hold a lock file, which contains the process id; the system releases it if the process dies.

    Args:
        path: of the lock file, which is deleted at the end.
        what: the object of the sentence "another program is changing ...".
        patience: seconds to wait for another process.

    Raises:
        EmoTalkError: another process holds it.
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + patience
    while (file := _locked(path)) is None:
        if time.monotonic() >= until:
            raise EmoTalkError(f"Another program (process {_holder(path)}) is changing {what}; wait for it")
        time.sleep(_PAUSE_SECONDS)
    with file:
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # Windows deletes no open file; it may stay
                path.unlink()


def holder_of(path: Path) -> int | None:
    """The id of the process that holds a lock file; None if nobody does. It is not waited for.

    To look, the file is locked for a moment: whoever claims it should have a little patience.
    """
    try:
        with path.open("r+", encoding="utf-8") as file:
            return None if _lock(file) else int(file.read() or 0)
    except (OSError, ValueError):
        return None


def _locked(path: Path) -> IO[str] | None:
    """The lock file, open and locked; None if another process has locked it."""
    while True:
        file = path.open("a+", encoding="utf-8")
        try:
            if not _lock(file):
                file.close()
                return None
            # Whoever held it before may have deleted it since it was opened.
            if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        except FileNotFoundError:
            pass
        except BaseException:
            file.close()
            raise
        file.close()


def _holder(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip() or "unknown"
    except OSError:
        return "unknown"


def _lock(file: IO[str]) -> bool:
    """Lock the file until it is closed; False if another process has locked it."""
    try:
        if sys.platform == "win32":
            file.seek(_LOCKED_BYTE)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Some network drives do not support locks; go on without one.
        return error.errno not in _HELD
    return True
