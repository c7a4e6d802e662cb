"""What emotion a stretch of FLAME's curves shows: the stand-in where there is no video-emotion network."""

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ...face.emotions import EMOTIONS
from ...inference.models.biased_attention import layer_shapes
from ...inference.models.emote import INTENSITIES
from ..arrays import FloatArray
from .perception import Performed
from .weights import Weights

_HEADS = 8
_NOISE = 0.3
"""On the scaled channels in training: a classifier that small errors fool is no judge."""


class EmotionClassifier(nn.Module):
    """A transformer layer over FLAME's curves and their mean over time, like EMOTE's classifier of images in size.

    It sees curves, not pictures: what it tells apart are the emotions and intensities of the takes that it was trained
    on.

    Args:
        mean: (E + 3,) of the curves.
        scale: (E + 3, E + 3) from the channels to axes on which all motion counts alike.
        width: of the layer; a multiple of eight.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, mean: FloatArray, scale: FloatArray, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(mean))
        self.register_buffer("scale", torch.from_numpy(scale))
        self.embedding, self.feature = nn.Linear(len(mean), width), nn.Linear(width, width)
        self.layer = Weights({f"layer.{name}": shape for name, shape in layer_shapes(width, width).items()})
        self.emotion, self.intensity = nn.Linear(width, len(EMOTIONS)), nn.Linear(width, INTENSITIES)

    def forward(self, motion: Tensor, valid: Tensor) -> Tensor:
        """The feature of a sequence.

        Args:
            motion: (B, T, E + 3) expression and jaw.
            valid: (B, T) 1 where there are frames, else 0.

        Returns:
            (B, width) -1..1.
        """
        return self._feature_of((motion - self.mean) @ self.scale, valid)

    def logits(self, motion: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 8) of the emotions and (B, 3) of the intensities; in training of motion with noise."""
        scaled = (motion - self.mean) @ self.scale
        if self.training:
            scaled = scaled + _NOISE * torch.randn_like(scaled)
        feature = self._feature_of(scaled, valid)
        return self.emotion(feature), self.intensity(feature)

    def _feature_of(self, scaled: Tensor, valid: Tensor) -> Tensor:
        rows = self.embedding(scaled)
        rows = self.layer.biased_layer("layer", rows, _HEADS, 1)
        shares = valid / valid.sum(dim=1, keepdim=True).clamp(min=1)
        return torch.tanh(self.feature((rows * shares[..., None]).sum(dim=1)))


class EmotionDistance:
    """One minus the cosine between the classifier's features of two performances; the classifier does not learn.

    Args:
        classifier: trained.
    """

    def __init__(self, classifier: EmotionClassifier) -> None:
        self._classifier = classifier

    def distance(self, shown: Performed, wanted: Performed, valid: Tensor) -> Tensor:
        """See ``Perception``."""
        frozen = {name: tensor.detach() for name, tensor in self._classifier.named_parameters()}
        own, other = (functional_call(self._classifier, frozen, (each.motion, valid)) for each in (shown, wanted))
        return 1 - torch.cosine_similarity(own, other, dim=1)
