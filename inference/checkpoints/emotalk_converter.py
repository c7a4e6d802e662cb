"""The released EmoTalk checkpoint: read without executing anything, checked, and kept as safetensors.

``translate_state`` is the one place that knows the released names; ``models/emotalk.py`` knows only ours.
"""

import hashlib
import json
import pickle
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from ..contract import EmoTalkError, Speech
from ..models.emotalk import MODEL_ID, SHORTEST, EmoTalk, EmoTalkConfig
from .safetensors_file import write_safetensors

LICENCE: Final = "CC BY-NC 4.0"
NOTICE: Final = (
    "The released EmoTalk weights are licensed CC BY-NC 4.0: not for commercial use. "
    "Weights of your own training are yours."
)

_ENCODERS: Final = {"content": "audio_encoder_cont", "emotion": "audio_encoder_emo.wav2vec2"}
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
_KERNELS: Final = (10, 3, 3, 3, 3, 2, 2)
_HEAD_WIDTH: Final = 64


@dataclass(frozen=True)
class ImportedCheckpoint:
    """A checkpoint that passed every check.

    Attributes:
        weights: under our names, float32.
        config: dimensions, read off the shapes.
        unknown: released names that the network has no use for and that are not known to be spare.
        source_hash: SHA-256 of the file.
    """

    weights: dict[str, Tensor]
    config: EmoTalkConfig
    unknown: tuple[str, ...]
    source_hash: str


def read_checkpoint(path: str | Path) -> ImportedCheckpoint:
    """Read and check a checkpoint in the released format.

    Raises:
        EmoTalkError: it is missing, damaged, holds code, or is not EmoTalk's.
    """
    path = Path(path)
    state = _read_state(path)
    used = _UsedState(state, path.name)
    config = _config_of(used)
    weights = dict(_translate(used, config))
    unknown = tuple(sorted(name for name in state if name not in used.read and not _KNOWN_UNUSED.search(name)))
    checkpoint = ImportedCheckpoint(weights, config, unknown, _hash(path))
    _test(checkpoint, path.name)
    return checkpoint


def write_weights(checkpoint: ImportedCheckpoint, path: Path, source: str) -> None:
    """Keep a checkpoint as one safetensors file, written whole or not at all."""
    metadata = {
        "model": MODEL_ID,
        "config": json.dumps(asdict(checkpoint.config)),
        "licence": LICENCE,
        "notice": NOTICE,
        "source": source,
        "source_sha256": checkpoint.source_hash,
    }
    write_safetensors(path, {name: array.numpy() for name, array in checkpoint.weights.items()}, metadata)


def translate_state(state: Mapping[str, Tensor], config: EmoTalkConfig) -> dict[str, Tensor]:
    """The released weights under our names.

    Convolutions become matrices; queries, keys and values become one; of the cross-attention only what is used stays.
    """
    return dict(_translate(_UsedState(state, "The network"), config))


def _translate(used: "_UsedState", config: EmoTalkConfig) -> Iterator[tuple[str, Tensor]]:
    for ours, theirs in _ENCODERS.items():
        yield from _translate_encoder(used, ours, theirs, config)
    for ours, theirs in _MAPS.items():
        yield from _pair(used, ours, theirs)
    for kind in ("weight", "bias"):
        yield f"decoder.attention.{kind}", used[f"{_DECODER}.self_attn.in_proj_{kind}"]
        yield f"decoder.guide_values.{kind}", used[f"{_DECODER}.multihead_attn.in_proj_{kind}"][2 * config.fused :]
    yield from _pair(used, "decoder.out", f"{_DECODER}.self_attn.out_proj")
    yield from _pair(used, "decoder.guide_out", f"{_DECODER}.multihead_attn.out_proj")
    yield from _pair(used, "decoder.widen", f"{_DECODER}.linear1")
    yield from _pair(used, "decoder.narrow", f"{_DECODER}.linear2")
    for i in range(3):
        yield from _pair(used, f"decoder.norms.{i}", f"{_DECODER}.norm{i + 1}")


def _translate_encoder(
    used: "_UsedState", ours: str, theirs: str, config: EmoTalkConfig
) -> Iterator[tuple[str, Tensor]]:
    for i in range(len(config.kernels)):
        layer = f"{theirs}.feature_extractor.conv_layers.{i}"
        # (out, in, taps) to (out, taps x in): one row of the matrix meets one stretch of channels-last rows.
        yield f"{ours}.convolutions.{i}.weight", used[f"{layer}.conv.weight"].permute(0, 2, 1).flatten(1)
        yield f"{ours}.convolutions.{i}.bias", used[f"{layer}.conv.bias"]
        yield from _pair(used, f"{ours}.convolutions.{i}.norm", f"{layer}.layer_norm")
    yield from _pair(used, f"{ours}.projection.norm", f"{theirs}.feature_projection.layer_norm")
    yield from _pair(used, f"{ours}.projection", f"{theirs}.feature_projection.projection")
    position = f"{theirs}.encoder.pos_conv_embed.conv"
    yield f"{ours}.position.weight", _without_weight_norm(used, position)
    yield f"{ours}.position.bias", used[f"{position}.bias"]
    for i in range(config.layers):
        layer = f"{theirs}.encoder.layers.{i}"
        for kind in ("weight", "bias"):
            parts = [used[f"{layer}.attention.{letter}_proj.{kind}"] for letter in "qkv"]
            yield f"{ours}.layers.{i}.attention.{kind}", torch.cat(parts)
        yield from _pair(used, f"{ours}.layers.{i}.out", f"{layer}.attention.out_proj")
        yield from _pair(used, f"{ours}.layers.{i}.attention_norm", f"{layer}.layer_norm")
        yield from _pair(used, f"{ours}.layers.{i}.feed_norm", f"{layer}.final_layer_norm")
        yield from _pair(used, f"{ours}.layers.{i}.widen", f"{layer}.feed_forward.intermediate_dense")
        yield from _pair(used, f"{ours}.layers.{i}.narrow", f"{layer}.feed_forward.output_dense")
    yield from _pair(used, f"{ours}.norm", f"{theirs}.encoder.layer_norm")


