"""The recipe of a model: everything that decides what training makes, read from one TOML file."""

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
    cooldown: float
    weight_decay: float
    averaging: float
    low_precision: bool
    held_out_speakers: float
    held_out_voices: tuple[str, ...]
    flite_sentences: int
    espeak_sentences: int
    real_share: float
    network: NetworkConfig
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
