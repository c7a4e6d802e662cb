"""How well weights speak for voices they have never heard: ``emotalk evaluate``."""

import argparse
from collections.abc import Callable, Mapping, Sequence
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

Circumstances = Mapping[str, Change | None]


def main(argv: list[str] | None = None) -> None:
    """Print lip sync of every held-out set, then what emotions and personal styles do."""
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
    print_lip_sync(model, sets, CIRCUMSTANCES if asked.hard else {"clean": CIRCUMSTANCES["clean"]})
    lines = next(iter(sets.values()))
    print_emotions(model, lines[:20])
    print_styles(model, lines[:5])


def print_lip_sync(model: EmoTalkCompact, sets: Mapping[str, Sequence[SpokenLine]], sounds: Circumstances) -> None:
    """How well lips follow speech in each set and circumstance."""
    print_row("set", "sound", ("score", "F1", "f/v", "vowel", "round", "r0", "lag ms", "open", "motion"))
    for name, lines in sets.items():
        for circumstance, change in sounds.items():
            figures = list(asdict(judge_lines(model, lines, Controls(), change)).values())
            print_row(name, circumstance, [f"{value:.3g}" for value in figures[:-2]])


def print_emotions(model: EmoTalkCompact, lines: Sequence[SpokenLine]) -> None:
    """How well emotions are told apart, and what each does to the lips."""
    right, total = recognised_emotions(model, lines)
    print(f"\nemotions told by the nearest prototype at intensity 1: {right} of {total}")
    for emotion in EMOTIONS:
        figures = judge_lines(model, lines, Controls({emotion: 1}))
        print_row(emotion, "", (f"{figures.composite:.3g}", f"{figures.closure_f1:.3g}"))


def print_styles(model: EmoTalkCompact, lines: Sequence[SpokenLine]) -> None:
    """How far each personal style is from the first one and from the one that is nearest to it."""
    distances = style_distances(model, lines)
    print(f"\n{'personal style':18}{'from ' + STYLE_NAMES[0]:>14}{'from nearest':>14}  nearest")
    for number, name in enumerate(STYLE_NAMES):
        others = np.where(np.arange(len(STYLE_NAMES)) == number, np.inf, distances[number])
        nearest = int(np.argmin(others))
        print(f"{name:18}{distances[number, 0]:14.4f}{others[nearest]:14.4f}  {STYLE_NAMES[nearest]}")


def held_out_speakers(folder: Path, recipe: Recipe) -> list[SpokenLine]:
    """Utterances of speechocean762's held-out speakers, evenly drawn."""
    lines = list(
        speechocean.read_lines(folder, lambda speaker: speechocean.is_held_out(speaker, recipe.held_out_speakers))
    )
    return lines[:: max(1, len(lines) // _REAL_LINES)][:_REAL_LINES]


def judge_lines(
    model: EmoTalkCompact, lines: Sequence[SpokenLine], controls: Controls, change: Change | None = None
) -> metrics.LipSync:
    """Lip sync of lines under other circumstances, if any."""
    dice = np.random.default_rng(0)
    items = []
    for line in lines:
        sound = line.samples.astype(np.float32) / 32768
        curves = perform(model, change(sound, dice) if change else sound, controls)
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


CIRCUMSTANCES: Final[Circumstances] = {
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
