"""The recipe of a model: everything that decides what training makes, read from one TOML file."""

import hashlib
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from .network import NetworkConfig

RECIPE: Final = Path(__file__).parent / "configs" / "emotalk-compact.toml"


@dataclass(frozen=True)
class Recipe:
    """The numbers of ``configs/emotalk-compact.toml``, which says what each one is."""

    seed: int
    steps: int
    batch: int
    learning_rate: float
    warmup: int
    falls_from: int
    nothing_at: int
    weight_decay: float
    averaging: float
    low_precision: bool
    realigned_at: int
    held_out_speakers: float
    held_out_prompts: float
    held_out_voices: tuple[str, ...]
    flite_sentences: int
    espeak_accents: int
    espeak_sentences: int
    festival_sentences: int
    pico_sentences: int
    unsure_share: float
    network: NetworkConfig
    shares: dict[str, float]
    decide: dict[str, list[float]]


def read_recipe(path: Path = RECIPE) -> Recipe:
    """A recipe from its file.

    Raises:
        ValueError: a number is missing or nobody knows what it is for.
    """
    with path.open("rb") as file:
        told = tomllib.load(file)
    unknown = set(told) ^ {field.name for field in fields(Recipe)}
    if unknown:
        raise ValueError(f"{path.name} lacks or does not know {', '.join(sorted(unknown))}")
    network = {name: tuple(v) if isinstance(v, list) else v for name, v in told.pop("network").items()}
    voices = tuple(told.pop("held_out_voices"))
    return Recipe(network=NetworkConfig(**network), held_out_voices=voices, **told)


def is_held_out(name: str, share: float) -> bool:
    """Whether a speaker, or a prompt, belongs to the held-out share; the same on every machine and in every run."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    return number < share * 2**32
