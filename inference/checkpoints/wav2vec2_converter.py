"""From transformers' wav2vec 2.0 weights to those of ``models/wav2vec2.py``, for the converter of each network.

Fine-tuned wav2vec 2.0 encoders stand in the checkpoints of face networks under a prefix, with transformers' names. A
``CheckpointState`` says in a sentence what is missing; any other mapping raises KeyError.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal

import torch
from torch import Tensor

from ..contract import EmoTalkError
from ..models.wav2vec2 import Wav2Vec2Config, weight_shapes

_HEAD_WIDTH: Final = 64
"""The width of one attention head, in all released sizes."""


def read_wav2vec2_config(
    state: Mapping[str, Tensor], prefix: str, encoder_norm: Literal["post", "pre"]
) -> Wav2Vec2Config:
    """Dimensions from shapes.

    Args:
        state: a checkpoint's tensors.
        prefix: what the wav2vec 2.0's names begin with, up to the last dot.
        encoder_norm: what cannot be seen there. Nor can heads and strides: they are those of all released sizes.

    Raises:
        EmoTalkError: a weight is missing, or these are no dimensions of a wav2vec 2.0.
    """
    released = Wav2Vec2Config()
    first = state[f"{prefix}feature_extractor.conv_layers.0.conv.weight"]
    kernels = tuple(
        state[f"{prefix}feature_extractor.conv_layers.{i}.conv.weight"].shape[-1]
        for i in range(_count(state, f"{prefix}feature_extractor.conv_layers."))
    )
    projection = state[f"{prefix}feature_projection.projection.weight"]
    positions = _without_weight_norm(state, f"{prefix}encoder.pos_conv_embed.conv")
    layers = _count(state, f"{prefix}encoder.layers.")
    if kernels != released.conv_kernel or not layers or len(projection) % positions.shape[1]:
        raise EmoTalkError("The checkpoint's encoders are not wav2vec 2.0 as it was published")
    every_norm = f"{prefix}feature_extractor.conv_layers.1.layer_norm.weight" in state
    return Wav2Vec2Config(
        hidden_size=len(projection),
        num_hidden_layers=layers,
        num_attention_heads=max(len(projection) // _HEAD_WIDTH, 1),
        intermediate_size=len(state[f"{prefix}encoder.layers.0.feed_forward.intermediate_dense.weight"]),
        conv_dim=len(first),
        conv_bias=f"{prefix}feature_extractor.conv_layers.0.conv.bias" in state,
        feature_extractor_norm="layer" if every_norm else "group",
        encoder_norm=encoder_norm,
        num_conv_pos_embeddings=positions.shape[2],
        num_conv_pos_embedding_groups=len(projection) // positions.shape[1],
    )


def convert_wav2vec2(state: Mapping[str, Tensor], prefix: str = "") -> Iterator[tuple[str, Tensor]]:
    """The weights under the names of ``weight_shapes``, float32.

    Convolutions become matrices; queries, keys and values become one; weight norm, under either of PyTorch's two
    spellings (``weight_g``, ``parametrizations.weight.original0``), is carried out.

    Args:
        state: a checkpoint's tensors.
        prefix: what the wav2vec 2.0's names begin with, up to the last dot; not part of the names that come out.

    Raises:
        EmoTalkError: a ``CheckpointState`` lacks a weight.
        KeyError: another mapping lacks one.
    """
    for i in range(_count(state, f"{prefix}feature_extractor.conv_layers.")):
        name = f"feature_extractor.conv_layers.{i}"
        # (out, in, taps) to (out, taps x in): one row of the matrix meets one stretch of channels-last rows.
        yield f"{name}.conv.weight", state[f"{prefix}{name}.conv.weight"].float().permute(0, 2, 1).flatten(1)
        if f"{prefix}{name}.conv.bias" in state:
            yield f"{name}.conv.bias", state[f"{prefix}{name}.conv.bias"].float()
        if f"{prefix}{name}.layer_norm.weight" in state:
            yield from _pair(state, prefix, f"{name}.layer_norm")
    yield from _pair(state, prefix, "feature_projection.layer_norm")
    yield from _pair(state, prefix, "feature_projection.projection")
    position = "encoder.pos_conv_embed.conv"
    yield f"{position}.weight", _without_weight_norm(state, f"{prefix}{position}")
    yield f"{position}.bias", state[f"{prefix}{position}.bias"].float()
    for i in range(_count(state, f"{prefix}encoder.layers.")):
        name = f"encoder.layers.{i}"
        for kind in ("weight", "bias"):
            parts = [state[f"{prefix}{name}.attention.{letter}_proj.{kind}"].float() for letter in "qkv"]
            yield f"{name}.attention.qkv_proj.{kind}", torch.cat(parts)
        yield from _pair(state, prefix, f"{name}.attention.out_proj")
        yield from _pair(state, prefix, f"{name}.layer_norm")
        yield from _pair(state, prefix, f"{name}.feed_forward.intermediate_dense")
        yield from _pair(state, prefix, f"{name}.feed_forward.output_dense")
        yield from _pair(state, prefix, f"{name}.final_layer_norm")
    yield from _pair(state, prefix, "encoder.layer_norm")


def check_wav2vec2(weights: Mapping[str, Tensor], config: Wav2Vec2Config, source: str) -> None:
    """Compare converted weights with ``weight_shapes``.

    Raises:
        EmoTalkError: one is missing, superfluous or of another shape than the configuration says.
    """
    shapes = weight_shapes(config)
    for name in sorted(shapes.keys() | weights.keys()):
        found = tuple(weights[name].shape) if name in weights else None
        if found != shapes.get(name):
            raise EmoTalkError(
                f"The weights in {source} do not fit together ({name}: {found}, where {shapes.get(name)} belongs)"
            )


def _pair(state: Mapping[str, Tensor], prefix: str, name: str) -> Iterator[tuple[str, Tensor]]:
    for kind in ("weight", "bias"):
        yield f"{name}.{kind}", state[f"{prefix}{name}.{kind}"].float()


def _count(state: Mapping[str, Tensor], start: str) -> int:
    """Numbered parts whose names begin so."""
    numbers = {int(match[1]) for name in state if (match := re.match(rf"{re.escape(start)}(\d+)\.", name))}
    return max(numbers, default=-1) + 1


def _without_weight_norm(state: Mapping[str, Tensor], layer: str) -> Tensor:
    """Length times direction (section 2 of Salimans and Kingma, 2016), a length for each tap."""
    names = f"{layer}.weight_g", f"{layer}.weight_v"
    if names[0] not in state:
        names = f"{layer}.parametrizations.weight.original0", f"{layer}.parametrizations.weight.original1"
    length, direction = (state[name].float() for name in names)
    return torch._weight_norm(direction, length, 2)
