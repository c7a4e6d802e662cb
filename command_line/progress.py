"""A progress bar for people, nothing for scripts."""

import sys
from types import TracebackType
from typing import Any, TextIO

_FORMAT = "{desc} {percentage:3.0f}%|{bar}| [{elapsed}<{remaining}]"


class ProgressBar:
    """Progress over several lines; a bar if stderr is a terminal and tqdm is installed.

    Args:
        lines: their number.
    """

    def __init__(self, lines: int) -> None:
        self._lines = lines
        self._bar = _make_bar(lines) if sys.stderr.isatty() else None

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, done: float, text: str) -> None:
        """Move the bar to ``done`` lines, including the finished share of the current one."""
        if self._bar is not None:
            self._bar.n = done
            self._bar.set_description_str(text)

    def say(self, text: str, stream: TextIO) -> None:
        """Print a line without breaking the bar."""
        if self._bar is None:
            print(text, file=stream, flush=True)
        else:
            self._bar.write(text, file=stream)


def _make_bar(lines: int) -> Any:
    """A tqdm bar, or None if tqdm is not installed."""
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(total=lines, bar_format=_FORMAT, leave=False, file=sys.stderr)
