"""Subcommands that have actions of their own: ``emotalk weights import``, ``emotalk captures check``."""

import argparse
from collections.abc import Callable, Mapping

Act = Callable[[argparse.Namespace], int]


def action_adder(
    parser: argparse.ArgumentParser, acts: Mapping[str, Act]
) -> Callable[[str, str], argparse.ArgumentParser]:
    """A function that adds an action by its name and summary, and gives its parser; ``options.act`` runs it.

    Args:
        parser: of the subcommand.
        acts: what each action does.
    """
    actions = parser.add_subparsers(metavar="ACTION", required=True)

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        action = actions.add_parser(name, help=summary, description=f"{summary.capitalize()}.", allow_abbrev=False)
        action.set_defaults(act=acts[name])
        action.add_argument("--verbose", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        return action

    return add
