"""EmoTalk Compact: EmoTalk's structure at a size that NumPy runs many times faster than real time.

Encoding: log-mel bands -> dilated convolutions -> content features; pitch and coarse bands -> a lighter branch ->
emotion features; both sampled at 30 frames per second by absolute time. Decoding: fusion with personal style,
emotion level and emotion weights -> biased self-attention -> emotion-guided attention -> 52 coefficients, to which
emotion prototypes are added and lip contacts applied. Every step has a bounded receptive field, so that windows give
the same numbers as one pass. ``training/compact/network.py`` is the same network in PyTorch. Which phones it hears, and
how it is told what is said: ``compact_phones.py``.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from ...face import arkit
from ...face.alignment import Alignment
from ...face.basis import ARKIT
from ...face.contacts import REST_PRESS, apply_contacts, rest_lips
from ...face.controls import Controls
from ...face.curves import FaceCurves
from ...face.emotions import EMOTIONS, MOUTH_EXPONENT
from ...face.gestures import bridge_pauses
from ...face.laughter import REACH_SECONDS, layer_laughter
from ..checkpoints.safetensors_file import read_safetensors
from ..contract import PHONE_RATE as PHONE_RATE
from ..contract import SAMPLE_RATE, EmoTalkError, Features, Heard, ModelSpec, Progress, Speech
from ..sound.log_mel import (
    BANDS,
    HOP,
    PITCH_HOP,
    log_mel,
    pitch_salience,
    relative_loudness,
    spectral_offset,
    speech_level,
)
from .compact_phones import CompactPhones, PhoneStream, find_phones, follow_voice, heard_columns, told_gestures

MODEL_ID: Final = "emotalk-compact"
FPS: Final = 30
CONTENT_STRIDE: Final = 2
"""Log-mel frames per content frame."""

STEM_WIDTH: Final = 5
KERNEL: Final = 3
COARSE_BANDS: Final = 16
SIGNALS: Final = ("bilabial", "labiodental", "speech", "laughter")
"""Logits that the content encoder outputs besides its features: two lip contacts, voice activity, and laughter."""

NAMES_IN_FILES: Final = {"bilabial": "press", "labiodental": "touch", "speech": "speaking", "laughter": "laughing"}
"""The names of the signals' thresholds in weights files."""

FEATURES: Final = ("content", "signals", "emotion", "loudness")
PHONES: Final = "phones"
"""Features of weights with a phone head: log posteriors at ``PHONE_RATE``."""
TOLD: Final = "told"
"""Features that were told what is said: ``compact_phones.told_gestures``."""

GESTURE_FRAMES: Final = 3
"""Frames to both sides (0.1 s) over which the most probable moment of a contact counts."""

_CONSIDERED: Final = 0.1
_CLEAR_CONTACT: Final = 0.65
_FEW_CONTACTS: Final = 30
"""Frames with a contact that is considered, about eight seconds of speech."""
_UNSURE, _SURE = 0.48, 0.60

_SMALLEST_CHANCE: Final = 1e-3
"""Of a signal that is told."""

_EPSILON: Final = 1e-5
_CHUNK: Final = 900
_ATTENTION_BLOCK: Final = 24


