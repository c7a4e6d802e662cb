"""Karras et al. 2017, "Audio-driven facial animation by joint end-to-end learning of pose and emotion", in NumPy.

Encoding: 520 ms of sound around a moment -> 64 frames of 32 autocorrelation values -> formant network, which acts on
each frame alone and therefore runs once for each hop (8 ms) of the line. Decoding: 64 of these frames -> articulation
network, which sees the emotion vector after each layer -> output network -> coefficients. Moments are evaluated
independently of each other, every 16 ms, and interpolated at the frames of the performance, so that windows give the
same numbers as one pass. ``training/karras/network.py`` is the same network in PyTorch.
"""

import functools
import json
from pathlib import Path
from typing import Final

import numpy as np

from ...face.controls import Controls
from ...face.curves import FaceCurves
from ..checkpoints.actor_weights import BASE
from ..checkpoints.safetensors_file import read_safetensors
from ..contract import SAMPLE_RATE, EmoTalkError, Features, ModelSpec, Progress, Speech
from ..sound.log_mel import speech_level
from .karras_content import ContentListener, content_at, load_listener

MODEL_ID: Final = "karras"

FRAME: Final = 256
"""Samples of a frame of sound (16 ms)."""
HOP: Final = 128
"""Samples between frames (8 ms)."""
LAGS: Final = 32
"""Autocorrelation values of a frame."""
WINDOW: Final = 64
"""Frames that the face at a moment depends on: 520 ms, half of them before it."""
STEP: Final = 2
"""Hops between the moments that are evaluated (62.5 per second)."""
SQRT2: Final = np.float32(2**0.5)
"""The gain of every ReLU, which keeps the variance."""

KERNELS: Final = {"formant": (3, 3, 3, 3, 2), "articulation": (3, 3, 3, 3, 4)}
"""Of the layers of both networks of convolutions, along the lags and along time."""

_HALF: Final = WINDOW // 2
_MOMENT_RATE: Final = SAMPLE_RATE / (STEP * HOP)
_HOPS: Final = 1000
_MOMENTS: Final = 250
"""Hops that are encoded, and moments that are decoded, at a time."""
_FFT: Final = FRAME + LAGS
"""So long that no lag wraps around."""
_LEAST_POWER: Final = np.float32(1e-7)


