"""The recipe of LaughTalk Compact: every setting that determines the result of its training."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..recipe import Recipe
from .network import NetworkConfig

RECIPE: Final = Path(__file__).parent / "laughtalk-compact.toml"


@dataclass(frozen=True, kw_only=True)
class LaughTalkCompactRecipe(Recipe):
    """The settings of ``laughtalk-compact.toml``; the comments there say what each one is."""

    lines: int
    held_out_lines: int
    frames: int
    covered: float
    rarity: float
    network: NetworkConfig
    contacts: dict[str, list[float]]
