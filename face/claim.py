"""A lock: only one program at a time changes something, even with two Blenders open."""

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
        path: of the lock file, which stays.
        what: the object of the sentence "another program is changing ...".
        patience: seconds to wait for another process.

    Raises:
        EmoTalkError: another process holds it.
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        until = time.monotonic() + patience
        while not _lock(file):
            if time.monotonic() >= until:
                file.seek(0)
                who = file.read().strip() or "unknown"
                raise EmoTalkError(f"Another program (process {who}) is changing {what}; wait for it")
            time.sleep(_PAUSE_SECONDS)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


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
