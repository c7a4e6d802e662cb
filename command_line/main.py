"""The ``emotalk`` command: runs the subcommand and turns errors into a sentence and an exit status."""

import argparse
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

from ..inference.worker.threads import THREAD_VARIABLES
from .complaints import WRONG_USAGE, finish_printing, status_of
from .streams import patient_streams

_NAMES: Final = "animate align controls weights demo captures prepare train resume evaluate preview export"
COMMANDS: Final = {name: name for name in _NAMES.split()}
"""Subcommands by name: modules of this package with ``SUMMARY``, ``add_arguments(parser)`` (None if the arguments are
not parsed but passed on as ``options.words``) and ``run(options)``, which returns the exit status."""

BLENDER_COMMANDS: Final = {"animate": "animate_scene", "bake": "bake_scene", "controls": "controls"}
"""The same for ``blender -b scene.blend -c emotalk``."""


class SentenceParser(argparse.ArgumentParser):
    """A parser whose error messages are one line."""

    def error(self, message: str) -> NoReturn:
        """Print only the sentence, without the long usage."""
        self.exit(WRONG_USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def build_parser(commands: Mapping[str, str] = COMMANDS) -> argparse.ArgumentParser:
    """The parser with these subcommands."""
    parser = SentenceParser(prog="emotalk", description="Dialogue audio in, an emotional face performance out.")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, module in commands.items():
        command = importlib.import_module(f".{module}", __package__)
        leaves_words = command.add_arguments is None
        subparser = subparsers.add_parser(
            name,
            help=command.SUMMARY,
            description=f"{command.SUMMARY.capitalize()}.",
            allow_abbrev=False,
            add_help=not leaves_words,
        )
        subparser.set_defaults(run=command.run, leaves_words=leaves_words, verbose=False)
        if not leaves_words:
            subparser.add_argument("--verbose", action="store_true", help="print the traceback of every error")
            command.add_arguments(subparser)
    return parser


def parse(words: Sequence[str] | None = None, commands: Mapping[str, str] = COMMANDS) -> argparse.Namespace:
    """The parsed arguments. Raises SystemExit: 2 for invalid arguments, 0 after ``--help``."""
    parser = build_parser(commands)
    options, rest = parser.parse_known_args(words)
    options.words = rest
    if options.words and not options.leaves_words:
        parser.error(f"unrecognized arguments: {' '.join(options.words)}")
    return options


def main(words: Sequence[str] | None = None, commands: Mapping[str, str] = COMMANDS) -> int:
    """Run the command.

    Args:
        words: the arguments after ``emotalk``; those of the process if not given.
        commands: the available subcommands.

    Returns:
        0 success, 1 something failed, 2 contradicting arguments, 130 interrupted.

    Raises:
        SystemExit: 2 for invalid arguments, 0 after ``--help``.
    """
    with patient_streams() as out:
        _compute_in_one_thread()
        options = parse(words, commands)
        status = status_of(lambda: options.run(options), verbose=options.verbose)
        return finish_printing(status, out)


def _compute_in_one_thread() -> None:
    """Ask NumPy for the same bytes on every machine of a kind; no effect once it is imported.

    Products of matrices end in other last bits in two threads than in one, see ``worker/threads.py``.
    """
    if "numpy" not in sys.modules:
        os.environ.update(THREAD_VARIABLES)


if __name__ == "__main__":
    sys.exit(main())
