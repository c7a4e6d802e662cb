"""Puts faults into a copy of the tree, one at a time, and runs the tests that have to notice each of them.

    python tests/mutations/run.py [-k WORD] [--jobs N] [--tests PATH ...]

The faults are in ``faults.toml`` beside this script. A fault that no test notices survives: a part of the code could
break unseen, and a test is missing. The status is 1 if a fault survives, if its text is not in its file exactly once,
or if its tests fail without it.
"""

import argparse
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FAULTS = Path(__file__).with_name("faults.toml")
LEFT_OUT = shutil.ignore_patterns(
    ".git",
    ".venv",
    ".*_cache",
    ".hypothesis",
    "__pycache__",
    "*.egg-info",
    "build",
    "dist",
    "out",
    "runs",
    "training_runs",
)
LONGEST_SECONDS = 300
"""A fault may make a test run for ever; it counts as noticed then."""


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        breaks: what goes wrong with it, in a sentence.
        file: from the root of the repository.
        text: what stands there, exactly once.
        fault: what stands there instead.
        tests: files of tests, or tests, at least one of which has to fail.
    """

    breaks: str
    file: str
    text: str
    fault: str
    tests: tuple[str, ...]


def read_faults(path: Path = FAULTS) -> list[Fault]:
    """The faults of a list."""
    table = tomllib.loads(path.read_text("utf-8"))
    return [
        Fault(entry["breaks"], entry["file"], entry["text"], entry["fault"], tuple(entry["tests"]))
        for entry in table["fault"]
    ]


def complaint(fault: Fault, root: Path = ROOT) -> str:
    """Why a fault cannot be put into a tree, or ""."""
    path = root / fault.file
    if not path.is_file():
        return f"there is no file {fault.file}"
    source = path.read_text("utf-8")
    if source.count(fault.text) != 1:
        return f"its text stands {source.count(fault.text)} times in {fault.file}, not once: {fault.text!r}"
    try:
        if path.suffix == ".py":
            compile(source.replace(fault.text, fault.fault), fault.file, "exec")
    except SyntaxError as error:
        return f"{fault.file} is no Python any more with it: {error}"
    for name in fault.tests:
        file, *names = name.split("::")
        if not (root / file).exists():
            return f"there is no file of tests {file}"
        tests = (root / file).read_text("utf-8") if names else ""
        if names and f"def {names[-1]}(" not in tests:
            return f"{file} has no test {names[-1]}"
    return "" if fault.tests else "it names no tests"


class Copy:
    """A copy of the tree in a temporary folder, in which the package ``emotalk`` is the copy itself."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "emotalk"
        shutil.copytree(ROOT, self.root, ignore=LEFT_OUT)
        # A folder of PYTHONPATH comes before an installed package, so that processes started by the tests find it too.
        self._environment = {**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
        self._check()

    def _check(self) -> None:
        words = [sys.executable, "-c", "import emotalk; print(emotalk.__file__)"]
        where = subprocess.run(words, cwd=self.root.parent, env=self._environment, capture_output=True, text=True)
        if Path(where.stdout.strip()).parent.resolve() != self.root.resolve():
            sys.exit(f"The tests would run another emotalk: {where.stdout}{where.stderr}")

    def notice(self, tests: tuple[str, ...], fault: Fault | None = None) -> str:
        """The first test that fails, with a fault or without; "" if all pass."""
        if fault is None:
            return self._run(tests)
        path = self.root / fault.file
        source = path.read_text("utf-8")
        path.write_text(source.replace(fault.text, fault.fault), "utf-8")
        try:
            return self._run(tests)
        finally:
            path.write_text(source, "utf-8")

    def _run(self, tests: tuple[str, ...]) -> str:
        options = ["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider", "--hypothesis-seed=0", "--no-header", "-rfE"]
        words = [sys.executable, "-m", "pytest", *options, *tests]
        try:
            done = subprocess.run(
                words, cwd=self.root, env=self._environment, capture_output=True, text=True, timeout=LONGEST_SECONDS
            )
        except subprocess.TimeoutExpired:
            return f"no end after {LONGEST_SECONDS} s"
        if done.returncode in (4, 5):  # of pytest: wrong use, or no tests
            sys.exit(f"pytest {' '.join(tests)} does not run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        if done.returncode == 0:
            return ""
        failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
        return failed[0].split(" - ")[0] if failed else f"pytest ended with {done.returncode}"


def main(argv: list[str] | None = None) -> int:
    """Try every fault that was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-k", dest="word", default="", help="only faults with this word in their sentence or file")
    parser.add_argument("--jobs", type=int, default=1, help="how many to try at once, each in a copy of its own (1)")
    parser.add_argument("--tests", nargs="+", help="run these instead of the tests that a fault names")
    options = parser.parse_args(argv)
    began = time.monotonic()
    faults = [fault for fault in read_faults() if options.word.lower() in f"{fault.breaks} {fault.file}".lower()]
    useless = [(fault, reason) for fault in faults if (reason := complaint(fault))]
    for fault, reason in useless:
        print(f"useless   {fault.breaks}: {reason}")
    if useless or not faults:
        print("No fault was tried" if useless else f"No fault has {options.word!r} in its sentence or file")
        return 1
    with tempfile.TemporaryDirectory(prefix="emotalk-faults-") as folder:
        copies: queue.SimpleQueue[Copy] = queue.SimpleQueue()
        for number in range(options.jobs):
            copies.put(Copy(Path(folder) / str(number)))
        survivors = _try_all(faults, copies, options.jobs, tuple(options.tests or ()))
    if survivors is None:
        return 1
    minutes = (time.monotonic() - began) / 60
    print(f"{len(faults)} faults: {len(faults) - len(survivors)} killed, {len(survivors)} survived; {minutes:.1f} min")
    return 1 if survivors else 0


def _try_all(
    faults: list[Fault], copies: "queue.SimpleQueue[Copy]", jobs: int, instead: tuple[str, ...]
) -> list[Fault] | None:
    """The faults that survive; None if tests fail without any."""
    survivors, printing = [], threading.Lock()

    def borrowed(tests: tuple[str, ...], fault: Fault | None = None) -> str:
        copy = copies.get()
        try:
            return copy.notice(tests, fault)
        finally:
            copies.put(copy)

    def attempt(fault: Fault) -> None:
        noticed = borrowed(instead or fault.tests, fault)
        with printing:
            print(f"{'killed    ' if noticed else 'SURVIVED  '}{fault.breaks} [{fault.file}]", flush=True)
            if noticed:
                print(f"          {noticed}", flush=True)
            else:
                survivors.append(fault)

    tests = sorted({test for fault in faults for test in instead or fault.tests})
    with ThreadPoolExecutor(jobs) as pool:
        # As many neighbours as there are jobs: those of one file share what they prepare.
        size = -(-len(tests) // jobs)
        failed = [*filter(None, pool.map(borrowed, (tuple(tests[i : i + size]) for i in range(0, len(tests), size))))]
        if failed:
            print(f"The tests fail without a fault: {', '.join(failed)}")
            return None
        list(pool.map(attempt, faults))
    return survivors


if __name__ == "__main__":
    sys.exit(main())
