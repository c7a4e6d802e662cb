"""The released checkpoints of EMOTE and of its motion prior FLINT: checked, and brought under our names.

What Lightning keeps beside the weights is gone when they arrive here (``lightning_checkpoint.py``). FLAME's own arrays
and a renderer, which stand in the same file, are left out; FLAME's template is noted by its hash, because motion for
one release of FLAME fits no other.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Final

import numpy as np
import torch
from torch import Tensor

from ...face.basis import FLAME, JAW_CHANNELS
from ...face.emotions import EMOTIONS
from ...face.flame.model import template_sha256
from ..contract import EmoTalkError, ModelSpec, Speech
from ..devices import is_out_of_memory
from ..models.emote import INTENSITIES, SAMPLES_PER_FRAME, Emote, EmoteConfig, weight_shapes
from ..models.flint import MOST_STAGES, Flint, FlintConfig, decoder_shapes, encoder_shapes
from ..models.flint import weight_shapes as flint_shapes
from ..models.wav2vec2 import BASE
from ..registry import FLAME_TEMPLATE
from .checkpoint_state import CheckpointState
from .conversion import Conversion
from .wav2vec2_converter import convert_wav2vec2, published_shapes, read_wav2vec2_config

_AUDIO_ENCODER: Final = "audio_model.model."
_SEQUENCE_DECODER: Final = "sequence_decoder."
_MOTION_DECODER: Final = "sequence_decoder.motion_prior.motion_decoder."
_FLAME: Final = "sequence_decoder.flame."
_TEMPLATE_SHAPE: Final = (5023, 3)
_LAYERS: Final = {
    "sequence_encoder": "sequence_encoder.linear",
    "style": "sequence_decoder.obj_vector.map",
    "decoder": "sequence_decoder.decoder",
    "squasher": "sequence_decoder.squasher_2.linear",
}
_TRANSFORMER: Final = {
    "self_attention.qkv_proj.weight": "self_attn.in_proj_weight",
    "self_attention.qkv_proj.bias": "self_attn.in_proj_bias",
    "self_attention.out_proj": "self_attn.out_proj",
    "feed_forward.intermediate_dense": "linear1",
    "feed_forward.output_dense": "linear2",
    "norms.0": "norm1",
    "norms.1": "norm2",
}
_STAGE: Final = {"convolution": "0", "batch_norm": "2"}
_KNOWN_UNUSED: Final = re.compile(
    r"(masked_spec_embed|num_batches_tracked)$|^(renderer|sequence_decoder\.flame|preprocessor)\."
)
_OPTIONS: Final = "model.sequence_decoder."
_SUPPORTED: Final = {
    "model.sequence_decoder.num_layers": "1",
    "model.sequence_decoder.temporal_bias_type": "faceformer_future",
    "model.sequence_decoder.positional_encoding.type": "none",
    "model.sequence_decoder.style_op": "cat",
    "model.sequence_decoder.squash_before": "false",
    "model.sequence_decoder.squash_after": "true",
    "model.sequence_decoder.squash_type": "stack_linear",
    "model.sequence_decoder.style_embedding.use_shape": "false",
    "model.audio.target_fps": "25",
    "model.audio.model_expected_fps": "50",
}
"""What shapes do not tell, as cfg.yaml says it of the published networks; what it does not say counts as published."""
_NOISE_FRAMES: Final = 20


def convert_emote(
    state: Mapping[str, Tensor], source: str, spec: ModelSpec, options: Mapping[str, str] | None = None
) -> Conversion:
    """The weights of an EMOTE checkpoint in the released format.

    Args:
        state: as ``pytorch_state.read_state`` gives it.
        source: the file's name, for messages.
        spec: of the released network.
        options: what the cfg.yaml of the training says, see ``training_options.read_options``; without it, the network
            counts as trained like the published ones.

    Raises:
        EmoTalkError: they are not EMOTE's, not all of them, do not fit together, or another network's than published.
    """
    used = CheckpointState(state, source, "EMOTE")
    config = _emote_config(used, options or {})
    names = _emote_names(config)
    shapes = weight_shapes(config)
    used.check(
        published_shapes(config.encoder, state, _AUDIO_ENCODER)
        | {theirs: shapes[ours] for ours, theirs in names.items()}
    )
    weights = {f"audio_encoder.{name}": weight for name, weight in convert_wav2vec2(used, _AUDIO_ENCODER)}
    weights |= {ours: used[theirs] for ours, theirs in names.items()}
    spec = replace(spec, basis=FLAME(config.prior.expressions))
    if config.identities != len(spec.styles):  # a training of somebody else's, whose persons have no names here
        spec = replace(spec, styles=tuple(f"Identity {number:02}" for number in range(1, config.identities + 1)))
    _test_emote(weights, config, spec, source)
    return Conversion(
        arrays={name: weight.numpy() for name, weight in weights.items()},
        config=asdict(config),
        spec=spec,
        unknown=_unknown(used),
        notes=_template_note(state),
    )


def convert_flint(state: Mapping[str, Tensor], source: str, spec: ModelSpec) -> Conversion:
    """The weights of a FLINT checkpoint in the released format, its encoder included.

    Raises:
        EmoTalkError: they are not FLINT's, not all of them, or do not fit together.
    """
    used = CheckpointState(state, source, "FLINT")
    config = _flint_config(used, "motion_decoder.")
    _check(config.problem(), source)
    names, shapes = _flint_names(config), flint_shapes(config)
    used.check({theirs: shapes[ours] for ours, theirs in names.items()})
    weights = {ours: used[theirs] for ours, theirs in names.items()}
    _test_flint(weights, config, source)
    return Conversion(
        arrays={name: weight.numpy() for name, weight in weights.items()},
        config=asdict(config),
        spec=replace(spec, basis=FLAME(config.expressions)),
        unknown=_unknown(used),
    )


def _emote_config(used: CheckpointState, options: Mapping[str, str]) -> EmoteConfig:
    """Dimensions from shapes, and what shapes do not tell from the options of the training."""
    if any(name.startswith(f"{_SEQUENCE_DECODER}squasher.") for name in used):
        raise EmoTalkError(f"The network in {used.source} squashes frames before its transformer, unlike EMOTE")
    of_emote = any(name.startswith(_OPTIONS) for name in options)
    for name, published in _SUPPORTED.items():
        found = options.get(name, published) if of_emote else published
        if found.lower() != published:
            raise EmoTalkError(
                f"The network in {used.source} was trained with {name} = {found}, where EMOTE has {published}; "
                "choose another checkpoint"
            )
    encoder = read_wav2vec2_config(used, _AUDIO_ENCODER, BASE.encoder_norm)
    if encoder.feature_extractor_norm != BASE.feature_extractor_norm:
        raise EmoTalkError(
            f"The speech encoder in {used.source} is not of the kind of wav2vec2-base, which EMOTE uses; choose "
            "another checkpoint"
        )
    transformer = f"{_SEQUENCE_DECODER}bert_decoder.layers.0"
    condition = used.shape(f"{_LAYERS['style']}.weight", 2)[1]
    identities = condition - len(EMOTIONS) - INTENSITIES
    if identities < 1:
        raise EmoTalkError(
            f"The network in {used.source} takes {condition} columns of condition, where EMOTE has {len(EMOTIONS)} "
            f"emotions, {INTENSITIES} intensities and at least one identity; choose another checkpoint"
        )
    config = EmoteConfig(
        encoder=encoder,
        features=used.shape(f"{_LAYERS['sequence_encoder']}.weight", 2)[0],
        identities=identities,
        heads=_whole_number(options, f"{_OPTIONS}nhead", EmoteConfig.heads, used.source),
        feed_forward=used.shape(f"{transformer}.linear1.weight", 2)[0],
        period=_whole_number(options, f"{_OPTIONS}period", EmoteConfig.period, used.source),
        prior=_flint_config(used, _MOTION_DECODER),
        skips_transformer=of_emote and options.get(f"{_OPTIONS}post_bug_fix", "").lower() != "true",
    )
    _check(config.problem(), used.source)
    return config


def _flint_config(used: CheckpointState, decoder: str) -> FlintConfig:
    channels = used.shape(f"{decoder}cross_smooth_layer.weight", 3)[0]
    starts = tuple(f"{decoder}expander.{i}." for i in range(MOST_STAGES))
    return FlintConfig(
        expressions=channels - len(JAW_CHANNELS),
        width=used.shape(f"{decoder}decoder_linear_embedding.weight", 2)[0],
        stages=sum(any(name.startswith(start) for name in used) for start in starts),
        feed_forward=used.shape(f"{decoder}decoder_transformer.layers.0.linear1.weight", 2)[0],
    )


def _emote_names(config: EmoteConfig) -> dict[str, str]:
    """Our names of all weights beside the speech encoder's -> the released ones."""
    decoder = decoder_shapes(config.prior)
    return {
        **{f"{ours}.{kind}": f"{theirs}.{kind}" for ours, theirs in _LAYERS.items() for kind in ("weight", "bias")},
        **{
            name: f"{_SEQUENCE_DECODER}bert_decoder.layers.0.{_released_layer(name.removeprefix('transformer.'))}"
            for name in weight_shapes(config)
            if name.startswith("transformer.")
        },
        **{f"motion_decoder.{name}": f"{_MOTION_DECODER}{_released_part(name, 'decoder')}" for name in decoder},
    }


