"""``emotalk align``: when the words and the sounds of a line are said."""

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..face.controls import CHANNEL
from .complaints import GOOD, SOME_FAILED, UsageError, complaint
from .number_options import channel
from .outputs import expand
from .progress import ProgressBar
from .text_options import add_text_options, check_text_options, said_in

if TYPE_CHECKING:
    from ..inference.engine import Engine

SUMMARY = "find out when the words and sounds of lines are said"
SUFFIXES: Final = (".TextGrid", ".json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommand's arguments."""
    parser.add_argument("audio", nargs="+", metavar="AUDIO", help="sound files; patterns like lines/*.wav work too")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT",
        help="a .TextGrid or .json file, or a folder for many lines, which get TextGrids",
    )
    parser.add_argument(
        "--channel", type=channel, default=int(CHANNEL.default), metavar="NUMBER", help=CHANNEL.sentence
    )
    parser.add_argument("--overwrite", action="store_true", help="replace existing files")
    add_text_options(parser)


def run(options: argparse.Namespace) -> int:
    """Align every line; a line that fails is reported and the rest go on."""
    from ..inference.engine import Engine

    lines = expand(options.audio)
    check_text_options(options, lines)
    outputs = _outputs(lines, options.output)
    align = partial(_align, Engine(), options)
    failed = 0
    with ProgressBar(len(lines)) as bar:
        for done, (line, output) in enumerate(zip(lines, outputs, strict=True)):
            bar.show(done, line.name)
            try:
                remarks = align(line, output)
            except Exception as error:
                failed += 1
                bar.say(f"emotalk: {complaint(error, verbose=options.verbose)}", sys.stderr)
            else:
                for sentence in remarks:
                    bar.say(f"emotalk: {sentence}", sys.stderr)
                bar.say(str(output), sys.stdout)
    return SOME_FAILED if failed else GOOD


def _outputs(lines: Sequence[Path], output: Path) -> list[Path]:
    """The output file of each line. Raises UsageError if they would share one, or have an unknown format."""
    if output.is_dir() or not output.suffix:
        outputs = [output / f"{line.stem}{SUFFIXES[0]}" for line in lines]
        if len({path.name.casefold() for path in outputs}) < len(outputs):
            raise UsageError(f"Two lines of the same name would become one file in {output}; use two folders")
        return outputs
    if output.suffix.lower() not in map(str.lower, SUFFIXES):
        raise UsageError(f"{output.name} must end in .TextGrid or .json")
    if len(lines) > 1:
        raise UsageError(f"{output.name} is one file, but there are {len(lines)} lines; give a folder")
    return [output]


def _align(engine: "Engine", options: argparse.Namespace, line: Path, output: Path) -> tuple[str, ...]:
    """Align one line. Returns the remarks about it."""
    from ..face.atomic_file import TakenError, check_place, replacing
    from ..inference.alignment.lines import Said, align_line
    from ..inference.alignment.time_files.textgrid import to_textgrid
    from ..inference.contract import EmoTalkError
    from ..inference.sound.audio import read_speech

    try:
        check_place(output, overwrite=options.overwrite)
        said = said_in(options, line) or Said()
        speech = read_speech(line, channel=options.channel)
        found = align_line(engine, speech, said)
        is_json = output.suffix.lower() == ".json"
        text = found.alignment.to_json() if is_json else to_textgrid(found.alignment)
        output.parent.mkdir(parents=True, exist_ok=True)
        with replacing(output, overwrite=options.overwrite) as path:
            path.write_bytes(text.encode())
    except TakenError:
        raise EmoTalkError(f"{output} exists already; --overwrite replaces it") from None
    return (*speech.remarks, *found.remarks)
