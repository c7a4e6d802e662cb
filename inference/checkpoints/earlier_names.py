"""Maps the names in older files of EmoTalk weights to today's names, which follow transformers.

The arrays are the same, in the same layout. A file with today's names passes unchanged.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar

_ENCODER: Final = {
    "convolutions.#": "feature_extractor.conv_layers.#.conv",
    "convolutions.#.norm": "feature_extractor.conv_layers.#.layer_norm",
    "projection.norm": "feature_projection.layer_norm",
    "projection": "feature_projection.projection",
    "position": "encoder.pos_conv_embed.conv",
    "layers.#.attention": "encoder.layers.#.attention.qkv_proj",
    "layers.#.out": "encoder.layers.#.attention.out_proj",
    "layers.#.attention_norm": "encoder.layers.#.layer_norm",
    "layers.#.feed_norm": "encoder.layers.#.final_layer_norm",
    "layers.#.widen": "encoder.layers.#.feed_forward.intermediate_dense",
    "layers.#.narrow": "encoder.layers.#.feed_forward.output_dense",
    "norm": "encoder.layer_norm",
}
_DECODER: Final = {
    "decoder.attention": "decoder.self_attention.qkv_proj",
    "decoder.out": "decoder.self_attention.out_proj",
    "decoder.guide_values": "decoder.emotion_guided_attention.v_proj",
    "decoder.guide_out": "decoder.emotion_guided_attention.out_proj",
    "decoder.widen": "decoder.feed_forward.intermediate_dense",
    "decoder.narrow": "decoder.feed_forward.output_dense",
}
_LAYERS: Final = _DECODER | {
    f"{part}.{earlier}": f"{part}_encoder.{today}"
    for part in ("content", "emotion")
    for earlier, today in _ENCODER.items()
}
_CONFIG: Final = {
    "hidden": "hidden_size",
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "feed_forward": "intermediate_size",
    "convolution": "conv_dim",
    "kernels": "conv_kernel",
    "strides": "conv_stride",
    "position_kernel": "num_conv_pos_embeddings",
    "position_groups": "num_conv_pos_embedding_groups",
}
"""Entries of the configuration that are now the encoder's."""

Value = TypeVar("Value")


def with_todays_names(weights: Mapping[str, Value]) -> dict[str, Value]:
    """The same weights under today's names."""
    return {_todays_name(name): value for name, value in weights.items()}


def with_todays_config(values: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration in a weights file, with the encoder's dimensions in a separate entry ``encoder``."""
    encoder = {today: values[earlier] for earlier, today in _CONFIG.items() if earlier in values}
    kept = {name: value for name, value in values.items() if name not in _CONFIG}
    return {"encoder": encoder, **kept}


def _todays_name(name: str) -> str:
    layer, _, kind = name.rpartition(".")
    if not layer:
        return name
    number = re.search(r"\d+", layer)
    today = _LAYERS.get(re.sub(r"\d+", "#", layer), layer)
    return f"{today.replace('#', number[0]) if number else today}.{kind}"
