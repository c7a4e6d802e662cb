"""``emotalk evaluate``: a model on held-out voices, or a training run on its held-out takes."""

import argparse
from pathlib import Path

from .complaints import GOOD
from .training_steps import run_step, training_module

SUMMARY = "evaluate a model on held-out voices, or a training run (evaluate RUN) on its held-out takes"
add_arguments = None


def run(options: argparse.Namespace) -> int:
    """Evaluate the run whose folder is given, or run the step with its own arguments."""
    words = options.words
    if len(words) != 1 or words[0].startswith("-"):
        return run_step("evaluate", words)
    folder = training_module("run_folder").open_run(Path(words[0]))
    print(training_module("runs").evaluate(folder).text())
    return GOOD
