"""The words that say which model performs and how a torch network computes, the same for every subcommand."""

import argparse

from ..inference.devices import DEVICES, PRECISIONS
from ..inference.models.loading import ModelChoice, model_ids


def add_model_options(parser: argparse.ArgumentParser, default: ModelChoice | None) -> None:
    """Add ``--model``, ``--device``, ``--precision`` and ``--windowed``.

    Args:
        parser: where to.
        default: what is chosen where nothing is given; if None, what is not given is None.
    """
    for word, choices, chosen, meaning in (
        ("--model", model_ids(), default and default.model_id, "which model performs"),
        (
            "--device",
            DEVICES,
            default and default.device,
            "where a torch network computes; auto: a GPU if any",
        ),
        ("--precision", PRECISIONS, default and default.precision, "how exactly a torch network computes"),
    ):
        otherwise = f" ({chosen})" if chosen else ""
        parser.add_argument(word, choices=choices, default=chosen, help=meaning + otherwise)
    parser.add_argument(
        "--windowed",
        action="store_true",
        default=default and default.windowed,
        help="let a torch network hear long lines in windows: quicker, not exact",
    )
