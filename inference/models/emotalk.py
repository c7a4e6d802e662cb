"""EmoTalk (Peng et al., ICCV 2023) in PyTorch: the published network, with the released weights' numbers.

Two wav2vec 2.0 encoders (``wav2vec2.py``), one for content, one for emotion. Their features, with emotion level and
personal style, go through the emotion-guided feature fusion decoder, one transformer layer with a causal, periodically
biased self-attention, to 52 blendshape coefficients at 30 frames per second. Shapes: N samples at 16 kHz, T frames.

What is computed differently from a plain forward pass, with the same numbers, beside what ``wav2vec2.py`` does:

- The feature extractor runs once where both encoders' feature extractors are equal.
- The decoder's cross-attention looks at one frame only (a diagonal mask), so its softmax is 1 and the whole block is
  two linear maps of the emotion features; queries and keys of it are dead weights.
- Level and style enter 64 of 832 columns; everything that does not depend on them is kept by ``encode``.
"""

import copy
import json
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ...face import arkit
from ...face.aperture import lip_contact
from ...face.basis import ARKIT
from ...face.controls import Controls
from ...face.curves import FaceCurves
from ...face.emotions import EMOTIONS, emotion_offsets
from ..checkpoints.earlier_names import with_todays_config, with_todays_names
from ..checkpoints.safetensors_file import read_safetensors
from ..contract import SAMPLE_RATE, EmoTalkError, Features, ModelSpec, Progress, Speech
from ..devices import return_large_blocks
from .configuration import checked, config_in, encoder_of
from .layers import LARGE_STEPS, SMALL_STEPS, Layers, Steps, check_arrays
from .matrix_products import Precision, arithmetic_for, named_arithmetic
from .wav2vec2 import (
    XLSR_53,
    Wav2Vec2Config,
    Wav2Vec2Model,
    Windows,
    impossible_number,
    resize,
    zero_mean_unit_variance,
)
from .wav2vec2 import weight_shapes as wav2vec2_shapes

MODEL_ID: Final = "emotalk"
FPS: Final = 30
SHORTEST: Final = 720
"""Samples; less gives the feature extractor too little for the emotion encoder's first frame."""

MOST_STYLES: Final = 200
"""As many as ``registry.read_spec`` takes from a header."""

_LEVELS: Final = 2
_MOUTH: Final = arkit.indices(arkit.REGIONS["jaw"] + arkit.REGIONS["lips"])
_WINDOWS: Final = Windows(rows=10 * FPS, margin=2 * FPS)


