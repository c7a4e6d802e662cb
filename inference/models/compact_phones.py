"""The phones of EmoTalk Compact: a head that hears them, and an articulator that is told them.

Both stand beside the network, in a weights file of their own, and change none of its weights. The head turns the last
activations of the content encoder, before they are reduced to features, into posteriors of phones. The articulator
turns phones with times, and the features that were heard, into the content features that the decoder would have been
given by a voice that says just these phones. ``training/phones/network.py`` has both in PyTorch.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Final

import numpy as np

from ...face.alignment import LEAST_FIT, Alignment
from ...face.gestures import CONTACT_RAMP, SPEECH_RAMP, bilabial_spans, labiodental_spans, ramps, speech_spans
from ...face.phones import PHONE_INDEX, PHONES, PhoneSegment
from ..checkpoints.safetensors_file import PARTS_FOLDER, read_metadata, read_safetensors
from ..contract import EmoTalkError

MODEL_ID: Final = "emotalk-compact-phones"
KERNEL: Final = 3
DILATIONS: Final = (1, 2, 4)
REACH: Final = sum(DILATIONS)
"""Frames to both sides that either network hears or reads."""

TRACKS: Final = len(PHONES) + 3
"""Columns of ``phone_tracks``."""

ENCODER: Final = "content."
"""Beginning of the names of the base's weights that the head depends on."""

BASE: Final = "content_blake2b"
"""Key in the header: ``encoder_digest`` of the base."""

_EDGE_SECONDS: Final = 0.05
_USUAL_SECONDS: Final = 0.08
_FADE_SECONDS: Final = 0.08
"""Cross-fade between what is told and what is heard."""

_CERTAIN: Final = 0.9
_LONGEST_TAIL: Final = 0.12
_LEAST_REST: Final = 0.3

_CHUNK: Final = 900


