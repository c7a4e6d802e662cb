"""EmoTalk (Peng et al., ICCV 2023) in PyTorch: the published network, with the released weights' names and numbers.

Two wav2vec 2.0 encoders hear the sound, one for content, one for emotion. Their features, with emotion level and
personal style, go through one transformer decoder layer with a causal, periodically biased self-attention to 52
blendshape coefficients at 30 frames per second. Shapes in comments: N samples, T frames, H hidden width.

What is computed differently from a plain forward pass, with the same numbers:

- The convolutional front end is local, so it runs in stretches, as matrix products on channels-last rows; it runs once
  where both encoders' convolutions are equal.
- No attention map is ever stored: memory grows with T, not with its square.
- The decoder's cross-attention looks at one frame only (a diagonal mask), so its softmax is 1 and the whole block is
  two linear maps of the emotion features; queries and keys of it are dead weights.
- Level and style enter 64 of 832 columns; everything that does not depend on them is kept by ``encode``.
"""

import json
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
from ..checkpoints.safetensors_file import read_safetensors
from ..contract import SAMPLE_RATE, EmoTalkError, Features, ModelSpec, Speech
from ..devices import return_large_blocks
from ..registry import EMOTALK_SPEC
from .matrix_products import Arithmetic, Precision, Product, arithmetic_for

Heard = Callable[[float], None]
"""Told the share of the work that is done."""

MODEL_ID: Final = "emotalk"
FPS: Final = 30
SHORTEST: Final = 720
"""Samples; less gives the convolutions too little for two frames."""

_MOUTH: Final = arkit.indices(arkit.REGIONS["jaw"] + arkit.REGIONS["lips"])
_WINDOW: Final = 10 * FPS
_AROUND: Final = 2 * FPS


@dataclass(frozen=True)
class Steps:
    """How much is computed at a time: the same numbers whatever it is, but more memory and fewer steps.

    Attributes:
        convolved: rows of the convolutions, at 50 per second.
        widened: rows of a feed-forward layer, four times as wide there.
        asking: rows of the decoder's self-attention.
    """

    convolved: int
    widened: int
    asking: int


SMALL_STEPS: Final = Steps(50, 512, 256)
"""What fits a processor's caches, and a GPU that is short of memory."""
LARGE_STEPS: Final = Steps(1500, 16_384, 2048)
"""What keeps a GPU busy."""


@dataclass(frozen=True)
class EmoTalkConfig:
    """Dimensions of the network; the defaults are the published ones.

    ``periodic_encoding`` adds the paper's periodic positional encoding to the fused features; the released network
    does without it.
    """

    hidden: int = 1024
    layers: int = 24
    heads: int = 16
    feed_forward: int = 4096
    convolution: int = 512
    kernels: tuple[int, ...] = (10, 3, 3, 3, 3, 2, 2)
    strides: tuple[int, ...] = (5, 2, 2, 2, 2, 2, 2)
    position_kernel: int = 128
    position_groups: int = 16
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
        """The configuration of a weights file. Raises ValueError or TypeError where it is none."""
        values = json.loads(text)
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})

    @property
    def fused(self) -> int:
        """Width of the decoder."""
        return self.content + self.emotion + 2 * self.condition


