"""What a row of ``presets.PRESETS`` says of a system that can be trained."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .recipe import Recipe
from .task import Task


@dataclass(frozen=True)
class Material:
    """Data that was found and looked at, and what trains on it.

    Attributes:
        dataset: its name.
        root: where the relative paths of the files begin.
        files: that are trained on.
        remarks: sentences for the log, as on takes that are left out.
        make_task: builds networks and reads what training needs; it may take minutes.
    """

    dataset: str
    root: Path
    files: tuple[Path, ...]
    remarks: tuple[str, ...]
    make_task: Callable[[], Task]


@dataclass(frozen=True)
class Preset:
    """One system that can be trained.

    Attributes:
        label: what it is, in a few words.
        recipe: the file of its settings.
        recipe_type: their dataclass.
        read: data for a recipe from a source (a project file, or a folder); only two takes of it for ``--debug``.
        weights: name of the exported file.
        base_model: id of the model that the result is compared with; "" if there is none.
    """

    label: str
    recipe: Path
    recipe_type: type[Recipe]
    read: Callable[[Path, Any, bool], Material]
    weights: str
    base_model: str = ""
