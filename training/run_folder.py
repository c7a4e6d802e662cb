"""The folder of a run, ``runs/<data set>/<preset>/<date_time>/``: what it was made of, and all that it makes."""

import hashlib
import json
import os
import platform
import re
import secrets
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from ..face.atomic_file import replacing
from ..inference.contract import EmoTalkError

RUNS: Final = Path("runs")
_PACKAGES: Final = ("emotalk", "torch", "accelerate", "numpy", "scipy", "tensorboard")
_BLOCK: Final = 1 << 20


@dataclass(frozen=True)
class RunConfig:
    """What a run is made of, as ``config.json`` keeps it.

    Attributes:
        run: an id of its own, which its checkpoints carry.
        preset: name of the system in ``presets.PRESETS``.
        source: the project file, or the folder of prepared speech.
        debug: whether it is a short one with two takes.
        threads: of PyTorch in each process; with another number, last bits differ.
        recipe: all settings.
    """

    run: str
    preset: str
    source: str
    debug: bool
    threads: int
    recipe: dict[str, Any]


@dataclass(frozen=True)
class RunFolder:
    """Paths within a run's folder."""

    path: Path

    @property
    def config(self) -> Path:
        """The resolved settings, see ``RunConfig``."""
        return self.path / "config.json"

    @property
    def environment(self) -> Path:
        """Versions of everything that took part, processors, memory, and the state of git."""
        return self.path / "environment.json"

    @property
    def data(self) -> Path:
        """Relative path, length in bytes and SHA-256 of every file that is trained on."""
        return self.path / "data.json"

    @property
    def log(self) -> Path:
        """What was said while it trained."""
        return self.path / "training.log"

    @property
    def metrics(self) -> Path:
        """One JSON object in each line, see ``metrics_log.read_metrics``."""
        return self.path / "metrics.jsonl"

    @property
    def events(self) -> Path:
        """Files of TensorBoard."""
        return self.path / "events"

    @property
    def checkpoints(self) -> Path:
        """The newest checkpoints, and the best."""
        return self.path / "checkpoints"

    @property
    def evaluation(self) -> Path:
        """Figures on the held-out takes, beside those of the base model."""
        return self.path / "evaluation.json"

    @property
    def previews(self) -> Path:
        """Films: the captured face and the model's side by side."""
        return self.path / "previews"

    @property
    def captured(self) -> Path:
        """Curves of a held-out take, for Blender; beside ``predicted``."""
        return self.previews / "captured.npz"

    @property
    def predicted(self) -> Path:
        """The model's curves for the same sound."""
        return self.previews / "predicted.npz"

    def predicted_at(self, step: int) -> Path:
        """The same after so many steps."""
        return self.previews / f"step_{step:07d}.npz"

    @property
    def sound(self) -> Path:
        """That sound."""
        return self.previews / "sound.wav"

    @property
    def card(self) -> Path:
        """The model card."""
        return self.path / "model_card.md"

    @property
    def export(self) -> Path:
        """The weights for inference."""
        return self.path / "export"

    @property
    def stop(self) -> Path:
        """A file that asks the training process to save a checkpoint and end; it deletes it then."""
        return self.path / "stop"

    @property
    def lock(self) -> Path:
        """Held by the process that trains."""
        return self.path / "run.lock"

    def say(self, sentence: str) -> None:
        """Print a line and add it to the log."""
        print(sentence, flush=True)
        with self.log.open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {sentence}\n")


def create_run(runs: Path, dataset: str, config: RunConfig, files: Iterable[Path], root: Path) -> RunFolder:
    """A new run folder with its settings, environment and list of data.

    Args:
        runs: folder of all runs.
        dataset: name of the data.
        config: of the run.
        files: that are trained on.
        root: where their relative paths begin.

    Raises:
        OSError: the folder cannot be written, or a file cannot be read.
    """
    parent = runs / _as_name(dataset) / _as_name(config.preset)
    parent.mkdir(parents=True, exist_ok=True)
    run = RunFolder(_new_folder(parent, time.strftime("%Y-%m-%d_%H-%M-%S")))
    for folder in (run.checkpoints, run.previews, run.export):
        folder.mkdir()
    write_json(run.environment, describe_environment())
    write_json(run.data, describe_files(files, root))
    write_config(run, config)
    return run


