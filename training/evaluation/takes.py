"""Models and baselines against the captured curves of every take in a folder."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from ...face.basis import Basis
from ...face.capture_metrics import Comparison, compare
from ...face.curves import FaceCurves
from ...inference.contract import EmoTalkError, FaceModel, Speech
from ...inference.models.loading import load_model
from ...inference.registry import DEFAULT_MODEL
from ...inference.sound.rms import frame_rms
from ..arrays import FloatArray
from ..captures.looking import PROJECT_NAME, write_project
from ..captures.project import Project, ReadTakes, read_project, read_takes
from ..captures.take import Take
from ..comparison import SCORE
from .baselines import baselines
from .mesh import MESH_FIGURES, FaceMesh, mesh_figures, mesh_title
from .prediction import DEFAULTS
from .report import Cell, Table, left_out
from .stillness import nonspeech_sounds

TAKES: Final = "takes"
"""Key in the header of weights: a JSON list of the takes that they were trained on."""

FIGURES: Final = ("r", "error", "jaw r", "jaw error", "lag ms", "closure F1", "closed F1", "velocity ratio")
_PAUSE: Final = 10 ** (-30 / 20)
"""Loudness, relative to the take's loud parts, below which it pauses."""
_PAUSE_SECONDS: Final = 0.3
"""From any speech to the part of a pause in which the face should be still."""


@dataclass(frozen=True)
class System:
    """A model that is compared with captures.

    Attributes:
        name: in the tables.
        model: of any basis that the captures have or are mapped to.
        seen: names of the takes that it was trained on.
    """

    name: str
    model: FaceModel
    seen: frozenset[str] = frozenset()


def take_tables(
    system: System,
    folder: Path,
    beside: Sequence[System] = (),
    fitted_on: Path | None = None,
    meshes: Sequence[FaceMesh] = (),
) -> list[Table]:
    """Correlation, error, closures and motion of models, of baselines and of the built-in model, take by take.

    Baselines are fitted on all other takes of the folder, and those of another folder. The means are over the takes
    that no model was trained on, if there are any.

    Args:
        system: what is evaluated.
        folder: captures; with a project file, or as ``emotalk captures init`` finds them.
        beside: more models, of the same basis.
        fitted_on: more captures for the baselines, where the folder has a take or two for the test.
        meshes: on which the same curves are compared, too.

    Raises:
        EmoTalkError: there is no take, or none in the model's basis, or a model has another basis.
    """
    basis = system.model.spec.basis
    read = read_folder(folder, basis)
    takes = read.takes
    if not takes:
        raise EmoTalkError("; ".join(f"{name}: {reason}" for name, reason in read.left_out) or f"{folder} has no takes")
    more = read_folder(fitted_on, basis).takes if fitted_on else ()
    systems = with_builtin([*beside, system])
    seen = frozenset[str]().union(*(each.seen for each in systems))
    all_seen = all(take.name in seen for take in takes)
    tables = [Figures("Captured and predicted curves, over the channels that move", FIGURES)]
    tables += [Figures(mesh_title(mesh), MESH_FIGURES) for mesh in meshes]
    for take in takes:
        others = [other for other in (*takes, *more) if other.name != take.name]
        counts = all_seen or take.name not in seen
        for name, curves in predictions(systems, take, others).items():
            trained = any(each.name == name and take.name in each.seen for each in systems)
            figures = [figures_of(compare(take.curves, curves))]
            figures += [mesh_figures(mesh, take.speech, take.curves, curves) for mesh in meshes]
            for table, row in zip(tables, figures, strict=True):
                table.add(take.name, name, trained, row, counts)
    still = Table("Motion without speech in per cent of speech's", ("sound", "%"), still_rows(system.model, takes))
    alone = (
        [left_out("Baselines", "they need other takes: give --fitted-on FOLDER")] if len(takes) + len(more) < 2 else []
    )
    lost = [left_out(f"Take {name}", reason) for name, reason in read.left_out]
    return [tables[0].table(), still, *(each.table() for each in tables[1:]), *alone, *lost]


class Figures:
    """The rows of a table of systems and takes, and their means."""

    def __init__(self, title: str, columns: tuple[str, ...]) -> None:
        self._title, self._columns = title, ("take", "system", "trained on it", *columns)
        self._rows: list[tuple[Cell, ...]] = []
        self._means: dict[str, list[tuple[float, ...]]] = {}
        self._trained: dict[str, bool] = {}

    def add(self, take: str, system: str, trained: bool, figures: tuple[float, ...], counts: bool) -> None:
        """A row, and whether it counts for the mean."""
        self._rows.append((take, system, trained, *figures))
        if counts:
            self._means.setdefault(system, []).append(figures)
            self._trained[system] = self._trained.get(system, False) or trained

    def table(self) -> Table:
        """All rows, those of the means last."""
        means: list[tuple[Cell, ...]] = [
            ("mean", name, self._trained[name], *mean_figures(every)) for name, every in self._means.items()
        ]
        return Table(self._title, self._columns, (*self._rows, *means))


