"""A lock: only one program at a time changes a PyTorch environment, even with two Blenders open."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from ..contract import EmoTalkError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_LOCKED_BYTE: Final = 1024
"""An offset beyond the text: locked bytes cannot be read on Windows."""
_HELD: Final = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Hold a lock file, which contains the process id; the system releases it if the process dies.

    Raises:
        EmoTalkError: another process holds it.
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            _lock(file)
        except OSError as error:
            if error.errno in _HELD:
                file.seek(0)
                who = file.read().strip() or "unknown"
                raise EmoTalkError(f"Another Blender (process {who}) is changing this PyTorch; wait for it") from None
            # Some network drives do not support locks; go on without one.
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _lock(file: IO[str]) -> None:
    """Lock the file until it is closed. Raises OSError if another process has locked it."""
    if sys.platform == "win32":
        file.seek(_LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
