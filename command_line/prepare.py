"""``emotalk prepare``: align and synthesise the speech that a recipe trains on."""

import argparse

from .training_steps import run_step

SUMMARY = "align and synthesise the speech that a recipe trains on"
add_arguments = None


def run(options: argparse.Namespace) -> int:
    """Run the step with its own arguments."""
    return run_step("compact.prepare", options.words)
