"""The PyTorch environment: a Python with PyTorch in a folder of its own, for networks that NumPy cannot run.

``set_up`` makes it. What is known about it stands in ``state.json``, which is replaced whole: before anything
is changed it says "unfinished", and "ready" only after PyTorch was imported there. So whatever interrupts a set-up,
the state is true.
"""

import contextlib
import json
import os
import shutil
import sys
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, Literal

from ...face.atomic_file import replacing
from ..contract import EmoTalkError
from ..worker.background_task import BackgroundTask
from .claim import claimed

State = Literal["absent", "unfinished", "broken", "untried", "ready"]

_DESCRIBE: Final = """
import json, platform
import numpy, torch
devices = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
devices += ["Apple GPU"] * torch.backends.mps.is_available() + ["CPU"]
print(json.dumps({"torch": str(torch.__version__), "python": platform.python_version(), "devices": devices}))
"""


@dataclass(frozen=True)
class EnvironmentStatus:
    """What is known about an environment.

    Attributes:
        state: "absent", "unfinished" (a set-up did not end well), "broken" (PyTorch does not start), "untried" (nobody
            has started it yet), or "ready".
        sentence: the same for people, with what to do.
        torch, python: versions; empty where unknown.
        devices: names of what PyTorch computes on there, the best first.
        bytes: the size on disk when it was last measured.
    """

    state: State
    sentence: str
    torch: str = ""
    python: str = ""
    devices: tuple[str, ...] = ()
    bytes: int = 0


ABSENT: Final = EnvironmentStatus("absent", "PyTorch is not set up yet; Set Up in EmoTalk's preferences installs it")
UNTRIED: Final = EnvironmentStatus("untried", "Not tried yet; Check starts PyTorch there once")


class TorchEnvironment:
    """An environment in a folder, whether it exists or not.

    Args:
        folder: belongs to the environment alone; made when it is set up.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.log = self.folder / "log.txt"
        self.venv = self.folder / "python"
        self._state = self.folder / "state.json"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    def status(self) -> EnvironmentStatus:
        """What is known without starting anything; quick."""
        try:
            fields = json.loads(self._state.read_text("utf-8"))
            status = EnvironmentStatus(**{**fields, "devices": tuple(fields["devices"])})
        except FileNotFoundError:
            return ABSENT
        except (OSError, ValueError, TypeError, KeyError):
            return EnvironmentStatus("unfinished", "Its record is damaged; press Repair")
        if status.state == "ready" and not self.python.exists():
            return EnvironmentStatus("broken", "The Python it was made from is gone or has moved; press Repair")
        return status

    def claim(self) -> AbstractContextManager[None]:
        """Hold it while it is changed. Raises EmoTalkError where another Blender changes it now."""
        # Beside the folder, which can be removed.
        return claimed(self.folder.with_name(f"{self.folder.name}.lock"))

    def verify(self, task: BackgroundTask) -> EnvironmentStatus:
        """Import PyTorch there and keep what comes out; see ``describe_python``. For those who hold the claim."""
        status = replace(describe_python(self.python, task), bytes=self.measure())
        self._keep(status)
        return status

    def remove(self) -> None:
        """Delete everything. Raises EmoTalkError where something is in use."""
        if not self.folder.exists():
            return
        with self.claim():
            self.mark_unfinished("It is removed in part; press Remove again")
            try:
                shutil.rmtree(self.folder)
            except OSError as error:
                self.mark_unfinished(f"It is removed in part: {error.filename} is in use; press Remove again")
                raise EmoTalkError(self.status().sentence) from error

    def measure(self) -> int:
        """Bytes on the disk."""
        total = 0
        for folder, _, names in os.walk(self.folder):
            for name in names:
                with contextlib.suppress(OSError):
                    total += Path(folder, name).lstat().st_size
        return total

    def mark_unfinished(self, sentence: str = "The set-up did not end; press Repair") -> None:
        """Note, before anything is changed, that nothing is to be relied on, and afterwards why it stayed so."""
        self._keep(EnvironmentStatus("unfinished", sentence, bytes=self.measure()))

    def _keep(self, status: EnvironmentStatus) -> None:
        with replacing(self._state) as part:
            part.write_text(json.dumps(asdict(status), indent=1), "utf-8")


def describe_python(python: str | Path, task: BackgroundTask) -> EnvironmentStatus:
    """Start an interpreter and see whether PyTorch works in it. Takes seconds.

    Raises:
        TaskCancelled: nobody wants to know any more.
    """
    said: list[str] = []
    try:
        status = task.run([str(python), "-I", "-X", "utf8", "-c", _DESCRIBE], said.append)
    except OSError as error:
        return EnvironmentStatus("broken", f"{python} cannot be run ({error.strerror or error})")
    last = next(filter(None, reversed(said)), "it said nothing")
    if status != 0:
        return EnvironmentStatus("broken", f"PyTorch does not start there ({last})")
    try:
        found = json.loads(last)
    except ValueError:
        return EnvironmentStatus("broken", f"{python} is no Python")
    sentence = f"PyTorch {found['torch']} in Python {found['python']}, on {', '.join(found['devices'])}"
    return EnvironmentStatus("ready", sentence, found["torch"], found["python"], tuple(found["devices"]))
