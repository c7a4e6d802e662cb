"""``emotalk animate``: sound files to files of face curves."""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..face.controls import CHANNEL, FEATURE_CACHE
from ..face.curve_files import FORMATS
from ..inference.models.loading import DEFAULT_CHOICE, ModelChoice
from .arkit_conversion import conversion_by
from .complaints import GOOD, SOME_FAILED, complaint
from .control_options import add_control_options, controls_from
from .model_options import add_model_options
from .number_options import channel, frame_rate, silent_frames
from .outputs import expand, plan
from .progress import ProgressBar
from .silent_frames import with_rest_in_silence, with_silence
from .text_options import add_text_options, check_text_options, said_in

if TYPE_CHECKING:
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
        "--silent-frames",
        type=silent_frames,
        default=0,
        metavar="NUMBER",
        help="frames of silence that EMOTE hears before and after the line, in which the mouth is at rest (0)",
    )
    parser.add_argument(
        "--to-arkit",
        type=Path,
        metavar="FLAME",
        help="turn the motion of FLAME (EMOTE) into the 52 coefficients, by your own FLAME file (.pkl or .npz)",
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
    silence, fps = options.silent_frames, model.spec.fps
    perform: Callable[..., Performance] = partial(engine.perform, controls=controls, choice=choice)
    if silence:
        perform = with_rest_in_silence(perform, controls, silence, options.model, model.spec)
    if options.to_arkit is not None:
        convert, about_flame = conversion_by(options.to_arkit, options.model, model.spec)
        if about_flame:
            print(f"emotalk: {about_flame}", file=sys.stderr)
        perform = _then(perform, convert)
    remark = partial(engine.remarks, choice=choice)
    times_of = partial(_times_of, engine, options, choice=choice)
    failed = 0
    with ProgressBar(len(lines)) as bar:
        for done, (line, output) in enumerate(zip(lines, outputs, strict=True)):

            def report(fraction: float, text: str, done: int = done, name: str = line.name) -> None:
                bar.show(done + fraction, f"{name}: {text}")

            try:
                heard = partial(with_silence, frames=silence, fps=fps)
                shown = partial(perform, progress=report)
                remarks = _animate(line, output, options, heard, times_of, shown, remark)
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
    heard: Callable[["Speech"], "Speech"],
    times_of: Callable[[Path, "Speech"], "LineTimes | None"],
    perform: Callable[..., "Performance"],
    remark: Callable[["Speech"], tuple[str, ...]],
) -> tuple[str, ...]:
    """Animate one line. Returns the remarks about its sound and its text."""
    from ..face.atomic_file import TakenError, check_place
    from ..face.curve_files import write_curves
    from ..inference.contract import EmoTalkError
    from ..inference.sound.audio import read_speech

    try:
        check_place(output, overwrite=options.overwrite)  # before the work; and in one step with writing
        speech = heard(read_speech(line, channel=options.channel))
        times = times_of(line, speech)
        performance = perform(speech, alignment=times.to_tell if times else None)
        if options.fps:
            performance = performance.resampled(options.fps)
        output.parent.mkdir(parents=True, exist_ok=True)
        write_curves(output, performance, overwrite=options.overwrite)
    except TakenError:
        raise EmoTalkError(f"{output} exists already; --overwrite replaces it") from None
    return (*remark(speech), *(times.remarks if times else ()))


def _then(
    perform: Callable[..., "Performance"], convert: Callable[["Performance"], "Performance"]
) -> Callable[..., "Performance"]:
    return lambda *given, **named: convert(perform(*given, **named))


def _times_of(
    engine: "Engine", options: argparse.Namespace, line: Path, speech: "Speech", *, choice: ModelChoice
) -> "LineTimes | None":
    """What is said when in a line; None if nothing is known of it."""
    from ..inference.alignment.lines import align_line

    said = said_in(options, line)
    return align_line(engine, speech, said, choice) if said is not None else None
