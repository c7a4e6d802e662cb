"""Blender's Python module in a process of the command line: its output is kept quiet, and it is left in time."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from .complaints import finish_printing
from .streams import PatientStream


@contextlib.contextmanager
def quiet_blender() -> Iterator[None]:
    """Keep Blender's own output off the terminal: it bypasses Python and writes to the file descriptors."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.flush()
    kept = os.dup(1), os.dup(2)
    stderr = sys.stderr
    with Path(os.devnull).open("w") as nowhere, os.fdopen(os.dup(2), "w") as terminal:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        sys.stderr = terminal
        try:
            yield
        finally:
            sys.stderr = stderr
            for stream, copy in zip((1, 2), kept, strict=True):
                os.dup2(copy, stream)
                os.close(copy)


def leave(status: int) -> NoReturn:
    """End the process here: bpy modules are known to hang or crash at exit after sound was used."""
    status = finish_printing(status, sys.stdout if isinstance(sys.stdout, PatientStream) else None)
    if sys.stderr is not None:
        sys.stderr.flush()
    os._exit(status)
