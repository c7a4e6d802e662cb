"""How well weights speak for voices they have never heard: ``emotalk evaluate``."""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from ..inference.checkpoints.safetensors_file import bundled_weights
from ..inference.models.compact import MODEL_ID, EmoTalkCompact
from .evaluation.captures import capture_tables
from .evaluation.cost import cost_tables
from .evaluation.development_sets import Folders, read_foreign_sets, read_sets
from .evaluation.emotions import emotion_tables
from .evaluation.laughs import laughter_tables
from .evaluation.life import life_tables
from .evaluation.lips import hard_tables, lip_tables, sample_evenly
from .evaluation.report import Table, write_json
from .evaluation.stillness import stillness_tables
from .evaluation.styles import style_tables
from .recipe import RECIPE, read_recipe
from .sounds.nonverbal import read_clips

PARTS: Final = ("lips", "hard", "stillness", "laughter", "emotions", "styles", "liveliness", "capture", "cost")
_HARD_LINES: Final = 40
_EMOTION_LINES: Final = 20
_STYLE_LINES: Final = 6
_SPEECH_LINES: Final = 10


def main(argv: list[str] | None = None) -> None:
    """Print what is asked for as tables, each as soon as it is measured."""
    options = _parser().parse_args(argv)
    weights = options.weights or bundled_weights(MODEL_ID)
    model = EmoTalkCompact.load(weights)
    recipe = read_recipe(options.recipe)
    sets = read_sets(recipe, Folders(options.speechocean, options.prompts, options.jfk, tuple(options.labelled)))
    clips = read_clips([options.nonverbal]) if options.nonverbal else []
    plain = sets[recipe.held_out_voices[-1]]
    some = [line for lines in sets.values() for line in sample_evenly(lines, _SPEECH_LINES)]
    measure: dict[str, Callable[[], Sequence[Table]]] = {
        "lips": lambda: lip_tables(model, sets | read_foreign_sets()),
        "hard": lambda: hard_tables(model, sets, _HARD_LINES),
        "stillness": lambda: stillness_tables(model, some, clips),
        "laughter": lambda: laughter_tables(model, sets, clips),
        "emotions": lambda: emotion_tables(model, plain[:_EMOTION_LINES]),
        "styles": lambda: style_tables(model, plain[:_STYLE_LINES]),
        "liveliness": lambda: life_tables(some),
        "capture": lambda: capture_tables(model, options.captures) if options.captures else (),
        "cost": lambda: cost_tables(model, weights, some),
    }
    measured: dict[str, Sequence[Table]] = {}
    for part in options.only:
        start = time.process_time()
        measured[part] = measure[part]()
        for table in measured[part]:
            print(f"\n{table.text()}", flush=True)
        if options.times:
            print(f"({part}: {time.process_time() - start:.0f} CPU s)", flush=True)
    if options.json:
        write_json(options.json, measured)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="emotalk evaluate", description=__doc__)
    parser.add_argument("--weights", type=Path, help="by default those that come with EmoTalk")
    parser.add_argument("--recipe", type=Path, default=RECIPE, help="says what was kept away from training")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--speechocean", type=Path, help="folder with utterances.csv and audio/")
    parser.add_argument("--prompts", type=Path, help="folder with Asterisk's English sounds and their table")
    parser.add_argument("--jfk", type=Path, help="recording of Kennedy's sentence of 1961")
    parser.add_argument("--labelled", type=Path, action="append", default=[], help="folder of labelled recordings")
    parser.add_argument("--nonverbal", type=Path, help="folder of laughs, coughs, sneezes and breaths")
    parser.add_argument("--captures", type=Path, help="folder of takes with captured curves")
    parser.add_argument("--json", type=Path, help="also write the figures into this file")
    parser.add_argument("--times", action="store_true", help="say how long each part took")
    return parser


if __name__ == "__main__":
    main()
