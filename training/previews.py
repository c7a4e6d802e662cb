"""A held-out take performed by a run's model, to be looked at beside the captured face."""

import json
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ..face.atomic_file import replacing
from ..face.controls import Controls
from ..face.curve_files import read_curves, write_curves
from ..face.curves import FaceCurves, performance_of
from ..inference.contract import SAMPLE_RATE, EmoTalkError, FaceModel, Speech
from ..inference.sound.audio import read_speech
from .captures.take import Take
from .presets import find_preset
from .recipe import make_recipe
from .run_folder import RunFolder, read_config

SECONDS: Final = 30.0
"""Of a take, for the preview in Blender."""
_LOUDEST: Final = 32767


@dataclass(frozen=True)
class Preview:
    """A take and what the model makes of its sound.

    Attributes:
        speech: the sound.
        captured: curves of the take.
        predicted: curves of the model.
        film: where the film belongs.
    """

    speech: Speech
    captured: FaceCurves
    predicted: FaceCurves
    film: Path


def look_back(run: RunFolder, step: int, seconds: float) -> Preview:
    """What the model made of the first held-out take after so many steps, as it was kept then.

    Args:
        run: its folder.
        step: a multiple of the recipe's ``preview_every``, or the last one.
        seconds: of the take at most, and no more than ``SECONDS``.

    Raises:
        EmoTalkError: nothing was kept of this step.
    """
    if not run.predicted_at(step).exists():
        kept = sorted(int(path.stem.removeprefix("step_")) for path in run.previews.glob("step_*.npz"))
        raise EmoTalkError(f"No preview of step {step} was kept; there is {', '.join(map(str, kept)) or 'none'}")
    speech = read_speech(run.sound)
    short = Speech(speech.samples[: round(seconds * SAMPLE_RATE)], speech.source)
    captured, predicted = (
        _beginning(read_curves(path).face, seconds) for path in (run.captured, run.predicted_at(step))
    )
    return Preview(short, captured, predicted, run.predicted_at(step).with_suffix(".mp4"))


def perform_held_out(run: RunFolder, take_name: str | None, seconds: float) -> Preview:
    """Let the exported model of a run perform a take that it was not trained on.

    Args:
        run: its folder.
        take_name: of the take; the first held-out one if None.
        seconds: of the take at most.

    Raises:
        EmoTalkError: there is no such take, or nothing was exported yet.
    """
    config = read_config(run)
    preset = find_preset(config.preset)
    weights = run.export / preset.weights
    if not weights.exists():
        raise EmoTalkError(f"{run.path} has no weights yet; run emotalk export first")
    recipe = make_recipe(preset.recipe_type, config.recipe, str(run.config))
    take = _choose(preset.read(Path(config.source), recipe, config.debug).held_out, take_name)
    speech, captured, predicted = _perform(preset.load(weights), take, seconds)
    steps = json.loads(run.evaluation.read_text("utf-8"))["steps"]
    return Preview(speech, captured, predicted, run.previews / f"step_{steps:07d}_{take.name}.mp4")


def write_preview(run: RunFolder, model: FaceModel, take: Take, step: int) -> None:
    """Write the beginning of a take, its sound, and what a model predicts from it, for *Preview* in Blender.

    Args:
        run: its folder.
        model: after so many steps.
        take: held out.
        step: under whose number the prediction is kept as well.
    """
    speech, captured, predicted = _perform(model, take, SECONDS)
    run.previews.mkdir(exist_ok=True)
    for path, curves in (
        (run.captured, captured),
        (run.predicted_at(step), predicted),
        (run.predicted, predicted),
    ):
        write_curves(path, performance_of(curves))
    samples = np.clip(np.round(speech.samples * _LOUDEST), -_LOUDEST, _LOUDEST).astype("<i2")
    with replacing(run.sound) as part, wave.open(str(part), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.tobytes())


def _perform(model: FaceModel, take: Take, seconds: float) -> tuple[Speech, FaceCurves, FaceCurves]:
    """The beginning of a take: its sound, its curves, and those of a model."""
    speech = Speech(take.speech.samples[: round(seconds * SAMPLE_RATE)], take.speech.source)
    captured = _beginning(take.curves, seconds)
    return speech, captured, model.decode(model.encode(speech), Controls())


def _beginning(curves: FaceCurves, seconds: float) -> FaceCurves:
    return curves.with_values(curves.values[: round(seconds * curves.fps)])


def _choose(takes: tuple[Take, ...], name: str | None) -> Take:
    if not takes:
        raise EmoTalkError("No take of this run was held out; give one the split validation, and train again")
    for take in takes:
        if name in (None, take.name):
            return take
    raise EmoTalkError(f"There is no held-out take {name!r}; there is {', '.join(take.name for take in takes)}")
