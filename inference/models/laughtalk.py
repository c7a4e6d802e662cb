"""LaughTalk (Sung-Bin et al., WACV 2024) in PyTorch, built from the paper: talk, plus a residual that laughs.

Two wav2vec 2.0 encoders (``wav2vec2.py``), one verbal, one non-verbal, whose features are resampled to the frames of
the video before the transformer. Each has a decoder of its own (``faceformer_decoder.py``): one performs the talk, the
other what laughter adds to it. The authors published neither code nor weights; what the paper leaves open is listed in
docs/models/laughtalk.md. Shapes: N samples at 16 kHz, L feature rows at 50 per second, T frames, C channels.

Nothing but the sound enters encoders and decoders, so ``encode`` runs all of them, and the slider *Laughter* only
weighs the residual. Without a non-verbal half, as after the first stage of the training, it is the talk alone.
"""

import functools
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from ...face.basis import ARKIT, Basis
from ...face.controls import Controls
from ...face.curves import FaceCurves
from ..checkpoints.safetensors_file import read_safetensors
from ..contract import SAMPLE_RATE, EmoTalkError, Features, Heard, ModelSpec, Progress, Speech
from ..devices import return_large_blocks
from .configuration import checked, config_in, encoder_of
from .emotalk import SharedProgress, side_by_side
from .faceformer_decoder import FaceFormerDecoder, decoder_shapes
from .layers import LARGE_STEPS, SMALL_STEPS, Layers, check_arrays
from .matrix_products import Precision, arithmetic_for, named_arithmetic
from .wav2vec2 import (
    BASE,
    Wav2Vec2Config,
    Wav2Vec2FeatureEncoder,
    Wav2Vec2Model,
    impossible_number,
    resize,
    zero_mean_unit_variance,
)
from .wav2vec2 import weight_shapes as wav2vec2_shapes
from .windows import cross_faded

MODEL_ID: Final = "laughtalk"
TALK_ID: Final = "laughtalk-talk"
"""Of weights without a non-verbal half."""

_JAW: Final = ARKIT.index["jawOpen"]
_ADVICE: Final = "export it again"
_WHOLE_SECONDS: Final = 180
"""The longest line that the encoders hear in one piece ..."""
_WHOLE_SECONDS_WINDOWED: Final = 44
"""... and where windows are wanted."""
_WINDOW_SECONDS: Final = 40
_OVERLAP_SECONDS: Final = 4
_ENCODING: Final = 0.9
"""Share of the encoders in the progress; the decoders take the rest."""


@dataclass(frozen=True)
class LaughTalkConfig:
    """Dimensions of the network; the defaults are FaceFormer's with the paper's encoders and FLAME of 50 + 3.

    Attributes:
        talk_encoder: the verbal one.
        laugh_encoder: the non-verbal one; None for a network of the talk alone.
        features: columns of each decoder.
        heads: of its self-attention.
        feed_forward: the width inside its feed-forward layer.
        period: frames after which its bias grows.
        channels: coefficients that come out.
        laugh_size: root mean square of the residual where the takes laugh, by which ``hear`` measures laughter.
    """

    talk_encoder: Wav2Vec2Config = BASE
    laugh_encoder: Wav2Vec2Config | None = BASE
    features: int = 64
    heads: int = 4
    feed_forward: int = 128
    period: int = 30
    channels: int = 53
    laugh_size: float = 1.0

    @classmethod
    def from_json(cls, text: str) -> "LaughTalkConfig":
        """The configuration of a weights file.

        Raises:
            ValueError: it is none; the message is the second half of a sentence.
        """

        def make() -> LaughTalkConfig:
            values = json.loads(text)
            laughing = values["laugh_encoder"]
            parts = {
                "talk_encoder": encoder_of(values["talk_encoder"], BASE),
                "laugh_encoder": None if laughing is None else encoder_of(laughing, BASE),
            }
            return cls(**values | parts)

        return checked(make)

    def problem(self) -> str:
        """Why LaughTalk cannot be such a network, as the second half of a sentence; "" if it can."""
        numbers = {
            "columns in a decoder": self.features,
            "heads": self.heads,
            "columns in a feed-forward layer of a decoder": self.feed_forward,
            "frames in a period": self.period,
            "channels": self.channels,
        }
        problem = self.talk_encoder.problem() or (self.laugh_encoder.problem() if self.laugh_encoder else "")
        problem = problem or impossible_number(numbers)
        if problem:
            return problem
        if self.features % 2 or self.features % self.heads or self.heads & (self.heads - 1):
            return f"has {self.features} columns, which {self.heads} heads cannot share; they have to be a power of two"
        if not isinstance(self.laugh_size, float) or not 0 < self.laugh_size < math.inf:
            return f"says that its residual has the size {self.laugh_size!r}, where a number above 0 belongs"
        return ""

    @property
    def encoders(self) -> dict[str, Wav2Vec2Config]:
        """The encoders that there are, by the half that they belong to."""
        laughing = {"laugh": self.laugh_encoder} if self.laugh_encoder else {}
        return {"talk": self.talk_encoder, **laughing}