@dataclass(frozen=True)
class EmoTalkConfig:
    """Dimensions of the network; the defaults are the published ones.

    Attributes:
        encoder: of both encoders.
        content: columns of the content features.
        emotion: columns of the emotion features.
        condition: columns of the emotion level, and as many of the personal style.
        levels: how many emotion levels there are.
        styles: how many personal styles.
        decoder_heads: heads of the decoder's self-attention.
        decoder_feed_forward: the width inside its feed-forward layer.
        period: frames after which its self-attention's bias grows.
        channels: coefficients that come out.
        periodic_encoding: add the paper's periodic positional encoding to the fused features; the released network
            does without it.
    """

    encoder: Wav2Vec2Config = XLSR_53
    content: int = 512
    emotion: int = 256
    condition: int = 32
    levels: int = 2
    styles: int = 24
    decoder_heads: int = 4
    decoder_feed_forward: int = 832
    period: int = 30
    channels: int = 52
    periodic_encoding: bool = False

    @classmethod
    def from_json(cls, text: str) -> "EmoTalkConfig":
        """The configuration of a weights file, today's or an earlier one.

        Raises:
            ValueError: it is none; the message is the second half of a sentence.
        """

        def make() -> EmoTalkConfig:
            values = with_todays_config(json.loads(text))
            return cls(**values | {"encoder": encoder_of(values["encoder"], XLSR_53)})

        return checked(make)

    def problem(self) -> str:
        """Why EmoTalk here cannot be such a network, as the second half of a sentence; "" if it can."""
        numbers = {
            "columns of content": self.content,
            "columns of emotion": self.emotion,
            "columns of the emotion level": self.condition,
            "emotion levels": self.levels,
            "persons": self.styles,
            "heads in the decoder": self.decoder_heads,
            "columns in the decoder's feed-forward layer": self.decoder_feed_forward,
            "frames in a period": self.period,
            "channels": self.channels,
        }
        problem = self.encoder.problem() or impossible_number(numbers)
        if problem:
            return problem
        if self.levels != _LEVELS:
            return (
                f"has {self.levels} emotion levels; the slider Emotion Level goes between the two of the published "
                "network, so train with two"
            )
        if self.channels != len(ARKIT.channels):
            return (
                f"gives {self.channels} channels; EmoTalk gives the {len(ARKIT.channels)} of ARKit, so train with "
                "these, or give the network a row of its own (see docs/architecture.md)"
            )
        if self.styles > MOST_STYLES:
            return f"knows {self.styles} persons; a list in the panel has at most {MOST_STYLES}, so train with fewer"
        if self.fused % self.decoder_heads or not isinstance(self.periodic_encoding, bool):
            return f"has a decoder of {self.fused} columns, which {self.decoder_heads} heads cannot share"
        return ""

    @property
    def fused(self) -> int:
        """Width of the decoder."""
        return self.content + self.emotion + 2 * self.condition


def weight_shapes(config: EmoTalkConfig) -> dict[str, tuple[int, ...]]:
    """Every weight's name and shape."""
    fused, hidden, inner = config.fused, config.encoder.hidden_size, config.decoder_feed_forward
    encoder = wav2vec2_shapes(config.encoder)
    shapes = {f"{part}_encoder.{name}": shape for part in ("content", "emotion") for name, shape in encoder.items()}
    # Layers with a bias as long as their weight is high.
    biased: dict[str, tuple[int, ...]] = {
        "content_map": (config.content, hidden),
        "memory_map": (fused, hidden),
        "emotion_map": (config.emotion, fused),
        "level": (config.condition, config.levels),
        "style": (config.condition, config.styles),
        "decoder.self_attention.qkv_proj": (3 * fused, fused),
        "decoder.self_attention.out_proj": (fused, fused),
        "decoder.emotion_guided_attention.v_proj": (fused, fused),
        "decoder.emotion_guided_attention.out_proj": (fused, fused),
        "decoder.feed_forward.intermediate_dense": (inner, fused),
        "decoder.feed_forward.output_dense": (fused, inner),
        **{f"decoder.norms.{i}": (fused,) for i in range(3)},
        "blendshapes": (config.channels, fused),
    }
    for name, shape in biased.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return shapes