def _flint_names(config: FlintConfig) -> dict[str, str]:
    """Our names of all weights -> the released ones."""
    parts = {"encoder": encoder_shapes(config), "decoder": decoder_shapes(config)}
    return {
        f"motion_{part}.{name}": f"motion_{part}.{_released_part(name, part)}"
        for part, shapes in parts.items()
        for name in shapes
    }


def _released_part(name: str, part: str) -> str:
    """The released name of a weight of FLINT's encoder or decoder."""
    if name.startswith("transformer."):
        return f"{part}_transformer.layers.0.{_released_layer(name.removeprefix('transformer.'))}"
    if name.startswith("linear_embedding."):
        return f"{part}_{name}"
    stage = re.fullmatch(r"(\w+\.\d+)\.(convolution|batch_norm)\.(\w+)", name)
    return f"{stage[1]}.{_STAGE[stage[2]]}.{stage[3]}" if stage else name


def _released_layer(name: str) -> str:
    """PyTorch's name of a weight of a transformer layer."""
    layer, _, kind = name.rpartition(".")
    return _TRANSFORMER.get(name) or f"{_TRANSFORMER[layer]}.{kind}"


def _whole_number(options: Mapping[str, str], name: str, published: int, source: str) -> int:
    text = options.get(name, str(published))
    if not text.isdecimal():
        raise EmoTalkError(f"The cfg.yaml of {source} says {name} = {text}, where a whole number belongs")
    return int(text)