def weight_shapes(config: LaughTalkConfig) -> dict[str, tuple[int, ...]]:
    """Every weight's name and shape."""
    shapes: dict[str, tuple[int, ...]] = {}
    for half, encoder in config.encoders.items():
        shapes |= {f"{half}_encoder.{name}": shape for name, shape in wav2vec2_shapes(encoder).items()}
        shapes |= {f"{half}_decoder.{name}": shape for name, shape in _decoder_shapes(config, half).items()}
    return shapes


def _decoder_shapes(config: LaughTalkConfig, half: str) -> dict[str, tuple[int, ...]]:
    encoder = config.encoders[half]
    return decoder_shapes(encoder.hidden_size, config.features, config.feed_forward, config.channels)


class LaughTalk:
    """The network behind the project's contract.

    Args:
        weights: arrays under the names of ``weight_shapes``, float32.
        config: their dimensions.
        spec: its basis, the 52 of ARKit or FLAME's, and its rate.
        device: where the encoders compute; the decoders, which make one frame after the other, use the processor.
        precision: of the encoders.
        windowed: give the encoders lines of more than 44 s in windows of 40 s that are cross-faded over 4 s, instead of
            those of more than three minutes only.

    Raises:
        EmoTalkError: a weight is missing.
    """

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        config: LaughTalkConfig,
        spec: ModelSpec,
        device: str = "cpu",
        precision: Precision = "float32",
        windowed: bool = False,
    ) -> None:
        self.model_id = MODEL_ID if config.laugh_encoder else TALK_ID
        self.spec, self.config = spec, config
        self._device = torch.device(device)
        self._precision: Precision = precision
        self._longest = (_WHOLE_SECONDS_WINDOWED if windowed else _WHOLE_SECONDS) * spec.fps
        self._steps = SMALL_STEPS if self._device.type == "cpu" else LARGE_STEPS
        layers = Layers(weights, self._device, arithmetic_for(self._device, "float32"))
        self._halves = {"talk": _Half(layers, "talk", config, precision)}
        if config.laugh_encoder:
            talk = self._halves["talk"].encoder.feature_extractor if _shares_convolutions(layers, config) else None
            self._halves["laugh"] = _Half(layers, "laugh", config, precision, talk)

    @classmethod
    def load(
        cls,
        path: str | Path,
        spec: ModelSpec,
        device: str = "cpu",
        precision: Precision = "float32",
        windowed: bool = False,
    ) -> "LaughTalk":
        """The network of a file that the training exported; it stays in the file until it is used.

        Raises:
            EmoTalkError: the file is missing, damaged or another model's.
        """
        return_large_blocks()
        arrays, metadata = read_safetensors(path, mapped=True)
        name = Path(path).name
        if metadata.get("model") not in (MODEL_ID, TALK_ID):
            raise EmoTalkError(f"The weights in {name} are not LaughTalk's; {_ADVICE}")
        config = config_in(LaughTalkConfig.from_json, metadata, name, _ADVICE)
        if (config.laugh_encoder is None) != (metadata["model"] == TALK_ID):
            raise EmoTalkError(f"The header of {name} does not say whether its network laughs; {_ADVICE}")
        check_arrays(arrays, weight_shapes(config), name)
        if not is_usable(spec.basis) or len(spec.basis) != config.channels:
            raise EmoTalkError(
                f"The header of {name} names {len(spec.basis)} channels, and its network has {config.channels}; "
                f"LaughTalk has the 52 of ARKit, or FLAME's expression and jaw; {_ADVICE}"
            )
        weights = {weight: torch.from_numpy(array) for weight, array in arrays.items()}
        return cls(weights, config, spec, device, precision, windowed)

    @property
    def arithmetic(self) -> str:
        """What multiplies in the encoders: machines where it differs give a little different numbers."""
        return named_arithmetic(self._device, self._precision)

    @torch.inference_mode()
    def encode(self, speech: Speech, progress: Progress | None = None) -> Features:
        """Both encoders and both decoders.

        Args:
            speech: at least one sample.
            progress: called with the share (0..1) of the work that is done.

        Returns:
            Features with ``talk`` (T, C) and, unless the network is of the talk alone, ``laugh`` (T, C), the residual.

        Raises:
            EmoTalkError: there is no sound.
        """
        if not len(speech.samples):
            raise EmoTalkError("The line has no sound; LaughTalk needs at least one sample")
        frames, report = frame_count(len(speech.samples), self.spec.fps), progress or _ignore
        sound = torch.from_numpy(as_heard(speech.samples)).to(self._device)
        memory = self._remember(sound, frames, lambda share: report(_ENCODING * share)).float().cpu().numpy()
        performing = SharedProgress(lambda share: report(_ENCODING + (1 - _ENCODING) * share), len(self._halves))
        tracks: dict[str, np.ndarray] = {}
        for name, columns in zip(self._halves, np.split(memory, len(self._halves), axis=1), strict=True):
            decoder, own = self._halves[name].decoder, np.ascontiguousarray(columns)
            tracks[name] = decoder.perform(own, performing.part(len(tracks)))
        return Features(self.model_id, frames, tracks)

    def decode(self, features: Features, controls: Controls) -> FaceCurves:
        """The talk and, weighed by the control ``laughter`` in each frame, the residual; see ``together``."""
        talk, basis = features.arrays["talk"], self.spec.basis
        values = np.clip(talk, basis.lowest, basis.highest)
        if self.config.laugh_encoder:
            values = together(talk, features.arrays["laugh"], controls.track("laughter", features.frames), basis)
        return FaceCurves(values, basis, self.spec.fps)

    def hear(self, features: Features) -> Heard:
        """How large the residual is, beside its size in the laughs that were trained on."""
        if not self.config.laugh_encoder:
            return Heard(np.zeros(features.frames, np.float32), 1.0)
        size = np.sqrt(np.square(features.arrays["laugh"]).mean(axis=1))
        return Heard(np.minimum(size / np.float32(self.config.laugh_size), 1), 1.0)

    def shrink(self) -> bool:
        """Compute in smaller steps from now on; False where there are none."""
        was, self._steps = self._steps, SMALL_STEPS
        return was != SMALL_STEPS

    def _remember(self, sound: Tensor, frames: int, progress: Progress) -> Tensor:
        """(T, F) features of the sound for each decoder, beside each other."""
        encoders = {half.encoder: half.memory_map for half in self._halves.values()}
        # One entry where both have the same convolutions.
        heard = {each.feature_extractor: each.feature_extractor.heard(sound, self._steps) for each in encoders}
        counts = {each.feature_extractor: each.config.feature_count(len(sound)) for each in encoders}

        def work(part: slice, report: Progress) -> Tensor:
            features = {each: _resized(heard[each], counts[each], frames, part) for each in heard}
            shared = SharedProgress(report, len(encoders))

            def encode(encoder: Wav2Vec2Model, done: Progress) -> Tensor:
                hidden = encoder.forward(features[encoder.feature_extractor], self._steps, done)
                return encoders[encoder](hidden)

            tasks = [functools.partial(encode, each, shared.part(number)) for number, each in enumerate(encoders)]
            return torch.cat(side_by_side(tasks, self._device), dim=1)

        if frames <= self._longest:
            return work(slice(0, frames), progress)
        window, overlap = (round(seconds * self.spec.fps) for seconds in (_WINDOW_SECONDS, _OVERLAP_SECONDS))
        return cross_faded(lambda part: work(part, _ignore), frames, window, overlap, progress)


