"""``emotalk evaluate``: evaluate a model on held-out voices."""

import argparse

from .training_steps import run_step

SUMMARY = "evaluate a model on held-out voices"
add_arguments = None


def run(options: argparse.Namespace) -> int:
    """Run the step with its own arguments."""
    return run_step("evaluate", options.words)
