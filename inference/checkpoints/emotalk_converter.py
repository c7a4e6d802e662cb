"""The released EmoTalk checkpoint: read without executing anything, checked, and kept as safetensors.

``translate_state`` and ``wav2vec2_converter`` alone know the released names; ``models/emotalk.py`` knows only ours.
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
from ..models.wav2vec2 import XLSR_53
from .checkpoint_state import CheckpointState
from .safetensors_file import write_safetensors
from .wav2vec2_converter import check_wav2vec2, convert_wav2vec2, read_wav2vec2_config

LICENCE: Final = "CC BY-NC 4.0"
NOTICE: Final = (
    "The released EmoTalk weights are licensed CC BY-NC 4.0: not for commercial use. "
    "Weights of your own training are yours."
)

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
    used = CheckpointState(state, path.name, "EmoTalk")
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


def _config_of(used: CheckpointState) -> EmoTalkConfig:
    """Dimensions from shapes."""
    encoder = read_wav2vec2_config(used, _ENCODERS["content_encoder"], XLSR_53.encoder_norm)
    if encoder.feature_extractor_norm != XLSR_53.feature_extractor_norm:
        raise EmoTalkError("The checkpoint's encoders are not of the XLSR-53 kind, which EmoTalk uses")
    return EmoTalkConfig(
        encoder=encoder,
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