class EmoTalk:
    """The published network behind the project's contract.

    Args:
        weights: arrays under the names of ``inference.checkpoints``, float32.
        config: their dimensions.
        device: where to compute.
        precision: "float32" gives the released code's numbers; "bfloat16" and "int8" are quicker and less exact.
        windowed: give the encoders ten seconds at a time with two seconds around them, instead of the whole line:
            time then grows with the length, not with its square, and the numbers differ a little.

    Raises:
        EmoTalkError: a weight is missing.
    """

    model_id = MODEL_ID

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        config: EmoTalkConfig,
        spec: ModelSpec,
        device: str = "cpu",
        precision: Precision = "float32",
        windowed: bool = False,
    ) -> None:
        self.spec = spec
        self.config = config
        self._device = torch.device(device)
        self._precision: Precision = precision
        self._windows = _WINDOWS if windowed else None
        self._steps = SMALL_STEPS if self._device.type == "cpu" else LARGE_STEPS
        layers = Layers(weights, self._device, arithmetic_for(self._device, "float32"))
        content, emotion = layers.of("content_encoder"), layers.of("emotion_encoder")
        # Fewer bits are for the encoders alone, where nearly all of the time goes.
        self._content_encoder = Wav2Vec2Model(content, self.config.encoder, precision)
        shared = content.of("feature_extractor").equal(emotion.of("feature_extractor"))
        self._emotion_encoder = Wav2Vec2Model(
            emotion, self.config.encoder, precision, self._content_encoder.feature_extractor if shared else None
        )
        self._content_map = layers.product("content_map")
        self._memory_map = layers.product("memory_map")
        self._emotion_map = layers.product("emotion_map")
        self._decoder = FeatureFusionDecoder(layers, self.config)
        self._silence: Tensor | None = None

    @classmethod
    def load(
        cls,
        path: str | Path,
        spec: ModelSpec,
        device: str = "cpu",
        precision: Precision = "float32",
        windowed: bool = False,
    ) -> "EmoTalk":
        """The network of a file that ``importing.convert_checkpoint`` wrote; it stays in the file until it is used.

        Raises:
            EmoTalkError: the file is missing, damaged or another model's.
        """
        return_large_blocks()
        arrays, metadata = read_safetensors(path, mapped=True)
        if metadata.get("model") != MODEL_ID:
            raise EmoTalkError(f"The weights in {Path(path).name} are not EmoTalk's; import the checkpoint again")
        config, named = _checked(arrays, metadata, Path(path).name)
        if spec.basis != ARKIT or len(spec.styles) != config.styles:
            raise EmoTalkError(
                f"The header of {Path(path).name} names other channels or persons than its network has (the "
                f"{config.channels} of ARKit and {config.styles}); import the checkpoint again"
            )
        weights = {name: torch.from_numpy(array) for name, array in named.items()}
        return cls(weights, config, spec, device, precision, windowed)

    def with_decoder(self, weights: Mapping[str, Tensor], spec: ModelSpec) -> "EmoTalk":
        """The same encoders, in the same memory, with the decoder of other weights.

        Args:
            weights: all of them, under the names of files; those of the encoders are not looked at.
            spec: names the styles of that decoder.
        """
        other = copy.copy(self)
        other.spec, other.config = spec, replace(self.config, styles=len(spec.styles))
        layers = Layers(weights, self._device, arithmetic_for(self._device, "float32"))
        other._decoder = FeatureFusionDecoder(layers, other.config)
        return other

    @property
    def arithmetic(self) -> str:
        """What multiplies in the encoders: machines where it differs give a little different numbers."""
        return named_arithmetic(self._device, self._precision)

    @torch.inference_mode()
    def encode(self, speech: Speech, progress: Progress | None = None) -> Features:
        """Both encoders, and everything in the decoder that level and style do not touch.

        Args:
            speech: at least 720 samples.
            progress: called with the share (0..1) of the work that is done.

        Returns:
            Features with ``fused`` (T, 768), ``attention`` (T, 2496: queries, keys and values without level and
            style), ``guidance`` (T, 832: the emotion-guided attention's whole contribution).

        Raises:
            EmoTalkError: the line is too short for the network.
        """
        if len(speech.samples) < SHORTEST:
            shortest = 1000 * SHORTEST / SAMPLE_RATE
            raise EmoTalkError(
                f"The line lasts only {1000 * speech.seconds:.0f} ms; EmoTalk needs at least {shortest:.0f} ms"
            )
        samples = self._tensor(zero_mean_unit_variance(speech.samples))
        frames = frame_count(len(samples))
        both = SharedProgress(progress or _ignore, parts=2)
        content_encoder, emotion_encoder = self._content_encoder, self._emotion_encoder
        features = content_encoder.extract_features(samples, self._steps)

        def encode_content() -> Tensor:
            return content_encoder.forward(resize(features, frames), self._steps, both.part(0), self._windows)

        def encode_emotion() -> Tensor:
            shared = emotion_encoder.feature_extractor is content_encoder.feature_extractor
            own = features if shared else emotion_encoder.extract_features(samples, self._steps)
            rows = resize(own, emotion_frame_count(len(own)))
            return emotion_encoder.forward(rows, self._steps, both.part(1), self._windows)

        content, emotion = side_by_side((encode_content, encode_emotion), self._device)
        memory = self._memory_map(resize(emotion, frames))
        fused = torch.cat([self._content_map(content), functional.relu(self._emotion_map(memory))], dim=1)
        kept = {"fused": fused, **self._decoder.prepare(fused, memory)}
        return Features(MODEL_ID, frames, {name: array.float().cpu().numpy() for name, array in kept.items()})

    @torch.inference_mode()
    def decode(self, features: Features, controls: Controls) -> FaceCurves:
        """The 52 coefficients, as the network gives them: a little below 0 or above 1 now and then.

        ``emotion_level`` blends the two levels, ``personal_style`` and ``style_blend`` the 24 persons, constant or
        per frame. ``intensity`` goes from the same content with the emotion of silence (0) through the network's own
        result (1) and as far beyond it, in a straight line. The emotion sliders add their prototypes, which the
        network knows nothing of; lip contacts stay.
        """
        level = controls.track("emotion_level", features.frames)
        levels = self._tensor(_shortened(np.stack([1 - level, level], axis=1)))
        styles = self._tensor(_shortened(controls.style_tracks(features.frames, self.spec.styles)))
        kept = {name: self._tensor(array) for name, array in features.arrays.items()}
        values = self._decoder.perform(kept, levels, styles, self._steps)
        intensity = controls.track("intensity", features.frames)
        if (intensity != 1).any():
            calm = self._decoder.perform(self._calmed(kept), levels, styles, self._steps)
            values = calm + self._tensor(intensity)[:, None] * (values - calm)
        return FaceCurves(
            layer_emotions(values.float().cpu().numpy(), controls.emotion_tracks(features.frames, EMOTIONS)),
            ARKIT,
            float(FPS),
        )

    def shrink(self) -> bool:
        """Compute in smaller steps from now on; False where there are none."""
        was, self._steps = self._steps, SMALL_STEPS
        return was != SMALL_STEPS

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self._device)

    def _calmed(self, kept: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What ``encode`` would keep of the same content if the emotion encoder were given a second of silence."""
        frames, content = len(kept["fused"]), self.config.content
        if self._silence is None:
            silence = torch.zeros(SAMPLE_RATE, device=self._device)
            rows = resize(self._emotion_encoder.extract_features(silence, self._steps), FPS)
            memory = self._memory_map(self._emotion_encoder.forward(rows, self._steps))
            self._silence = memory.mean(dim=0, keepdim=True)
        emotion = functional.relu(self._emotion_map(self._silence))
        fused = torch.cat([kept["fused"][:, :content], emotion.expand(frames, -1)], dim=1)
        return {"fused": fused, **self._decoder.prepare(fused, self._silence)}


def _checked(
    arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str], name: str
) -> tuple[EmoTalkConfig, dict[str, np.ndarray]]:
    """The configuration in a file's header, and its arrays under today's names."""
    config = config_in(EmoTalkConfig.from_json, metadata, name)
    named = with_todays_names(arrays)
    if len(named) < len(arrays):
        raise EmoTalkError(f"The weights in {name} hold a weight twice, by two names; import the checkpoint again")
    check_arrays(named, weight_shapes(config), name)
    return config, named


def layer_emotions(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Add the emotions' prototypes to speaking lips, except to the mouth where it is in contact.

    Args:
        values: (frames, 52) coefficients.
        weights: (frames, 8) effective emotion weights.
    """
    if not weights.any():
        return values
    offsets = emotion_offsets(weights, np.ones(len(values), np.float32))
    offsets[:, _MOUTH] *= 1 - lip_contact(values)[:, None]
    return values + offsets


class FeatureFusionDecoder:
    """The emotion-guided feature fusion decoder of the paper: one post-norm layer, and the map to blendshapes.

    Fused features are, in this order, content, emotion, emotion level, personal style.

    Args:
        layers: all of EmoTalk's weights.
        config: their dimensions.
    """

    def __init__(self, layers: Layers, config: EmoTalkConfig) -> None:
        self._config = config
        self._level, self._style = layers.product("level"), layers.product("style")
        decoder = layers.of("decoder")
        # The columns of level and style apart, so that the others' product is computed once.
        known = config.content + config.emotion
        weight = decoder.tensor("self_attention.qkv_proj.weight")
        self._qkv_proj = decoder.arithmetic.linear(
            weight[:, :known].contiguous(), decoder.tensor("self_attention.qkv_proj.bias")
        )
        self._qkv_proj_of_condition = weight[:, known:].contiguous()
        self._qkv_proj_of_position = weight if config.periodic_encoding else None
        self._out_proj = decoder.product("self_attention.out_proj")
        guided = decoder.of("emotion_guided_attention")
        self._guided_v_proj, self._guided_out_proj = guided.product("v_proj"), guided.product("out_proj")
        self._intermediate_dense = decoder.product("feed_forward.intermediate_dense")
        self._output_dense = decoder.product("feed_forward.output_dense")
        self._norms = [decoder.layer_norm(f"norms.{i}") for i in range(3)]
        self._blendshapes = layers.product("blendshapes")

    def prepare(self, fused: Tensor, memory: Tensor) -> dict[str, Tensor]:
        """What level and style do not touch.

        Args:
            fused: (T, 768) content and emotion features.
            memory: (T or 1, 832) what the emotion-guided attention looks at.

        Returns:
            ``attention`` (T, 2496) and ``guidance`` (T or 1, 832); see ``EmoTalk.encode``.
        """
        attention = self._qkv_proj(fused)
        if self._qkv_proj_of_position is not None:
            attention = attention + self._positions(fused) @ self._qkv_proj_of_position.t()
        return {"attention": attention, "guidance": self._guided_out_proj(self._guided_v_proj(memory))}

    def perform(self, kept: Mapping[str, Tensor], levels: Tensor, styles: Tensor, steps: Steps) -> Tensor:
        """(T, 52) coefficients for (T or 1, 2) levels and (T or 1, 24) styles."""
        frames = len(kept["fused"])
        parts = self._level(levels), self._style(styles)
        rows = max(map(len, parts))
        condition = torch.cat([part.expand(rows, -1) for part in parts], dim=1)
        fused = torch.cat([kept["fused"], condition.expand(frames, -1)], dim=1)
        if self._qkv_proj_of_position is not None:
            fused = fused + self._positions(fused)
        attention = kept["attention"] + condition @ self._qkv_proj_of_condition.t()
        hidden = self._norms[0](fused.add_(self._out_proj(self._attend(attention, steps))))
        hidden = self._norms[1](hidden.add_(kept["guidance"]))
        hidden = self._norms[2](hidden.add_(self._feed_forward(hidden)))
        return self._blendshapes(hidden)

    def _feed_forward(self, hidden: Tensor) -> Tensor:
        return self._output_dense(functional.relu_(self._intermediate_dense(hidden)))

    def _positions(self, rows: Tensor) -> Tensor:
        return periodic_encoding(len(rows), self._config).to(rows)

    def _attend(self, attention: Tensor, steps: Steps) -> Tensor:
        """Causal self-attention; each head fades by a power of two for every period that lies between two frames."""
        queries, keys, values = attention.view(len(attention), 3, self._config.decoder_heads, -1).permute(1, 2, 0, 3)
        # Attention does not mind the order of its keys; newest first, the bias is a view of one short vector.
        keys, values = keys.flip(1), values.flip(1)
        frames = len(attention)
        blocks = []
        for first in range(0, frames, steps.query_rows):
            last = min(first + steps.query_rows, frames)
            bias = periodic_bias(first, last, self._config, attention.device)
            attended = functional.scaled_dot_product_attention(
                queries[None, :, first:last], keys[None, :, -last:], values[None, :, -last:], attn_mask=bias[None]
            )
            blocks.append(attended[0].transpose(0, 1).reshape(last - first, -1))
        return torch.cat(blocks)


class SharedProgress:
    """One bar for work that goes on in several threads.

    Args:
        progress: called with the share (0..1) of all the work.
        parts: how many equal parts there are.
    """

    def __init__(self, progress: Progress, parts: int) -> None:
        self._progress, self._done, self._lock = progress, [0.0] * parts, threading.Lock()

    def part(self, number: int) -> Progress:
        """What one of the threads calls with its own share."""

        def report(done: float) -> None:
            with self._lock:
                self._done[number] = done
                self._progress(sum(self._done) / len(self._done))

        return report


def side_by_side(tasks: Sequence[Callable[[], Tensor]], device: torch.device) -> list[Tensor]:
    """Run independent tasks at once where the processor has several cores, each with its share of the threads.

    Two encoders that share the cores lose less to waiting than one after the other on all of them.
    """
    threads = torch.get_num_threads()
    if device.type != "cpu" or threads < len(tasks):
        return [task() for task in tasks]

    def run(task: Callable[[], Tensor]) -> Tensor:
        torch.set_num_threads(threads // len(tasks))
        with torch.inference_mode():
            return task()

    try:
        with ThreadPoolExecutor(len(tasks)) as pool:
            return list(pool.map(run, tasks))
    finally:
        torch.set_num_threads(threads)


def frame_count(samples: int) -> int:
    """Frames of a line, in the released code's floating point: it gives one more than arithmetic for some lengths."""
    return math.ceil(samples / SAMPLE_RATE * FPS)


def emotion_frame_count(rows: int) -> int:
    """Frames at which the emotion encoder works, for that many feature rows; floating point again."""
    return int(rows / float(50) * FPS)


def periodic_bias(first: int, last: int, config: EmoTalkConfig, device: torch.device) -> Tensor:
    """(heads, last - first, last) bias of queries first..last on all keys up to the last one, newest key first.

    A head loses a power of two, 2^-2, 2^-4, ... for each period that lies between query and key; the future is -inf.
    """
    queries = last - first
    behind = torch.arange(first - last + 1, last, device=device)
    slopes = torch.tensor([2.0 ** (-2 * (head + 1)) for head in range(config.decoder_heads)], device=device)
    fading = -slopes[:, None] * torch.div(behind, config.period, rounding_mode="floor")
    fading[:, behind < 0] = -torch.inf
    # The distance of query i to the key k places before the newest is first - last + 1 + i + k: each row of the bias
    # is the one above it, moved by one.
    return fading.as_strided((config.decoder_heads, queries, last), (len(behind), 1, 1))


def periodic_encoding(frames: int, config: EmoTalkConfig) -> Tensor:
    """(T, 832) the paper's periodic positional encoding: sines and cosines of the frame's number within its period."""
    within = torch.arange(frames)[:, None] % config.period
    rates = torch.exp(torch.arange(0, config.fused, 2) * (-math.log(10_000.0) / config.fused))
    encoding = torch.empty(frames, config.fused)
    encoding[:, 0::2], encoding[:, 1::2] = torch.sin(within * rates), torch.cos(within * rates)
    return encoding


def _shortened(rows: np.ndarray) -> np.ndarray:
    """A single row where all are equal, so that a constant costs nothing."""
    return np.ascontiguousarray(rows[:1] if len(rows) and (rows == rows[0]).all() else rows, np.float32)


def _ignore(_done: float) -> None:
    pass
