"""``emotalk evaluate``: judge weights on voices that they have never heard."""

import argparse

from .training_steps import run_step

SUMMARY = "judge weights on voices that they have never heard"
add_arguments = None


def run(options: argparse.Namespace) -> int:
    """Run the step with its own words."""
    return run_step("evaluate", options.words)
