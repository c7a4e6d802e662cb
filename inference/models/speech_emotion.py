"""A wav2vec 2.0 that names the emotion of a voice, as ``transformers`` trains it for the classification of speech.

The animator brings the weights: none may be passed on with EmoTalk, for they were learnt from acted emotions under
terms that do not allow it. Both published forms of the head are here: ``Wav2Vec2ForSequenceClassification`` (a
projection, the mean over time, a linear layer, optionally on a weighted sum of all layers), and the mean, a dense layer
with tanh and an output layer, which many published models use in its place.

Those networks name one emotion for a whole recording. Here the mean is taken over windows of three seconds, so that the
emotion of a line can change; a recording of three seconds and less gets exactly the published numbers.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import numpy as np
import torch
from torch import Tensor

from ..checkpoints.safetensors_file import read_safetensors
from ..contract import SAMPLE_RATE, EmoTalkError, Progress, Speech
from ..devices import return_large_blocks
from ..heard_emotions import HeardEmotions
from .configuration import checked, config_in, encoder_of
from .layers import SMALL_STEPS, Layers, check_arrays
from .matrix_products import arithmetic_for
from .wav2vec2 import BASE, Wav2Vec2Config, Wav2Vec2Model, Windows, impossible_number, zero_mean_unit_variance
from .wav2vec2 import weight_shapes as wav2vec2_shapes

MODEL_ID: Final = "speech-emotion"
WINDOW_SECONDS: Final = 3.0
"""Of the mean over time: about as long as the recordings that such networks are trained on."""
RATE: Final = 4.0
"""Windows per second."""

_MOST_EMOTIONS: Final = 64
_PART: Final = Windows(rows=1500, margin=150)
"""Rows (50 per second) that attend to each other: a longer line takes time with its length, not with its square."""
_HEADS: Final = ("projector", "dense")


@dataclass(frozen=True)
class SpeechEmotionConfig:
    """Dimensions of the network.

    Attributes:
        labels: for each output, the emotion that it stands for; "" where the face has none for it.
        encoder: of the speech encoder.
        head: "projector": projection, mean, linear layer; "dense": mean, dense layer with tanh, linear layer.
        head_width: columns between the two layers of the head.
        layer_sum: whether the head hears a weighted sum of all layers, not the last one.
        normalised: whether the network hears samples of mean 0 and variance 1.
    """

    labels: tuple[str, ...]
    encoder: Wav2Vec2Config = field(default_factory=lambda: BASE)
    head: Literal["projector", "dense"] = "projector"
    head_width: int = 256
    layer_sum: bool = False
    normalised: bool = True

    @classmethod
    def from_json(cls, text: str) -> "SpeechEmotionConfig":
        """The configuration of a weights file.

        Raises:
            ValueError: it is none; the message is the second half of a sentence.
        """

        def make() -> SpeechEmotionConfig:
            values = json.loads(text)
            parts = {"encoder": encoder_of(values["encoder"], BASE), "labels": tuple(map(str, values["labels"]))}
            return cls(**values | parts)

        return checked(make)

    def problem(self) -> str:
        """Why there cannot be such a network, as the second half of a sentence; "" if there can."""
        problem = self.encoder.problem() or impossible_number({"columns in its head": self.head_width})
        if problem:
            return problem
        if not 1 < len(self.labels) <= _MOST_EMOTIONS or not any(self.labels):
            return "names no emotions"
        if self.head not in _HEADS or not isinstance(self.layer_sum, bool) or not isinstance(self.normalised, bool):
            return "says nothing usable of its head"
        return ""


def weight_shapes(config: SpeechEmotionConfig) -> dict[str, tuple[int, ...]]:
    """Every weight's name and shape."""
    shapes = {f"wav2vec2.{name}": shape for name, shape in wav2vec2_shapes(config.encoder).items()}
    shapes |= {
        "head.inner.weight": (config.head_width, config.encoder.hidden_size),
        "head.inner.bias": (config.head_width,),
    }
    shapes |= {"head.outer.weight": (len(config.labels), config.head_width), "head.outer.bias": (len(config.labels),)}
    if config.layer_sum:
        shapes["layer_weights"] = (config.encoder.num_hidden_layers + 1,)
    return shapes