class EmoTalk:
    """The published network behind the project's contract.

    Args:
        weights: arrays under the names of ``inference.checkpoints``, float32.
        config: their dimensions.
        device: where to compute.
        precision: "float32" gives the released code's numbers; "bfloat16" and "int8" are quicker and less exact.
        windowed: let the encoders hear ten seconds at a time with two seconds around them, instead of the whole line:
            time then grows with the length, not with its square, and the numbers differ a little.
    """

    model_id = MODEL_ID

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        config: EmoTalkConfig | None = None,
        device: str = "cpu",
        precision: Precision = "float32",
        windowed: bool = False,
        spec: ModelSpec = EMOTALK_SPEC,
    ) -> None:
        self.spec = spec
        self.config = config or EmoTalkConfig()
        self._device, self._windowed = torch.device(device), windowed
        self._steps = SMALL_STEPS if self._device.type == "cpu" else LARGE_STEPS
        layers = Layers(weights, self._device, arithmetic_for(self._device, "float32"))
        # Fewer bits are for the encoders alone, where nearly all of the time goes; and 8 bits not for convolutions.
        deep = layers.computed_by(arithmetic_for(self._device, precision))
        local = layers.computed_by(arithmetic_for(self._device, "bfloat16")) if precision == "int8" else deep
        self._content, self._emotion = (SpeechEncoder(deep.of(part), self.config) for part in ("content", "emotion"))
        self._ears = self._other_ears = Ears(local.of("content"), self.config)
        if not layers.of("content").equal(layers.of("emotion"), "convolutions."):
            self._other_ears = Ears(local.of("emotion"), self.config)
        self._content_map = layers.product("content_map")
        self._memory_map = layers.product("memory_map")
        self._emotion_map = layers.product("emotion_map")
        self._decoder = FusionDecoder(layers, self.config)
        self._silence: Tensor | None = None

    @classmethod
    def load(
        cls,
        path: str | Path,
        spec: ModelSpec = EMOTALK_SPEC,
        device: str = "cpu",
        precision: Precision = "float32",
        windowed: bool = False,
    ) -> "EmoTalk":
        """The network of a file that ``checkpoints.write_weights`` wrote; it stays in the file until it is used.

        Raises:
            EmoTalkError: the file is missing, damaged or another model's.
        """
        return_large_blocks()
        arrays, metadata = read_safetensors(path, mapped=True)
        if metadata.get("model") != MODEL_ID:
            raise EmoTalkError(f"The weights in {Path(path).name} are not EmoTalk's; import the checkpoint again")
        try:
            config = EmoTalkConfig.from_json(metadata["config"])
        except (KeyError, ValueError, TypeError, AttributeError):
            raise EmoTalkError(f"The weights in {Path(path).name} say nothing usable of their network") from None
        weights = {name: torch.from_numpy(array) for name, array in arrays.items()}
        return cls(weights, config, device, precision, windowed, spec)

    @torch.inference_mode()
    def encode(self, speech: Speech, heard: Heard | None = None) -> Features:
        """Both encoders, and everything in the decoder that level and style do not touch.

        Args:
            speech: at least 720 samples.
            heard: told the share of the work that is done.

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
        samples = self._tensor(normalised(speech.samples))
        frames = frame_count(len(samples))
        progress = SharedProgress(heard or _ignore, parts=2)
        sound = self._ears.hear(samples, self._steps)

        def hear_content() -> Tensor:
            return self._understand(self._content, resize(sound, frames), progress.part(0))

        def hear_emotion() -> Tensor:
            other = sound if self._other_ears is self._ears else self._other_ears.hear(samples, self._steps)
            return self._understand(self._emotion, resize(other, emotion_frame_count(len(other))), progress.part(1))

        content, emotion = side_by_side((hear_content, hear_emotion), self._device)
        memory = self._memory_map(resize(emotion, frames))
        fused = torch.cat([self._content_map(content), functional.relu(self._emotion_map(memory))], dim=1)
        kept = {"fused": fused, **self._decoder.prepare(fused, memory)}
        return Features(MODEL_ID, frames, {name: array.float().cpu().numpy() for name, array in kept.items()})

    @torch.inference_mode()
    def decode(self, features: Features, controls: Controls) -> FaceCurves:
        """The 52 coefficients, as the network gives them: a little below 0 or above 1 now and then.

        ``emotion_level`` blends the two levels, ``personal_style`` and ``style_blend`` the 24 persons, constant or
        per frame. ``intensity`` goes from the same content without any emotion heard (0) through the network's own
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

    def _understand(self, encoder: "SpeechEncoder", rows: Tensor, heard: Heard) -> Tensor:
        if not self._windowed:
            return encoder.understand(rows, self._steps, heard)
        parts = []
        for first in range(0, len(rows), _WINDOW):
            start = max(first - _AROUND, 0)
            part = encoder.understand(rows[start : first + _WINDOW + _AROUND], self._steps, _ignore)
            parts.append(part[first - start : first - start + _WINDOW])
            heard(min((first + _WINDOW) / len(rows), 1.0))
        return torch.cat(parts)

    def _calmed(self, kept: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What ``encode`` would keep of the same content if the emotion encoder heard nothing but silence."""
        frames, content = len(kept["fused"]), self.config.content
        if self._silence is None:
            rows = resize(self._other_ears.hear(torch.zeros(SAMPLE_RATE, device=self._device), self._steps), FPS)
            memory = self._memory_map(self._emotion.understand(rows, self._steps, _ignore))
            self._silence = memory.mean(dim=0, keepdim=True)
        emotion = functional.relu(self._emotion_map(self._silence))
        fused = torch.cat([kept["fused"][:, :content], emotion.expand(frames, -1)], dim=1)
        return {"fused": fused, **self._decoder.prepare(fused, self._silence)}


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


class Ears:
    """The convolutions of wav2vec 2.0, with a layer norm in each, as EmoTalk uses them."""

    def __init__(self, layers: "Layers", config: EmoTalkConfig) -> None:
        self._config = config
        self._convolutions = [
            (layers.product(f"convolutions.{i}"), layers.norm(f"convolutions.{i}.norm"))
            for i in range(len(config.kernels))
        ]

    def hear(self, samples: Tensor, steps: Steps) -> Tensor:
        """(N,) samples to (T50, 512) rows at 50 per second, a stretch at a time."""
        total = convolved_count(len(samples), self._config)
        hop = math.prod(self._config.strides)
        window = receptive_field(self._config)
        stretches = []
        for first in range(0, total, steps.convolved):
            last = min(first + steps.convolved, total) - 1
            stretches.append(self._convolve(samples[first * hop : last * hop + window]))
        return torch.cat(stretches).float()

    def _convolve(self, samples: Tensor) -> Tensor:
        rows = samples[:, None].contiguous()
        for (product, norm), kernel, stride in zip(
            self._convolutions, self._config.kernels, self._config.strides, strict=True
        ):
            width = rows.shape[1]
            count = (len(rows) - kernel) // stride + 1
            windows = rows.as_strided((count, kernel * width), (stride * width, 1))
            rows = functional.gelu(norm(product(windows)))
        return rows


class SpeechEncoder:
    """The transformer of wav2vec 2.0 as EmoTalk uses it: pre-norm layers, 30 frames per second.

    Whatever the precision, what goes from layer to layer is float32, and so are the layer norms' and the attention's
    sums.
    """

    def __init__(self, layers: "Layers", config: EmoTalkConfig) -> None:
        self._projection_norm = layers.norm("projection.norm")
        self._projection = layers.product("projection")
        self._positions = layers.convolution("position", config.position_groups)
        self._layers = [EncoderLayer(layers.of(f"layers.{i}"), config) for i in range(config.layers)]
        self._norm = layers.norm("norm")

    def understand(self, rows: Tensor, steps: Steps, heard: Heard) -> Tensor:
        """(T, 512) to (T, 1024)."""
        hidden = self._projection(self._projection_norm(rows)).float()
        hidden += self._positions(hidden)
        for number, layer in enumerate(self._layers):
            hidden = layer(hidden, steps)
            heard((number + 1) / len(self._layers))
        return self._norm(hidden)


class EncoderLayer:
    """One transformer layer of wav2vec 2.0, normalising before each half."""

    def __init__(self, layers: "Layers", config: EmoTalkConfig) -> None:
        self._heads = config.heads
        self._attention_norm, self._feed_norm = layers.norm("attention_norm"), layers.norm("feed_norm")
        self._attention, self._out = layers.product("attention"), layers.product("out")
        self._widen, self._narrow = layers.product("widen", gelu=True), layers.product("narrow")
        self._attend = layers.arithmetic.attend

    def __call__(self, hidden: Tensor, steps: Steps) -> Tensor:
        """(T, 1024), changed in place."""
        attention = self._attention(self._attention_norm(hidden)).view(len(hidden), 3, self._heads, -1)
        attended = self._attend(*attention.unbind(dim=1)).reshape(hidden.shape)
        del attention
        hidden += self._out(attended)
        # Some rows at a time: four times the width for all of a long line at once would be most of the memory.
        for block in hidden.chunk(math.ceil(len(hidden) / steps.widened)):
            block += self._narrow(self._widen(self._feed_norm(block)))
        return hidden


class FusionDecoder:
    """EmoTalk's emotion-guided feature fusion decoder: one post-norm layer, and the map to blendshapes."""

    def __init__(self, layers: "Layers", config: EmoTalkConfig) -> None:
        self._config = config
        self._level, self._style = layers.product("level"), layers.product("style")
        decoder = layers.of("decoder")
        known = config.content + config.emotion
        weight = decoder.tensor("attention.weight")
        self._attention_of_sound = decoder.arithmetic.linear(
            weight[:, :known].contiguous(), decoder.tensor("attention.bias")
        )
        self._attention_of_person = weight[:, known:].contiguous()
        self._attention_of_position = weight if config.periodic_encoding else None
        self._out = decoder.product("out")
        self._guide_values, self._guide_out = decoder.product("guide_values"), decoder.product("guide_out")
        self._widen, self._narrow = decoder.product("widen"), decoder.product("narrow")
        self._norms = [decoder.norm(f"norms.{i}") for i in range(3)]
        self._blendshapes = layers.product("blendshapes")

    def prepare(self, fused: Tensor, memory: Tensor) -> dict[str, Tensor]:
        """What level and style do not touch."""
        attention = self._attention_of_sound(fused)
        if self._attention_of_position is not None:
            attention = attention + self._positions(fused) @ self._attention_of_position.t()
        return {"attention": attention, "guidance": self._guide_out(self._guide_values(memory))}

    def perform(self, kept: Mapping[str, Tensor], levels: Tensor, styles: Tensor, steps: Steps) -> Tensor:
        """(T, 52) coefficients for (T or 1, 2) levels and (T or 1, 24) styles."""
        frames = len(kept["fused"])
        parts = self._level(levels), self._style(styles)
        rows = max(map(len, parts))
        person = torch.cat([part.expand(rows, -1) for part in parts], dim=1)
        fused = torch.cat([kept["fused"], person.expand(frames, -1)], dim=1)
        if self._attention_of_position is not None:
            fused = fused + self._positions(fused)
        attention = kept["attention"] + person @ self._attention_of_person.t()
        hidden = self._norms[0](fused.add_(self._out(self._attend(attention, steps))))
        hidden = self._norms[1](hidden.add_(kept["guidance"]))
        hidden = self._norms[2](hidden.add_(self._narrow(functional.relu_(self._widen(hidden)))))
        return self._blendshapes(hidden)

    def _positions(self, rows: Tensor) -> Tensor:
        return periodic_encoding(len(rows), self._config).to(rows)

    def _attend(self, attention: Tensor, steps: Steps) -> Tensor:
        """Causal self-attention; each head fades by a power of two for every period that lies between two frames."""
        queries, keys, values = attention.view(len(attention), 3, self._config.decoder_heads, -1).permute(1, 2, 0, 3)
        # Attention does not mind the order of its keys; newest first, the bias is a view of one short vector.
        keys, values = keys.flip(1), values.flip(1)
        frames = len(attention)
        blocks = []
        for first in range(0, frames, steps.asking):
            last = min(first + steps.asking, frames)
            bias = periodic_bias(first, last, self._config, attention.device)
            batch = (part[None] for part in (queries[:, first:last], keys[:, -last:], values[:, -last:]))
            attended = functional.scaled_dot_product_attention(*batch, attn_mask=bias[None])
            blocks.append(attended[0].transpose(0, 1).reshape(last - first, -1))
        return torch.cat(blocks)


class Layers:
    """Weights by name, turned into the operations that they stand for.

    Args:
        weights: all of them.
        device: where to compute.
        arithmetic: how products run there.
        prefix: put before every name.
    """

    def __init__(
        self, weights: Mapping[str, Tensor], device: torch.device, arithmetic: Arithmetic, prefix: str = ""
    ) -> None:
        self._weights, self._device, self.arithmetic, self._prefix = weights, device, arithmetic, prefix

    def of(self, part: str) -> "Layers":
        """The layers below a part of the network."""
        return Layers(self._weights, self._device, self.arithmetic, f"{self._prefix}{part}.")

    def computed_by(self, arithmetic: Arithmetic) -> "Layers":
        """The same layers, their products computed in another way."""
        return Layers(self._weights, self._device, arithmetic, self._prefix)

    def equal(self, other: "Layers", start: str) -> bool:
        """Whether the weights whose names begin so are the same in both."""
        full = self._prefix + start
        names = [name.removeprefix(self._prefix) for name in self._weights if name.startswith(full)]
        return all(torch.equal(self.tensor(name), other.tensor(name)) for name in names)

    def tensor(self, name: str) -> Tensor:
        """One weight. Raises EmoTalkError where it is missing."""
        if self._prefix + name not in self._weights:
            raise EmoTalkError(f"These EmoTalk weights lack {self._prefix + name}; import the checkpoint again")
        return self._weights[self._prefix + name].to(self._device)

    def product(self, name: str, gelu: bool = False) -> Product:
        """A linear layer, with a GELU after it where asked for."""
        return self.arithmetic.linear(self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias"), gelu)

    def convolution(self, name: str, groups: int) -> Product:
        """A convolution along the rows, and a GELU."""
        return self.arithmetic.convolution(self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias"), groups)

    def norm(self, name: str) -> Product:
        """A layer normalisation over the columns."""
        weight, bias = self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias")
        return lambda rows: functional.layer_norm(rows, weight.shape, weight, bias, 1e-5)


class SharedProgress:
    """One bar for work that goes on in several threads.

    Args:
        heard: told the share of all the work.
        parts: how many equal parts there are.
    """

    def __init__(self, heard: Heard, parts: int) -> None:
        self._heard, self._done, self._lock = heard, [0.0] * parts, threading.Lock()

    def part(self, number: int) -> Heard:
        """What one of the threads tells its own share to."""

        def tell(done: float) -> None:
            with self._lock:
                self._done[number] = done
                self._heard(sum(self._done) / len(self._done))

        return tell


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


def normalised(samples: np.ndarray) -> np.ndarray:
    """Zero mean and unit (population) variance, as wav2vec 2.0's feature extractor does it."""
    samples = np.asarray(samples, np.float32)
    return (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)


def frame_count(samples: int) -> int:
    """Frames of a line, in the released code's floating point: it gives one more than arithmetic for some lengths."""
    return math.ceil(samples / SAMPLE_RATE * FPS)


def emotion_frame_count(rows: int) -> int:
    """Frames at which the emotion encoder works, for that many rows at 50 per second; floating point again."""
    return int(rows / float(50) * FPS)


def receptive_field(config: EmoTalkConfig) -> int:
    """Samples that one row of the convolutions hears."""
    field = 1
    for kernel, stride in zip(reversed(config.kernels), reversed(config.strides), strict=True):
        field = (field - 1) * stride + kernel
    return field


def convolved_count(samples: int, config: EmoTalkConfig) -> int:
    """Rows that the convolutions make of that many samples."""
    for kernel, stride in zip(config.kernels, config.strides, strict=True):
        samples = (samples - kernel) // stride + 1
    return samples


def resize(rows: Tensor, count: int) -> Tensor:
    """Linear interpolation to another number of rows, first and last row kept."""
    return functional.interpolate(rows.t()[None], size=count, mode="linear", align_corners=True)[0].t().contiguous()


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
