"""The recipes of FLINT and EMOTE: every setting that determines the result of their training."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from ...inference.contract import EmoTalkError
from ...inference.models.emote import EmoteConfig
from ...inference.models.flint import FlintConfig
from ..recipe import Recipe

FLINT_RECIPE: Final = Path(__file__).parent / "flint.toml"
EMOTE_RECIPE: Final = Path(__file__).parent / "emote.toml"


@dataclass(frozen=True)
class FlintSizes:
    """Sizes of FLINT; the defaults are the published ones. See ``FlintConfig``."""

    width: int = FlintConfig.width
    stages: int = FlintConfig.stages
    heads: int = FlintConfig.heads
    feed_forward: int = FlintConfig.feed_forward


@dataclass(frozen=True, kw_only=True)
class FlintRecipe(Recipe):
    """The settings of ``flint.toml``; the comments there say what each one is."""

    flame: str = ""
    vertex_step: int = 1
    window: int = 32
    network: FlintSizes

    def __post_init__(self) -> None:
        """Check what types do not say. Raises EmoTalkError."""
        super().__post_init__()
        if self.vertex_step < 1:
            raise EmoTalkError("The recipe's vertex_step must be 1 or more")
        if self.window < 1 or self.window % 2**self.network.stages:
            raise EmoTalkError(f"The recipe's window must be a multiple of {2**self.network.stages} frames")


@dataclass(frozen=True)
class EmoteSizes:
    """Sizes of EMOTE; the defaults are the published ones. See ``EmoteConfig``."""

    features: int = EmoteConfig.features
    heads: int = EmoteConfig.heads
    feed_forward: int = EmoteConfig.feed_forward
    period: int = EmoteConfig.period


@dataclass(frozen=True)
class EncoderSizes:
    """Sizes of a speech encoder without weights of its own; see ``Wav2Vec2Config``."""

    hidden_size: int = 64
    num_hidden_layers: int = 1
    num_attention_heads: int = 2
    intermediate_size: int = 128
    conv_dim: int = 64
    num_conv_pos_embeddings: int = 16
    num_conv_pos_embedding_groups: int = 4


@dataclass(frozen=True, kw_only=True)
class EmoteRecipe(Recipe):
    """The settings of ``emote.toml``; the comments there say what each one is."""

    FREEZES_PARTS: ClassVar[bool] = True

    flame: str = ""
    prior: str = ""
    wav2vec2: str = ""
    lip_reading: str = ""
    video_emotion: str = ""
    vertex_step: int = 1
    exchange_from: int
    convolution_steps: int = 0
    window: int = 64
    dropout: float = 0.25
    encoder_dropout: float = 0.1
    layer_drop: float = 0.1
    masked: float = 0.05
    classifier_width: int = 64
    network: EmoteSizes
    encoder: EncoderSizes

    def __post_init__(self) -> None:
        """Check what types do not say. Raises EmoTalkError."""
        super().__post_init__()
        if self.vertex_step < 1:
            raise EmoTalkError("The recipe's vertex_step must be 1 or more")
        if self.batch_size < 2:
            raise EmoTalkError("The recipe's batch_size must be 2 or more: clips exchange their emotions")
