"""A trained model becomes one of the animator's installed models."""

import re
from pathlib import Path
from typing import Final

from ..inference.checkpoints.importing import import_weights
from ..inference.checkpoints.library import InstalledWeights, installed_weights
from ..inference.contract import EmoTalkError
from ..training.captures.project import read_project
from ..training.run_state import RunState
from . import model_choice, runs

_LONGEST: Final = 48
_UNNAMED: Final = "Actor"


def install(run: RunState, project: Path) -> InstalledWeights:
    """Copy the exported weights of a run into the animator's folder, under the actor's name, with a number if need be.

    Args:
        run: with an export.
        project: the project file, which knows the actor's name.

    Raises:
        EmoTalkError: nothing was exported yet, or the weights or the project file are damaged.
        OSError: the folder cannot be written to.
    """
    if run.exported is None:
        raise EmoTalkError("Nothing was exported yet; let the training end, or pause it")
    installed = import_weights(run.exported, _free_name(read_project(project).actor)).weights
    model_choice.refresh()
    runs.forget_models()
    return installed


def _free_name(wish: str) -> str:
    """A name for weights, as near to a wish as files may be called."""
    name = re.sub(r"[^A-Za-z0-9 ._-]+", "", wish)[:_LONGEST].strip(" ._-") or _UNNAMED
    taken = {weights.model_id.casefold() for weights in installed_weights()}
    names = (name if number == 1 else f"{name} {number}" for number in range(1, len(taken) + 2))
    return next(free for free in names if free.casefold() not in taken)