def open_run(path: Path) -> RunFolder:
    """The run folder at a path. Raises EmoTalkError if it is none."""
    run = RunFolder(path)
    if not run.config.is_file():
        raise EmoTalkError(f"{path} is no folder of a run: it has no config.json")
    return run


def newest_run(runs: Path, dataset: str, preset: str) -> RunFolder:
    """The newest run of a preset on a data set. Raises EmoTalkError if there is none."""
    parent = runs / _as_name(dataset) / _as_name(preset)
    found = sorted(path.parent for path in parent.glob("*/config.json"))
    if not found:
        raise EmoTalkError(f"There is no run to resume in {parent}")
    return RunFolder(found[-1])


def new_run_id() -> str:
    """An id for a run."""
    return secrets.token_hex(8)


def read_config(run: RunFolder) -> RunConfig:
    """The settings of a run. Raises EmoTalkError if the file is damaged."""
    try:
        return RunConfig(**json.loads(run.config.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise EmoTalkError(f"{run.config} cannot be read: {error}") from None


def write_config(run: RunFolder, config: RunConfig) -> None:
    """Write the settings of a run."""
    write_json(run.config, vars(config))


def check_files(run: RunFolder, files: Iterable[Path], root: Path) -> None:
    """Refuse data that has changed since the run began.

    Raises:
        EmoTalkError: names a file that has changed, is new or is gone.
    """
    recorded = {row["path"]: row for row in json.loads(run.data.read_text("utf-8"))}
    now = {row["path"]: row for row in describe_files(files, root)}
    changed = sorted(name for name in recorded.keys() | now.keys() if recorded.get(name) != now.get(name))
    if changed:
        raise EmoTalkError(f"{changed[0]} is not what this run began with; start a new run")


def describe_files(files: Iterable[Path], root: Path) -> list[dict[str, Any]]:
    """Relative path, length in bytes and SHA-256 of each file, sorted by path."""
    paths = {Path(os.path.relpath(file, root)).as_posix(): file for file in files}
    return [
        {"path": name, "bytes": path.stat().st_size, "sha256": _sha256(path)} for name, path in sorted(paths.items())
    ]


def describe_environment() -> dict[str, Any]:
    """Versions, processors, memory, and which commit of this program it is."""
    import psutil  # not at the head: Blender's own Python reads run folders

    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": psutil.cpu_count(logical=False),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "packages": {name: version for name in _PACKAGES if (version := _version(name))},
        "git": _git_state(),
    }


def write_json(path: Path, content: Any) -> None:
    """Write JSON atomically."""
    with replacing(path) as part:
        part.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def _as_name(text: str) -> str:
    """A text as the name of a folder, on every system."""
    return re.sub(r"[^\w.-]+", "_", text).strip("._") or "unnamed"


def _new_folder(parent: Path, name: str) -> Path:
    for number in range(1, 1000):
        path = parent / (name if number == 1 else f"{name}_{number}")
        try:
            path.mkdir()
        except FileExistsError:
            continue
        return path
    raise EmoTalkError(f"{parent} has too many runs of this second")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _git_state() -> dict[str, Any]:
    """Commit, and whether files differ from it; empty where this is no repository."""
    root = Path(__file__).resolve().parents[1]

    def ask(*words: str) -> str:
        return subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=True).stdout

    try:
        if Path(ask("rev-parse", "--show-toplevel").strip()).resolve() != root:
            return {}
        return {"commit": ask("rev-parse", "HEAD").strip(), "changed": bool(ask("status", "--porcelain").strip())}
    except (OSError, subprocess.CalledProcessError):
        return {}