def _check(problem: str, source: str) -> None:
    if problem:
        raise EmoTalkError(f"The network in {source} {problem}")


def _unknown(used: CheckpointState) -> tuple[str, ...]:
    return tuple(sorted(name for name in used if name not in used.read and not _KNOWN_UNUSED.search(name)))


def _template_note(state: Mapping[str, Tensor]) -> dict[str, str]:
    """The hash of the mean head of the FLAME that the network was trained for, float32 in the order of the file."""
    for name, tensor in state.items():
        if name.startswith(_FLAME) and tuple(tensor.shape[-2:]) == _TEMPLATE_SHAPE and tensor.is_floating_point():
            return {FLAME_TEMPLATE: template_sha256(tensor.reshape(_TEMPLATE_SHAPE).numpy())}
    return {}


def _test_emote(weights: Mapping[str, Tensor], config: EmoteConfig, spec: ModelSpec, source: str) -> None:
    """Let the network speak a moment of noise: numbers that grow without end show up here."""
    from ...face.controls import Controls

    noise = torch.randn(_NOISE_FRAMES * SAMPLES_PER_FRAME, generator=torch.Generator().manual_seed(0)).numpy() / 10

    def speak() -> np.ndarray:
        model = Emote(weights, config, spec)
        return model.decode(model.encode(Speech(noise)), Controls({"happy": 1})).values

    _try(speak, source)


def _test_flint(weights: Mapping[str, Tensor], config: FlintConfig, source: str) -> None:
    """Let the encoder and the decoder move a moment of noise."""
    motion = torch.randn((_NOISE_FRAMES, config.channels), generator=torch.Generator().manual_seed(0))

    def move() -> np.ndarray:
        flint = Flint(weights, config)
        return flint.decode(flint.encode(motion.numpy()))

    _try(move, source)


def _try(work: Callable[[], np.ndarray], source: str) -> None:
    try:
        values = work()
    except (RuntimeError, ValueError) as error:
        if is_out_of_memory(error):
            raise
        raise EmoTalkError(f"The weights in {source} do not fit together ({str(error).splitlines()[0]})") from None
    if not np.isfinite(values).all():
        raise EmoTalkError(f"The weights in {source} give no numbers; the file is damaged")
