"""A model and baselines against the captured curves of every take in a folder."""

import tempfile
from collections.abc import Collection, Sequence
from dataclasses import replace
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
from .prediction import DEFAULTS
from .report import Cell, Table, left_out
from .stillness import nonspeech_sounds

TAKES: Final = "takes"
"""Key in the header of weights: a JSON list of the takes that they were trained on."""

FIGURES: Final = ("r", "error", "jaw r", "jaw error", "lag ms", "closure F1", "closed F1", "velocity ratio")
COLUMNS: Final = ("take", "system", "trained on it", *FIGURES)
_PAUSE: Final = 10 ** (-30 / 20)
"""Loudness, relative to the take's loud parts, below which it pauses."""
_PAUSE_SECONDS: Final = 0.3
"""From any speech to the part of a pause in which the face should be still."""


def take_tables(model: FaceModel, folder: Path, seen: Collection[str] = ()) -> list[Table]:
    """Correlation, error, closures and motion of a model, of baselines and of the built-in model, take by take.

    Baselines are fitted on all other takes of the folder. The means are over the takes that the model was not trained
    on, if there are any.

    Args:
        model: of any basis that the captures have or are mapped to.
        folder: captures; with a project file, or as ``emotalk captures init`` finds them.
        seen: names of the takes that the model was trained on.

    Raises:
        EmoTalkError: there is no take, or none in the model's basis.
    """
    read = read_folder(folder, model.spec.basis)
    takes = read.takes
    if not takes:
        raise EmoTalkError("; ".join(f"{name}: {reason}" for name, reason in read.left_out) or f"{folder} has no takes")
    rows: list[tuple[Cell, ...]] = []
    means: dict[str, list[tuple[float, ...]]] = {}
    all_seen = all(take.name in seen for take in takes)
    for take in takes:
        for name, curves in predictions(model, take, [other for other in takes if other is not take]).items():
            figures = figures_of(compare(take.curves, curves))
            rows.append((take.name, name, take.name in seen and name == model.model_id, *figures))
            if all_seen or take.name not in seen:
                means.setdefault(name, []).append(figures)
    rows += [("mean", name, all_seen and name == model.model_id, *mean_figures(all_)) for name, all_ in means.items()]
    tables = [
        Table("Captured and predicted curves, over the channels that move", COLUMNS, tuple(rows)),
        Table("Motion without speech in per cent of speech's", ("sound", "%"), still_rows(model, takes)),
    ]
    return [*tables, *(left_out(f"Take {name}", reason) for name, reason in read.left_out)]


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


def predictions(model: FaceModel, take: Take, others: Sequence[Take]) -> dict[str, FaceCurves]:
    """The curves of a take by a model, by baselines fitted on other takes, and by the built-in model."""
    predicted = baselines(others, take) if others else {}
    systems = [model]
    builtin = load_model(DEFAULT_MODEL)
    if model.model_id != DEFAULT_MODEL and builtin.spec.basis is model.spec.basis:
        systems.insert(0, builtin)
    for system in systems:
        predicted[system.model_id] = system.decode(system.encode(take.speech), DEFAULTS)
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