class EmoTalkCompact:
    """The built-in model.

    Args:
        arrays: weights by name, as ``training/compact/export.py`` writes them; an actor's own also have ``rest_press``.
        config: heads, dilations, attention reaches, thresholds; the metadata of the weights file.
        spec: names of its styles; its basis, rate and emotions are fixed.
        phones: hears phones and is told them; None if there are no weights for that.

    Raises:
        EmoTalkError: a weight is missing or has the wrong shape.
    """

    model_id = MODEL_ID

    def __init__(
        self, arrays: dict[str, np.ndarray], config: dict, spec: ModelSpec, phones: CompactPhones | None = None
    ) -> None:
        self.spec = spec
        self._phones = phones
        self._weights = {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}
        try:
            self._content_dilations: list[int] = config["content_dilations"]
            self._emotion_dilations: list[int] = config["emotion_dilations"]
            self._heads: int = config["heads"]
            self._self_reach: int = config["self_reach"]
            self._guided_reach: int = config["guided_reach"]
            self._rest_press = float(np.ravel(arrays.get("rest_press", REST_PRESS))[0])
            self._decide = {name: config["decide"][NAMES_IN_FILES[name]] for name in SIGNALS}
            self._check()
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise EmoTalkError(f"These weights do not fit EmoTalk Compact ({error}); install EmoTalk again") from None

    @classmethod
    def load(cls, path: str | Path, spec: ModelSpec) -> "EmoTalkCompact":
        """The model of a weights file. Raises EmoTalkError if the file is not for this model."""
        arrays, metadata = read_safetensors(path)
        if metadata.get("model") != MODEL_ID:
            raise EmoTalkError(f"The weights in {Path(path).name} are not EmoTalk Compact's; choose another file")
        return cls(arrays, read_config(metadata, Path(path)), spec, find_phones(arrays))

    # Encoding

    def encode(self, speech: Speech, progress: Progress | None = None) -> Features:
        """Content and emotion features at 30 frames per second.

        Args:
            speech: the line.
            progress: called after every thirty seconds of sound.

        Returns:
            Features with ``content`` (frames, C), ``signals`` (frames, S; logits of ``SIGNALS``), ``emotion``
            (frames, E) and ``loudness`` (frames, 1; 0..1, linear in decibels); with a phone head also ``phones``
            (n, 41; log posteriors at ``PHONE_RATE``).
        """
        frames = frame_count(len(speech.samples))
        level = speech_level(speech.samples)
        offset = spectral_offset(speech.samples, level, self._weights["content.usual"])
        parts, heard = [], []
        stream = PhoneStream(self._phones) if self._phones else None
        for start in range(0, max(frames, 1), _CHUNK):
            stop = min(start + _CHUNK, frames)
            part, activations, first = self._encode_stretch(speech.samples, level, offset, start, stop)
            parts.append(part)
            if stream is not None:
                heard.append(stream.follow(activations, first))
            if progress is not None and frames:
                progress(stop / frames)
        kept = (np.concatenate(part) for part in zip(*parts, strict=True))
        arrays = dict(zip(FEATURES, kept, strict=True))
        if stream is not None:
            arrays[PHONES] = np.concatenate([*heard, stream.finish()])
        voice = _sigmoid(arrays["signals"][:, SIGNALS.index("speech")].max(initial=-np.inf, keepdims=True))
        return Features(MODEL_ID, frames, arrays, float(voice[0]))

    def _encode_stretch(
        self, samples: np.ndarray, level: float, offset: np.ndarray, start: int, stop: int
    ) -> tuple[tuple[np.ndarray, ...], np.ndarray, int]:
        """The features of video frames start..stop; the encoder's last activations and the number of the first one."""
        activations, mel, first = self._content(samples, level, offset, start, stop)
        content = self._linear("content.out", activations)
        loud = _at_frames(relative_loudness(mel)[:, None], first * CONTENT_STRIDE, SAMPLE_RATE / HOP, start, stop)
        content = _at_frames(content, first, SAMPLE_RATE / (HOP * CONTENT_STRIDE), start, stop)
        emotion, emotion_first = self._emotion(samples, level, start, stop)
        emotion = _at_frames(emotion, emotion_first, SAMPLE_RATE / PITCH_HOP, start, stop)
        split = content.shape[1] - len(SIGNALS)
        return (content[:, :split], content[:, split:], emotion, loud), activations, first

    def _content(
        self, samples: np.ndarray, level: float, offset: np.ndarray, start: int, stop: int
    ) -> tuple[np.ndarray, np.ndarray, int]:
        """Activations and log-mel frames that cover video frames start..stop, and the first activation's number."""
        first, last = _covering(start, stop, SAMPLE_RATE / (HOP * CONTENT_STRIDE))
        reach = sum(self._content_dilations)
        centre = STEM_WIDTH // 2
        mel = log_mel(
            samples,
            level,
            CONTENT_STRIDE * (first - reach) - centre,
            CONTENT_STRIDE * (last - 1 + reach) + centre + 1,
        )
        hidden = _strided(mel - offset, self._weights["content.stem.weight"], CONTENT_STRIDE)
        hidden = np.maximum(hidden + self._weights["content.stem.bias"], 0)
        hidden = self._residual_blocks("content", hidden, self._content_dilations)
        margin = CONTENT_STRIDE * reach + centre
        here = mel[margin : len(mel) - margin + CONTENT_STRIDE - 1]
        return self._norm("content.norm", hidden), here, first

    def _emotion(self, samples: np.ndarray, level: float, start: int, stop: int) -> tuple[np.ndarray, int]:
        """Emotion frames that cover video frames start..stop, and the number of the first one."""
        first, last = _covering(start, stop, SAMPLE_RATE / PITCH_HOP)
        reach = sum(self._emotion_dilations)
        rows = prosody(samples, level, first - reach, last + reach)
        hidden = self._linear("emotion.stem", rows)
        hidden = self._residual_blocks("emotion", hidden, self._emotion_dilations)
        return self._linear("emotion.out", self._norm("emotion.norm", hidden)), first

    def _residual_blocks(self, branch: str, hidden: np.ndarray, dilations: list[int]) -> np.ndarray:
        for i, dilation in enumerate(dilations):
            block = f"{branch}.blocks.{i}"
            work = _dilated(self._norm(f"{block}.norm", hidden), self._weights[f"{block}.conv.weight"], dilation)
            work += self._weights[f"{block}.conv.bias"]
            np.maximum(work, 0, out=work)
            hidden = hidden[dilation : len(hidden) - dilation] + self._linear(f"{block}.mix", work)
        return hidden

    def hear(self, features: Features) -> Heard:
        """Laughter, and how sure the network is of the sounds."""
        signals = _sigmoid(features.arrays["signals"])
        laughter = decided(signals[:, SIGNALS.index("laughter")], *self._decide["laughter"])
        return Heard(laughter.astype(np.float32), contact_certainty(signals[:, :2].max(axis=1)))

    # Phones

    @property
    def hears_phones(self) -> bool:
        """See ``contract.HearsPhones``."""
        return self._phones is not None

    def phone_posteriors(self, features: Features) -> np.ndarray:
        """(n, 41) float32 log posteriors at ``PHONE_RATE``. Raises EmoTalkError if there is no phone head."""
        self._with_phones()
        return features.arrays[PHONES]

    def tell(self, features: Features, alignment: Alignment) -> Features:
        """The features with contacts and speech as they are said, and content features of what is said.

        Words with a fit below ``LEAST_FIT`` stay as heard. Emotion and laughter are always heard.

        Raises:
            EmoTalkError: there is no articulator.
        """
        phones = self._with_phones()
        alignment = replace(alignment, phones=bridge_pauses(alignment.phones))
        if alignment.origin == "aligned":
            voice = _sigmoid(features.arrays["signals"][:, SIGNALS.index("speech")])
            alignment = replace(alignment, phones=follow_voice(alignment.phones, voice, FPS))
        arrays = dict(features.arrays)
        told = told_gestures(alignment, np.arange(features.frames) / FPS)
        share = told[:, :1]
        content = phones.contents(alignment, heard_columns(arrays["content"], arrays["loudness"]), FPS)
        arrays["content"] = arrays["content"] + share * (content - arrays["content"])
        said = SIGNALS.index("speech") + 1
        heard = _sigmoid(arrays["signals"][:, :said])
        chances = np.clip(heard + share * (told[:, 1:] - heard), _SMALLEST_CHANCE, 1 - _SMALLEST_CHANCE)
        logits = np.where(share > 0, np.log(chances / (1 - chances)), arrays["signals"][:, :said])
        arrays["signals"] = np.concatenate([logits, arrays["signals"][:, said:]], axis=1).astype(np.float32)
        arrays[TOLD] = told
        return replace(features, arrays=arrays)

    def _with_phones(self) -> CompactPhones:
        if self._phones is None:
            raise EmoTalkError("These weights of EmoTalk Compact cannot be told what is said; install EmoTalk again")
        return self._phones

    # Decoding

    def decode(self, features: Features, controls: Controls) -> FaceCurves:
        """The 52 coefficients, 0..1, for these controls."""
        frames = features.frames
        emotions = controls.emotion_tracks(frames, EMOTIONS)
        styles = controls.style_tracks(frames, self.spec.styles)
        levels = controls.track("emotion_level", frames)
        laughter = controls.track("laughter", frames)
        reach = max(self._self_reach, self._guided_reach, round(REACH_SECONDS * FPS))
        values = np.zeros((frames, len(arkit.CHANNELS)), np.float32)
        for start in range(0, frames, _CHUNK):
            stop = min(start + _CHUNK, frames)
            around = slice(max(start - reach, 0), min(stop + reach, frames))
            stretch = self._decode_stretch(
                {name: array[around] for name, array in features.arrays.items() if name != PHONES},
                emotions[around],
                styles[around],
                levels[around],
                laughter[around],
            )
            values[start:stop] = stretch[start - around.start : stop - around.start]
        return FaceCurves(values, ARKIT, float(FPS))

    def _decode_stretch(
        self,
        features: dict[str, np.ndarray],
        emotions: np.ndarray,
        styles: np.ndarray,
        levels: np.ndarray,
        laughter: np.ndarray,
    ) -> np.ndarray:
        weights = self._weights
        steps = np.stack([1 - levels, levels], axis=1)
        condition = np.concatenate([styles @ weights["style.weight"], steps @ weights["level.weight"]], axis=1)
        probabilities = _sigmoid(features["signals"])
        speaking = probabilities[:, SIGNALS.index("speech")]
        fused = (features["content"], features["emotion"], speaking[:, None], condition, emotions)
        emotion_condition = np.concatenate([features["emotion"], condition, emotions], axis=1)
        hidden = self._linear("fusion", np.concatenate(fused, axis=1))
        hidden = hidden + self._attention("listen", hidden, None, self._self_reach)
        hidden = hidden + self._attention("guide", hidden, emotion_condition, self._guided_reach)
        inner = np.maximum(self._linear("feed.inner", self._norm("feed.norm", hidden)), 0)
        hidden = hidden + self._linear("feed.outer", inner)
        values = self._linear("face", self._norm("face_norm", hidden))
        values = values * (1 + self._linear("gain", condition)) + self._linear("rest", condition)
        shares = {name: decided(probabilities[:, i], *self._decide[name]) for i, name in enumerate(SIGNALS)}
        shares["bilabial"] = as_one_gesture(shares["bilabial"], probabilities[:, 0] > self._decide["bilabial"][0])
        if TOLD in features:
            told, *gestures = features[TOLD].T
            for name, gesture in zip(SIGNALS, gestures, strict=False):
                shares[name] = shares[name] + told * (gesture - shares[name])
        values = rest_lips(values, shares["speech"], self._rest_press)
        values = layer_laughter(values, shares["laughter"], features["loudness"][:, 0], laughter, FPS)
        if emotions.any():
            values += self._emotion_skip(emotions * (steps @ weights["level_emotion"])[:, None], speaking)
        values = np.clip(values, 0, 1)
        firmness = styles @ weights["firmness"]
        return np.clip(apply_contacts(values, shares["bilabial"], shares["labiodental"], firmness), 0, 1)

    def _emotion_skip(self, emotions: np.ndarray, speaking: np.ndarray) -> np.ndarray:
        weights = self._weights
        added = emotions @ weights["prototypes_face"] + emotions**MOUTH_EXPONENT @ weights["prototypes_mouth"]
        return added * (1 + speaking[:, None] * (weights["prototypes_speaking"] - 1))

    def _attention(self, name: str, hidden: np.ndarray, memory: np.ndarray | None, reach: int) -> np.ndarray:
        heads = self._heads
        hidden = self._norm(f"{name}.norm", hidden)
        source = hidden if memory is None else memory
        queries = self._linear(f"{name}.query", hidden)
        keys = self._linear(f"{name}.key", source)
        values = self._linear(f"{name}.value", source)
        mixed = _banded_attention(queries, keys, values, heads, reach, self._weights[f"{name}.slopes"])
        return self._linear(f"{name}.out", mixed)

    # Parts

    def _linear(self, name: str, values: np.ndarray) -> np.ndarray:
        product = values @ self._weights[f"{name}.weight"]
        product += self._weights[f"{name}.bias"]
        return product

    def _norm(self, name: str, values: np.ndarray) -> np.ndarray:
        normed = values - (values @ _mean_of(values.shape[1]))[:, None]
        normed /= np.sqrt(np.einsum("ij,ij->i", normed, normed) / normed.shape[1] + _EPSILON)[:, None]
        normed *= self._weights[f"{name}.weight"]
        normed += self._weights[f"{name}.bias"]
        return normed

    def _check(self) -> None:
        """Run on one sample, so that weights of a wrong shape fail here and not in the middle of a line."""
        silence = np.zeros(1, np.float32)
        offset = spectral_offset(silence, 0.0, self._weights["content.usual"])
        features, activations, first = self._encode_stretch(silence, 0.0, offset, 0, 1)
        if self._phones is not None:
            PhoneStream(self._phones).follow(activations, first)
        nothing = np.zeros(1, np.float32)
        emotions, styles = (np.zeros((1, len(kinds)), np.float32) for kinds in (EMOTIONS, self.spec.styles))
        self._decode_stretch(dict(zip(FEATURES, features, strict=True)), emotions, styles, nothing, nothing)


