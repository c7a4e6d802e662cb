"""``emotalk export``: write the weights of a run for inference, beside the figures of the base model."""

import argparse
import sys
from pathlib import Path

from .complaints import GOOD
from .training_steps import training_module

SUMMARY = "write the weights of a training run for inference"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommand's arguments."""
    parser.add_argument("run_folder", metavar="RUN", help="folder of the run")


def run(options: argparse.Namespace) -> int:
    """Export; a model that is worse than its base is exported all the same, with a warning."""
    folder = training_module("run_folder").open_run(Path(options.run_folder))
    weights, compared = training_module("runs").export(folder)
    print(compared.text())
    if compared.is_worse:
        print(compared.warning(), file=sys.stderr)
    print(f"Weights {weights}\nCard    {folder.card}")
    return GOOD