class Karras:
    """A network of one actor.

    Args:
        arrays: weights by name, as ``training/karras/export.py`` writes them.
        config: ``compression``, the exponent of the power spectra; the metadata of the weights file.
        spec: the basis, the rate and the names of the emotions.
        listener: gives more input for each hop, if the network was trained with it.

    Raises:
        EmoTalkError: a weight is missing or has the wrong shape.
    """

    model_id = MODEL_ID

    def __init__(
        self, arrays: dict[str, np.ndarray], config: dict, spec: ModelSpec, listener: ContentListener | None = None
    ) -> None:
        self.spec, self._listener = spec, listener
        self._weights = {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}
        try:
            self._compression = float(config["compression"])
            self._check()
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise EmoTalkError(
                f"These weights do not fit Karras et al. 2017 ({error}); train or import them again"
            ) from None

    @classmethod
    def load(cls, path: str | Path, spec: ModelSpec) -> "Karras":
        """The model of a weights file. Raises EmoTalkError if the file is not for this model."""
        arrays, metadata = read_safetensors(path)
        if metadata.get("model") != MODEL_ID:
            raise EmoTalkError(f"The weights in {Path(path).name} are not of Karras et al. 2017; choose another file")
        try:
            config = json.loads(metadata["config"])
        except (KeyError, ValueError):
            raise EmoTalkError(f"The weights in {Path(path).name} do not describe their network") from None
        listener = load_listener(arrays, metadata[BASE], Path(path)) if BASE in metadata else None
        return cls(arrays, config, spec, listener)

    # Encoding

    def encode(self, speech: Speech, progress: Progress | None = None) -> Features:
        """The formant network at every hop.

        Args:
            speech: the line.
            progress: called after every eight seconds of sound.

        Returns:
            Features with ``formants`` (hops, C): row h is of hop h - 32, and there is silence outside the sound. What
            the listener hears there follows in the same rows.
        """
        frames = frame_count(len(speech.samples), self.spec.fps)
        hops = STEP * (_moments(frames, self.spec.fps) - 1) + WINDOW
        level = speech_level(speech.samples)
        parts = []
        for start in range(0, hops, _HOPS):
            count = min(_HOPS, hops - start)
            spectra = power_spectra(speech.samples, (start - _HALF) * HOP - HOP // 2, count, level)
            parts.append(self._formant_network(autocorrelation(spectra, self._compression)))
            if progress is not None:
                progress((start + count) / hops)
        formants = np.concatenate(parts)
        if self._listener is not None:
            heard = content_at(self._listener.hear(speech), (np.arange(hops) - _HALF) * (HOP / SAMPLE_RATE))
            formants = np.concatenate([formants, heard], axis=1)
        return Features(MODEL_ID, frames, {"formants": formants})

    def _formant_network(self, frames: np.ndarray) -> np.ndarray:
        """(n, 32) autocorrelation to (n, C): convolutions over the lags until one is left."""
        hidden = frames[:, :, None]
        for layer in self._layers("formant"):
            weight = self._weights[f"{layer}.weight"]
            hidden = _relu(_convolution(hidden, weight) + self._weights[f"{layer}.bias"])
        return hidden[:, 0]

    # Decoding

    def decode(self, features: Features, controls: Controls) -> FaceCurves:
        """The coefficients for these controls, within the limits of the basis.

        An emotion's weight of 1 is its vector, 0 the neutral one; more exaggerates it, and several are mixed.
        """
        moments = _moments(features.frames, self.spec.fps)
        emotions = self._emotion_vectors(controls, features.frames, moments)
        poses = np.empty((moments, len(self.spec.basis)), np.float32)
        for start in range(0, moments, _MOMENTS):
            stop = min(start + _MOMENTS, moments)
            formants = features.arrays["formants"][STEP * start : STEP * (stop - 1) + WINDOW]
            hidden = self._articulation_network(formants, emotions[start:stop])
            poses[start:stop] = self._linear("output.1", self._linear("output.0", hidden))
        values = _interpolated(poses, _MOMENT_RATE, features.frames, self.spec.fps)
        return FaceCurves(
            np.clip(values, self.spec.basis.lowest, self.spec.basis.highest), self.spec.basis, self.spec.fps
        )

    def _emotion_vectors(self, controls: Controls, frames: int, moments: int) -> np.ndarray:
        """(moments, E) the emotion vector at each moment."""
        weights = controls.emotion_tracks(frames, self.spec.emotions)
        neutral = self._weights["emotion.neutral"]
        vectors = neutral + weights @ (self._weights["emotion.presets"] - neutral)
        return _interpolated(vectors, self.spec.fps, moments, _MOMENT_RATE)

    def _articulation_network(self, formants: np.ndarray, emotions: np.ndarray) -> np.ndarray:
        """Convolutions over time until one frame is left; the emotion vector is appended after each.

        Args:
            formants: (STEP (n - 1) + 64, C) formant features of n moments.
            emotions: (n, E) their emotion vectors.

        Returns:
            (n, C + E).
        """
        first, *others = self._layers("articulation")
        every, earliest = self._first_articulation_layer(first, formants)
        if np.array_equal(emotions, np.broadcast_to(emotions[:1], emotions.shape)):
            return self._of_one_emotion(others, every, earliest, emotions)
        windows = np.lib.stride_tricks.sliding_window_view(every, _HALF, axis=0).transpose(0, 2, 1).copy()
        windows[:, 0] = earliest
        hidden = _with_emotion(windows, emotions)
        for layer in others:
            weight, bias = self._weights[f"{layer}.weight"], self._weights[f"{layer}.bias"]
            hidden = _with_emotion(_relu(_convolution(hidden, weight) + bias), emotions)
        return hidden[:, 0]

    def _first_articulation_layer(self, layer: str, formants: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The first layer, which no emotion changes yet, once for all windows.

        Returns:
            (n + 31, C) frames of which each window has 32, a row later than the one before it; and (n, C) what each has
            for its first: there is nothing before a window.
        """
        weight, bias = self._weights[f"{layer}.weight"], self._weights[f"{layer}.bias"]
        every = _relu(_convolution(formants[None], weight) + bias)[0]
        begins = np.concatenate([formants[:-1:STEP], formants[1::STEP]], axis=1)[: len(every) - _HALF + 1]
        return every, _relu(begins @ weight[1:].reshape(-1, weight.shape[2]) + bias)

    def _of_one_emotion(
        self, layers: list[str], every: np.ndarray, earliest: np.ndarray, emotions: np.ndarray
    ) -> np.ndarray:
        """The other layers where the emotion does not change: windows share all frames but the first of each layer.

        With all windows a row apart, the strides of a window become distances between rows: 1, 2, 4, and 8.
        """
        count, beside = len(earliest), emotions[:1]
        distance = 1
        *threes, last = layers
        for layer in threes:
            weight, bias = self._weights[f"{layer}.weight"], self._weights[f"{layer}.bias"]
            every, earliest = (_with_emotion(rows[None], beside)[0] for rows in (every, earliest))
            # The rows of ``every`` begin so late that the one after a window's first is always its row's next.
            begins = np.concatenate([earliest, every[1 : count + 1]], axis=1)
            inner = len(every) - 2 * distance
            rows = np.concatenate([every[tap * distance :][:inner] for tap in range(3)], axis=1)
            every = _relu(rows @ weight.reshape(-1, weight.shape[2]) + bias)
            earliest = _relu(begins @ weight[1:].reshape(-1, weight.shape[2]) + bias)
            distance *= 2
        weight, bias = self._weights[f"{last}.weight"], self._weights[f"{last}.bias"]
        every, earliest = (_with_emotion(rows[None], beside)[0] for rows in (every, earliest))
        frames = [earliest, *(every[1 + tap * distance :][:count] for tap in range(3))]
        hidden = _relu(np.concatenate(frames, axis=1) @ weight.reshape(-1, weight.shape[2]) + bias)
        return _with_emotion(hidden[None], beside)[0]

    def _linear(self, layer: str, rows: np.ndarray) -> np.ndarray:
        return rows @ self._weights[f"{layer}.weight"] + self._weights[f"{layer}.bias"]

    def _layers(self, network: str) -> list[str]:
        return [f"{network}.{i}" for i in range(len(KERNELS[network]))]

    def _check(self) -> None:
        """Run the network on one silent moment. Raises ValueError or KeyError if the weights do not fit."""
        vectors = len(self.spec.emotions), len(self._weights["emotion.neutral"])
        if self._weights["emotion.presets"].shape != vectors:
            raise ValueError("emotion.presets does not fit the names of the emotions")
        for network, kernels in KERNELS.items():
            if tuple(len(self._weights[f"{layer}.weight"]) for layer in self._layers(network)) != kernels:
                raise ValueError(f"the kernels of {network} are others")
        silent = np.zeros((WINDOW, LAGS), np.float32)
        formants = self._formant_network(silent)
        heard = np.zeros((WINDOW, self._listener.size if self._listener else 0), np.float32)
        formants = np.concatenate([formants, heard], axis=1)
        hidden = self._articulation_network(formants, self._weights["emotion.neutral"][None])
        pose = self._linear("output.1", self._linear("output.0", hidden))
        if pose.shape != (1, len(self.spec.basis)):
            raise ValueError("output.1.weight does not fit the channels")


def frame_count(samples: int, fps: float) -> int:
    """How many frames a sound of so many samples has: one for each begun."""
    return int(np.ceil(samples * fps / SAMPLE_RATE - 1e-9))


def power_spectra(samples: np.ndarray, first: int, count: int, level: float) -> np.ndarray:
    """The power spectra of frames of a sound; each frame is freed of its mean and tapered by a Hann window.

    Args:
        samples: (n,) float32, the whole sound; there is silence outside.
        first: the sample at which the first frame begins; may lie outside the sound.
        count: how many frames, one for each hop.
        level: of the sound, ``log_mel.speech_level``; frames are scaled as if it were 0 dB.

    Returns:
        (count, 145) float32, divided by the length of a frame.
    """
    stretch = np.zeros((count - 1) * HOP + FRAME, np.float32)
    inside = samples[max(first, 0) : max(first + len(stretch), 0)]
    offset = max(-first, 0)
    stretch[offset : offset + len(inside)] = inside * np.float32(10 ** (-level / 20))
    frames = np.lib.stride_tricks.sliding_window_view(stretch, FRAME)[::HOP]
    frames = (frames - frames.mean(axis=1, keepdims=True)) * _hann()
    spectrum = np.fft.rfft(frames, _FFT)
    return ((spectrum.real**2 + spectrum.imag**2) / FRAME).astype(np.float32)


def autocorrelation(spectra: np.ndarray, exponent: float = 1.0) -> np.ndarray:
    """The autocorrelation of frames: the inverse Fourier transform of their power spectra.

    Args:
        spectra: (..., 145) from ``power_spectra``.
        exponent: of each number of the spectra. With 1, r_k = sum_n w_n w_(n+k) / 256 for k = 0..31 as in the paper;
            with less, the soft parts of a spectrum count more, as they do to the ear.

    Returns:
        (..., 32) float32.
    """
    return np.maximum(spectra, _LEAST_POWER) ** np.float32(exponent) @ _cosines()


@functools.cache
def _cosines() -> np.ndarray:
    """(145, 32) the inverse real Fourier transform, to the first lags."""
    return np.fft.irfft(np.eye(_FFT // 2 + 1))[:, :LAGS].astype(np.float32)


@functools.cache
def _hann() -> np.ndarray:
    return np.hanning(FRAME).astype(np.float32)


def _relu(values: np.ndarray) -> np.ndarray:
    return SQRT2 * np.maximum(values, 0)


def _stride(weight: np.ndarray) -> int:
    """Kernels of three advance by two, even ones by their width."""
    return 2 if len(weight) == 3 else len(weight)


def _convolution(rows: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(n, rows, in) to (n, rows / stride, out); a kernel of three takes one row of zeros before the first."""
    taps, stride = len(weight), _stride(weight)
    if taps == 3:
        rows = np.pad(rows, ((0, 0), (1, 0), (0, 0)))
    length = (rows.shape[1] - taps) // stride + 1
    beside = np.concatenate([rows[:, tap : tap + stride * length : stride][:, :length] for tap in range(taps)], axis=2)
    return beside @ weight.reshape(-1, weight.shape[2])


def _with_emotion(hidden: np.ndarray, emotions: np.ndarray) -> np.ndarray:
    """(n, rows, C) to (n, rows, C + E)."""
    beside = np.broadcast_to(emotions[:, None], (*hidden.shape[:2], emotions.shape[1]))
    return np.concatenate([hidden, beside], axis=2)


def _moments(frames: int, fps: float) -> int:
    """How many moments cover so many frames."""
    return int(np.ceil((frames - 1) / fps * _MOMENT_RATE)) + 1 if frames else 0


def _interpolated(rows: np.ndarray, rate: float, count: int, wanted: float) -> np.ndarray:
    """(count, C) float32 rows at another rate, on straight lines; the last row is held."""
    places = np.minimum(np.arange(count) * (rate / wanted), len(rows) - 1)
    before = places.astype(int)
    share = (places - before)[:, None].astype(np.float32)
    after = np.minimum(before + 1, len(rows) - 1)
    return (rows[before] + share * (rows[after] - rows[before])).astype(np.float32)  # exact between equal rows
