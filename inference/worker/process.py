"""The worker process: reads requests from stdin and answers on stdout, so that Blender never waits or crashes.

It is started by its path (``python -I …/inference/worker/process.py``) in any Python with NumPy. It loads the tree that
contains it as the package ``emotalk``, whatever the folder is called, and adds nothing to ``sys.path``. It ends with
its parent: at once when stdin closes, even in the middle of a computation.
"""

import importlib
import importlib.util
import json
import os
import queue
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

PACKAGE = "emotalk"

LONGEST_REQUEST = 64 * 1024 * 1024
"""Bytes; an hour with ten moving controls takes less than half of it."""

_SKIPPED_AT_ONCE = 1024 * 1024


def main() -> NoReturn:
    """Serve until a quit request, the idle limit, or the end of the parent."""
    status = 0
    try:
        _serve()
    except BaseException:
        traceback.print_exc()
        status = 1
    # A thread still blocks on stdin, which would disturb an orderly shutdown.
    sys.stderr.flush()
    os._exit(status)


def _serve() -> None:
    # Ctrl-C in a terminal reaches all processes; the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    replies = _claim_stdout()

    def send(reply: dict[str, Any]) -> None:
        replies.write(json.dumps(reply).encode() + b"\n")
        replies.flush()

    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    # Start reading before slow imports, so that sending a request never blocks.
    threading.Thread(target=_read_requests, args=(requests,), daemon=True).start()
    load_tree()
    importlib.import_module(f"{PACKAGE}.inference.worker.jobs").serve(requests, send)


def load_tree() -> None:
    """Make the tree that contains this file importable as ``emotalk``."""
    root = Path(__file__).resolve().parents[2]
    spec = importlib.util.spec_from_file_location(PACKAGE, root / "__init__.py", submodule_search_locations=[str(root)])
    if spec is None or spec.loader is None:
        raise ImportError(f"{root} is not a package")
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)


def _claim_stdout() -> BinaryIO:
    """Reserve stdout for replies; all other output, from Python or C, goes to stderr from now on."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return replies


def _read_requests(requests: "queue.SimpleQueue[bytes]") -> None:
    while line := sys.stdin.buffer.readline(LONGEST_REQUEST):
        if len(line) < LONGEST_REQUEST or line.endswith(b"\n"):
            requests.put(line)
            continue
        while line and not line.endswith(b"\n"):
            line = sys.stdin.buffer.readline(_SKIPPED_AT_ONCE)
        requests.put(b"")  # is answered as no request
    os._exit(0)


if __name__ == "__main__":
    main()
