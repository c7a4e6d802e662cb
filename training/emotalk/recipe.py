"""The recipe of EmoTalk on the captures of a studio."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ...inference.contract import EmoTalkError
from ...inference.models.emotalk import EmoTalkConfig
from ...inference.models.wav2vec2 import XLSR_53
from ..recipe import Recipe

RECIPE: Final = Path(__file__).parent / "emotalk.toml"


@dataclass(frozen=True, kw_only=True)
class NetworkSizes:
    """Sizes of the network, by the names of ``EmoTalkConfig`` and of its encoders' ``Wav2Vec2Config``."""

    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    conv_dim: int
    num_conv_pos_embeddings: int
    num_conv_pos_embedding_groups: int
    content: int
    emotion: int
    condition: int
    decoder_feed_forward: int

    def config(self, styles: int) -> EmoTalkConfig:
        """Dimensions for so many personal styles. Raises EmoTalkError if there is no such network."""
        encoder = replace(
            XLSR_53,
            hidden_size=self.hidden_size,
            num_hidden_layers=self.num_hidden_layers,
            num_attention_heads=self.num_attention_heads,
            intermediate_size=self.intermediate_size,
            conv_dim=self.conv_dim,
            num_conv_pos_embeddings=self.num_conv_pos_embeddings,
            num_conv_pos_embedding_groups=self.num_conv_pos_embedding_groups,
        )
        config = EmoTalkConfig(
            encoder, self.content, self.emotion, self.condition, 2, styles, 4, self.decoder_feed_forward
        )
        if problem := config.problem():
            raise EmoTalkError(f"The network of the recipe {problem}")
        return config


@dataclass(frozen=True, kw_only=True)
class EmoTalkRecipe(Recipe):
    """The settings of ``emotalk.toml``; the comments there say what each one is."""

    frames: int
    base: str
    network: NetworkSizes

    def __post_init__(self) -> None:
        """Check what types do not say. Raises EmoTalkError."""
        super().__post_init__()
        if self.frames < 15:
            raise EmoTalkError("The recipe's frames must be 15 or more: half a second")
