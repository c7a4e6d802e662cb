"""The options for the model and its computation in PyTorch, the same for every subcommand."""

import argparse

from ..inference.devices import DEVICES, PRECISIONS
from ..inference.models.loading import ModelChoice, model_ids


def add_model_options(parser: argparse.ArgumentParser, default: ModelChoice | None) -> None:
    """Add ``--model``, ``--device``, ``--precision`` and ``--windowed``.

    Args:
        parser: to add them to.
        default: used for options that are not given; if None, these are None.
    """
    for word, choices, chosen, meaning in (
        ("--model", model_ids(), default and default.model_id, "the model"),
        (
            "--device",
            DEVICES,
            default and default.device,
            "the device of a torch network; auto: a GPU if any",
        ),
        ("--precision", PRECISIONS, default and default.precision, "the number format of a torch network"),
    ):
        otherwise = f" ({chosen})" if chosen else ""
        parser.add_argument(word, choices=choices, default=chosen, help=meaning + otherwise)
    parser.add_argument(
        "--windowed",
        action="store_true",
        default=default and default.windowed,
        help="let a torch network encode long lines in windows: faster, not exact",
    )
