"""One program at a time changes a PyTorch environment, also where two Blenders are open."""

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
"""Beyond the text: what is locked cannot be read on Windows."""
_HELD: Final = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Hold a lock file, which names the process that does; the system lets go of it should that one die.

    Raises:
        EmoTalkError: another one holds it.
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
                raise EmoTalkError(f"Another Blender (process {who}) is at work on this PyTorch; wait for it") from None
            # Some network drives have no locks; better without than not at all.
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _lock(file: IO[str]) -> None:
    """Until the file is closed. Raises OSError where another one has it."""
    if sys.platform == "win32":
        file.seek(_LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
