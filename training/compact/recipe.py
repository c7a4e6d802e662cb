"""The recipe of the built-in model: every setting that determines the result of its training."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from ..recipe import Recipe
from ..recipe import read_recipe as read_any_recipe
from .network import NetworkConfig

RECIPE: Final = Path(__file__).parent / "emotalk-compact.toml"


@dataclass(frozen=True, kw_only=True)
class CompactRecipe(Recipe):
    """The settings of ``emotalk-compact.toml``; the comments there say what each one is."""

    MAY_CHANGE: ClassVar[frozenset[str]] = Recipe.MAY_CHANGE | {"decide"}

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


def read_recipe(path: Path = RECIPE) -> CompactRecipe:
    """A recipe of the built-in model from its file. Raises EmoTalkError, see ``training.recipe``."""
    return read_any_recipe(CompactRecipe, path)


def is_held_out(name: str, share: float) -> bool:
    """Whether a speaker or a prompt belongs to the held-out share; the same on every machine and in every run."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    return number < share * 2**32
