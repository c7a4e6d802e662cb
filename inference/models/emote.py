"""EMOTE (Daněček et al., SIGGRAPH Asia 2023) in PyTorch: the published network, with the released weights' numbers.

A wav2vec 2.0 (``wav2vec2.py``) hears the sound; its features and a condition of emotion, intensity and identity go
through one transformer layer to the latents of the motion prior FLINT (``flint.py``), whose decoder gives FLAME's
expression and jaw at 25 frames per second. Shapes: N samples at 16 kHz, T frames, L feature rows at 50 per second.
There is no batch axis, so that every line is normalised by itself.

What is done differently from the released code, with the same numbers, beside what ``wav2vec2.py`` does:

- No attention is fused and none has a fixed length; see ``biased_attention.py``.
- ``encode`` keeps 128 columns for each frame; everything after them depends on the condition and takes milliseconds.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ...face.basis import FLAME
from ...face.controls import Controls
from ...face.curves import FaceCurves
from ...face.emotions import EMOTIONS
from ..checkpoints.safetensors_file import read_safetensors
from ..contract import SAMPLE_RATE, EmoTalkError, Features, ModelSpec, Progress, Speech
from ..devices import return_large_blocks
from .biased_attention import BiasedLayer, layer_shapes, with_biases
from .configuration import checked, config_in, encoder_of
from .flint import FlintConfig, FlintDecoder, decoder_shapes, latent_count
from .layers import LARGE_STEPS, SMALL_STEPS, Layers, check_arrays
from .matrix_products import Precision, arithmetic_for, named_arithmetic
from .wav2vec2 import BASE, Wav2Vec2Config, Wav2Vec2Model, impossible_number, resize, zero_mean_unit_variance
from .wav2vec2 import weight_shapes as wav2vec2_shapes
from .windows import cross_faded

MODEL_ID: Final = "emote"
FPS: Final = 25
SAMPLES_PER_FRAME: Final = SAMPLE_RATE // FPS
INTENSITIES: Final = 3
"""MEAD's levels of intensity; of neutral there is only the first."""
MILD: Final = 0.5
"""The slider Intensity at the first level; the second is twice, the third three times as far."""
MOST_IDENTITIES: Final = 200
"""As many styles as ``registry.read_spec`` takes from a header."""

_FULL_SCALE: Final = 32_768
_WHOLE: Final = 180 * FPS
"""Frames of the longest line that is never taken in windows."""
_WINDOW: Final = 1000
_OVERLAP: Final = 96
"""Frames; multiples of eight, as windows must begin with a latent."""


@dataclass(frozen=True)
class EmoteConfig:
    """Dimensions of the network; the defaults are those of the second published version.

    Attributes:
        encoder: of the speech encoder.
        features: columns of the audio features, of the style, and of what is squashed.
        identities: how many persons there are.
        heads: of the transformer layer.
        feed_forward: the width inside its feed-forward layer.
        period: frames after which the bias of its attention grows.
        prior: of FLINT.
        skips_transformer: decode what goes into the transformer layer, not what comes out of it, as the released code
            does where its configuration lacks ``post_bug_fix``.
        demo_audio: put a zero after each frame of sound and a frame of zeros at the end, as the released demo does by
            mistake; training did not.
    """

    encoder: Wav2Vec2Config = BASE
    features: int = 128
    identities: int = 32
    heads: int = 8
    feed_forward: int = 256
    period: int = 30
    prior: FlintConfig = field(default_factory=FlintConfig)
    skips_transformer: bool = False
    demo_audio: bool = False

    @classmethod
    def from_json(cls, text: str) -> "EmoteConfig":
        """The configuration of a weights file.

        Raises:
            ValueError: it is none; the message is the second half of a sentence.
        """

        def make() -> EmoteConfig:
            values = json.loads(text)
            parts = {"encoder": encoder_of(values["encoder"], BASE), "prior": FlintConfig(**values["prior"])}
            return cls(**values | parts)

        return checked(make)

    def problem(self) -> str:
        """Why EMOTE here cannot be such a network, as the second half of a sentence; "" if it can."""
        numbers = {
            "columns of features": self.features,
            "identities": self.identities,
            "heads": self.heads,
            "columns in its feed-forward layer": self.feed_forward,
            "frames in a period": self.period,
        }
        problem = self.encoder.problem() or self.prior.problem() or impossible_number(numbers)
        if problem:
            return problem
        if self.identities > MOST_IDENTITIES:
            return f"knows {self.identities} persons; a list in the panel has at most {MOST_IDENTITIES}"
        if 2 * self.features % self.heads:
            return f"has {2 * self.features} columns, which {self.heads} heads cannot share"
        if not isinstance(self.skips_transformer, bool) or not isinstance(self.demo_audio, bool):
            return "says nothing usable of how it was trained"
        return ""

    @property
    def condition(self) -> int:
        """Columns of the condition: emotion, intensity, identity."""
        return len(EMOTIONS) + INTENSITIES + self.identities


