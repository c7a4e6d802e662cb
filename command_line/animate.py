"""``emotalk animate``: sound files to files of face curves."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..face.controls import CHANNEL, FEATURE_CACHE
from ..face.curve_files import FORMATS
from ..face.errors import EmoTalkError
from ..inference.models.loading import DEFAULT_CHOICE, ModelChoice, hear_emotions
from .arkit_conversion import conversion_by
from .complaints import GOOD, SOME_FAILED, complaint
from .control_options import add_control_options, controls_from
from .model_options import add_model_options
from .number_options import channel, frame_rate, silent_frames
from .outputs import expand, plan
from .progress import ProgressBar
from .silent_frames import check_silence, rested, with_silence, without_emotion_in_silence
from .text_options import add_text_options, check_text_options, said_in

if TYPE_CHECKING:
    from ..face.controls import Controls
    from ..face.curves import Performance
    from ..inference.alignment.lines import LineTimes
    from ..inference.contract import Speech, StageProgress
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
    performing = _Performing(engine, options)
    if performing.about_flame:
        print(f"emotalk: {performing.about_flame}", file=sys.stderr)
    failed = 0
    with ProgressBar(len(lines)) as bar:
        for done, (line, output) in enumerate(zip(lines, outputs, strict=True)):

            def report(fraction: float, text: str, done: int = done, name: str = line.name) -> None:
                bar.show(done + fraction, f"{name}: {text}")

            try:
                remarks = _animate(line, output, performing, report)
            except Exception as error:
                failed += 1
                bar.say(f"emotalk: {complaint(error, verbose=options.verbose)}", sys.stderr)
            else:
                for sentence in remarks:
                    bar.say(f"emotalk: {sentence}", sys.stderr)
                bar.say(str(output), sys.stdout)
    if performing.model.fell_back or performing.model.shrunk:
        print(f"emotalk: computed on {performing.model.runs_on}", file=sys.stderr)
    if failed and len(lines) > 1:
        print(f"emotalk: {failed} of {len(lines)} lines failed", file=sys.stderr)
    return SOME_FAILED if failed else GOOD


class _Performing:
    """What the options ask of every line.

    Args:
        engine: that performs.
        options: of the command.

    Attributes:
        model: that performs, loaded: the command fails at once where there is none.
        about_flame: a sentence about FLAME that somebody should know; "" if there is none.
        overwrite: whether existing files are replaced.

    Raises:
        EmoTalkError: the model is missing, or does not do what the options ask for.
    """

    def __init__(self, engine: "Engine", options: argparse.Namespace) -> None:
        self._engine, self._options = engine, options
        self._choice = ModelChoice(options.model, options.device, options.precision, options.windowed)
        self.model = engine.model(self._choice)
        self.overwrite: bool = options.overwrite
        spec = self.model.spec
        self._controls = controls_from(options, spec)
        if options.hear_emotion and any(np.any(self._controls[name]) for name in self._controls.emotions):
            raise EmoTalkError("--hear-emotion takes the emotions from the voice; leave out other options of emotions")
        if options.silent_frames:
            check_silence(options.model, spec)
        self._convert: Callable[[Performance], Performance] | None = None
        self.about_flame = ""
        if options.to_arkit is not None:
            self._convert, self.about_flame = conversion_by(options.to_arkit, options.model, spec)

    def read(self, line: Path) -> "Speech":
        """The sound of a line, with silence at both ends if it is wanted."""
        from ..inference.sound.audio import read_speech

        speech = read_speech(line, channel=self._options.channel)
        return with_silence(speech, frames=self._options.silent_frames, fps=self.model.spec.fps)

    def perform(self, line: Path, speech: "Speech", progress: "StageProgress") -> "tuple[Performance, tuple[str, ...]]":
        """The performance of a line as it is written, and the remarks about its text."""
        times = self._times_of(line, speech)
        controls, silence = self._controls_for(speech), self._options.silent_frames
        if silence:
            controls = without_emotion_in_silence(controls, silence, speech.seconds, self.model.spec.fps)
        told = times.to_tell if times else None
        performance = self._engine.perform(speech, controls, self._choice, progress, alignment=told)
        if silence:
            performance = rested(performance, silence)
        if self._convert is not None:
            performance = self._convert(performance)
        if self._options.fps:
            performance = performance.resampled(self._options.fps)
        return performance, times.remarks if times else ()

    def remarks(self, speech: "Speech") -> tuple[str, ...]:
        """The remarks about a line's sound."""
        return self._engine.remarks(speech, self._choice)

    def _controls_for(self, speech: "Speech") -> "Controls":
        """The controls of a line, with the emotions that are heard in it if they are wanted."""
        ear, spec = self._options.hear_emotion, self.model.spec
        if not ear:
            return self._controls
        return hear_emotions(speech, ear, self._options.device).on(self._controls, speech.seconds, spec.fps)

    def _times_of(self, line: Path, speech: "Speech") -> "LineTimes | None":
        """What is said when in a line; None if nothing is known of it."""
        from ..inference.alignment.lines import align_line

        said = said_in(self._options, line, can_be_told=self.model.hears_phones)
        return align_line(self._engine, speech, said, self._choice) if said is not None else None


def _animate(line: Path, output: Path, performing: _Performing, progress: "StageProgress") -> tuple[str, ...]:
    """Animate one line. Returns the remarks about its sound and its text."""
    from ..face.atomic_file import TakenError, check_place
    from ..face.curve_files import write_curves

    try:
        check_place(output, overwrite=performing.overwrite)  # before the work; and in one step with writing
        speech = performing.read(line)
        performance, about_text = performing.perform(line, speech, progress)
        output.parent.mkdir(parents=True, exist_ok=True)
        write_curves(output, performance, overwrite=performing.overwrite)
    except TakenError:
        raise EmoTalkError(f"{output} exists already; --overwrite replaces it") from None
    return (*performing.remarks(speech), *about_text)