class CompactPhones:
    """Head and articulator of one base.

    Args:
        arrays: weights by name, as ``training/phones/export.py`` writes them.

    Raises:
        EmoTalkError: a weight is missing or has the wrong shape.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self._weights = {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}
        try:
            width = len(self._weights["head.stem.weight"])
            self.posteriors(self.project(np.zeros((1 + 2 * REACH, width), np.float32)))
            heard = len(self._weights["articulator.stem.weight"]) - TRACKS
            self._articulate(np.zeros((1 + 2 * REACH, heard + TRACKS), np.float32))
        except (KeyError, ValueError, IndexError) as error:
            raise EmoTalkError(
                f"The weights of the phones do not fit together ({error}); install EmoTalk again"
            ) from None

    @classmethod
    def load(cls, path: str | Path) -> "CompactPhones":
        """The networks of a weights file. Raises EmoTalkError if it is not one of these."""
        arrays, metadata = read_safetensors(path)
        if metadata.get("model") != MODEL_ID:
            raise EmoTalkError(f"The weights in {Path(path).name} are not the phones of EmoTalk Compact")
        return cls(arrays)

    # The head

    @property
    def projected(self) -> int:
        """Columns of ``project``."""
        return len(self._weights["head.stem.bias"])

    def project(self, activations: np.ndarray) -> np.ndarray:
        """The first layer of the head, which needs no context.

        Args:
            activations: (n, width) normalised, of the content encoder.
        """
        return np.maximum(self._linear("head.stem", activations), 0)

    def posteriors(self, projected: np.ndarray) -> np.ndarray:
        """Log posteriors of the frames that have their context.

        Args:
            projected: (n, ...) of ``project``.

        Returns:
            (n - 2 * REACH, 41) float32.
        """
        logits = self._linear("head.out", self._blocks("head", projected))
        logits -= logits.max(axis=1, keepdims=True)
        logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return logits

    # The articulator

    def contents(self, alignment: Alignment, heard: np.ndarray, fps: float) -> np.ndarray:
        """The content features of a voice that says these phones.

        Args:
            alignment: what is said when.
            heard: (frames, ...) what was heard of the line, see ``heard_columns``.
            fps: frames per second.

        Returns:
            (frames, content features) float32.
        """
        frames = len(heard)
        tracks = phone_tracks(alignment, np.arange(frames) / fps, fps)
        rows = np.concatenate([tracks, heard], axis=1)
        parts = []
        for start in range(0, frames, _CHUNK):
            around = np.zeros((min(_CHUNK, frames - start) + 2 * REACH, rows.shape[1]), np.float32)
            first, last = max(start - REACH, 0), min(start + _CHUNK + REACH, frames)
            around[first - start + REACH : last - start + REACH] = rows[first:last]
            parts.append(self._articulate(around))
        return np.concatenate(parts) if parts else np.zeros((0, len(self._weights["articulator.out.bias"])), np.float32)

    def _articulate(self, rows: np.ndarray) -> np.ndarray:
        hidden = np.maximum(self._linear("articulator.stem", rows), 0)
        return self._linear("articulator.out", self._blocks("articulator", hidden))

    def _blocks(self, network: str, hidden: np.ndarray) -> np.ndarray:
        for i, dilation in enumerate(DILATIONS):
            kernel = self._weights[f"{network}.blocks.{i}.weight"]
            length = len(hidden) - 2 * dilation
            work = sum(hidden[tap * dilation : tap * dilation + length] @ kernel[tap] for tap in range(KERNEL))
            work = np.maximum(work + self._weights[f"{network}.blocks.{i}.bias"], 0)
            hidden = hidden[dilation : len(hidden) - dilation] + work
        return hidden

    def _linear(self, name: str, values: np.ndarray) -> np.ndarray:
        return values @ self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


class PhoneStream:
    """Posteriors of a line whose activations come in parts; any parts give the numbers of one.

    Args:
        phones: has the head.
    """

    def __init__(self, phones: CompactPhones) -> None:
        self._phones = phones
        self._beyond = np.zeros((REACH, phones.projected), np.float32)
        self._rows = self._beyond
        self._frames = 0

    def follow(self, activations: np.ndarray, first: int) -> np.ndarray:
        """The posteriors that are certain by now.

        Args:
            activations: (n, width) at ``PHONE_RATE``.
            first: number of the first frame; frames that came before are skipped.
        """
        new = activations[self._frames - first :]
        self._frames += len(new)
        return self._give(self._phones.project(new))

    def finish(self) -> np.ndarray:
        """The posteriors up to the last frame that came."""
        return self._give(self._beyond)

    def _give(self, projected: np.ndarray) -> np.ndarray:
        rows = np.concatenate([self._rows, projected])
        if len(rows) <= 2 * REACH:
            self._rows = rows
            return np.zeros((0, len(PHONES)), np.float32)
        self._rows = rows[len(rows) - 2 * REACH :]
        return self._phones.posteriors(rows)


def encoder_digest(arrays: Mapping[str, np.ndarray]) -> str:
    """A hash of the content encoder, by which phones know their base."""
    state = hashlib.blake2b(digest_size=16)
    for name in sorted(name for name in arrays if name.startswith(ENCODER)):
        state.update(f"{name} {arrays[name].shape} ".encode())
        state.update(np.ascontiguousarray(arrays[name], np.float16).data)
    return state.hexdigest()


def find_phones(arrays: Mapping[str, np.ndarray]) -> CompactPhones | None:
    """The phones that come with the extension; None if there are none, or they belong to another encoder.

    Args:
        arrays: of the base.

    Raises:
        EmoTalkError: their file is damaged.
    """
    path = phones_file()
    if not path.is_file() or read_metadata(path).get(BASE) != encoder_digest(arrays):
        return None
    return CompactPhones.load(path)


def phones_file() -> Path:
    """The weights of the phones, which may be missing. They are no model, and so are not listed as one."""
    return PARTS_FOLDER / f"{MODEL_ID}.safetensors"


def heard_columns(content: np.ndarray, loudness: np.ndarray) -> np.ndarray:
    """What the articulator hears of the voice: (frames, content features + 1)."""
    return np.concatenate([content, loudness], axis=1)


def phone_tracks(alignment: Alignment, times: np.ndarray, fps: float) -> np.ndarray:
    """The phones of a line as the articulator reads them.

    Args:
        alignment: what is said when; silence after its end.
        times: (frames,) s, rising.
        fps: frames per second.

    Returns:
        (frames, 44) float32: the share of each frame that each phone takes; how near the start and the end of the
        frame's phone are (1 = here, 1/e = 50 ms away); and the logarithm of its duration over 80 ms.
    """
    tracks = np.zeros((len(times), TRACKS), np.float32)
    half = 0.5 / fps
    for phone in alignment.phones:
        near = slice(*np.searchsorted(times, (phone.start - half, phone.end + half)))
        overlap = np.minimum(phone.end, times[near] + half) - np.maximum(phone.start, times[near] - half)
        tracks[near, PHONE_INDEX[phone.name]] += np.maximum(overlap, 0) * fps
        within = slice(*np.searchsorted(times, (phone.start, phone.end)))
        tracks[within, -3] = np.exp((phone.start - times[within]) / _EDGE_SECONDS)
        tracks[within, -2] = np.exp((times[within] - phone.end) / _EDGE_SECONDS)
        tracks[within, -1] = np.log(max(phone.end - phone.start, 1e-3) / _USUAL_SECONDS)
    tracks[:, 0] += 1 - tracks[:, : len(PHONES)].sum(axis=1)
    return tracks


def follow_voice(phones: Sequence[PhoneSegment], speech: np.ndarray, fps: float) -> tuple[PhoneSegment, ...]:
    """The phones with the silences cut where the voice is heard: an aligned text ends early in soft and breathy sounds.

    Args:
        phones: without short silences, see ``gestures.bridge_pauses``.
        speech: (frames,) probability of speech that was heard.
        fps: frames per second.

    Returns:
        The same phones; before and after a silence they last up to 0.12 s longer while speech is certain, as far as
        0.3 s of the silence remain.
    """
    followed = list(phones)
    for i, phone in enumerate(followed):
        if phone.name != "SIL":
            continue
        after_speech = i > 0 and followed[i - 1].name != "SIL"
        before_speech = i + 1 < len(followed) and followed[i + 1].name != "SIL"
        sides = after_speech + before_speech
        most = min(_LONGEST_TAIL, (phone.end - phone.start - _LEAST_REST) / max(sides, 1))
        start, end = phone.start, phone.end
        if after_speech:
            start = _until_silent(speech, start, most, fps)
            followed[i - 1] = replace(followed[i - 1], end=start)
        if before_speech:
            end = -_until_silent(speech[::-1], len(speech) / fps - end, most, fps) + len(speech) / fps
            followed[i + 1] = replace(followed[i + 1], start=end)
        followed[i] = replace(phone, start=start, end=end)
    return tuple(followed)


def _until_silent(speech: np.ndarray, start: float, most: float, fps: float) -> float:
    """When speech ends to be certain after a time, at most so much later."""
    first = ceil(max(start, 0) * fps)
    certain = speech[first : first + ceil(max(most, 0) * fps) + 1] > _CERTAIN
    frames = len(certain) if certain.all() else int(np.argmin(certain))
    return max(start, min(start + max(most, 0), (first + frames) / fps)) if frames else start


def told_gestures(alignment: Alignment, times: np.ndarray) -> np.ndarray:
    """What is certain of a line that is told.

    Args:
        alignment: what is said when.
        times: (frames,) s, rising.

    Returns:
        (frames, 4) float32, 0..1: how far each frame is told, and not heard; bilabial contact; labiodental contact;
        speech.
    """
    heard = np.array([(word.start, word.end) for word in alignment.words if word.fit < LEAST_FIT]).reshape(-1, 2)
    return np.stack(
        [
            1 - ramps(heard, times, _FADE_SECONDS),
            ramps(bilabial_spans(alignment.phones), times, CONTACT_RAMP),
            ramps(labiodental_spans(alignment.phones), times, CONTACT_RAMP),
            ramps(speech_spans(alignment.phones), times, SPEECH_RAMP),
        ],
        axis=1,
    )
