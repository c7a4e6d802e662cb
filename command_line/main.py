"""The ``emotalk`` command: finds the subcommand, runs it, and turns what goes wrong into a sentence and a status."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from .complaints import INTERRUPTED, SOME_FAILED, WRONG_USAGE, UsageError, complain

COMMANDS: Final = ("animate", "controls")
"""Modules of this room; each has ``SUMMARY``, ``add_arguments(parser)`` and ``run(options) -> exit status``."""


class SentenceParser(argparse.ArgumentParser):
    """A parser that complains in one line."""

    def error(self, message: str) -> NoReturn:
        """Print the sentence alone; the full usage would bury it."""
        self.exit(WRONG_USAGE, f"{self.prog}: {message}; {self.prog} --help explains\n")


def build_parser() -> argparse.ArgumentParser:
    """The parser with all subcommands."""
    parser = SentenceParser(prog="emotalk", description="Dialogue audio in, an emotional face performance out.")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in COMMANDS:
        command = importlib.import_module(f".{name}", __package__)
        subparser = subparsers.add_parser(
            name, help=command.SUMMARY, description=f"{command.SUMMARY.capitalize()}.", allow_abbrev=False
        )
        subparser.add_argument("--verbose", action="store_true", help="with every error, where it came from")
        command.add_arguments(subparser)
        subparser.set_defaults(run=command.run)
    return parser


def main(words: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        words: what follows ``emotalk``; the process's own words if not given.

    Returns:
        0 all good, 1 something failed, 2 words that make no sense together, 130 interrupted.

    Raises:
        SystemExit: 2 for words that are no options, 0 after ``--help``.
    """
    options = build_parser().parse_args(words)
    try:
        return options.run(options)
    except KeyboardInterrupt:
        print("emotalk: interrupted", file=sys.stderr)
        return INTERRUPTED
    except UsageError as error:
        complain(error, verbose=options.verbose)
        return WRONG_USAGE
    except Exception as error:
        complain(error, verbose=options.verbose)
        return SOME_FAILED


if __name__ == "__main__":
    sys.exit(main())
