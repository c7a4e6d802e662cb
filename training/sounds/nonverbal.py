"""Nonverbal vocalisations from clips (laughs, coughs, sneezes, breaths), for training and for evaluation.

The name of a clip or of its folder gives the kind of the sound (``laughing_4-132803-A.flac``, ``laughs/anne.wav``). A
``CREDITS.csv`` beside them (file, ..., "... by AUTHOR [terms]") names the author of each clip; half of every kind is
held out, and within a kind no author is in both halves.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ...face.atomic_file import replacing
from ...face.intervals import intervals_of
from ...inference.contract import EmoTalkError
from ...inference.models.compact import prosody
from ...inference.sound.log_mel import HOP, PITCH_HOP, log_mel, speech_level
from ..arrays import BoolArray, FloatArray
from ..recordings.sound_files import SUFFIXES, as_floats, read_recording

LAUGHING: Final = "laughing"
KINDS: Final[dict[str, str]] = {"laugh": LAUGHING, "cough": "coughing", "sneez": "sneezing", "breath": "breathing"}
"""What the name of a clip or of its folder contains, and the kind of the sound."""

SOUNDS: Final = Path("sounds") / "nonverbal.npz"
"""Path within a cache of the file of ``write_sounds``."""

_QUIETEST_DB: Final = -45.0
"""Blocks this far below the loudest one count as silence at the ends of a clip."""

_BLUR: Final = 3.0
"""Frames (30 ms): a call of laughter lasts 75 ms and longer."""

_CALL: Final = 0.10
_LONGEST_PAUSE: Final = 60
"""Frames (0.6 s) between calls of one laugh."""


@dataclass(frozen=True)
class SoundClip:
    """A recording of one kind of sound.

    Attributes:
        name: of its file, without the ending.
        kind: one of ``KINDS``' values.
        samples: (n,) float32 at 16 kHz, without silence at the ends.
        held_out: whether it is kept for evaluation.
    """

    name: str
    kind: str
    samples: FloatArray
    held_out: bool


@dataclass(frozen=True)
class SoundFeatures:
    """The features of a clip, at the level that a recording with this sound alone is normalised to.

    Attributes:
        name, kind, held_out: those of the clip.
        mel: (n, 64) float16 log-mel at 100 Hz.
        prosody_input: (m, 40) float16 prosody input at 25 Hz.
        calls: (n,) float32 0..1 envelope relative to its peak; all 0 unless it is laughter.
    """

    name: str
    kind: str
    held_out: bool
    mel: FloatArray
    prosody_input: FloatArray
    calls: FloatArray

    def laughter(self) -> FloatArray:
        """(n,) float32 1 within a bout of laughter, else 0."""
        return find_bouts(self.calls).astype(np.float32)


def read_clips(folders: Iterable[Path]) -> list[SoundClip]:
    """All clips of some folders in the order of their names, without silence at their ends.

    Raises:
        EmoTalkError: neither the name of a file nor of its folder gives its kind, or the file cannot be read.
    """
    clips = []
    for folder in folders:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
        held_out = _held_out(paths, _authors(folder))
        clips += [
            SoundClip(
                path.stem, _kind(path), _without_silent_ends(as_floats(read_recording(path))), path.stem in held_out
            )
            for path in paths
        ]
    return clips


def extract_features(clip: SoundClip) -> SoundFeatures:
    """The features of a clip."""
    level = speech_level(clip.samples)
    mel = log_mel(clip.samples, level, 0, len(clip.samples) // HOP + 1)
    prosody_input = prosody(clip.samples, level, 0, len(clip.samples) // PITCH_HOP + 1)
    calls = call_envelope(clip.samples, len(mel)) if clip.kind == LAUGHING else np.zeros(len(mel), np.float32)
    return SoundFeatures(
        clip.name, clip.kind, clip.held_out, mel.astype(np.float16), prosody_input.astype(np.float16), calls
    )


def write_sounds(path: Path, folders: Iterable[Path]) -> int:
    """Extract the features of every clip of some folders and write them. Returns the number of clips."""
    sounds = [extract_features(clip) for clip in read_clips(folders)]
    if not sounds:
        raise EmoTalkError("There are no sound files in the given folders; give other ones")
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part, part.open("wb") as file:
        np.savez(
            file,
            mel=np.concatenate([sound.mel for sound in sounds]),
            prosody_input=np.concatenate([sound.prosody_input for sound in sounds]),
            calls=np.concatenate([sound.calls for sound in sounds]),
            names=np.array([sound.name for sound in sounds]),
            kinds=np.array([sound.kind for sound in sounds]),
            held_out=np.array([sound.held_out for sound in sounds]),
            lengths=np.array([(len(sound.mel), len(sound.prosody_input)) for sound in sounds]),
        )
    return len(sounds)


def read_sounds(path: Path) -> list[SoundFeatures]:
    """The sounds of a file of ``write_sounds``, including held-out ones."""
    with np.load(path, allow_pickle=False) as file:
        stored = {name: file[name] for name in file.files}
    mels, prosody_inputs = (np.cumsum(column)[:-1] for column in stored["lengths"].T)
    return [
        SoundFeatures(str(name), str(kind), bool(held_out), mel, prosody_input, calls)
        for name, kind, held_out, mel, prosody_input, calls in zip(
            stored["names"],
            stored["kinds"],
            stored["held_out"],
            np.split(stored["mel"], mels),
            np.split(stored["prosody_input"], prosody_inputs),
            np.split(stored["calls"], mels),
            strict=True,
        )
    ]


def find_bouts(calls: FloatArray) -> BoolArray:
    """(n,) bool: from the first to the last call of each bout, including pauses of up to 0.6 s."""
    laughing: BoolArray = calls > _CALL
    for start, end in intervals_of(~laughing):
        if start > 0 and end < len(laughing) and end - start <= _LONGEST_PAUSE:
            laughing[start:end] = True
    return laughing


def _authors(folder: Path) -> dict[str, str]:
    path = folder / "CREDITS.csv"
    if not path.exists():
        return {}
    with path.open(newline="") as table:
        next(table)
        return {Path(row[0]).stem: row[-1].rpartition(" by ")[2].partition(" [")[0] for row in csv.reader(table)}


def _held_out(paths: list[Path], authors: dict[str, str]) -> frozenset[str]:
    """Names of the held-out half, split by author; clips without an author are trained on."""
    held_out: list[str] = []
    for kind in set(KINDS.values()):
        clips: dict[str, list[str]] = {}
        for path in paths:
            if path.stem in authors and _kind(path) == kind:
                clips.setdefault(authors[path.stem], []).append(path.stem)
        sizes = [0, 0]
        for author in sorted(clips, key=lambda author: (-len(clips[author]), author.casefold())):
            side = int(sizes[1] < sizes[0])
            sizes[side] += len(clips[author])
            held_out += clips[author] if side else []
    return frozenset(held_out)


def _kind(path: Path) -> str:
    name = f"{path.parent.name}/{path.stem}".lower()
    for part, kind in KINDS.items():
        if part in name:
            return kind
    raise EmoTalkError(f"The kind of sound of {path.name} is unknown; its name must contain one of {', '.join(KINDS)}")


def _without_silent_ends(samples: FloatArray) -> FloatArray:
    blocks = np.flatnonzero(_decibels(samples) > _QUIETEST_DB)
    return samples[blocks[0] * HOP : (blocks[-1] + 1) * HOP] if len(blocks) else samples


def _decibels(samples: FloatArray) -> FloatArray:
    """Level of every 10 ms in dB relative to the loudest; never -inf."""
    padded = np.pad(samples, (0, -len(samples) % HOP)).reshape(-1, HOP)
    power = np.mean(padded.astype(np.float64) ** 2, axis=1)
    decibels: FloatArray = 10 * np.log10(power / max(power.max(initial=0), 1e-12) + 1e-12)
    return decibels


def call_envelope(samples: FloatArray, frames: int) -> FloatArray:
    """(frames,) 0..1 at 100 Hz: loudness relative to its peak, smooth enough that a call is one hump."""
    loudness = 10 ** (_decibels(samples) / 20)
    places = np.arange(-int(3 * _BLUR), int(3 * _BLUR) + 1)
    kernel = np.exp(-0.5 * (places / _BLUR) ** 2)
    smooth = np.convolve(loudness, kernel / kernel.sum(), "same")
    envelope = np.interp(np.arange(frames), np.arange(len(smooth)) + 0.5, smooth)
    return (envelope / max(float(envelope.max()), 1e-9)).astype(np.float32)