def weight_shapes(config: EmoteConfig) -> dict[str, tuple[int, ...]]:
    """Every weight's name and shape."""
    features, prior = config.features, config.prior
    parts = {
        "audio_encoder": wav2vec2_shapes(config.encoder),
        "transformer": layer_shapes(2 * features, config.feed_forward),
        "motion_decoder": decoder_shapes(prior),
    }
    shapes = {f"{part}.{name}": shape for part, weights in parts.items() for name, shape in weights.items()}
    return shapes | with_biases(
        {
            "sequence_encoder": (features, config.encoder.hidden_size),
            "style": (features, config.condition),
            "decoder": (features, 2 * features),
            "squasher": (prior.width, prior.frames_per_latent * features),
        }
    )


class Emote:
    """The published network behind the project's contract.

    Args:
        weights: arrays under the names of ``weight_shapes``, float32.
        config: their dimensions.
        spec: what it gives and takes.
        device: where to compute.
        precision: of the speech encoder; "float32" gives the released code's numbers, "bfloat16" and "int8" are
            quicker and less exact.
        windowed: take lines of more than three minutes in windows of 40 s that are cross-faded over 4 s: time then
            grows with the length, not with its square, and the numbers differ a little.

    Raises:
        EmoTalkError: a weight is missing.
    """

    model_id = MODEL_ID

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        config: EmoteConfig,
        spec: ModelSpec,
        device: str = "cpu",
        precision: Precision = "float32",
        windowed: bool = False,
    ) -> None:
        self.spec, self.config = spec, config
        self._device = torch.device(device)
        self._precision: Precision = precision
        self._windowed = windowed
        self._steps = SMALL_STEPS if self._device.type == "cpu" else LARGE_STEPS
        layers = Layers(weights, self._device, arithmetic_for(self._device, "float32"))
        self._audio_encoder = Wav2Vec2Model(layers.of("audio_encoder"), config.encoder, precision)
        self._sequence_encoder = layers.product("sequence_encoder")
        self._style = layers.product("style")
        self._transformer = BiasedLayer(layers.of("transformer"), config.heads, config.period)
        self._decoder, self._squasher = layers.product("decoder"), layers.product("squasher")
        self._motion_decoder = FlintDecoder(layers.of("motion_decoder"), config.prior)

    @classmethod
    def load(
        cls,
        path: str | Path,
        spec: ModelSpec,
        device: str = "cpu",
        precision: Precision = "float32",
        windowed: bool = False,
    ) -> "Emote":
        """The network of a file that ``importing.convert_checkpoint`` wrote; it stays in the file until it is used.

        Raises:
            EmoTalkError: the file is missing, damaged or another model's.
        """
        return_large_blocks()
        arrays, metadata = read_safetensors(path, mapped=True)
        name = Path(path).name
        if metadata.get("model") != MODEL_ID:
            raise EmoTalkError(f"The weights in {name} are not EMOTE's; import the checkpoint again")
        config = config_in(EmoteConfig.from_json, metadata, name)
        check_arrays(arrays, weight_shapes(config), name)
        basis = FLAME(config.prior.expressions)
        if spec.basis is not basis or len(spec.styles) != config.identities or spec.emotions != EMOTIONS:
            raise EmoTalkError(
                f"The header of {name} names other channels, persons or emotions than its network has (those of "
                f"{basis.name}, {config.identities} and {len(EMOTIONS)}); import the checkpoint again"
            )
        weights = {weight: torch.from_numpy(array) for weight, array in arrays.items()}
        return cls(weights, config, spec, device, precision, windowed)

    @property
    def arithmetic(self) -> str:
        """What multiplies in the speech encoder: machines where it differs give a little different numbers."""
        return named_arithmetic(self._device, self._precision)

    @torch.inference_mode()
    def encode(self, speech: Speech, progress: Progress | None = None) -> Features:
        """The speech encoder and the sequence encoder.

        Args:
            speech: at least 640 samples; what does not fill a frame at the end is left out, as in the released code.
            progress: called with the share (0..1) of the work that is done.

        Returns:
            Features with ``audio`` (T, 128).

        Raises:
            EmoTalkError: the line is too short for a frame.
        """
        frames = whole_frames(speech.samples)
        if not len(frames):
            raise EmoTalkError(
                f"The line lasts only {1000 * speech.seconds:.0f} ms; EMOTE needs at least {1000 // FPS} ms"
            )
        if self.config.demo_audio:
            frames = np.pad(frames, ((0, 1), (0, 1)))
        samples = self._tensor(zero_mean_unit_variance(frames.ravel()))
        # Resampled before the transformer, to exactly one row for each frame.
        rows = resize(self._audio_encoder.extract_features(samples, self._steps), len(frames))
        hidden = self._over(
            len(rows), lambda part, done: self._audio_encoder.forward(rows[part], self._steps, done), progress
        )
        audio = self._sequence_encoder(hidden)
        return Features(MODEL_ID, len(frames), {"audio": audio.float().cpu().numpy()})

    @torch.inference_mode()
    def decode(self, features: Features, controls: Controls) -> FaceCurves:
        """FLAME's expression and jaw, as the network gives them, for the conditions of ``conditions_of``."""
        audio = self._tensor(features.arrays["audio"])
        conditions = conditions_of(controls, features.frames, self.spec.styles)
        style = self._style(self._tensor(conditions)).expand(features.frames, -1)
        motion = self._over(features.frames, lambda part, _: self._perform(audio[part], style[part]))
        return FaceCurves(motion.float().cpu().numpy(), self.spec.basis, float(FPS))

    def shrink(self) -> bool:
        """Compute in smaller steps from now on; False where there are none."""
        was, self._steps = self._steps, SMALL_STEPS
        return was != SMALL_STEPS

    def _perform(self, audio: Tensor, style: Tensor) -> Tensor:
        """(T, 128) audio features and style to (T, E + 3) expression and jaw."""
        prior, frames = self.config.prior, len(audio)
        fused = torch.cat([audio, style], dim=1)
        if not self.config.skips_transformer:
            fused = self._transformer.forward(fused)
        decoded = self._decoder(fused)
        latents = latent_count(frames, prior)
        # Filled up with zeros only here, so that the motion's last frames see what they see in the released code.
        decoded = functional.pad(decoded, (0, 0, 0, latents * prior.frames_per_latent - frames))
        return self._motion_decoder.forward(self._squasher(decoded.reshape(latents, -1)))[:frames]

    def _over(
        self, frames: int, work: Callable[[slice, Progress | None], Tensor], progress: Progress | None = None
    ) -> Tensor:
        """What some work gives for all frames: at once, or in windows where the line is long and they are wanted."""
        if not self._windowed or frames <= _WHOLE:
            return work(slice(0, frames), progress)
        return cross_faded(lambda part: work(part, None), frames, _WINDOW, _OVERLAP, progress)

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self._device)


