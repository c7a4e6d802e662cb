"""Work in a thread, mostly by running other programs: watched from outside, cancelled with all that it started."""

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
    """Somebody cancelled the task; its work unwinds with this."""


class BackgroundTask:
    """One piece of work, begun at once in a thread of its own.

    ``fraction``, ``text``, ``done``, ``failure`` and ``result`` may be read by any thread at any time.

    Args:
        name: what it is called, for people.
        work: does it with this task's ``report`` and ``run``, and gives a sentence about the result.
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
        """Say how much is done (0..1) and what goes on. Raises TaskCancelled where nobody waits for it any more."""
        if self.cancelled:
            raise TaskCancelled
        self.fraction, self.text = fraction, text

    def run(
        self, words: Sequence[str], on_line: Callable[[str], None], environment: Mapping[str, str] | None = None
    ) -> int:
        """Run a program to its end.

        Args:
            words: the program and its arguments.
            on_line: told every line that the program says on stdout or stderr.
            environment: variables to set besides those of this process.

        Returns:
            Its exit status.

        Raises:
            TaskCancelled: somebody cancelled; the program and its children are gone.
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
        """Wait for the end. Returns whether it has come."""
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
    """End a program and whatever it has started."""
    if child.returncode is not None:  # it was waited for: its number may be another's by now
        return
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(child.pid)], capture_output=True, check=False)
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
