"""The recipe of the phones: every setting that determines the result of their training."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..recipe import Recipe

RECIPE: Final = Path(__file__).parent / "phones.toml"


@dataclass(frozen=True, kw_only=True)
class PhonesRecipe(Recipe):
    """The settings of ``phones.toml``; the comments there say what each one is."""

    head_width: int
    articulator_width: int
    head_dropout: float
    copies: int
    jitter: float
    swaps: float
    deaf: float
    held_out_speakers: float
    held_out_prompts: float
    held_out_voices: tuple[str, ...]
    every: dict[str, int]
    shares: dict[str, float]
