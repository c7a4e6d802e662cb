"""The PyTorch environment: a Python with PyTorch in its own folder, for networks that NumPy cannot run.

``set_up`` creates it. Its state is stored in ``state.json``, which is replaced atomically: it is "unfinished" before
any change, and "ready" only after PyTorch was imported there. So the state is correct even if a set-up is interrupted.
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
from ...face.claim import claimed
from ..contract import EmoTalkError
from ..devices import SAFE_TORCH, is_safe_torch
from ..worker.background_task import BackgroundTask

State = Literal["absent", "unfinished", "broken", "untried", "ready"]

TRAINING: Final = {
    "accelerate": ">=1.10",
    "tensorboard": ">=2.17",
    "psutil": ">=5.9",
    "scipy": ">=1.11",
    "soundfile": ">=0.12",
}
"""What training needs besides PyTorch: packages, which are modules of the same names, and their versions."""

_DESCRIBE: Final = f"""
import importlib.util, json, platform
import numpy, torch
lacks = [name for name in {list(TRAINING)} if importlib.util.find_spec(name) is None]
devices = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
devices += ["Apple GPU"] * torch.backends.mps.is_available() + ["CPU"]
found = dict(torch=str(torch.__version__), python=platform.python_version(), devices=devices, lacks=lacks)
print(json.dumps(found))
"""


@dataclass(frozen=True)
class EnvironmentStatus:
    """The state of an environment.

    Attributes:
        state: "absent", "unfinished" (a set-up failed), "broken" (PyTorch does not start), "untried" (PyTorch was not
            started yet), or "ready".
        sentence: the same for people, and what to do.
        torch, python: versions; empty if unknown.
        devices: names of the devices that PyTorch finds there, the best first.
        bytes: the last measured size on disk.
        lacks: packages of ``TRAINING`` that are not there; as it was when it last worked, if it does not work.
    """

    state: State
    sentence: str
    torch: str = ""
    python: str = ""
    devices: tuple[str, ...] = ()
    bytes: int = 0
    lacks: tuple[str, ...] = tuple(TRAINING)


ABSENT: Final = EnvironmentStatus("absent", "PyTorch is not set up yet; Set Up in EmoTalk's preferences installs it")
UNTRIED: Final = EnvironmentStatus("untried", "Not tried yet; Check starts PyTorch there once")


class TorchEnvironment:
    """An environment in a folder, whether it exists or not.

    Args:
        folder: used by nothing else; created by the set-up.
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
        """The stored state, without starting anything; fast."""
        try:
            fields = json.loads(self._state.read_text("utf-8"))
            lists = {name: tuple(fields[name]) for name in ("devices", "lacks") if name in fields}
            status = EnvironmentStatus(**{**fields, **lists})
        except FileNotFoundError:
            return ABSENT
        except (OSError, ValueError, TypeError, KeyError):
            return EnvironmentStatus("unfinished", "Its record is damaged; press Repair")
        if status.state == "ready" and not self.python.exists():
            return EnvironmentStatus("broken", "The Python it was made from is gone or has moved; press Repair")
        return status

    def claim(self) -> AbstractContextManager[None]:
        """Lock it while it is changed. Raises EmoTalkError if another program is changing it."""
        # The lock file is beside the folder, because the folder can be removed.
        return claimed(self.folder.with_name(f"{self.folder.name}.lock"), "this PyTorch")

    def verify(self, task: BackgroundTask) -> EnvironmentStatus:
        """Import PyTorch there and store the result; see ``describe_python``. The caller must hold the lock."""
        status = replace(describe_python(self.python, task), bytes=self.measure())
        if status.state != "ready":
            status = replace(status, lacks=self.status().lacks)
        self._keep(status)
        return status

    def remove(self) -> None:
        """Delete everything. Raises EmoTalkError if something is in use."""
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
        """Size on the disk in bytes."""
        total = 0
        for folder, _, names in os.walk(self.folder):
            for name in names:
                with contextlib.suppress(OSError):
                    total += Path(folder, name).lstat().st_size
        return total

    def mark_unfinished(self, sentence: str = "The set-up did not end; press Repair") -> None:
        """Store the state "unfinished" before a change, and its reason after a failure."""
        self._keep(EnvironmentStatus("unfinished", sentence, bytes=self.measure(), lacks=self.status().lacks))

    def _keep(self, status: EnvironmentStatus) -> None:
        with replacing(self._state) as part:
            part.write_text(json.dumps(asdict(status), indent=1), "utf-8")


def describe_python(python: str | Path, task: BackgroundTask) -> EnvironmentStatus:
    """Start an interpreter and check whether PyTorch works in it. Takes seconds.

    Raises:
        TaskCancelled: the task was cancelled.
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
        return EnvironmentStatus("broken", f"{python} is not a Python")
    sentence = f"PyTorch {found['torch']} in Python {found['python']}, on {', '.join(found['devices'])}"
    if not is_safe_torch(found["torch"]):
        sentence += f"; too old to import checkpoints, which takes PyTorch {SAFE_TORCH} or later"
    devices, lacks = tuple(found["devices"]), tuple(found["lacks"])
    return EnvironmentStatus("ready", sentence, found["torch"], found["python"], devices, lacks=lacks)
