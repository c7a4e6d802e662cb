"""Creates a PyTorch environment: ``venv`` and ``pip`` as child processes, with progress, a log, and cancelling."""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from ...face.credentials import without_credentials
from ..contract import EmoTalkError
from ..worker.background_task import BackgroundTask, TaskCancelled
from .accelerators import accelerator_named, expected_build
from .base_python import find_base_python
from .environment import TRAINING, TorchEnvironment
from .pip_progress import PipProgress

TORCH: Final = "torch==2.13.0"
"""The release that the figures were measured with; any build of it is accepted."""
NUMPY: Final = "numpy>=1.26"
TRAINING_DOWNLOAD_BYTES: Final = 0.08e9
TRAINING_DISK_BYTES: Final = 0.25e9
"""Approximate sizes of ``TRAINING`` with all that it needs."""

_PIP_WITH_RAW_PROGRESS: Final = (24, 1)
_DOWNLOADS: Final = "downloads"


@dataclass(frozen=True)
class SetUpPlan:
    """What to install.

    Attributes:
        accelerator: a name of ``accelerators.ACCELERATORS``.
        index: the package index that has this build; pip's own if empty.
        wheels: a folder of wheels to install from, without a network.
        base: the Python that creates it; searched if not given.
        training: whether to install the packages that training needs, too.
    """

    accelerator: str
    index: str = ""
    wheels: Path | None = None
    base: Path | None = None
    training: bool = False

    def source(self) -> list[str]:
        """The options of pip for the source of PyTorch. Raises EmoTalkError if there is no usable source."""
        if self.wheels:
            if not any(self.wheels.glob("*.whl")):
                raise EmoTalkError(f"There are no wheels in {self.wheels}; choose the folder that holds the .whl files")
            return ["--no-index", "--find-links", str(self.wheels)]
        accelerator = accelerator_named(self.accelerator)
        if sys.platform in accelerator.needs_index and not self.index:
            raise EmoTalkError(
                f"For {accelerator.label} cards, enter the package index that PyTorch's installation page names"
            )
        return ["--index-url", self.index] if self.index else []


def set_up(environment: TorchEnvironment, plan: SetUpPlan, task: BackgroundTask) -> str:
    """Create the environment, or create it again.

    Args:
        environment: to create.
        plan: what to install.
        task: reports the progress; runs and cancels the programs.

    Returns:
        A sentence about the finished environment.

    Raises:
        EmoTalkError: it cannot be created (``status`` then has the reason), or another Blender is creating it.
        TaskCancelled: the task was cancelled; the unfinished environment can be repaired or removed.
        OSError: the folder cannot be written to.
    """
    source = plan.source()
    task.report(0, "Looking for a Python")
    base = plan.base or find_base_python()
    with environment.claim():
        return _make(environment, plan, source, base, task)


def add_training(environment: TorchEnvironment, plan: SetUpPlan, task: BackgroundTask) -> str:
    """Install what training needs into an environment that works; if that fails, PyTorch still works there.

    Args, Returns, Raises: as ``set_up``.
    """
    source = plan.source() if plan.wheels else []  # an index of PyTorch may lack the other packages
    with environment.claim():
        try:
            with _private_log(environment.log) as log:
                setting_up = _SetUp(environment, task, log, plan.index)
                setting_up.install(_training(), source, 0 if plan.wheels else TRAINING_DOWNLOAD_BYTES, until=0.95)
            task.report(0.95, "Starting PyTorch")
            status = environment.verify(task)
        finally:
            shutil.rmtree(environment.folder / _DOWNLOADS, ignore_errors=True)
    if status.lacks:
        raise EmoTalkError(f"Training still lacks {', '.join(status.lacks)}; see the log")
    return f"{status.sentence}, with all that training needs"


def _make(environment: TorchEnvironment, plan: SetUpPlan, source: list[str], base: Path, task: BackgroundTask) -> str:
    environment.folder.mkdir(parents=True, exist_ok=True)
    environment.mark_unfinished()
    try:
        with _private_log(environment.log) as log:
            setting_up = _SetUp(environment, task, log, plan.index)
            setting_up.make_venv(base)
            expected = 0 if plan.wheels else expected_build(plan.accelerator, plan.index).download_bytes
            others = [NUMPY, *(_training() if plan.training else [])]
            expected += 0 if plan.wheels or not plan.training else TRAINING_DOWNLOAD_BYTES
            if plan.index:  # it may lack the other packages
                setting_up.install([TORCH], source, expected, until=0.9)
                source, expected = [], 0
            setting_up.install([TORCH, *others], source, expected, until=0.95)
        task.report(0.95, "Starting PyTorch for the first time")
        status = environment.verify(task)
    except TaskCancelled:
        environment.mark_unfinished()  # measures the size again
        raise
    except EmoTalkError as error:
        environment.mark_unfinished(str(error))
        raise
    finally:
        shutil.rmtree(environment.folder / _DOWNLOADS, ignore_errors=True)
    if status.state != "ready":
        raise EmoTalkError(status.sentence)
    return status.sentence


class _SetUp:
    """The programs of one set-up; their output goes to the log."""

    def __init__(self, environment: TorchEnvironment, task: BackgroundTask, log: TextIO, index: str) -> None:
        self._environment, self._task, self._log, self._index = environment, task, log, index
        self._done = 0.0
        downloads = environment.folder / _DOWNLOADS
        downloads.mkdir(exist_ok=True)
        # The system's temporary folder is often too small for PyTorch, and a pip setting that installs into the user's
        # site-packages is refused in an environment.
        self._variables = {**dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(downloads)), "PIP_USER": "0"}

    def make_venv(self, base: Path) -> None:
        self._task.report(0.01, "Creating the environment")
        if self._run([str(base), "-I", "-m", "venv", "--clear", str(self._environment.venv)], _ignore) != 0:
            raise EmoTalkError(f"{base} cannot create an environment; see the log")
        self._done = 0.05

    def install(self, packages: list[str], source: list[str], expected_bytes: float, until: float) -> None:
        """Install packages with pip; ``until`` is the progress of the set-up at the end."""
        progress = PipProgress(expected_bytes)

        def hear(line: str) -> None:
            progress.hear(line)
            self._task.report(self._done + (until - self._done) * progress.fraction, progress.text)

        words = [str(self._environment.python), "-I", "-m", "pip", "install", "--no-input", "--no-cache-dir"]
        words += ["--disable-pip-version-check", "--progress-bar", self._bar(), *source, *packages]
        if self._run(words, hear) != 0:
            raise EmoTalkError(progress.failure())
        self._done = until

    def _bar(self) -> str:
        """Older releases of pip cannot report the progress of a download to a program."""
        for folder in self._environment.venv.rglob("pip-*.dist-info"):
            version = re.match(r"pip-(\d+)\.(\d+)", folder.name)
            if version and (int(version[1]), int(version[2])) >= _PIP_WITH_RAW_PROGRESS:
                return "raw"
        return "off"

    def _run(self, words: list[str], on_line: Callable[[str], None]) -> int:
        def log(line: str) -> None:
            line = without_credentials(line, self._index)
            self._log.write(f"{line}\n")
            self._log.flush()
            on_line(line)

        log(f"> {shlex.join(words)}")
        try:
            return self._task.run(words, log, self._variables)
        except OSError as error:
            raise EmoTalkError(f"{words[0]} cannot be run: {error.strerror or error}") from error


def _training() -> list[str]:
    return [name + versions for name, versions in TRAINING.items()]


def _private_log(path: Path) -> TextIO:
    """A new log that only its owner can read: pip may print what nobody thought of."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8")


def _ignore(_line: str) -> None:
    pass
