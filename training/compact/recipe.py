"""The recipe of a model: every setting that determines the result of training, read from one TOML file."""

import hashlib
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from .network import NetworkConfig

RECIPE: Final = Path(__file__).parent / "emotalk-compact.toml"


@dataclass(frozen=True)
class Recipe:
    """The settings of ``emotalk-compact.toml``; the comments there say what each one is."""

    seed: int
    steps: int
    batch_size: int
    learning_rate: float
    warmup_steps: int
    decay_from: int
    decay_to: int
    weight_decay: float
    ema_decay: float
    mixed_precision: bool
    realign_at: int
    held_out_speakers: float
    held_out_prompts: float
    held_out_voices: tuple[str, ...]
    flite_sentences: int
    espeak_accents: int
    espeak_sentences: int
    festival_sentences: int
    pico_sentences: int
    worst_fit_share: float
    network: NetworkConfig
    shares: dict[str, float]
    decide: dict[str, list[float]]


def read_recipe(path: Path = RECIPE) -> Recipe:
    """A recipe from its file.

    Raises:
        ValueError: a setting is missing or unknown.
    """
    with path.open("rb") as file:
        settings = tomllib.load(file)
    wrong = set(settings) ^ {field.name for field in fields(Recipe)}
    if wrong:
        raise ValueError(f"{path.name}: missing or unknown settings: {', '.join(sorted(wrong))}")
    network: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in settings.pop("network").items()}
    voices = tuple(settings.pop("held_out_voices"))
    return Recipe(network=NetworkConfig(**network), held_out_voices=voices, **settings)


def is_held_out(name: str, share: float) -> bool:
    """Whether a speaker or a prompt belongs to the held-out share; the same on every machine and in every run."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    return number < share * 2**32
