"""``emotalk train``: train the built-in model with a recipe on prepared speech."""

import argparse

from .training_steps import run_step

SUMMARY = "train the built-in model with a recipe on prepared speech"
add_arguments = None


def run(options: argparse.Namespace) -> int:
    """Run the step with its own arguments."""
    return run_step("compact.train", options.words)