def _pair(used: "_UsedState", ours: str, theirs: str) -> Iterator[tuple[str, Tensor]]:
    yield f"{ours}.weight", used[f"{theirs}.weight"]
    yield f"{ours}.bias", used[f"{theirs}.bias"]


def _without_weight_norm(used: "_UsedState", layer: str) -> Tensor:
    """Length times direction, under the older or the newer of PyTorch's two spellings."""
    names = f"{layer}.weight_g", f"{layer}.weight_v"
    if names[0] not in used.state:
        names = f"{layer}.parametrizations.weight.original0", f"{layer}.parametrizations.weight.original1"
    length, direction = used[names[0]], used[names[1]]
    return torch._weight_norm(direction, length, 2)


class _UsedState:
    """The checkpoint's tensors, remembering which of them were asked for."""

    def __init__(self, state: Mapping[str, Tensor], source: str) -> None:
        self.state, self._source = state, source
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Tensor:
        if name not in self.state:
            raise EmoTalkError(f"{self._source} is no EmoTalk checkpoint, or not all of one: it lacks {name}")
        self.read.add(name)
        return self.state[name].float().contiguous()


def _read_state(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise EmoTalkError(f"There is no file {path}; choose the released EmoTalk.pth, or your own training of it")
    try:
        loaded: Any = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise EmoTalkError(
            f"{path.name} holds more than weights and was not opened: a checkpoint that wants to run code is not safe"
        ) from None
    except (RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        raise EmoTalkError(f"{path.name} is damaged or no checkpoint ({type(error).__name__}); copy it again") from None
    for wrapping in ("state_dict", "model"):
        if isinstance(loaded, dict) and isinstance(loaded.get(wrapping), dict):
            loaded = loaded[wrapping]
    if not isinstance(loaded, dict) or not all(isinstance(value, Tensor) for value in loaded.values()):
        raise EmoTalkError(f"{path.name} is no EmoTalk checkpoint: it is not a table of named weights")
    return {str(name).removeprefix("module."): value for name, value in loaded.items()}


def _config_of(used: _UsedState) -> EmoTalkConfig:
    """Dimensions from shapes; the number of heads cannot be seen there, it follows from wav2vec 2.0's 64 per head."""
    content = _ENCODERS["content"]
    convolution, _, kernel = used[f"{content}.feature_extractor.conv_layers.0.conv.weight"].shape
    hidden = used[f"{content}.feature_projection.projection.weight"].shape[0]
    layer_numbers = {
        int(match[1]) for name in used.state if (match := re.match(rf"{content}\.encoder\.layers\.(\d+)\.", name))
    }
    direction = _without_weight_norm(used, f"{content}.encoder.pos_conv_embed.conv")
    if kernel != _KERNELS[0] or not layer_numbers or hidden % direction.shape[1]:
        raise EmoTalkError("The checkpoint's encoders are not wav2vec 2.0 as EmoTalk uses it")
    return EmoTalkConfig(
        hidden=hidden,
        layers=max(layer_numbers) + 1,
        heads=max(hidden // _HEAD_WIDTH, 1),
        feed_forward=used[f"{content}.encoder.layers.0.feed_forward.intermediate_dense.weight"].shape[0],
        convolution=convolution,
        position_kernel=direction.shape[2],
        position_groups=hidden // direction.shape[1],
        content=used["audio_feature_map_cont.weight"].shape[0],
        emotion=used["audio_feature_map_emo2.weight"].shape[0],
        condition=used["obj_vector_level.weight"].shape[0],
        levels=used["obj_vector_level.weight"].shape[1],
        styles=used["obj_vector_person.weight"].shape[1],
        decoder_feed_forward=used[f"{_DECODER}.linear1.weight"].shape[0],
        channels=used["bs_map_r.weight"].shape[0],
    )


def _test(checkpoint: ImportedCheckpoint, source: str) -> None:
    """Let the network speak a moment of noise: shapes that do not fit and numbers that are none show up here."""
    from ...face.controls import Controls

    noise = torch.randn(4 * SHORTEST, generator=torch.Generator().manual_seed(0)).numpy()
    try:
        model = EmoTalk(checkpoint.weights, checkpoint.config)
        values = model.decode(model.encode(Speech(noise)), Controls()).values
    except RuntimeError as error:
        raise EmoTalkError(f"The weights in {source} do not fit together ({str(error).splitlines()[0]})") from None
    if not torch.isfinite(torch.from_numpy(values)).all():
        raise EmoTalkError(f"The weights in {source} give no numbers; the file is damaged")


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
