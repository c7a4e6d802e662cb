"""Prepares the training data: ``emotalk prepare --speechocean FOLDER --prompts FOLDER --kokoro FOLDER ...``."""

import argparse
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..recordings import prompts, speechocean
from ..recordings.aligner import Aligner
from ..sounds.nonverbal import SOUNDS, write_sounds
from ..voices import espeak, festival, flite, kokoro, pico
from ..voices.sentences import write_sentences
from .corpus import write_corpus
from .recipe import RECIPE, CompactRecipe, read_recipe
from .spoken_line import SpokenLine

CACHE: Final = Path("training_runs") / "cache"
HELD_OUT_SENTENCES: Final = 80
PROMPTS_SPEAKER: Final = "asterisk-en"
_FIRST_ESPEAK_SEED: Final = 100
_FIRST_FESTIVAL_SEED: Final = 900
_FIRST_PICO_SEED: Final = 950
_FIRST_KOKORO_SEED: Final = 970
_KOKORO_SENTENCES: Final = 26
"""For each of its voices: 40 minutes of speech in all."""

_KOKORO_SPEEDS: Final = (0.85, 1.2)


def main(argv: list[str] | None = None) -> None:
    """Align and synthesise the lines of a recipe; existing cache files are kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speechocean", type=Path, help="folder with utterances.csv and audio/")
    parser.add_argument("--prompts", type=Path, help="folder with Asterisk's English sounds and their table")
    parser.add_argument("--kokoro", type=Path, help="folder of Kokoro's unpacked packages; takes onnxruntime")
    parser.add_argument(
        "--nonverbal", type=Path, action="append", default=[], help="folder of laughs, coughs, sneezes or breaths"
    )
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--cache", type=Path, default=CACHE)
    options = parser.parse_args(argv)
    recipe = read_recipe(options.recipe)
    sources = {f"flite-{voice}": flite_lines(voice, recipe) for voice in flite.VOICES}
    sources["espeak"] = espeak_lines(recipe)
    sources["festival"] = festival_lines(recipe)
    if pico.is_installed():
        sources["pico"] = pico_lines(recipe)
    elif not (options.cache / "pico.npz").exists():
        print("pico: left out, because ttspico is not installed (pip install ttspico)", flush=True)
    if options.kokoro:
        sources["kokoro"] = kokoro_lines(options.kokoro, recipe)
    if options.prompts:
        sources["asterisk"] = _prompt_lines(options.prompts)
    if options.speechocean:
        sources["speechocean"] = _speechocean_lines(options.speechocean, recipe)
    for name, lines in sources.items():
        path = options.cache / f"{name}.npz"
        if not path.exists():
            print(f"{name}: {write_corpus(path, lines)} lines", flush=True)
    if options.nonverbal and not (options.cache / SOUNDS).exists():
        print(f"nonverbal: {write_sounds(options.cache / SOUNDS, options.nonverbal)} sounds", flush=True)


def new_aligner() -> Aligner:
    """An aligner with espeak-ng's pronunciations of out-of-vocabulary words. Raises RuntimeError without espeak-ng."""
    return Aligner(espeak.Synthesiser().pronounce)


def held_out_lines(recipe: CompactRecipe) -> dict[str, list[SpokenLine]]:
    """The lines of the synthetic voices that a recipe holds out, by voice."""
    spoken = {f"flite-{voice}": flite_lines(voice, recipe) for voice in flite.VOICES}
    held_out = {voice: list(spoken[voice]) for voice in recipe.held_out_voices if voice in spoken}
    for line in espeak_lines(recipe, trained=False):
        held_out.setdefault(line.speaker, []).append(line)
    return held_out


def flite_lines(voice: str, recipe: CompactRecipe) -> Iterator[SpokenLine]:
    """The lines of one of flite's voices: a training voice reads more sentences than a held-out one."""
    number = flite.VOICES.index(voice)
    count = HELD_OUT_SENTENCES if f"flite-{voice}" in recipe.held_out_voices else recipe.flite_sentences
    paces = random.Random(voice)
    for i, text in enumerate(write_sentences(count, recipe.seed * 1000 + number)):
        yield flite.speak(f"{voice}-{i:04d}", voice, text, paces.uniform(0.8, 1.3))


