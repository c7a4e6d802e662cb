"""The ``emotalk`` command as another process: in the Python with PyTorch, or in Blender's own."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from ..inference.contract import EmoTalkError
from ..inference.worker.background_task import BackgroundTask

COMMAND: Final = Path(__file__).resolve().parents[1] / "command_line" / "__main__.py"
_COMPLAINT: Final = "emotalk: "
_PROGRESS: Final = "openjd_progress: "


def command(python: str | Path, *words: str) -> list[str]:
    """The program and its arguments."""
    return [str(python), "-I", "-X", "utf8", "-W", "ignore", str(COMMAND), *words]


def run_command(task: BackgroundTask, words: Sequence[str], text: str) -> list[str]:
    """Run a command to its end, with its progress if it prints one.

    Args:
        task: that runs it.
        words: from ``command``.
        text: what it does, for people.

    Returns:
        The lines that it printed.

    Raises:
        EmoTalkError: it failed, with the sentence that it printed.
        TaskCancelled: the task was cancelled.
        OSError: it cannot be started.
    """
    said: list[str] = []

    def hear(line: str) -> None:
        said.append(line)
        percent = line.removeprefix(_PROGRESS)
        if percent != line and percent.isdigit():
            task.report(int(percent) / 100, text)

    task.report(0, text)
    status = task.run(words, hear)
    if failure := complaint_in(said):
        raise EmoTalkError(failure)
    if status < 0 or status > 1:  # 1 is that of a check with findings
        raise EmoTalkError(f"{text}: the command ended without a message; try again")
    return said


def complaint_in(lines: Iterable[str]) -> str:
    """The last sentence of a command that failed; "" if it printed none."""
    found = [line.removeprefix(_COMPLAINT) for line in lines if line.startswith(_COMPLAINT)]
    return found[-1] if found else ""
