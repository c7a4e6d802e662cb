"""The recipe of an actor's own style for EmoTalk Compact."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...inference.contract import EmoTalkError
from ..recipe import Recipe

RECIPE: Final = Path(__file__).parent / "compact.toml"


@dataclass(frozen=True, kw_only=True)
class ActorRecipe(Recipe):
    """The settings of ``compact.toml``; the comments there say what each one is."""

    base: str
    rank: int
    style_rate: float
    other_share: float
    other_voices: str

    def __post_init__(self) -> None:
        """Check what types do not say. Raises EmoTalkError."""
        super().__post_init__()
        if self.rank < 1:
            raise EmoTalkError("The recipe's rank must be 1 or more")
        if not 0 <= self.other_share < 1:
            raise EmoTalkError("The recipe's other_share must be from 0 to below 1")
