"""Corpora to caches: ``emotalk prepare --speechocean FOLDER``."""

import argparse
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from . import espeak, flite, speechocean
from .corpus import write_corpus
from .phones import SpokenLine
from .recipe import RECIPE, Recipe, read_recipe
from .sentences import write_sentences

CACHE: Final = Path("training_runs") / "cache"
HELD_OUT_SENTENCES: Final = 80


def main(argv: list[str] | None = None) -> None:
    """Align and synthesise what a recipe asks for; a cache that exists is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speechocean", type=Path, help="folder with utterances.csv and audio/")
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--cache", type=Path, default=CACHE)
    asked = parser.parse_args(argv)
    recipe = read_recipe(asked.recipe)
    sources = {f"flite-{voice}": flite_lines(voice, recipe) for voice in flite.VOICES}
    sources["espeak"] = _espeak_lines(recipe)
    if asked.speechocean:
        sources["speechocean"] = speechocean.read_lines(asked.speechocean)
    for name, lines in sources.items():
        path = asked.cache / f"{name}.npz"
        if not path.exists():
            print(f"{name}: {write_corpus(path, lines)} lines", flush=True)


def flite_lines(voice: str, recipe: Recipe) -> Iterator[SpokenLine]:
    """What a voice reads for a recipe: much where it is trained on, little where it is held out."""
    number = flite.VOICES.index(voice)
    count = HELD_OUT_SENTENCES if voice in recipe.held_out_voices else recipe.flite_sentences
    paces = random.Random(voice)
    for i, text in enumerate(write_sentences(count, recipe.seed * 1000 + number)):
        yield flite.speak(f"{voice}-{i:04d}", voice, text, paces.uniform(0.8, 1.3))


def _espeak_lines(recipe: Recipe) -> Iterator[SpokenLine]:
    synthesiser = espeak.Synthesiser()
    dice = random.Random(recipe.seed)
    for number, voice in enumerate(espeak.VOICES):
        for i, text in enumerate(write_sentences(recipe.espeak_sentences, recipe.seed * 1000 + 500 + number)):
            name = f"{voice}-{i:03d}"
            yield synthesiser.speak(name, voice, text, dice.randint(120, 220), dice.randint(30, 80))


if __name__ == "__main__":
    main()
