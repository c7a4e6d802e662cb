"""The options that say what is said in a line: its text, a file with the text, or a file of times."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .complaints import UsageError

if TYPE_CHECKING:
    from ..inference.alignment.lines import Said


def add_text_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--text``, ``--text-file``, ``--times``, ``--no-text``, ``--speaker`` and ``--pronunciations``."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--text", metavar="TEXT", help="the words of the line, in English")
    source.add_argument(
        "--text-file",
        type=Path,
        metavar="FILE",
        help="a file with them: text, SRT or VTT subtitles, a screenplay; for LINE.wav, LINE.txt if there is one",
    )
    source.add_argument(
        "--times",
        type=Path,
        metavar="FILE",
        help="a file with the times of words and sounds: TextGrid, JSON of MFA, Gentle or Whisper, CTM and others",
    )
    source.add_argument("--no-text", action="store_true", help="do not read the text beside the sound")
    parser.add_argument("--speaker", default="", metavar="NAME", help="whose lines of the screenplay or the subtitles")
    parser.add_argument(
        "--pronunciations", type=Path, metavar="FILE", help="how names are said, one a line: Ziva  Z IY V AX"
    )


def check_text_options(options: argparse.Namespace, lines: Sequence[Path]) -> None:
    """Refuse one text for several lines.

    Raises:
        UsageError: it was given so.
    """
    for name in ("text", "text_file", "times"):
        if len(lines) > 1 and getattr(options, name) is not None:
            flag = f"--{name.replace('_', '-')}"
            raise UsageError(f"{flag} is for one line, but there are {len(lines)}; put LINE.txt beside each LINE.wav")
    if options.speaker and (options.text is not None or options.times is not None or options.no_text):
        raise UsageError("--speaker chooses lines of a file with text; give it with --text-file")


def said_in(options: argparse.Namespace, line: Path, *, can_be_told: bool = True) -> "Said | None":
    """What is known of what is said in a line; None if nothing is.

    Args:
        options: with those of ``add_text_options``.
        line: the sound file, beside which a text is looked for.
        can_be_told: whether the model can be told what is said; a text beside the sound is not read otherwise.

    Raises:
        TextError: a text that was asked for, or a table, cannot be used. One beside the sound is complained about.
        OSError: it cannot be read.
    """
    from ..inference.alignment.lines import Said
    from ..inference.alignment.pronunciation import Pronunciations, read_table
    from ..inference.alignment.spoken_text import TextError
    from ..inference.alignment.texts import read_text_file, text_beside

    file = options.text_file
    is_given = options.text is not None or file is not None or options.times is not None
    if not is_given and not options.no_text and can_be_told:
        file = text_beside(line)
    text = options.text or ""
    if file is not None:
        try:
            text = read_text_file(file, options.speaker)
        except TextError as error:
            if is_given:
                raise
            return Said(complaint=f"{error}. The line was left to listening")
    if not text.strip() and options.times is None:
        return None
    own = Pronunciations(read_table(options.pronunciations)) if options.pronunciations else Pronunciations()
    return Said(text, options.times, own)
