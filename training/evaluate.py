"""How well weights speak for voices they have never heard: ``python -m emotalk.training.evaluate``."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np

from ..face import metrics
from ..face.controls import Controls
from ..face.emotions import EMOTIONS, PROTOTYPES
from ..face.styles import STYLE_NAMES
from ..inference.contract import SAMPLE_RATE, Speech
from ..inference.models.compact import MODEL_ID, EmoTalkCompact
from ..inference.weights import bundled_weights
from . import speechocean
from .phones import SpokenLine
from .prepare import flite_lines
from .recipe import RECIPE, Recipe, read_recipe

_REAL_LINES: Final = 200

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]
"""(n,) float32 sound to the same sound under other circumstances."""


def main(argv: list[str] | None = None) -> None:
    """Print a table: one row for each held-out set and each circumstance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=None, help="by default those that come with EmoTalk")
    parser.add_argument("--speechocean", type=Path, help="folder with utterances.csv and audio/")
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--hard", action="store_true", help="also with noise, over a telephone and at other levels")
    asked = parser.parse_args(argv)
    model = EmoTalkCompact.load(asked.weights or bundled_weights(MODEL_ID))
    recipe = read_recipe(asked.recipe)
    sets = {f"flite {voice}": list(flite_lines(voice, recipe)) for voice in recipe.held_out_voices}
    if asked.speechocean:
        sets["speechocean762"] = held_out_speakers(asked.speechocean, recipe)
    circumstances = CIRCUMSTANCES if asked.hard else {"clean": CIRCUMSTANCES["clean"]}
    print_row("set", "sound", ("score", "F1", "f/v", "vowel", "round", "r0", "lag ms", "open", "motion"))
    for name, lines in sets.items():
        for circumstance, change in circumstances.items():
            figures = asdict(judge_lines(model, lines, change))
            print_row(name, circumstance, [f"{value:.3g}" for value in list(figures.values())[:-2]])
    lines = next(iter(sets.values()))[:20]
    right, total = recognised_emotions(model, lines)
    print(f"emotions told by the nearest prototype: {right} of {total}")
    distances = style_distances(model, lines[:5])
    first, second = np.unravel_index(np.argmin(distances + np.eye(len(distances)) * 9), distances.shape)
    print(f"nearest styles: {STYLE_NAMES[first]} and {STYLE_NAMES[second]}, {distances[first, second]:.4f} apart")


def held_out_speakers(folder: Path, recipe: Recipe) -> list[SpokenLine]:
    """Utterances of speechocean762's held-out speakers, evenly drawn."""
    lines = list(
        speechocean.read_lines(folder, lambda speaker: speechocean.is_held_out(speaker, recipe.held_out_speakers))
    )
    return lines[:: max(1, len(lines) // _REAL_LINES)][:_REAL_LINES]


def judge_lines(model: EmoTalkCompact, lines: Sequence[SpokenLine], change: Change | None = None) -> metrics.LipSync:
    """Lip sync of lines with all sliders at their defaults."""
    dice = np.random.default_rng(0)
    items = []
    for line in lines:
        sound = line.samples.astype(np.float32) / 32768
        curves = perform(model, change(sound, dice) if change else sound, Controls())
        items.append((curves, [(phone.start, phone.end, phone.name) for phone in line.phones]))
    return metrics.judge(items, model.fps)


def perform(model: EmoTalkCompact, sound: np.ndarray, controls: Controls) -> np.ndarray:
    """(frames, 52) coefficients of a sound."""
    return model.decode(model.encode(Speech(sound.astype(np.float32))), controls).values


def recognised_emotions(model: EmoTalkCompact, lines: Sequence[SpokenLine]) -> tuple[int, int]:
    """How many performances at intensity 1 lie nearest to their own emotion's prototype, and how many there were."""
    right = total = 0
    for line in lines:
        features = model.encode(Speech(line.samples.astype(np.float32) / 32768))
        calm = model.decode(features, Controls()).values.mean(axis=0)
        for number, emotion in enumerate(EMOTIONS):
            shift = model.decode(features, Controls({emotion: 1})).values.mean(axis=0) - calm
            right += int(np.argmin(np.linalg.norm(PROTOTYPES - shift, axis=1)) == number)
            total += 1
    return right, total


def style_distances(model: EmoTalkCompact, lines: Sequence[SpokenLine]) -> np.ndarray:
    """(24, 24) root mean square difference between the coefficients of every two personal styles."""
    performed: list[list[np.ndarray]] = [[] for _ in STYLE_NAMES]
    for line in lines:
        features = model.encode(Speech(line.samples.astype(np.float32) / 32768))
        for number in range(len(STYLE_NAMES)):
            performed[number].append(model.decode(features, Controls({"personal_style": number})).values)
    rows = np.stack([np.concatenate(parts).ravel() for parts in performed])
    return np.array([[np.sqrt(np.mean((a - b) ** 2)) for b in rows] for a in rows])


def _with_noise(decibels: float) -> Change:
    def change(sound: np.ndarray, dice: np.random.Generator) -> np.ndarray:
        noise = dice.normal(0, 1, len(sound))
        loud = np.sqrt(np.mean(sound**2)) * 10 ** (-decibels / 20)
        return sound + loud * noise

    return change


def _with_gain(decibels: float) -> Change:
    return lambda sound, _: np.clip(sound * 10 ** (decibels / 20), -1, 1)


def _in_a_room(sound: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    tail = np.arange(int(0.4 * SAMPLE_RATE)) / SAMPLE_RATE
    response = dice.normal(0, 1, len(tail)) * 10 ** (-3 * tail / 0.4) * 0.05
    response[0] = 1
    size = 1 << (len(sound) + len(tail)).bit_length()
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size))[: len(sound)]


def _by_telephone(sound: np.ndarray, _: np.random.Generator) -> np.ndarray:
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    return np.fft.irfft(np.where((hertz > 300) & (hertz < 3400), spectrum, 0), len(sound))


CIRCUMSTANCES: Final[dict[str, Change | None]] = {
    "clean": None,
    "noise 20 dB": _with_noise(20),
    "noise 10 dB": _with_noise(10),
    "reverb": _in_a_room,
    "telephone": _by_telephone,
    "-20 dB": _with_gain(-20),
    "+12 dB": _with_gain(12),
}


def print_row(name: str, sound: str, figures: Sequence[str]) -> None:
    """One line of the table."""
    print(f"{name:16}{sound:14}" + "".join(f"{figure:>9}" for figure in figures), flush=True)


if __name__ == "__main__":
    main()
