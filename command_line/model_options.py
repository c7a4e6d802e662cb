"""The options for the model and its computation in PyTorch, the same for every subcommand."""

import argparse
from collections.abc import Iterable
from typing import Any, Final

from ..inference.devices import DEVICES, PRECISIONS
from ..inference.models.loading import ModelChoice, model_ids

PLACEMENT: Final = ("device", "precision", "windowed")
"""Where and how a network in PyTorch computes."""


def add_model_options(parser: argparse.ArgumentParser, default: ModelChoice | None) -> None:
    """Add ``--model``, ``--device``, ``--precision`` and ``--windowed``.

    Args:
        parser: to add them to.
        default: used for options that are not given; if None, these are None.
    """
    _add_choice(parser, "--model", model_ids(), default.model_id if default else None, "the model")
    add_placement_options(parser, default)


def add_placement_options(parser: argparse.ArgumentParser, default: ModelChoice | None) -> None:
    """Add ``--device``, ``--precision`` and ``--windowed``; see ``add_model_options``."""
    meaning = "the device of a torch network; auto: a GPU if any"
    _add_choice(parser, "--device", DEVICES, default.device if default else None, meaning)
    meaning = "the number format of a torch network"
    _add_choice(parser, "--precision", PRECISIONS, default.precision if default else None, meaning)
    parser.add_argument(
        "--windowed",
        action="store_true",
        default=default and default.windowed,
        help="let a torch network encode long lines in windows: faster, not exact",
    )


def placement_of(options: argparse.Namespace) -> dict[str, Any]:
    """Those of ``PLACEMENT`` that were given."""
    return {name: getattr(options, name) for name in PLACEMENT if getattr(options, name) is not None}


def _add_choice(
    parser: argparse.ArgumentParser, word: str, choices: Iterable[str], chosen: str | None, meaning: str
) -> None:
    otherwise = f" ({chosen})" if chosen else ""
    parser.add_argument(word, choices=choices, default=chosen, help=meaning + otherwise)
