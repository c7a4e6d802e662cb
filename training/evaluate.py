"""Evaluates a face model on held-out voices: ``emotalk evaluate``."""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from ..face.basis import ARKIT
from ..inference.checkpoints.library import find_weights, network_of
from ..inference.checkpoints.safetensors_file import read_metadata
from ..inference.contract import FaceModel
from ..inference.devices import DEVICES, PRECISIONS
from ..inference.models.loading import DEFAULT_CHOICE, load_model, model_ids
from ..inference.registry import read_spec
from .compact.recipe import RECIPE, read_recipe
from .evaluation.acting import acting_tables
from .evaluation.captures import capture_tables
from .evaluation.cost import cost_tables
from .evaluation.development_sets import LINES, Folders, read_foreign_sets, read_sets
from .evaluation.emotions import emotion_tables
from .evaluation.laughter import laughter_tables
from .evaluation.life import life_tables
from .evaluation.lips import hard_tables, lip_tables, sample_evenly
from .evaluation.mesh import read_mesh, sample_head_mesh
from .evaluation.report import Table, write_json
from .evaluation.stillness import stillness_tables
from .evaluation.styles import style_tables
from .evaluation.takes import TAKES, System, take_tables
from .evaluation.told import phone_tables, told_tables
from .sounds.nonverbal import read_clips

PARTS: Final = (
    "lips",
    "told",
    "hard",
    "stillness",
    "laughter",
    "emotions",
    "acting",
    "styles",
    "liveliness",
    "capture",
    "cost",
)
_HARD_LINES: Final = 40
_EMOTION_LINES: Final = 20
_STYLE_LINES: Final = 6
_SPEECH_LINES: Final = 10
_LAUGHING_LINES: Final = 24
_ACTING_LINES: Final = 12
"""Of each set."""


