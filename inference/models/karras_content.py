"""What EmoTalk Compact hears, as more input for Karras et al. 2017: the content features of frozen weights."""

from pathlib import Path
from typing import Final

import numpy as np

from ..checkpoints.actor_weights import find_base
from ..contract import EmoTalkError, FaceModel, Speech
from .compact import FPS, MODEL_ID, EmoTalkCompact

BASE_MODEL: Final = MODEL_ID
"""Kind of the weights that hear, a name in ``registry.NETWORKS``."""


class ContentListener:
    """Standardised content features of a line.

    Args:
        model: gives ``content`` (frames, K) at 30 frames per second.
        mean, spread: (K,) of the takes that were trained on.
    """

    def __init__(self, model: FaceModel, mean: np.ndarray, spread: np.ndarray) -> None:
        self._model, self.mean, self.spread = model, mean.astype(np.float32), spread.astype(np.float32)

    @property
    def size(self) -> int:
        """How many features a frame has."""
        return len(self.mean)

    def hear(self, speech: Speech) -> np.ndarray:
        """(frames, K) float32; one frame of zeros for a sound without frames."""
        content = self._model.encode(speech).arrays["content"]
        return (content - self.mean) / self.spread if len(content) else np.zeros((1, self.size), np.float32)


def content_at(content: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """Features (frames, K) at some times (n,), on straight lines; (n, K) float32, the ends are held."""
    places = np.clip(seconds * FPS, 0, len(content) - 1)
    before = places.astype(int)
    share = (places - before).astype(np.float32)[:, None]
    return content[before] + share * (content[np.minimum(before + 1, len(content) - 1)] - content[before])


def load_listener(arrays: dict[str, np.ndarray], sha256: str, source: Path) -> ContentListener:
    """The listener of a weights file, which takes its arrays out.

    Args:
        arrays: of the file; ``content.mean`` and ``content.spread`` are removed.
        sha256: of the weights that hear.
        source: the file, for messages.

    Raises:
        EmoTalkError: those weights are not installed, or the file lacks an array.
    """
    base = find_base(BASE_MODEL, sha256)
    if base is None:
        raise EmoTalkError(
            f"{source.name} hears with weights that are not installed (SHA-256 {sha256[:12]}...); import those "
            "weights, or train it again with the ones you have"
        )
    try:
        mean, spread = arrays.pop("content.mean"), arrays.pop("content.spread")
    except KeyError as error:
        raise EmoTalkError(f"{source.name} lacks {error}; export it again") from None
    return ContentListener(EmoTalkCompact.load(base.path, base.spec), mean, spread)
