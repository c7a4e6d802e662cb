"""Lines as training reads them: features, phones and prosody, cached in one file per corpus."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...face.atomic_file import replacing
from ...face.phones import PHONE_INDEX, PHONES, PhoneSegment
from ...inference.contract import SAMPLE_RATE
from ...inference.models.compact import prosody
from ...inference.sound.log_mel import HOP, PITCH_HOP, frame_weights, log_mel, speech_level
from ..arrays import FloatArray
from ..recordings.sound_files import as_floats
from .prosody import measure_accents, measure_prosody
from .spoken_line import SpokenLine
from .teacher import Score, build_score

MEL_RATE = SAMPLE_RATE / HOP


@dataclass(frozen=True)
class CorpusLine:
    """One line without its sound.

    Attributes:
        name, speaker: as in the corpus.
        mel: (n, 64) float16 log-mel at 100 Hz.
        prosody_input: (m, 40) float16 prosody input at 25 Hz.
        phones: with times.
        score: the phones as the teacher reads them.
        prosody: (m, 2) energy and pitch.
        accents: (m,) 0..1.
    """

    name: str
    speaker: str
    mel: FloatArray
    prosody_input: FloatArray
    phones: tuple[PhoneSegment, ...]
    score: Score
    prosody: FloatArray
    accents: FloatArray

    @property
    def seconds(self) -> float:
        """Duration."""
        return self.phones[-1].end


def write_corpus(path: Path, lines: Iterable[SpokenLine]) -> int:
    """Extract the features of every line and write them. Returns the number of lines."""
    mels, prosody_inputs, phones, names, speakers, lengths = [], [], [], [], [], []
    for line in lines:
        samples = as_floats(line.samples)
        level = speech_level(samples)
        mels.append(log_mel(samples, level, 0, len(samples) // HOP + 1).astype(np.float16))
        prosody_inputs.append(prosody(samples, level, 0, len(samples) // PITCH_HOP + 1).astype(np.float16))
        phones += encode_phones(line.phones)
        names.append(line.name)
        speakers.append(line.speaker)
        lengths.append((len(mels[-1]), len(prosody_inputs[-1]), len(line.phones)))
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part, part.open("wb") as file:
        np.savez(
            file,
            mel=np.concatenate(mels),
            prosody_input=np.concatenate(prosody_inputs),
            phones=np.array(phones),
            names=np.array(names),
            speakers=np.array(speakers),
            lengths=np.array(lengths),
        )
    return len(names)


def read_corpus(path: Path) -> list[CorpusLine]:
    """The lines of a file of ``write_corpus``."""
    with np.load(path, allow_pickle=False) as file:
        stored = {name: file[name] for name in file.files}
    cuts = [np.concatenate([[0], np.cumsum(column)]) for column in stored["lengths"].T]
    lines = []
    for i, (name, speaker) in enumerate(zip(stored["names"], stored["speakers"], strict=True)):
        mel, prosody_input, rows = (
            stored[part][cut[i] : cut[i + 1]]
            for part, cut in zip(("mel", "prosody_input", "phones"), cuts, strict=True)
        )
        lines.append(make_line(str(name), str(speaker), mel, prosody_input, decode_phones(rows)))
    return lines


def long_term_average_spectrum(lines: Iterable[CorpusLine]) -> FloatArray:
    """(64,) float32 mean log-mel of lines; loud frames count more, and every line counts the same."""
    means = []
    for line in lines:
        mel = line.mel.astype(np.float32)
        weights = frame_weights(mel)
        means.append(weights @ mel / max(float(weights.sum()), 1e-6))
    average: FloatArray = np.mean(means, axis=0, dtype=np.float32)
    return average


def encode_phones(phones: Iterable[PhoneSegment]) -> list[tuple[int, float, float]]:
    """Phones as files store them: class, start and end."""
    return [(PHONE_INDEX[phone.name], phone.start, phone.end) for phone in phones]


def decode_phones(rows: FloatArray) -> tuple[PhoneSegment, ...]:
    """The inverse of ``encode_phones``, from (n, 3) rows."""
    return tuple(PhoneSegment(PHONES[int(number)], float(start), float(end)) for number, start, end in rows)


def make_line(
    name: str, speaker: str, mel: FloatArray, prosody_input: FloatArray, phones: tuple[PhoneSegment, ...]
) -> CorpusLine:
    """A line from its features (n, 64) and (m, 40) and its phones."""
    prosody_track = measure_prosody(prosody_input)
    return CorpusLine(
        name,
        speaker,
        mel,
        prosody_input,
        phones,
        build_score(phones, phone_levels(mel, phones)),
        prosody_track,
        measure_accents(prosody_track),
    )


def phone_levels(mel: FloatArray, phones: Iterable[PhoneSegment]) -> FloatArray:
    """(phones,) mean level of each phone in dB, from (n, 64) log-mel."""
    decibels = 20 * mel.astype(np.float32).mean(axis=1)
    return np.array([_mean_between(decibels, phone.start, phone.end) for phone in phones])


def _mean_between(values: FloatArray, start: float, end: float) -> float:
    first = min(int(start * MEL_RATE), len(values) - 1)
    return float(values[first : max(int(end * MEL_RATE), first + 1)].mean())