def whole_frames(samples: np.ndarray) -> np.ndarray:
    """(T, 640) float32: the samples as the released code takes them, 16-bit numbers in whole frames."""
    frames = len(samples) // SAMPLES_PER_FRAME
    # A sample of exactly 1 stays the largest number; in the released code it turns into the lowest.
    rounded = np.clip(samples[: frames * SAMPLES_PER_FRAME] * _FULL_SCALE, -_FULL_SCALE, _FULL_SCALE - 1)
    return np.trunc(rounded).astype(np.float32).reshape(frames, SAMPLES_PER_FRAME)


def conditions_of(controls: Controls, frames: int, styles: tuple[str, ...]) -> np.ndarray:
    """The condition: weights of the emotions, of the intensities and of the identities, each summing to 1.

    What the mix leaves free is neutral. The slider Intensity reaches MEAD's three levels at 0.5, 1 and 1.5 and blends
    between them; below 0.5, the mix fades to neutral. Neutral counts with the first level, the only one that it has.

    Args:
        controls: the emotion mix, the intensity and the personal styles are used.
        frames: T.
        styles: names of the identities.

    Returns:
        (T, 11 + identities) float32, or (1, ...) where nothing changes over time.
    """
    level = controls.track("intensity", frames) / MILD - 1
    emotion = controls.emotion_mix(frames) * np.clip(level + 1, 0, 1)[:, None]
    neutral = 1 - emotion[:, 1:].sum(axis=1)
    emotion[:, 0] = neutral
    nearness = 1 - np.abs(np.clip(level, 0, INTENSITIES - 1)[:, None] - np.arange(INTENSITIES))
    intensity = (1 - neutral)[:, None] * np.maximum(nearness, 0)
    intensity[:, 0] += neutral
    conditions = np.concatenate([emotion, intensity, controls.style_tracks(frames, styles)], axis=1, dtype=np.float32)
    return conditions[:1] if (conditions == conditions[0]).all() else conditions
