"""Finds a Python that can create a PyTorch environment."""

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ..contract import EmoTalkError

OLDEST: Final = (3, 11)
NEWEST: Final = (3, 14)
"""The versions that both this package and PyTorch support."""

_NAMES: Final = ("python3.13", "python3.12", "python3.11", "python3.14", "python3", "python")
_PROBE: Final = "import ensurepip, venv, sys; print(*sys.version_info[:2])"
_SECONDS_TO_ANSWER: Final = 20


def find_base_python(first: str | Path = sys.executable) -> Path:
    """A Python that can create environments.

    Args:
        first: tried before those on the PATH; Blender's own Python, if it can.

    Raises:
        EmoTalkError: there is none.
    """
    found = next(filter(can_make_environments, _candidates(str(first))), None)
    if found is None:
        raise EmoTalkError(
            f"No Python {_dotted(OLDEST)} to {_dotted(NEWEST)} that can create environments was found; install one "
            "(on Debian and Ubuntu also python3-venv) and press Set Up again"
        )
    return Path(found)


def can_make_environments(python: str | Path) -> bool:
    """Whether an interpreter runs, has a supported version, and has venv and pip."""
    try:
        answer = subprocess.run(
            [str(python), "-I", "-c", _PROBE],
            capture_output=True,
            text=True,
            timeout=_SECONDS_TO_ANSWER,
            check=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        ).stdout
        version = tuple(map(int, answer.split()))
    except (OSError, ValueError, subprocess.SubprocessError):
        return False
    return OLDEST <= version <= NEWEST


def _candidates(first: str) -> Iterable[str]:
    if first:
        yield first
    yield from filter(None, map(shutil.which, _NAMES))


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