class _Half:
    """An encoder and its decoder."""

    def __init__(
        self,
        layers: Layers,
        name: str,
        config: LaughTalkConfig,
        precision: Precision,
        feature_extractor: Wav2Vec2FeatureEncoder | None = None,
    ) -> None:
        encoder, decoder = layers.of(f"{name}_encoder"), layers.of(f"{name}_decoder")
        self.encoder = Wav2Vec2Model(encoder, config.encoders[name], precision, feature_extractor)
        self.memory_map = decoder.product("memory_map")
        shapes = decoder_shapes(
            config.encoders[name].hidden_size, config.features, config.feed_forward, config.channels
        )
        arrays = {each: decoder.tensor(each).cpu().numpy() for each in shapes if not each.startswith("memory_map")}
        self.decoder = FaceFormerDecoder(arrays, config.heads, config.period)


def _shares_convolutions(layers: Layers, config: LaughTalkConfig) -> bool:
    """Whether both encoders have the same convolutions, which then run once; both are frozen in training."""
    talk, laugh = config.encoders.values()
    first, second = (layers.of(f"{half}_encoder.feature_extractor") for half in config.encoders)
    return talk.convolutions == laugh.convolutions and first.equal(second)


def frame_count(samples: int, fps: float) -> int:
    """Frames of a line: one for each that begins within the sound."""
    return math.ceil(round(samples * fps / SAMPLE_RATE, 6))