def espeak_lines(recipe: CompactRecipe, trained: bool = True) -> Iterator[SpokenLine]:
    """The lines of espeak-ng: few sentences for each of many training voices, more for each held-out voice.

    Args:
        recipe: gives the number of accents for each timbre and of sentences.
        trained: whether to include the training voices.
    """
    held_out = [name.removeprefix("espeak-") for name in recipe.held_out_voices if name.startswith("espeak-")]
    counts = dict.fromkeys(held_out, HELD_OUT_SENTENCES)
    if trained:
        counts |= dict.fromkeys(espeak_voices(recipe), recipe.espeak_sentences)
    synthesiser = espeak.Synthesiser()
    for voice, count in counts.items():
        number = held_out.index(voice) if voice in held_out else len(held_out) + espeak_voices(recipe).index(voice)
        yield from synthesiser.read(voice, write_sentences(count, recipe.seed * 1000 + _FIRST_ESPEAK_SEED + number))


def espeak_voices(recipe: CompactRecipe) -> list[str]:
    """The training voices of espeak-ng; a timbre that is held out in one accent is held out in all."""
    held_out = {voice.partition("+")[2] for voice in recipe.held_out_voices}
    timbres = [timbre for timbre in espeak.TIMBRES if timbre not in held_out]
    count = len(espeak.ACCENTS)
    turns = [round(turn * count / recipe.espeak_accents) for turn in range(recipe.espeak_accents)]
    return [f"{espeak.ACCENTS[(i + turn) % count]}+{timbre}" for turn in turns for i, timbre in enumerate(timbres)]


def festival_lines(recipe: CompactRecipe) -> Iterator[SpokenLine]:
    """The lines of Festival's voices."""
    for number, voice in enumerate(festival.VOICES):
        texts = write_sentences(recipe.festival_sentences, recipe.seed * 1000 + _FIRST_FESTIVAL_SEED + number)
        paces = random.Random(voice)
        yield from festival.speak(voice, texts, [paces.uniform(0.8, 1.3) for _ in texts])


def pico_lines(recipe: CompactRecipe) -> Iterator[SpokenLine]:
    """The lines of Pico's voices whose text could be aligned."""
    aligner = new_aligner()
    for number, voice in enumerate(pico.VOICES):
        texts = write_sentences(recipe.pico_sentences, recipe.seed * 1000 + _FIRST_PICO_SEED + number)
        rng = random.Random(voice)
        for i, text in enumerate(texts):
            pace, pitch = rng.randint(80, 125), rng.randint(90, 112)
            line = pico.speak(f"{voice}-{i:04d}", voice, text, pace, pitch, aligner)
            if line:
                yield line


def kokoro_lines(folder: Path, recipe: CompactRecipe) -> Iterator[SpokenLine]:
    """The lines of Kokoro's English voices whose text could be aligned.

    Args:
        folder: see ``kokoro.Synthesiser``.
        recipe: gives the seed of the sentences.
    """
    synthesiser, aligner = kokoro.Synthesiser(folder), new_aligner()
    for number, voice in enumerate(synthesiser.voices()):
        rng = random.Random(voice)
        for i, text in enumerate(write_sentences(_KOKORO_SENTENCES, recipe.seed * 1000 + _FIRST_KOKORO_SEED + number)):
            line = synthesiser.speak(f"{voice}-{i:03d}", voice, text, rng.uniform(*_KOKORO_SPEEDS), aligner)
            if line:
                yield line


def _prompt_lines(folder: Path) -> Iterator[SpokenLine]:
    return prompts.read_lines(folder, PROMPTS_SPEAKER, new_aligner())


def _speechocean_lines(folder: Path, recipe: CompactRecipe) -> Iterator[SpokenLine]:
    return speechocean.read_lines(folder, aligner=new_aligner(), worst_fit_share=recipe.worst_fit_share)


if __name__ == "__main__":
    main()
