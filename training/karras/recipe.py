"""The recipe of Karras et al. 2017: every setting that determines the result of its training."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from ..recipe import Recipe
from ..recipe import read_recipe as read_any_recipe
from .network import NetworkConfig

Position = Literal["squared", "absolute"]

RECIPE: Final = Path(__file__).parent / "karras.toml"


@dataclass(frozen=True, kw_only=True)
class KarrasRecipe(Recipe):
    """The settings of ``karras.toml``; the comments there say what each one is."""

    moments: int
    spacing: int
    muted: float
    neutral: float
    noisy: float
    swapped: float
    tempo: float
    gain: float
    emotion_spread: float
    presets: int
    content: str
    position: Position = "squared"
    network: NetworkConfig


def read_recipe(path: Path = RECIPE) -> KarrasRecipe:
    """A recipe from its file. Raises EmoTalkError, see ``training.recipe``."""
    return read_any_recipe(KarrasRecipe, path)