def read_folder(folder: Path, basis: Basis) -> ReadTakes:
    """The takes of a folder in a basis.

    Raises:
        EmoTalkError: there is no take.
    """
    if (folder / PROJECT_NAME).is_file():
        return read_takes(_in_basis(read_project(folder / PROJECT_NAME), basis))
    with tempfile.TemporaryDirectory() as place:
        path = write_project(folder, Path(place) / PROJECT_NAME).path
        return read_takes(_in_basis(read_project(path), basis))


def _in_basis(project: Project, basis: Basis) -> Project:
    if project.basis is basis:
        return project
    entries = tuple(replace(entry, mapping="") for entry in project.entries)
    return replace(project, basis=basis, entries=entries)


def with_builtin(systems: Sequence[System]) -> list[System]:
    """Systems with the built-in model before them, if it has their basis and is not among them.

    Raises:
        EmoTalkError: their bases differ.
    """
    basis = systems[-1].model.spec.basis
    for each in systems:
        if each.model.spec.basis is not basis:
            raise EmoTalkError(
                f"{each.name} has the basis {each.model.spec.basis.name}, not {basis.name}; leave it out"
            )
    builtin = load_model(DEFAULT_MODEL)
    if builtin.spec.basis is basis and all(each.name != DEFAULT_MODEL for each in systems):
        return [System(DEFAULT_MODEL, builtin), *systems]
    return list(systems)


def predictions(systems: Sequence[System], take: Take, others: Sequence[Take]) -> dict[str, FaceCurves]:
    """The curves of a take by baselines fitted on other takes, and by systems."""
    predicted = baselines(others, take) if others else {}
    for each in systems:
        predicted[each.name] = each.model.decode(each.model.encode(take.speech), DEFAULTS)
    return predicted


def figures_of(figures: Comparison) -> tuple[float, ...]:
    """The cells of ``FIGURES``."""
    return (
        figures.r,
        figures.error,
        figures.jaw_r,
        figures.jaw_error,
        figures.lag_ms,
        figures.closure_f1,
        figures.closed_f1,
        figures.velocity_ratio,
    )


def mean_figures(figures: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """The mean of each figure over the takes that have it; NaN if none has."""
    columns = (np.array(column) for column in zip(*figures, strict=True))
    return tuple(
        float(column[~np.isnan(column)].mean()) if not np.isnan(column).all() else np.nan for column in columns
    )


def score_takes(takes: Sequence[Take], predicted: Sequence[FaceCurves], names: Sequence[str]) -> dict[str, float]:
    """What a task's ``validate`` gives: means over takes; the score is the mean absolute error.

    Args:
        takes: at least one.
        predicted: curves of each.
        names: attributes of ``Comparison``.
    """
    compared = [compare(take.curves, curves) for take, curves in zip(takes, predicted, strict=True)]
    means = {name: float(np.mean([getattr(each, name) for each in compared])) for name in ("error", *names)}
    return {SCORE: means["error"], **means}


def still_rows(model: FaceModel, takes: Sequence[Take]) -> tuple[tuple[Cell, ...], ...]:
    """Mean change per frame in sounds without speech and in the takes' pauses, relative to that in their speech."""
    spoken, paused = [], []
    for take in takes:
        moved, loud = _motion(model, take.speech), _pauses(take.speech, model)
        spoken.append(moved[~loud[1:]])
        paused.append(moved[loud[1:]])
    speech = float(np.concatenate(spoken).mean())
    rows: list[tuple[Cell, ...]] = [
        (name, 100 * float(_motion(model, Speech(sound)).mean()) / speech) for name, sound in nonspeech_sounds().items()
    ]
    pauses = np.concatenate(paused)
    return (*rows, ("pauses of the takes", 100 * float(pauses.mean()) / speech if len(pauses) else float("nan")))


def _motion(model: FaceModel, speech: Speech) -> FloatArray:
    """(frames - 1,) mean absolute change of all channels."""
    values = model.decode(model.encode(speech), DEFAULTS).values
    return np.asarray(np.abs(np.diff(values, axis=0)).mean(axis=1))


def _pauses(speech: Speech, model: FaceModel) -> FloatArray:
    """(frames,) whether nobody has spoken for a while, nor will."""
    frames = model.decode(model.encode(speech), DEFAULTS).frames
    loudness = frame_rms(speech, frames, model.spec.fps)
    speaks = loudness > _PAUSE * np.percentile(loudness, 98)
    reach = round(_PAUSE_SECONDS * model.spec.fps)
    return np.asarray(np.convolve(speaks, np.ones(2 * reach + 1), "same") < 0.5)
