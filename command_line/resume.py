"""``emotalk resume``: go on with a run from its newest checkpoint."""

import argparse
from pathlib import Path

from .complaints import GOOD
from .train import add_training_arguments
from .training_steps import parse_settings, training_module

SUMMARY = "go on with a training that was stopped or killed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommand's arguments."""
    parser.add_argument("run_folder", metavar="RUN", help="folder of the run")
    add_training_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Resume the run."""
    folder = training_module("run_folder").open_run(Path(options.run_folder))
    changes = parse_settings(options.set)
    training_module("runs").resume(folder, changes, minutes=options.max_minutes, cpu=options.cpu)
    return GOOD
