"""Progress for render farms, as lines on stdout that Open Job Description understands."""

import sys
from types import TracebackType
from typing import TextIO


class JobProgress:
    """Progress over several lines, as ``openjd_progress`` (per cent) and ``openjd_status``.

    Source: "How jobs are run", stdout/stderr messages, in the Open Job Description specification.

    Args:
        lines: their number.
        stream: where it goes; stdout if not given.
    """

    def __init__(self, lines: int, stream: TextIO | None = None) -> None:
        self._lines = max(lines, 1)
        self._stream = stream or sys.stdout
        self._percent, self._text = -1, ""

    def __enter__(self) -> "JobProgress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left open."""

    def show(self, done: float, text: str) -> None:
        """Print ``done`` lines, including the finished share of the current one, if that says something new."""
        percent = int(100 * min(max(done / self._lines, 0.0), 1.0))
        if percent > self._percent:
            self._percent = percent
            self._print(f"openjd_progress: {percent}")
        if text != self._text:
            self._text = text
            self._print(f"openjd_status: {' '.join(text.split())}")

    def say(self, text: str, stream: TextIO) -> None:
        """Print a line."""
        print(text, file=stream, flush=True)

    def fail(self, text: str) -> None:
        """Print why the task fails."""
        self._print(f"openjd_fail: {' '.join(text.split())}")

    def _print(self, line: str) -> None:
        print(line, file=self._stream, flush=True)
