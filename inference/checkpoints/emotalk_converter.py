"""The released EmoTalk checkpoint: checked, and brought under our names.

``translate_state`` and ``wav2vec2_converter`` alone know the released names; ``models/emotalk.py`` knows only ours.
"""

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final

import torch
from torch import Tensor

from ..contract import EmoTalkError, ModelSpec, Speech
from ..devices import is_out_of_memory
from ..models.emotalk import SHORTEST, EmoTalk, EmoTalkConfig, weight_shapes
from ..models.wav2vec2 import XLSR_53
from .checkpoint_state import CheckpointState
from .conversion import Conversion
from .wav2vec2_converter import check_wav2vec2, convert_wav2vec2, published_shapes, read_wav2vec2_config

_ENCODERS: Final = {"content_encoder": "audio_encoder_cont.", "emotion_encoder": "audio_encoder_emo.wav2vec2."}
_MAPS: Final = {
    "content_map": "audio_feature_map_cont",
    "memory_map": "audio_feature_map_emo",
    "emotion_map": "audio_feature_map_emo2",
    "level": "obj_vector_level",
    "style": "obj_vector_person",
    "blendshapes": "bs_map_r",
}
_DECODER: Final = "transformer_decoder.layers.0"
_KNOWN_UNUSED: Final = re.compile(
    r"(masked_spec_embed|lm_head\.(weight|bias)|classifier\.\w+\.(weight|bias)|PPE\.pe)$"
    r"|^transformer_decoder\.layers\.0\.multihead_attn\.in_proj_(weight|bias)$"
)


@dataclass(frozen=True)
class EmoTalkCheckpoint:
    """A checkpoint that passed every check.

    Attributes:
        weights: under our names, float32.
        config: dimensions, read off the shapes.
        spec: what the network gives and takes.
        unknown: released names that the network has no use for and that are not known to be spare.
    """

    weights: dict[str, Tensor]
    config: EmoTalkConfig
    spec: ModelSpec
    unknown: tuple[str, ...]


def convert(state: Mapping[str, Tensor], source: str, spec: ModelSpec) -> Conversion:
    """The weights of a checkpoint in the released format, for the registry's row.

    Raises:
        EmoTalkError: they are not EmoTalk's, not all of them, or do not fit together.
    """
    checkpoint = check_checkpoint(state, source, spec)
    return Conversion(
        arrays={name: weight.numpy() for name, weight in checkpoint.weights.items()},
        config=asdict(checkpoint.config),
        spec=checkpoint.spec,
        unknown=checkpoint.unknown,
    )


def check_checkpoint(state: Mapping[str, Tensor], source: str, spec: ModelSpec) -> EmoTalkCheckpoint:
    """The released weights under our names, checked.

    Args:
        state: as ``pytorch_state.read_state`` gives it.
        source: the file's name, for messages.
        spec: of the released network.

    Raises:
        EmoTalkError: they are not EmoTalk's, not all of them, or do not fit together.
    """
    used = CheckpointState(state, source, "EmoTalk")
    config = _config_of(used)
    used.check(released_shapes(config, state))
    weights = dict(_translate(used, config))
    unknown = tuple(sorted(name for name in state if name not in used.read and not _KNOWN_UNUSED.search(name)))
    # Another training has as many actors as it has.
    styles = tuple(f"Actor {number:02}" for number in range(1, config.styles + 1))
    checkpoint = EmoTalkCheckpoint(weights, config, replace(spec, styles=styles), unknown)
    _test(checkpoint, source)
    return checkpoint


def translate_state(state: Mapping[str, Tensor], config: EmoTalkConfig) -> dict[str, Tensor]:
    """The released weights under our names; of the cross-attention only what is used stays.

    Raises:
        EmoTalkError: one is missing, or one of the encoders' has another shape than the configuration says.
    """
    return dict(_translate(CheckpointState(state, "The network", "EmoTalk"), config))


