"""Work in a thread that mostly runs other programs; cancelling it also ends these programs."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import IO, cast

from .failure import sentence_for


class TaskCancelled(Exception):  # noqa: N818 - nothing went wrong
    """The task was cancelled; this exception ends its work."""


class BackgroundTask:
    """A piece of work that starts at once in its own thread.

    ``fraction``, ``text``, ``done``, ``failure`` and ``result`` may be read by any thread at any time.

    Args:
        name: for people.
        work: called with this task, for ``report`` and ``run``; returns a sentence about the result.
    """

    def __init__(self, name: str, work: Callable[["BackgroundTask"], str]) -> None:
        self.name = name
        self.fraction, self.text = 0.0, "Starting"
        self.result = self.failure = ""
        self.cancelled = self.done = False
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._work, args=(work,), name=f"EmoTalk {name}", daemon=True)
        self._thread.start()

    def report(self, fraction: float, text: str) -> None:
        """Set the progress (0..1) and its text. Raises TaskCancelled if the task was cancelled."""
        if self.cancelled:
            raise TaskCancelled
        self.fraction, self.text = fraction, text

    def run(
        self, words: Sequence[str], on_line: Callable[[str], None], environment: Mapping[str, str] | None = None
    ) -> int:
        """Run a program to its end.

        Args:
            words: the program and its arguments.
            on_line: called with every line of the program's stdout and stderr.
            environment: variables to set besides those of this process.

        Returns:
            Its exit status.

        Raises:
            TaskCancelled: the task was cancelled; the program and its children have ended.
            OSError: it cannot be started.
        """
        child = self._start(words, environment or {})
        try:
            with cast(IO[str], child.stdout) as said:
                for line in said:
                    on_line(line.rstrip())
            status = child.wait()
        except BaseException:
            _kill_family(child)
            child.wait()
            raise
        finally:
            self._child = None
        if self.cancelled:
            raise TaskCancelled
        return status

    def cancel(self) -> None:
        """Stop the work and kill every program that it runs, with their children; returns at once."""
        with self._lock:
            self.cancelled = True
            child = self._child
        if child is not None:
            _kill_family(child)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end. Returns whether the task has ended."""
        self._thread.join(seconds)
        return self.done

    def _start(self, words: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
        with self._lock:
            if self.cancelled:
                raise TaskCancelled
            self._child = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
            return self._child

    def _work(self, work: Callable[["BackgroundTask"], str]) -> None:
        try:
            self.result = work(self)
        except TaskCancelled:
            self.cancelled = True
        except Exception as error:
            self.failure = sentence_for(error)
        self.done = True


def _kill_family(child: subprocess.Popen[str]) -> None:
    """End a program and all its children."""
    if child.returncode is not None:  # already waited for: its process id may be in use again
        return
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(child.pid)], capture_output=True, check=False)
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
