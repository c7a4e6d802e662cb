"""The client of the worker process: starts it, sends requests and collects messages without blocking."""

import atexit
import contextlib
import itertools
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, Final

from ..contract import EmoTalkError
from .process import LONGEST_REQUEST
from .threads import THREAD_VARIABLES

WORKER: Final = Path(__file__).resolve().with_name("process.py")

Message = dict[str, Any]
"""A reply of the worker, as ``jobs`` describes them."""

_LAST_LINES: Final = 40
_SECONDS_TO_DIE: Final = 5.0
_SIGKILL: Final = 9


class WorkerClient:
    """One worker process, started when it is needed and restarted if it died.

    Every method returns at once, except ``close``, which waits until the process has ended.

    Attributes:
        news: set whenever there may be something new in ``messages``, which clears it; to wait for, in moments.
    """

    def __init__(self) -> None:
        self._python = sys.executable
        self._worker: _Worker | None = None
        self._left: list[Message] = []
        self._ids = itertools.count(1)
        self.news = threading.Event()

    @property
    def pid(self) -> int | None:
        """The process id of the running worker."""
        return self._worker.process.pid if self._worker and not self._worker.ended else None

    @property
    def busy(self) -> bool:
        """Whether a request is still without a result or error."""
        return self._worker is not None and bool(self._worker.pending)

    def start(self, python: str | Path | None = None) -> None:
        """Start the worker if it is not running, so that it is ready for the first request.

        Args:
            python: the interpreter, which must have NumPy; this one if not given. Stored for later starts. A worker
                in another interpreter is killed and replaced.

        Raises:
            EmoTalkError: the interpreter cannot be run.
        """
        if python is not None and str(python) != self._python:
            self.cancel()
            self._python = str(python)
        if self._worker is not None:
            if not self._worker.ended:
                return
            self._left += self._worker.drain()
        try:
            self._worker = _Worker(self._python, self.news)
        except OSError as error:
            raise EmoTalkError(
                f"The worker cannot be started with {self._python} ({error.strerror or error}); choose another Python"
            ) from error
        atexit.register(self.close)

    def submit(self, request: Mapping[str, Any]) -> int:
        """Send the worker a request (see ``jobs``), starting it if necessary.

        Returns:
            The id of the request in its messages.

        Raises:
            EmoTalkError: the worker cannot be started, or the request is too long for it.
        """
        name = next(self._ids)
        self.start()
        while self._worker is None or not self._worker.take(name, {**request, "id": name}):
            self.start()
        return name

    def messages(self) -> list[Message]:
        """The worker's messages since the last call; if it died, an error for every open request."""
        self.news.clear()  # first: what comes from here on sets it again
        messages, self._left = self._left, []
        return messages + self._worker.drain() if self._worker else messages

    def cancel(self) -> None:
        """Kill the worker at once; its open requests send no more messages."""
        if self._worker is not None:
            self._worker.process.kill()
        self._worker = None
        self._left = []

    def close(self) -> None:
        """Kill the worker and wait until it has ended. Can be called at any time, repeatedly."""
        worker = self._worker
        self.cancel()
        atexit.unregister(self.close)
        if worker is not None:
            worker.wait(_SECONDS_TO_DIE)


class _Worker:
    """One process with the threads for its stdin, stdout and stderr."""

    def __init__(self, python: str, news: threading.Event) -> None:
        self._news = news
        self.process = subprocess.Popen(
            [python, "-I", "-X", "utf8", "-X", "faulthandler", str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self.pending: set[int] = set()
        self.ended = False
        self._lock = threading.Lock()
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._stderr_tail: deque[str] = deque(maxlen=_LAST_LINES)
        process: Any = self.process  # its three pipes exist, because they were requested
        self._stderr = self._thread(self._read_stderr, process.stderr)
        self._threads = (
            self._stderr,
            self._thread(self._read_stdout, process.stdout),
            self._thread(self._write_stdin, process.stdin),
        )

    @staticmethod
    def _thread(work: Callable[[IO[bytes]], None], pipe: IO[bytes]) -> threading.Thread:
        thread = threading.Thread(target=work, args=(pipe,), name=f"EmoTalk worker {work.__name__}", daemon=True)
        thread.start()
        return thread

    def take(self, name: int, request: Message) -> bool:
        """Queue a request; False if the worker has ended. Raises EmoTalkError if the request is too long."""
        line = json.dumps(request).encode() + b"\n"
        if len(line) > LONGEST_REQUEST:
            raise EmoTalkError(
                f"This line's controls take {len(line):,} bytes, where a worker accepts {LONGEST_REQUEST:,}; "
                "split the line into shorter parts"
            )
        with self._lock:
            if self.ended:
                return False
            self.pending.add(name)
        self._outbox.put(line)
        return True

    def drain(self) -> list[Message]:
        messages = []
        while True:
            try:
                messages.append(self._inbox.get_nowait())
            except queue.Empty:
                return messages

    def wait(self, seconds: float) -> None:
        for thread in self._threads:
            thread.join(seconds)

    def _write_stdin(self, stdin: IO[bytes]) -> None:
        # In its own thread: a full pipe must not block the window. A broken pipe must not end the session either: in
        # some Blenders, 4.3 among them, SIGPIPE kills the process.
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
        while (line := self._outbox.get()) is not None:
            try:
                stdin.write(line)
                stdin.flush()
            except OSError:
                break  # it died; the thread for stdout reports it
        with contextlib.suppress(OSError):
            stdin.close()

    def _read_stderr(self, stderr: IO[bytes]) -> None:
        with stderr:
            for line in stderr:
                self._stderr_tail.append(line.decode("utf-8", "replace").rstrip())

    def _read_stdout(self, stdout: IO[bytes]) -> None:
        with stdout:
            for message in filter(None, map(_parse, stdout)):
                self._inbox.put(message)
                if message["kind"] in ("result", "error"):
                    with self._lock:
                        self.pending.discard(message["id"])
                self._news.set()
        status = self.process.wait()
        self._stderr.join(_SECONDS_TO_DIE)
        with self._lock:
            for name in sorted(self.pending):
                self._inbox.put(self._exit_error(name, status))
            self.pending.clear()
            self.ended = True  # last: who sees it may drain at once
        self._news.set()
        self._outbox.put(None)

    def _exit_error(self, name: int, status: int) -> Message:
        how = f"exit status {status}" if status >= 0 else f"killed by signal {-status}"
        if status == -_SIGKILL:
            how += ", as a system short of memory does"
        said = [line for line in self._stderr_tail if line.strip()]
        crash = [line for line in said if line.startswith("Fatal")]
        words = "".join(f": {line}" for line in (crash or said)[-1:])
        return {
            "id": name,
            "kind": "error",
            "sentence": f"The worker ended in the middle of its work ({how}){words}",
            "traceback": "\n".join(self._stderr_tail),
        }


def _parse(line: bytes) -> Message | None:
    """A reply; None for a truncated line, or for output of Python before the worker's code started."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) and {"id", "kind"} <= message.keys() else None


def _environment() -> dict[str, str]:
    return {**os.environ, **THREAD_VARIABLES}