def _translate(used: CheckpointState, config: EmoTalkConfig) -> Iterator[tuple[str, Tensor]]:
    for ours, theirs in _ENCODERS.items():
        weights = dict(convert_wav2vec2(used, theirs))
        check_wav2vec2(weights, config.encoder, used.source)
        yield from ((f"{ours}.{name}", weight) for name, weight in weights.items())
    for ours, theirs in _MAPS.items():
        yield from _pair(used, ours, theirs)
    for kind in ("weight", "bias"):
        values = used[f"{_DECODER}.multihead_attn.in_proj_{kind}"][2 * config.fused :]
        yield f"decoder.self_attention.qkv_proj.{kind}", used[f"{_DECODER}.self_attn.in_proj_{kind}"]
        yield f"decoder.emotion_guided_attention.v_proj.{kind}", values
    yield from _pair(used, "decoder.self_attention.out_proj", f"{_DECODER}.self_attn.out_proj")
    yield from _pair(used, "decoder.emotion_guided_attention.out_proj", f"{_DECODER}.multihead_attn.out_proj")
    yield from _pair(used, "decoder.feed_forward.intermediate_dense", f"{_DECODER}.linear1")
    yield from _pair(used, "decoder.feed_forward.output_dense", f"{_DECODER}.linear2")
    for i in range(3):
        yield from _pair(used, f"decoder.norms.{i}", f"{_DECODER}.norm{i + 1}")


def _pair(used: CheckpointState, ours: str, theirs: str) -> Iterator[tuple[str, Tensor]]:
    yield f"{ours}.weight", used[f"{theirs}.weight"]
    yield f"{ours}.bias", used[f"{theirs}.bias"]


def released_shapes(config: EmoTalkConfig, names: Container[str]) -> dict[str, tuple[int, ...]]:
    """The table of expected tensors: every weight that is used, by its released name, and its shape.

    Args:
        config: the dimensions.
        names: in the checkpoint, which say which of the two spellings of weight norm it has.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for theirs in _ENCODERS.values():
        shapes |= published_shapes(config.encoder, names, theirs)
    fused, ours = config.fused, weight_shapes(config)
    layers = {theirs: mine for mine, theirs in _MAPS.items()} | {
        f"{_DECODER}.self_attn.out_proj": "decoder.self_attention.out_proj",
        f"{_DECODER}.multihead_attn.out_proj": "decoder.emotion_guided_attention.out_proj",
        f"{_DECODER}.linear1": "decoder.feed_forward.intermediate_dense",
        f"{_DECODER}.linear2": "decoder.feed_forward.output_dense",
        **{f"{_DECODER}.norm{i + 1}": f"decoder.norms.{i}" for i in range(3)},
    }
    for theirs, mine in layers.items():
        shapes |= {f"{theirs}.{kind}": ours[f"{mine}.{kind}"] for kind in ("weight", "bias")}
    for attention in ("self_attn", "multihead_attn"):
        shapes |= {
            f"{_DECODER}.{attention}.in_proj_weight": (3 * fused, fused),
            f"{_DECODER}.{attention}.in_proj_bias": (3 * fused,),
        }
    return shapes


def _config_of(used: CheckpointState) -> EmoTalkConfig:
    """Dimensions from shapes."""
    encoder = read_wav2vec2_config(used, _ENCODERS["content_encoder"], XLSR_53.encoder_norm)
    if encoder.feature_extractor_norm != XLSR_53.feature_extractor_norm:
        raise EmoTalkError(
            f"The encoders in {used.source} are not of the XLSR-53 kind, which EmoTalk uses; choose another checkpoint"
        )
    condition, levels = used.shape("obj_vector_level.weight", 2)
    config = EmoTalkConfig(
        encoder=encoder,
        content=used.shape("audio_feature_map_cont.weight", 2)[0],
        emotion=used.shape("audio_feature_map_emo2.weight", 2)[0],
        condition=condition,
        levels=levels,
        styles=used.shape("obj_vector_person.weight", 2)[1],
        decoder_feed_forward=used.shape(f"{_DECODER}.linear1.weight", 2)[0],
        channels=used.shape("bs_map_r.weight", 2)[0],
    )
    problem = config.problem()
    if problem:
        raise EmoTalkError(f"The network in {used.source} {problem}")
    return config


def _test(checkpoint: EmoTalkCheckpoint, source: str) -> None:
    """Let the network speak a moment of noise: numbers that grow without end show up here."""
    from ...face.controls import Controls

    noise = torch.randn(4 * SHORTEST, generator=torch.Generator().manual_seed(0)).numpy()
    try:
        model = EmoTalk(checkpoint.weights, checkpoint.config, checkpoint.spec)
        values = model.decode(model.encode(Speech(noise)), Controls()).values
    except (RuntimeError, ValueError) as error:
        if is_out_of_memory(error):
            raise
        raise EmoTalkError(f"The weights in {source} do not fit together ({str(error).splitlines()[0]})") from None
    if not torch.isfinite(torch.from_numpy(values)).all():
        raise EmoTalkError(f"The weights in {source} give no numbers; the file is damaged")