def as_heard(samples: np.ndarray) -> np.ndarray:
    """(N,) normalised samples; a line shorter than what the first feature row sees has silence after it."""
    normalised = zero_mean_unit_variance(samples)
    return np.pad(normalised, (0, max(BASE.receptive_field - len(normalised), 0)))


def is_usable(basis: Basis) -> bool:
    """Whether talk and residual are known how to add up: the 52 of ARKit, or FLAME's expression and jaw."""
    return basis is ARKIT or "expression" in basis.regions


def together(talk: np.ndarray, laugh: np.ndarray, gain: np.ndarray, basis: Basis) -> np.ndarray:
    """Talk and residual as one face.

    FLAME's coefficients add up, as in the paper. ARKit's are kept within 0..1, and a laugh opens the jaw further only
    by its share of what the talk has left, 1 - (1 - talk) (1 - laugh), because the sum would open it too far; where
    the residual closes the jaw, it takes its share of the opening, talk (1 + laugh).

    Args:
        talk: (T, C).
        laugh: (T, C) the residual.
        gain: (T,) on it; at 0, the talk alone comes out, bit for bit.
        basis: of the columns.

    Returns:
        (T, C) float32.
    """
    added = np.asarray(gain, np.float32)[:, None] * laugh
    values = np.clip(talk + added, basis.lowest, basis.highest)
    if basis is ARKIT:
        opened, more = np.clip(talk[:, _JAW], 0, 1), np.clip(added[:, _JAW], -1, 1)
        values[:, _JAW] = opened + more * np.where(more > 0, 1 - opened, opened)
    return values


def _resized(hear: Callable[[slice], Tensor], rows: int, frames: int, part: slice) -> Tensor:
    """Some of the frames that ``resize`` makes of a line's feature rows."""
    if part == slice(0, frames):
        return resize(hear(slice(0, rows)), frames)
    places = np.arange(part.start, part.stop) * ((rows - 1) / (frames - 1))
    before = np.minimum(places.astype(int), rows - 2)
    known = hear(slice(int(before[0]), int(before[-1]) + 2))
    share = torch.from_numpy((places - before).astype(np.float32))[:, None].to(known)
    first = torch.from_numpy(before - before[0]).to(known.device)
    return torch.lerp(known[first], known[first + 1], share)


def _ignore(_done: float) -> None:
    pass
