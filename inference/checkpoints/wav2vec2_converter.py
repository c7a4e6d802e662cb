"""From transformers' wav2vec 2.0 weights to those of ``models/wav2vec2.py``, for the converter of each network.

Fine-tuned wav2vec 2.0 encoders stand in the checkpoints of face networks under a prefix, with transformers' names. A
``CheckpointState`` says in a sentence what is missing; any other mapping raises KeyError.
"""

import re
from collections.abc import Container, Iterator, Mapping
from typing import Final, Literal

import torch
from torch import Tensor

from ..contract import EmoTalkError
from ..models.wav2vec2 import Wav2Vec2Config, weight_shapes
from .checkpoint_state import CheckpointState

_POSITION: Final = "encoder.pos_conv_embed.conv"
_HEAD_WIDTH: Final = 64
"""The width of one attention head, in all released sizes."""


def read_wav2vec2_config(
    state: Mapping[str, Tensor], prefix: str, encoder_norm: Literal["post", "pre"]
) -> Wav2Vec2Config:
    """Dimensions from shapes; nothing is computed.

    Args:
        state: a checkpoint's tensors.
        prefix: what the wav2vec 2.0's names begin with, up to the last dot.
        encoder_norm: what cannot be seen there. Nor can heads and strides: they are those of all released sizes.

    Raises:
        EmoTalkError: a weight is missing, or these are no dimensions of a wav2vec 2.0.
    """
    if not isinstance(state, CheckpointState):
        state = CheckpointState(state, "the checkpoint", "wav2vec 2.0")
    released = Wav2Vec2Config()
    convolutions = [
        state.shape(f"{prefix}feature_extractor.conv_layers.{i}.conv.weight", 3)
        for i in range(_count(state, f"{prefix}feature_extractor.conv_layers."))
    ]
    layers = _count(state, f"{prefix}encoder.layers.")
    hidden, _ = state.shape(f"{prefix}feature_projection.projection.weight", 2)
    _, group, taps = state.shape(_weight_norm_names(state, f"{prefix}encoder.pos_conv_embed.conv")[1], 3)
    heads = max(hidden // _HEAD_WIDTH, 1)
    kernels = tuple(shape[2] for shape in convolutions)
    if kernels != released.conv_kernel or not layers or hidden % group or hidden % heads:
        raise EmoTalkError(
            f"The encoders in {state.source} are not wav2vec 2.0 as it was published (convolutions of "
            f"{', '.join(map(str, kernels)) or 'no'} taps, {layers} layers of {hidden} columns); choose another "
            "checkpoint"
        )
    every_norm = f"{prefix}feature_extractor.conv_layers.1.layer_norm.weight" in state
    return Wav2Vec2Config(
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=state.shape(f"{prefix}encoder.layers.0.feed_forward.intermediate_dense.weight", 2)[0],
        conv_dim=convolutions[0][0],
        conv_bias=f"{prefix}feature_extractor.conv_layers.0.conv.bias" in state,
        feature_extractor_norm="layer" if every_norm else "group",
        encoder_norm=encoder_norm,
        num_conv_pos_embeddings=taps,
        num_conv_pos_embedding_groups=hidden // group,
    )


def published_shapes(config: Wav2Vec2Config, names: Container[str], prefix: str = "") -> dict[str, tuple[int, ...]]:
    """Every weight that ``convert_wav2vec2`` uses, by its published name, and its shape.

    Args:
        config: the dimensions.
        names: in the checkpoint, which say which of the two spellings of weight norm it has.
        prefix: what the wav2vec 2.0's names begin with, up to the last dot.
    """
    hidden = config.hidden_size
    shapes: dict[str, tuple[int, ...]] = {}
    for name, shape in weight_shapes(config).items():
        layer, _, kind = name.rpartition(".")
        if name == f"{_POSITION}.weight":
            length, direction = _weight_norm_names(names, f"{prefix}{_POSITION}")
            shapes |= {length: (1, 1, shape[2]), direction: shape}
        elif layer.endswith(".qkv_proj"):
            own = (hidden, *shape[1:])
            shapes |= {f"{prefix}{layer.removesuffix('qkv_proj')}{letter}_proj.{kind}": own for letter in "qkv"}
        elif layer.endswith(".conv") and kind == "weight":
            taps = config.conv_kernel[int(layer.split(".")[-2])]
            shapes[f"{prefix}{name}"] = (shape[0], shape[1] // taps, taps)
        else:
            shapes[f"{prefix}{name}"] = shape
    return shapes


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
    yield f"{_POSITION}.weight", _without_weight_norm(state, f"{prefix}{_POSITION}")
    yield f"{_POSITION}.bias", state[f"{prefix}{_POSITION}.bias"].float()
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
    """Numbered parts whose names begin so; never more than there are names, whatever number stands in one."""
    numbers = {int(match[1]) for name in state if (match := re.match(rf"{re.escape(start)}(\d{{1,6}})\.", name))}
    return min(max(numbers, default=-1) + 1, len(state))


def _weight_norm_names(names: Container[str], layer: str) -> tuple[str, str]:
    """The names of length and direction, in the spelling that the checkpoint has."""
    if f"{layer}.parametrizations.weight.original0" in names:
        return f"{layer}.parametrizations.weight.original0", f"{layer}.parametrizations.weight.original1"
    return f"{layer}.weight_g", f"{layer}.weight_v"


def _without_weight_norm(state: Mapping[str, Tensor], layer: str) -> Tensor:
    """Length times direction (section 2 of Salimans and Kingma, 2016), a length for each tap."""
    length, direction = (state[name].float() for name in _weight_norm_names(state, layer))
    if tuple(length.shape) != (1, 1, *direction.shape[2:]):  # PyTorch's function writes beyond its memory then
        raise EmoTalkError(f"The weights do not fit together: {layer} has {list(length.shape)} lengths for its taps")
    return torch._weight_norm(direction, length, 2)
