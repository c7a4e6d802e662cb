"""What a row of ``presets.PRESETS`` says of a system that can be trained."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from ..face.basis import ARKIT
from ..inference.contract import EmoTalkError, FaceModel
from .captures.project import Project, ReadTakes, read_project, read_takes
from .captures.take import Take
from .recipe import Recipe, overridden, read_recipe
from .task import Task

_DEBUG_TAKES: Final = 2
"""To train on; one more is held out."""


@dataclass(frozen=True)
class Material:
    """Data that was found and looked at, and what trains on it.

    Attributes:
        dataset: its name.
        root: where the relative paths of the files begin.
        files: that are trained on.
        remarks: sentences for the log, as on takes that are left out.
        make_task: builds networks and reads what training needs; it may take minutes.
        held_out: takes for films of the captured face beside the model's.
    """

    dataset: str
    root: Path
    files: tuple[Path, ...]
    remarks: tuple[str, ...]
    make_task: Callable[[], Task]
    held_out: tuple[Take, ...] = ()


@dataclass(frozen=True)
class Preset:
    """One system that can be trained.

    Attributes:
        label: what it is, in a few words.
        recipe: the file of its settings.
        recipe_type: their dataclass.
        read: data for a recipe from a source (a project file, or a folder); only two takes of it for ``--debug``.
        weights: name of the exported file.
        load: the exported file as a model.
        base_model: id of the model that the result is compared with; "" if there is none.
        licence: of the weights, by its SPDX id; "" if it is for the owner of the takes to say.
        performs: whether the weights are a model by themselves, so that a held-out take can be shown.
        threads: of PyTorch in a process, for a network too small to gain from more; 0 shares the cores.
        changes: settings that replace those of the file.
    """

    label: str
    recipe: Path
    recipe_type: type[Recipe]
    read: Callable[[Path, Any, bool], Material]
    weights: str
    load: Callable[[Path], FaceModel]
    base_model: str = ""
    licence: str = ""
    performs: bool = True
    threads: int = 0
    changes: Mapping[str, Any] = field(default_factory=dict)

    def read_recipe(self, changes: Mapping[str, Any] | None = None) -> Recipe:
        """The preset's settings, with further changes. Raises EmoTalkError, see ``recipe.read_recipe``."""
        return read_recipe(self.recipe_type, self.recipe, overridden(self.changes, changes or {}))


def on_captures(
    make_task: Callable[[Project, ReadTakes, Any], Task],
    remark: Callable[[ReadTakes], tuple[str, ...]] = lambda _: (),
) -> Callable[[Path, Any, bool], Material]:
    """``Preset.read`` for a system that trains on a studio's takes.

    Args:
        make_task: a task of a project, of the takes in it that are sound, and of a recipe.
        remark: what somebody should know of these takes, as sentences.
    """

    def read(source: Path, recipe: Recipe, debug: bool) -> Material:
        project = read_project(source)
        project = _shortened(project) if debug else project
        read = read_takes(project)
        if not read.of_split("train"):
            reasons = "".join(f"; {name}: {reason}" for name, reason in read.left_out)
            raise EmoTalkError(f"{source.name} has no take to train on{reasons}")
        good = {take.name for take in read.takes}
        entries = [entry for entry in project.entries if entry.name in good]
        files = [path for each in entries for path in (each.sound, each.curves, each.shapes) if path]
        remarks = tuple(f"{name} is left out: {reason}" for name, reason in read.left_out)
        return Material(
            project.name,
            project.folder,
            tuple(dict.fromkeys([project.path, *files])),
            (*remarks, *remark(read)),
            lambda: make_task(project, read, recipe),
            read.of_split("validation"),
        )

    return read


def check_arkit(project: Project, network: str) -> None:
    """Refuse a project for a network of ARKit's coefficients. Raises EmoTalkError if it has another basis."""
    if project.basis is not ARKIT:
        raise EmoTalkError(f"{project.path.name} has the basis {project.basis.name}; {network} needs arkit")


def _shortened(project: Project) -> Project:
    """The project with a few takes."""
    train = [entry for entry in project.entries if entry.labels.split == "train"][:_DEBUG_TAKES]
    held_out = [entry for entry in project.entries if entry.labels.split == "validation"][:1]
    return replace(project, entries=(*train, *held_out))