def main(argv: list[str] | None = None) -> None:
    """Measure the chosen parts and print each one's tables as soon as they are ready."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.lines < 1:
        parser.error("--lines must be 1 or more")
    model, weights = _load(options)
    name = options.weights.stem if options.weights else options.model
    folders = Folders(options.speechocean, options.prompts, options.jfk, tuple(options.labelled))
    if options.only is None:
        captures_alone = options.captures and folders == Folders() and not options.nonverbal
        options.only = ("capture",) if captures_alone else PARTS
    recipe = read_recipe(options.recipe)
    sets = read_sets(recipe, folders, options.lines) if set(options.only) - {"capture"} else {}
    clips = read_clips([options.nonverbal]) if options.nonverbal else []
    one_voice = sets.get(recipe.held_out_voices[-1], [])
    exact_voice = sets.get(recipe.held_out_voices[0], [])
    some = [line for lines in sets.values() for line in sample_evenly(lines, _SPEECH_LINES)]
    parts: dict[str, Callable[[], Sequence[Table]]] = {
        "lips": lambda: lip_tables(model, sets | read_foreign_sets(options.lines)),
        "told": lambda: [*told_tables(model, sets), *phone_tables(model, sets)],
        "hard": lambda: hard_tables(model, sets, _HARD_LINES),
        "stillness": lambda: stillness_tables(model, some, clips),
        "laughter": lambda: laughter_tables(model, sets, clips, sample_evenly(exact_voice, _LAUGHING_LINES)),
        "emotions": lambda: emotion_tables(model, one_voice[:_EMOTION_LINES]),
        "acting": lambda: acting_tables(
            model, [line for lines in sets.values() for line in sample_evenly(lines, _ACTING_LINES)], options.captures
        ),
        "styles": lambda: style_tables(model, one_voice[:_STYLE_LINES]),
        "liveliness": lambda: life_tables(some, model.spec.fps),
        "capture": lambda: _capture_tables(_system(name, model, weights), options) if options.captures else (),
        "cost": lambda: cost_tables(model, weights, some),
    }
    print(f"{name}, {weights.name}, {model.spec.fps:g} frames per second", flush=True)
    measured: dict[str, Sequence[Table]] = {}
    for part in options.only:
        start = time.process_time()
        measured[part] = parts[part]()
        for table in measured[part]:
            print(f"\n{table.text()}", flush=True)
        if options.times:
            print(f"({part}: {time.process_time() - start:.0f} CPU s)", flush=True)
    if options.json:
        write_json(options.json, measured)


def _load(options: argparse.Namespace) -> tuple[FaceModel, Path]:
    """The model to evaluate and its weights file."""
    if options.weights:
        metadata = read_metadata(options.weights)
        network = network_of(options.weights, metadata)
        load = partial(network.load, options.weights, read_spec(network, metadata))
        return load(options.device, options.precision, options.windowed), options.weights
    model = load_model(options.model, options.device, options.precision, options.windowed)
    return model, find_weights(options.model).path


def _system(name: str, model: FaceModel, weights: Path) -> System:
    """A model, and the takes that its weights were trained on."""
    return System(name, model, frozenset(json.loads(read_metadata(weights).get(TAKES, "[]"))))


def _capture_tables(system: System, options: argparse.Namespace) -> list[Table]:
    """The model's jaw in captures of FACEGOOD's kind, and all figures in captures of any kind."""
    folder, basis = options.captures, system.model.spec.basis
    beside = [_system(each, load_model(each), find_weights(each).path) for each in options.beside]
    meshes = [sample_head_mesh()] if basis is ARKIT else []
    meshes += [read_mesh(path, basis) for path in options.mesh]
    has_jaw = basis is ARKIT and any(folder.glob("take_*.csv"))
    jaws = capture_tables(system.model, folder) if has_jaw else []
    return [*jaws, *take_tables(system, folder, beside, options.fitted_on, meshes)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="emotalk evaluate", description=__doc__)
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--model",
        choices=model_ids(),
        default=DEFAULT_CHOICE.model_id,
        help=f"an installed model ({DEFAULT_CHOICE.model_id})",
    )
    source.add_argument("--weights", type=Path, help="a weights file instead, such as a run's")
    parser.add_argument(
        "--device", choices=DEVICES, default=DEFAULT_CHOICE.device, help="where a torch network computes (auto)"
    )
    parser.add_argument(
        "--precision", choices=PRECISIONS, default=DEFAULT_CHOICE.precision, help="of a torch network (float32)"
    )
    parser.add_argument("--windowed", action="store_true", help="let a torch network encode long lines in windows")
    parser.add_argument("--recipe", type=Path, default=RECIPE, help="gives the held-out speakers, prompts and voices")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=PARTS,
        metavar="PART",
        help=f"{', '.join(PARTS)}; all of them, or capture where only --captures is given",
    )
    parser.add_argument("--lines", type=int, default=LINES, help=f"at most so many lines of each set ({LINES})")
    parser.add_argument("--speechocean", type=Path, help="folder with utterances.csv and audio/")
    parser.add_argument("--prompts", type=Path, help="folder with Asterisk's English sounds and their table")
    parser.add_argument("--jfk", type=Path, help="recording of Kennedy's sentence of 1961")
    parser.add_argument("--labelled", type=Path, action="append", default=[], help="folder of labelled recordings")
    parser.add_argument("--nonverbal", type=Path, help="folder of laughs, coughs, sneezes and breaths")
    parser.add_argument("--captures", type=Path, metavar="FOLDER", help="takes with captured curves")
    parser.add_argument(
        "--beside", action="append", default=[], choices=model_ids(), metavar="ID", help="compare this model there, too"
    )
    parser.add_argument(
        "--fitted-on", type=Path, metavar="FOLDER", help="more captures, for the baselines, if --captures has few"
    )
    parser.add_argument(
        "--mesh", type=Path, action="append", default=[], metavar="FILE", help="shape keys (.npz) to measure on, too"
    )
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--times", action="store_true", help="print the processor time of each part")
    return parser


if __name__ == "__main__":
    main()
