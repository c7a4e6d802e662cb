"""Other voices than the actor's, on which the base model's lips are kept: your recordings, and synthesisers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from ...inference.contract import EmoTalkError, Speech
from ...inference.sound.audio import read_speech
from ..compact.spoken_line import SpokenLine
from ..evaluation.conditions import CHANNEL_CONDITIONS, VOICE_CONDITIONS
from ..recordings.sound_files import SUFFIXES, as_floats
from ..voices import espeak, flite
from ..voices.sentences import write_sentences

_FLITE: Final = ("slt", "awb", "rms")
_ESPEAK: Final = (
    "en-us+m1",
    "en-us+f2",
    "en-us+klatt3",
    "en-gb-scotland+f4",
    "en-us+m7",
    "en-gb+f1",
    "en-us+klatt4",
    "en-gb+m8",
)
_CHILDREN: Final = (1.15, 1.4)
"""Resonances of children's vocal tracts, in those of adults."""
_SENTENCES: Final = 10
_FIRST_SEED: Final = 7000


def recordings(folder: Path) -> list[Path]:
    """The sounds in a folder. Raises EmoTalkError if there is none."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise EmoTalkError(f"{folder} has no recordings of other voices")
    return paths


def read_other_voices(paths: list[Path]) -> list[Speech]:
    """Recordings, and sentences read by the synthesisers that are installed; the same ones always."""
    spoken = [read_speech(path) for path in paths]
    for read in (_flite, _espeak):
        try:
            spoken += [Speech(as_floats(line.samples), line.name) for line in read()]
        except RuntimeError:  # it is not installed
            continue
    return spoken


def variants(speech: Speech, rng: np.random.Generator) -> Iterator[Speech]:
    """A voice as it is, as a child's, in a worse recording, and with another pitch, rate or effort."""
    yield speech
    yield _smaller(speech, rng.uniform(*_CHILDREN))
    for conditions in (CHANNEL_CONDITIONS, VOICE_CONDITIONS):
        condition = conditions[rng.integers(len(conditions))]
        yield Speech(condition.apply(speech.samples, rng), f"{speech.source}, {condition.name}")


def _smaller(speech: Speech, factor: float) -> Speech:
    """The voice of a shorter vocal tract: the recording played faster."""
    places = np.arange(int(len(speech.samples) / factor)) * factor
    samples = np.interp(places, np.arange(len(speech.samples)), speech.samples)
    return Speech(samples.astype(np.float32), f"{speech.source}, {factor:.2f} times as fast")


def _flite() -> Iterator[SpokenLine]:
    for number, voice in enumerate(_FLITE):
        for i, text in enumerate(write_sentences(_SENTENCES, _FIRST_SEED + number)):
            yield flite.speak(f"{voice}-{i}", voice, text)


def _espeak() -> Iterator[SpokenLine]:
    synthesiser = espeak.Synthesiser()
    for number, voice in enumerate(_ESPEAK):
        yield from synthesiser.read(voice, write_sentences(_SENTENCES, _FIRST_SEED + len(_FLITE) + number))
