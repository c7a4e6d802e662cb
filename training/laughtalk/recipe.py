"""The recipes of LaughTalk's two stages: every setting that determines the result of their training."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from ...inference.contract import EmoTalkError
from ...inference.models.laughtalk import LaughTalkConfig
from ..emote.recipe import EncoderSizes
from ..recipe import Recipe

TALK_RECIPE: Final = Path(__file__).parent / "laughtalk-talk.toml"
LAUGH_RECIPE: Final = Path(__file__).parent / "laughtalk-laugh.toml"


@dataclass(frozen=True)
class DecoderSizes:
    """Sizes of the decoder; the defaults are FaceFormer's. See ``LaughTalkConfig``."""

    features: int = LaughTalkConfig.features
    heads: int = LaughTalkConfig.heads
    feed_forward: int = LaughTalkConfig.feed_forward
    period: int = LaughTalkConfig.period


@dataclass(frozen=True, kw_only=True)
class StageRecipe(Recipe):
    """What both stages have; the comments in ``laughtalk-talk.toml`` say what each setting is."""

    FREEZES_PARTS: ClassVar[bool] = True

    flame: str = ""
    window_seconds: float = 3.5
    teacher_forced: int = 0
    dropout: float = 0.1
    encoder_dropout: float = 0.1
    layer_drop: float = 0.1
    masked: float = 0.05

    def __post_init__(self) -> None:
        """Check what types do not say. Raises EmoTalkError."""
        super().__post_init__()
        if not 0.1 <= self.window_seconds <= 60:
            raise EmoTalkError("The recipe's window_seconds must be 0.1 to 60")

    def window(self, fps: float) -> int:
        """Frames of a clip at this rate."""
        return max(round(self.window_seconds * fps), 2)


@dataclass(frozen=True, kw_only=True)
class TalkRecipe(StageRecipe):
    """The settings of ``laughtalk-talk.toml``."""

    fps: float
    wav2vec2: str = ""
    network: DecoderSizes
    encoder: EncoderSizes

    def __post_init__(self) -> None:
        """Check what types do not say. Raises EmoTalkError."""
        super().__post_init__()
        if not 1 <= self.fps <= 240:
            raise EmoTalkError("The recipe's fps must be 1 to 240")


@dataclass(frozen=True, kw_only=True)
class LaughRecipe(StageRecipe):
    """The settings of ``laughtalk-laugh.toml``; sizes of the decoder and the rate are those of the talk."""

    talk: str = ""
    speech_emotion: str = ""
    vertex_step: int = 1
    anywhere: float = 0.25

    def __post_init__(self) -> None:
        """Check what types do not say. Raises EmoTalkError."""
        super().__post_init__()
        if self.vertex_step < 1:
            raise EmoTalkError("The recipe's vertex_step must be 1 or more")
        if not 0 <= self.anywhere <= 1:
            raise EmoTalkError("The recipe's anywhere must be 0 to 1")
