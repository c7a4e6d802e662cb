"""Printing that never ends the work: for terminals that lack a character, pipes that were closed, and full disks."""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from typing import Any, Final, TextIO, cast

_FALLBACK: Final = "ascii"


class PatientStream:
    """A text stream whose ``write`` and ``flush`` never fail.

    What the encoding lacks is written as escapes. After a failure nothing more is written.

    Args:
        stream: the stream behind it.

    Attributes:
        loss: why text was lost; None if nobody misses it: a reader who has seen enough closes the pipe.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_over = False
        self.loss: OSError | None = None

    def write(self, text: str) -> int:
        """Write text."""
        if not self._is_over:
            try:
                self._write(text)
            except (OSError, ValueError) as error:  # ValueError: the stream was closed
                self._give_up(error)
        return len(text)

    def flush(self) -> None:
        """Send what was written on its way."""
        if not self._is_over:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._give_up(error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
        except UnicodeEncodeError:
            encoding = self._stream.encoding or _FALLBACK
            self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))

    def _give_up(self, error: Exception) -> None:
        self._is_over = True
        if isinstance(error, OSError) and error.errno not in (errno.EPIPE, errno.EINVAL):  # EINVAL: Windows' EPIPE
            self.loss = error
        # Python flushes what is left when it ends, and would fail once more.
        with contextlib.suppress(OSError, ValueError), open(os.devnull, "w") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), self._stream.fileno())


@contextlib.contextmanager
def patient_streams() -> Iterator[PatientStream | None]:
    """Let everything that is printed within the block pass through patient streams; gives that of stdout."""
    kept = sys.stdout, sys.stderr
    patient = [PatientStream(stream) if stream is not None else None for stream in kept]
    sys.stdout, sys.stderr = (cast(TextIO, stream) for stream in patient)
    try:
        yield patient[0]
    finally:
        for stream in patient:
            if stream is not None:
                stream.flush()
        sys.stdout, sys.stderr = kept
