"""Making a PyTorch environment: ``venv`` and ``pip`` as child processes, with progress, a log, and a way to stop."""

import re
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from ..contract import EmoTalkError
from ..worker.background_task import BackgroundTask, TaskCancelled
from .accelerators import accelerator_named, expected_build
from .base_python import find_base_python
from .environment import TorchEnvironment
from .pip_progress import PipProgress

TORCH: Final = "torch==2.13.0"
"""The release that the figures were measured with; every build of it will do."""
NUMPY: Final = "numpy>=1.26"

_PIP_WITH_RAW_PROGRESS: Final = (24, 1)
_DOWNLOADS: Final = "downloads"


@dataclass(frozen=True)
class SetUpPlan:
    """What to install.

    Attributes:
        accelerator: a name of ``accelerators.ACCELERATORS``.
        index: the package index that has this build; pip's own if empty.
        wheels: a folder of wheels to install from, without any network.
        base: the Python to make it from; found where not given.
    """

    accelerator: str
    index: str = ""
    wheels: Path | None = None
    base: Path | None = None

    def source(self) -> list[str]:
        """Options of pip that say where PyTorch comes from. Raises EmoTalkError where that cannot work."""
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
    """Make the environment, or make it anew.

    Args:
        environment: where.
        plan: what to install.
        task: told the progress; runs and cancels the programs.

    Returns:
        What is there now, as a sentence.

    Raises:
        EmoTalkError: it cannot be made, and ``status`` says why from then on; or another Blender is making it.
        TaskCancelled: nobody wants it any more; what is there can be repaired or removed.
        OSError: the folder cannot be written to.
    """
    source = plan.source()
    task.report(0, "Looking for a Python")
    base = plan.base or find_base_python()
    with environment.claim():
        return _make(environment, plan, source, base, task)


def _make(environment: TorchEnvironment, plan: SetUpPlan, source: list[str], base: Path, task: BackgroundTask) -> str:
    environment.folder.mkdir(parents=True, exist_ok=True)
    environment.mark_unfinished()
    try:
        with environment.log.open("w", encoding="utf-8") as log:
            setting_up = _SetUp(environment, task, log)
            setting_up.make_venv(base)
            expected = 0 if plan.wheels else expected_build(plan.accelerator, plan.index).download_bytes
            if plan.index:  # which need not have the rest
                setting_up.install([TORCH], source, expected, until=0.9)
                source, expected = [], 0
            setting_up.install([TORCH, NUMPY], source, expected, until=0.95)
        task.report(0.95, "Starting PyTorch for the first time")
        status = environment.verify(task)
    except TaskCancelled:
        environment.mark_unfinished()  # measured anew
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
    """The programs of one set-up, with what they say in the log."""

    def __init__(self, environment: TorchEnvironment, task: BackgroundTask, log: TextIO) -> None:
        self._environment, self._task, self._log = environment, task, log
        self._done = 0.0
        downloads = environment.folder / _DOWNLOADS
        downloads.mkdir(exist_ok=True)
        # The system's own folder for temporary files is often too small for PyTorch, and a setting of pip that sends
        # everything to the user's packages is refused in an environment.
        self._variables = {**dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(downloads)), "PIP_USER": "0"}

    def make_venv(self, base: Path) -> None:
        self._task.report(0.01, "Making the environment")
        if self._run([str(base), "-I", "-m", "venv", "--clear", str(self._environment.venv)], _ignore) != 0:
            raise EmoTalkError(f"{base} cannot make an environment; the log tells more")
        self._done = 0.05

    def install(self, packages: list[str], source: list[str], expected_bytes: float, until: float) -> None:
        """Let pip install packages; ``until`` is the share of the set-up that is done then."""
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
        """Older releases of pip cannot tell a program how far a download is."""
        for folder in self._environment.venv.rglob("pip-*.dist-info"):
            version = re.match(r"pip-(\d+)\.(\d+)", folder.name)
            if version and (int(version[1]), int(version[2])) >= _PIP_WITH_RAW_PROGRESS:
                return "raw"
        return "off"

    def _run(self, words: list[str], on_line: Callable[[str], None]) -> int:
        def log(line: str) -> None:
            self._log.write(f"{line}\n")
            self._log.flush()
            on_line(line)

        log(f"> {shlex.join(words)}")
        try:
            return self._task.run(words, log, self._variables)
        except OSError as error:
            raise EmoTalkError(f"{words[0]} cannot be run: {error.strerror or error}") from error


def _ignore(_line: str) -> None:
    pass
