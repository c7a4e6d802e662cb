"""``emotalk animate``: sound files to files of face curves."""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..face.controls import CHANNEL, FEATURE_CACHE
from ..face.curve_files import FORMATS
from ..face.errors import EmoTalkError
from ..inference.models.loading import DEFAULT_CHOICE, ModelChoice, hear_emotions
from .complaints import GOOD, SOME_FAILED, complaint
from .control_options import add_control_options, controls_from
from .model_options import add_model_options
from .number_options import channel, frame_rate
from .outputs import expand, plan
from .progress import ProgressBar
from .text_options import add_text_options, check_text_options, said_in

if TYPE_CHECKING:
    from ..face.controls import Controls
    from ..face.curves import Performance
    from ..inference.alignment.lines import LineTimes
    from ..inference.contract import Speech
    from ..inference.engine import Engine

SUMMARY = "turn lines of dialogue into face curves"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommand's arguments."""
    parser.add_argument("audio", nargs="+", metavar="AUDIO", help="sound files; patterns like lines/*.wav work too")
    parser.add_argument(
        "-o", "--output", required=True, metavar="OUT", help="a .npz, .json or .csv file, or a folder for many lines"
    )
    parser.add_argument("--format", choices=FORMATS, help="what to write into a folder (npz)")
    parser.add_argument(
        "--fps", type=frame_rate, metavar="NUMBER", help="frames per second to write; the model's own if not given"
    )
    parser.add_argument(
        "--channel",
        type=channel,
        default=int(CHANNEL.default),
        metavar="NUMBER",
        help=f"{CHANNEL.sentence} ({CHANNEL.default})",
    )
    add_model_options(parser, DEFAULT_CHOICE)
    parser.add_argument(
        "--hear-emotion",
        metavar="ID",
        help="take the emotions from the voice, as a network of yours hears them; "
        "'emotalk weights import' brings one in",
    )
    parser.add_argument(
        "--features",
        type=Path,
        metavar="FOLDER",
        help=f"keep encoded lines in this folder, up to {FEATURE_CACHE.default:g} GB, and do not encode them again",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace existing files")
    add_text_options(parser)
    add_control_options(parser)


def run(options: argparse.Namespace) -> int:
    """Animate every line; a line that fails is reported and the rest go on."""
    from ..inference.engine import Engine
    from ..inference.feature_cache import FeatureCache

    lines = expand(options.audio)
    check_text_options(options, lines)
    outputs = plan(lines, options.output, options.format)
    engine = Engine()
    if options.features is not None:
        engine.cache = FeatureCache(options.features, round(float(FEATURE_CACHE.default) * 1e9))
    choice = ModelChoice(options.model, options.device, options.precision, options.windowed)
    model = engine.model(choice)  # fail at once if there is no model
    controls = controls_from(options, model.spec)
    if options.hear_emotion and any(np.any(controls[name]) for name in controls.emotions):
        raise EmoTalkError("--hear-emotion takes the emotions from the voice; leave out the other options of emotions")
    perform = partial(engine.perform, choice=choice)
    controls_for = partial(_controls_for, controls, options, model.spec.fps)
    remark = partial(engine.remarks, choice=choice)
    times_of = partial(_times_of, engine, options, choice=choice)
    failed = 0
    with ProgressBar(len(lines)) as bar:
        for done, (line, output) in enumerate(zip(lines, outputs, strict=True)):

            def report(fraction: float, text: str, done: int = done, name: str = line.name) -> None:
                bar.show(done + fraction, f"{name}: {text}")

            try:
                speak = partial(perform, progress=report)
                remarks = _animate(line, output, options, times_of, controls_for, speak, remark)
            except Exception as error:
                failed += 1
                bar.say(f"emotalk: {complaint(error, verbose=options.verbose)}", sys.stderr)
            else:
                for sentence in remarks:
                    bar.say(f"emotalk: {sentence}", sys.stderr)
                bar.say(str(output), sys.stdout)
    if model.fell_back or model.shrunk:
        print(f"emotalk: computed on {model.runs_on}", file=sys.stderr)
    if failed and len(lines) > 1:
        print(f"emotalk: {failed} of {len(lines)} lines failed", file=sys.stderr)
    return SOME_FAILED if failed else GOOD


def _animate(
    line: Path,
    output: Path,
    options: argparse.Namespace,
    times_of: Callable[[Path, "Speech"], "LineTimes | None"],
    controls_for: Callable[["Speech"], "Controls"],
    perform: Callable[..., "Performance"],
    remark: Callable[["Speech"], tuple[str, ...]],
) -> tuple[str, ...]:
    """Animate one line. Returns the remarks about its sound and its text."""
    from ..face.atomic_file import TakenError, check_place
    from ..face.curve_files import write_curves
    from ..inference.sound.audio import read_speech

    try:
        check_place(output, overwrite=options.overwrite)  # before the work; and in one step with writing
        speech = read_speech(line, channel=options.channel)
        times = times_of(line, speech)
        performance = perform(speech, controls_for(speech), alignment=times.to_tell if times else None)
        if options.fps:
            performance = performance.resampled(options.fps)
        output.parent.mkdir(parents=True, exist_ok=True)
        write_curves(output, performance, overwrite=options.overwrite)
    except TakenError:
        raise EmoTalkError(f"{output} exists already; --overwrite replaces it") from None
    return (*remark(speech), *(times.remarks if times else ()))


def _controls_for(controls: "Controls", options: argparse.Namespace, fps: float, speech: "Speech") -> "Controls":
    """The controls of a line, with the emotions that are heard in it if they are wanted."""
    if not options.hear_emotion:
        return controls
    return hear_emotions(speech, options.hear_emotion, options.device).on(controls, speech.seconds, fps)


def _times_of(
    engine: "Engine", options: argparse.Namespace, line: Path, speech: "Speech", *, choice: ModelChoice
) -> "LineTimes | None":
    """What is said when in a line; None if nothing is known of it."""
    from ..inference.alignment.lines import align_line

    said = said_in(options, line, can_be_told=engine.model(choice).hears_phones)
    return align_line(engine, speech, said, choice) if said is not None else None