class SpeechEmotion:
    """The network that hears emotions.

    Args:
        weights: arrays under the names of ``weight_shapes``, float32.
        config: their dimensions.
        device: where to compute.

    Raises:
        EmoTalkError: a weight is missing.
    """

    def __init__(self, weights: Mapping[str, Tensor], config: SpeechEmotionConfig, device: str = "cpu") -> None:
        self.config = config
        self._device = torch.device(device)
        layers = Layers(weights, self._device, arithmetic_for(self._device, "float32"))
        self._wav2vec2 = Wav2Vec2Model(layers.of("wav2vec2"), config.encoder)
        self._inner, self._outer = layers.product("head.inner"), layers.product("head.outer")
        self._layer_weights = torch.softmax(layers.tensor("layer_weights"), 0) if config.layer_sum else None

    @classmethod
    def load(cls, path: str | Path, device: str = "cpu") -> "SpeechEmotion":
        """The network of an imported file.

        Raises:
            EmoTalkError: the file is missing, damaged or another network's.
        """
        return_large_blocks()
        arrays, metadata = read_safetensors(path, mapped=True)
        name = Path(path).name
        if metadata.get("model") != MODEL_ID:
            raise EmoTalkError(f"The weights in {name} do not hear emotions; import the checkpoint of one that does")
        config = config_in(SpeechEmotionConfig.from_json, metadata, name)
        check_arrays(arrays, weight_shapes(config), name)
        return cls({weight: torch.from_numpy(array) for weight, array in arrays.items()}, config, device)

    @torch.inference_mode()
    def hear(self, speech: Speech, progress: Progress | None = None) -> HeardEmotions:
        """The emotions of a line over time.

        Args:
            speech: the line.
            progress: called with the share (0..1) of the work that is done.

        Raises:
            EmoTalkError: the line is too short for the network.
        """
        if not self.config.encoder.feature_count(len(speech.samples)):
            least = 1000 * self.config.encoder.receptive_field / SAMPLE_RATE
            raise EmoTalkError(
                f"The line lasts only {1000 * speech.seconds:.0f} ms; to hear an emotion takes at least {least:.0f} ms"
            )
        samples = zero_mean_unit_variance(speech.samples) if self.config.normalised else speech.samples
        rows = self._wav2vec2.extract_features(torch.from_numpy(samples).to(self._device), SMALL_STEPS)
        windows = _PART if len(rows) > _PART.rows + _PART.margin else None
        hidden = self._wav2vec2.forward(rows, SMALL_STEPS, progress, windows, self._layer_weights)
        shares = torch.softmax(self.logits(windowed_means(hidden, speech.seconds)), dim=1).cpu().numpy()
        return HeardEmotions.of_labels(shares, self.config.labels, RATE)

    def logits(self, means: Tensor) -> Tensor:
        """(windows, H) mean hidden states to (windows, labels) scores, float32."""
        # The projection is linear, so the mean may come before it.
        inner = self._inner(means)
        return self._outer(torch.tanh(inner) if self.config.head == "dense" else inner).float()


def windowed_means(hidden: Tensor, seconds: float) -> Tensor:
    """The means of hidden states over windows.

    Args:
        hidden: (T, H), evenly over the line.
        seconds: of the line.

    Returns:
        (windows, H): window i is centred at ``i / RATE`` seconds, but moved so that all of it lies within the line; one
        window for a line that is no longer than it.
    """
    per_second = len(hidden) / seconds
    width = round(WINDOW_SECONDS * per_second)
    if len(hidden) <= width:
        return hidden.mean(dim=0, keepdim=True)
    sums = torch.cat([torch.zeros(1, hidden.shape[1], dtype=torch.float64), hidden.cpu().double().cumsum(dim=0)])
    centres = np.arange(int(seconds * RATE) + 1) / RATE * per_second
    first = torch.from_numpy(np.clip(np.round(centres - width / 2), 0, len(hidden) - width).astype(np.int64))
    return ((sums[first + width] - sums[first]) / width).to(hidden)
