"""The worker process: listens for requests on stdin and answers on stdout, so that Blender never waits or falls.

Started by its path (``python -I …/inference/worker/process.py``) in any Python that has NumPy. It loads the tree that
it lies in as the package ``emotalk``, whatever the folder is called, and puts nothing onto ``sys.path``. It ends with
whoever started it: when stdin closes, at once and even in the middle of a computation.
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


def main() -> NoReturn:
    """Serve until told to quit, idle, or alone."""
    status = 0
    try:
        _serve()
    except BaseException:
        traceback.print_exc()
        status = 1
    # The listener still blocks on stdin, which an orderly shutdown would trip over.
    sys.stderr.flush()
    os._exit(status)


def _serve() -> None:
    # Ctrl-C in a terminal reaches the whole family; it is for the parent to decide.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    replies = _claim_stdout()

    def send(reply: dict[str, Any]) -> None:
        replies.write(json.dumps(reply).encode() + b"\n")
        replies.flush()

    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    # Reading starts before anything slow is imported, so that nobody waits for us to take a request.
    threading.Thread(target=_read_requests, args=(requests,), daemon=True).start()
    load_tree()
    importlib.import_module(f"{PACKAGE}.inference.worker.jobs").serve(requests, send)


def load_tree() -> None:
    """Make the tree that this file lies in importable as ``emotalk``."""
    root = Path(__file__).resolve().parents[2]
    spec = importlib.util.spec_from_file_location(PACKAGE, root / "__init__.py", submodule_search_locations=[str(root)])
    if spec is None or spec.loader is None:
        raise ImportError(f"{root} is no package")
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)


def _claim_stdout() -> BinaryIO:
    """Keep stdout for replies alone; whatever prints, in Python or C, prints to stderr from here on."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return replies


def _read_requests(requests: "queue.SimpleQueue[bytes]") -> None:
    for line in sys.stdin.buffer:
        requests.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()
