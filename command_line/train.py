"""``emotalk train``: train a system on captures, or the built-in model on prepared speech."""

import argparse
import math
from pathlib import Path

from .complaints import GOOD
from .training_steps import parse_settings, training_module

SUMMARY = "train a model on captures, or the built-in one on prepared speech"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommand's arguments."""
    parser.add_argument("source", metavar="SOURCE", help="project file of captures; for builtin, what prepare wrote")
    parser.add_argument("--preset", required=True, metavar="NAME", help="what is trained: karras, compact, ... builtin")
    parser.add_argument("--recipe", metavar="FILE", help="TOML with settings that replace those of the preset")
    parser.add_argument("--runs", default="runs", metavar="FOLDER", help="folder of all runs (runs)")
    parser.add_argument("--debug", action="store_true", help="two takes and 20 steps, through all stages")
    parser.add_argument("--resume", action="store_true", help="go on with the newest run of this preset and data")
    add_training_arguments(parser)
    parser.add_argument("--threads", type=int, metavar="N", help="of PyTorch; by default as many as help")


def add_training_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``emotalk resume`` has too."""
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of the recipe")
    parser.add_argument("--max-minutes", type=float, default=math.inf, metavar="N", help="then save and end")
    parser.add_argument("--cpu", action="store_true", help="do not use an accelerator")


def run(options: argparse.Namespace) -> int:
    """Train."""
    runs, recipes = training_module("runs"), training_module("recipe")
    source, folder, changes = Path(options.source), Path(options.runs), parse_settings(options.set)
    if options.recipe:
        changes = recipes.overridden(recipes.read_settings(Path(options.recipe)), changes)
    if options.resume:
        newest = runs.find_newest(options.preset, source, folder)
        runs.resume(newest, changes, minutes=options.max_minutes, cpu=options.cpu)
        return GOOD
    runs.start(
        options.preset,
        source,
        folder,
        changes,
        debug=options.debug,
        minutes=options.max_minutes,
        cpu=options.cpu,
        threads=options.threads,
    )
    return GOOD
