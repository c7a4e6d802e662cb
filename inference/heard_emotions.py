"""The emotions that a network hears in a voice, over time."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..face.controls import Controls
from ..face.emotions import BY_NAME, EMOTIONS, NEUTRAL
from .contract import EmoTalkError

_NAMES: Final = BY_NAME | {
    **{"ang": "anger", "hap": "happy", "neu": "neutral", "dis": "disgust", "fea": "fear", "sur": "surprise"},
    **{"ps": "surprise", "exc": "happy", "excited": "happy", "fru": "anger", "frustrated": "anger", "con": "contempt"},
}
"""Names in published networks, which are not all words -> the class."""
_DIMENSIONS: Final = frozenset(("arousal", "valence", "dominance"))


@dataclass(frozen=True)
class HeardEmotions:
    """The emotions of a line.

    Attributes:
        emotions: the names of the columns, all of ``face.emotions.EMOTIONS`` but neutral.
        weights: (n, columns) float32, 0..1; what is left to 1 is neutral.
        rate: rows per second; the first row is the beginning of the line. A single row holds for all of it.
    """

    emotions: tuple[str, ...]
    weights: np.ndarray
    rate: float

    @classmethod
    def of_labels(cls, shares: np.ndarray, labels: tuple[str, ...], rate: float) -> "HeardEmotions":
        """From a network's shares.

        Args:
            shares: (n, labels) that sum to 1.
            labels: the emotion of each column, or "" for one that the face lacks, which counts as neutral.
            rate: rows per second.
        """
        emotions = tuple(name for name in EMOTIONS if name in labels and name != NEUTRAL)
        columns = [sum(shares[:, i] for i, label in enumerate(labels) if label == name) for name in emotions]
        weights = np.stack(columns, axis=1) if columns else np.zeros((len(shares), 0))
        return cls(emotions, weights.astype(np.float32), rate)

    @property
    def strongest(self) -> str:
        """The emotion of the greatest mean weight, neutral among them."""
        means = dict(zip(self.emotions, self.weights.mean(axis=0).tolist(), strict=True))
        means[NEUTRAL] = 1 - sum(means.values())
        return max(means, key=lambda name: means[name])

    def at(self, seconds: np.ndarray) -> np.ndarray:
        """(n, columns) weights at these times after the start of the line, between rows in a straight line."""
        times = np.arange(len(self.weights)) / self.rate
        columns = [np.interp(seconds, times, column) for column in self.weights.T]
        return np.stack(columns, axis=1) if columns else np.zeros((len(seconds), 0))

    def on(self, controls: Controls, seconds: float, fps: float) -> Controls:
        """The same controls with these emotions.

        Args:
            controls: without emotions.
            seconds: of the line.
            fps: of the model.

        Raises:
            EmoTalkError: the model has none of these emotions.
        """
        shared = [(i, name) for i, name in enumerate(self.emotions) if name in controls.emotions]
        if not shared:
            raise EmoTalkError(f"This model has none of the emotions {', '.join(self.emotions)}; choose another model")
        weights = np.clip(self.at(np.arange(round(seconds * fps) + 1) / fps), 0, 1)
        return Controls({**controls.changed(), **{name: weights[:, i] for i, name in shared}}, controls.emotions)

    def to_message(self) -> dict[str, Any]:
        """As values that JSON has."""
        return {"emotions": list(self.emotions), "weights": np.round(self.weights, 4).tolist(), "rate": self.rate}

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> "HeardEmotions":
        """What ``to_message`` gave."""
        emotions = tuple(message["emotions"])
        weights = np.array(message["weights"], np.float32).reshape(-1, len(emotions))
        return cls(emotions, weights, float(message["rate"]))


def emotions_of_labels(labels: tuple[str, ...], source: str) -> tuple[str, ...]:
    """The emotion of each label of a published network; "" for a label that the face has no emotion for.

    Raises:
        EmoTalkError: no label, or only neutral, is an emotion of the face.
    """
    found = tuple(_NAMES.get(label.strip().lower(), "") for label in labels)
    if not set(found) - {"", NEUTRAL}:
        if _DIMENSIONS & {label.strip().lower() for label in labels}:
            raise EmoTalkError(
                f"The network in {source} hears {', '.join(labels)}, not emotions by name; choose one that names them"
            )
        raise EmoTalkError(
            f"The network in {source} names no emotion of the face ({', '.join(labels[:8])}); write their names into "
            f"id2label of the config.json beside it: {', '.join(EMOTIONS)}"
        )
    return found