def contact_certainty(chances: np.ndarray) -> float:
    """How sure the network is of the sounds of a line, by how clearly it tells the lip contacts that it considers.

    On voices as it was trained on it gives 0.64 to 0.74 on average to a contact that it considers at all, on recordings
    in a language that it does not know 0.45 to 0.53. Few contacts say little, so short lines count as certain.

    Args:
        chances: (frames,) probability of the likelier lip contact.

    Returns:
        0..1.
    """
    considered = chances[chances > _CONSIDERED]
    mean = (considered.sum() + _FEW_CONTACTS * _CLEAR_CONTACT) / (len(considered) + _FEW_CONTACTS)
    return float(np.clip((mean - _UNSURE) / (_SURE - _UNSURE), 0, 1))


def read_config(metadata: Mapping[str, str], path: Path) -> dict:
    """The configuration in the header of a weights file. Raises EmoTalkError if there is none."""
    try:
        return json.loads(metadata["config"])
    except (KeyError, ValueError):
        raise EmoTalkError(f"The weights in {path.name} do not describe their network") from None


def frame_count(samples: int) -> int:
    """The duration of a sound in video frames, rounded up."""
    return -(-samples * FPS // SAMPLE_RATE)


def prosody(samples: np.ndarray, level: float, start: int, stop: int) -> np.ndarray:
    """The input of the emotion branch, every 40 ms: 24 pitch saliences and 16 coarse bands.

    Returns:
        (stop - start, 40) float32.
    """
    per_frame = PITCH_HOP // HOP
    mel = log_mel(samples, level, per_frame * start - per_frame // 2, per_frame * stop - per_frame // 2)
    coarse = mel.reshape(stop - start, per_frame, COARSE_BANDS, BANDS // COARSE_BANDS).mean(axis=(1, 3))
    return np.concatenate([pitch_salience(samples, level, start, stop), coarse], axis=1)


def decided(chance: np.ndarray, low: float, high: float) -> np.ndarray:
    """The strength of a signal by its probability: a smooth step from 0 at ``low`` to 1 at ``high``."""
    share = np.clip((chance - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)


def as_one_gesture(shares: np.ndarray, likely: np.ndarray) -> np.ndarray:
    """Raise a contact to its maximum nearby while it stays likely, so that the lips do not flutter.

    Args:
        shares: (frames,) strength of the contact, 0..1.
        likely: (frames,) bool, where a contact is likely.
    """
    for _ in range(GESTURE_FRAMES):
        grown = shares.copy()
        np.maximum(grown[1:], shares[:-1], out=grown[1:])
        np.maximum(grown[:-1], shares[1:], out=grown[:-1])
        shares = np.where(likely, grown, shares)
    return shares


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, -30, 30)))


def _covering(start: int, stop: int, rate: float) -> tuple[int, int]:
    """The range of frames at ``rate`` that video frames start..stop are interpolated from."""
    return int(start / FPS * rate), int(max(stop - 1, start) / FPS * rate) + 2


def _at_frames(values: np.ndarray, first: int, rate: float, start: int, stop: int) -> np.ndarray:
    """Rows at ``rate``, the first one numbered ``first``, interpolated linearly at video frames start..stop."""
    position = np.arange(start, stop) / FPS * rate - first
    below = np.minimum(position.astype(int), len(values) - 2)
    part = (position - below)[:, None].astype(np.float32)
    return values[below] * (1 - part) + values[below + 1] * part


def _strided(frames: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    """Convolution without padding; kernel (taps, in, out)."""
    length = (len(frames) - len(kernel)) // stride + 1
    return sum(frames[tap : tap + stride * (length - 1) + 1 : stride] @ kernel[tap] for tap in range(len(kernel)))


def _dilated(frames: np.ndarray, kernel: np.ndarray, dilation: int) -> np.ndarray:
    """Convolution without padding; kernel (3, in, out)."""
    length = len(frames) - 2 * dilation
    result = frames[:length] @ kernel[0]
    result += frames[dilation : dilation + length] @ kernel[1]
    result += frames[2 * dilation :] @ kernel[2]
    return result


def _banded_attention(
    queries: np.ndarray, keys: np.ndarray, values: np.ndarray, heads: int, reach: int, slopes: np.ndarray
) -> np.ndarray:
    """Attention of each frame over ``reach`` frames to both sides, with a bias for near frames."""
    frames, width = queries.shape
    depth = width // heads
    block = min(_ATTENTION_BLOCK, frames)
    blocks = -(-frames // block)
    span = block + 2 * reach
    rows = np.arange(blocks)[:, None] * block + np.arange(span)
    near_keys, near_values = (
        np.lib.stride_tricks.sliding_window_view(_extended(part, reach, blocks * block + reach), span, axis=0)[
            ::block
        ].reshape(blocks, heads, depth, span)
        for part in (keys, values)
    )
    asked = _extended(queries * np.float32(depth**-0.5), 0, blocks * block)
    asked = asked.reshape(blocks, block, heads, depth).transpose(0, 2, 1, 3)
    scores = asked @ near_keys
    scores += _distance_bias(block, reach, tuple(slopes))
    # Only the first and the last blocks extend beyond the line; the last ones also have rows that are cut off below.
    outside = (rows < reach) | (rows >= frames + reach)
    for number in np.flatnonzero(outside.any(axis=1)):
        scores[number][:, :, outside[number]] = -1e30
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    mixed = scores @ near_values.swapaxes(2, 3)
    mixed /= scores.sum(axis=-1, keepdims=True)
    return mixed.transpose(0, 2, 1, 3).reshape(blocks * block, width)[:frames]


@functools.cache
def _mean_of(width: int) -> np.ndarray:
    """(width,) weights whose product with a row is its mean, which is faster than a sum."""
    return np.full(width, 1 / width, np.float32)


def _extended(rows: np.ndarray, before: int, until: int) -> np.ndarray:
    """Rows padded with zeros: ``before`` of them in front, and up to row ``until`` after them."""
    extended = np.zeros((before + until, rows.shape[1]), np.float32)
    extended[before : before + len(rows)] = rows
    return extended


@functools.cache
def _distance_bias(block: int, reach: int, slopes: tuple[float, ...]) -> np.ndarray:
    """(heads, block, block + 2 reach) attention bias of each frame of a block by distance."""
    distance = np.abs(np.arange(block + 2 * reach) - reach - np.arange(block)[:, None]).astype(np.float32)
    return np.where(distance <= reach, -np.array(slopes, np.float32)[:, None, None] * distance, -1e30)
