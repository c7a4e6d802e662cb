"""The lines that LaughTalk Compact learns from: synthetic speech with laughs in it, with the laughing teacher's face.

Phone times are exact, because synthesisers read the lines. Laughs come from clips and from a synthesiser; a share
begins softly, and pitch and tempo of each vary. Speech alone, recorded and synthetic, and other sounds stay without.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ...face import arkit
from ...face.controls import Controls
from ...face.phones import PhoneSegment
from ...inference.contract import SAMPLE_RATE, Speech
from ...inference.models.compact import EmoTalkCompact
from ...inference.models.laughtalk_compact import CONTACTS, network_input
from ..arrays import FloatArray
from ..compact.prepare import espeak_voices
from ..compact.recipe import read_recipe
from ..recordings.sound_files import SUFFIXES, as_floats, read_recording
from ..sounds.nonverbal import LAUGHING, SoundClip
from ..sounds.synthetic import SYNTHETIC_SOUNDS
from ..voices import espeak, flite
from ..voices.sentences import write_sentences
from .laughing_lines import LaughingLine, lasting, overlap, plain, splice
from .laughs import Laugh, laugh_of, softened
from .teacher import perform

_FLITE_SHARE: Final = 0.65
"""Of the synthetic lines; espeak-ng reads the others."""

_KINDS: Final = {"spliced": 0.28, "over": 0.26, "alone": 0.1, "sound": 0.1, "sound alone": 0.06, "none": 0.2}
"""What happens in a line, and how often."""
_SOFT_SHARE: Final = 0.45
_SYNTHETIC_SHARE: Final = 0.5
_SOFTEST_DB: Final = 32.0
_SUDDEN_SHARE: Final = 0.3
"""Of the noises begin and end within the line."""
_JAW: Final = arkit.INDEX["jawOpen"]


@dataclass(frozen=True)
class PreparedLine:
    """A line as the network sees it, at 30 frames per second.

    Attributes:
        heard: (frames, inputs) see ``network_input``.
        residual: (frames, 52) the laughing teacher's face less the built-in model's talk; of the jaw by soft union.
        laughing, touched: (frames,) of the teacher.
        contacts: (frames, 2) of the teacher's speech.
        has_phones: 1 where the contacts are known, else 0.
    """

    heard: FloatArray
    residual: FloatArray
    laughing: FloatArray
    touched: FloatArray
    contacts: FloatArray
    has_phones: float


def read_speech(folder: Path) -> list[FloatArray]:
    """The recordings of a folder, in the order of their names."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    return [as_floats(read_recording(path)) for path in paths]


def write_lines(
    count: int, clips: Sequence[SoundClip], recordings: Sequence[FloatArray], rng: np.random.Generator
) -> Iterator[LaughingLine]:
    """Random lines: synthetic ones with and without laughs, then every recording as it is, without phones.

    Args:
        count: of synthetic lines.
        clips: laughs and other sounds to put into them.
        recordings: (n,) speech without laughs.
        rng: source of all choices.
    """
    laughs = [laugh_of(clip) for clip in clips if clip.kind == LAUGHING]
    others = [clip.samples for clip in clips if clip.kind != LAUGHING]
    texts = write_sentences(count, int(rng.integers(1 << 30)))
    recipe, synthesiser = read_recipe(), espeak.Synthesiser()
    voices = [voice for voice in flite.VOICES if f"flite-{voice}" not in recipe.held_out_voices]
    timbres = espeak_voices(recipe)
    for number, text in enumerate(texts):
        if rng.random() < _FLITE_SHARE:
            line = flite.speak(str(number), voices[number % len(voices)], text, rng.uniform(0.8, 1.25))
        else:
            (line,) = synthesiser.read(timbres[rng.integers(len(timbres))], [text])
        yield _with_noise(_with_a_sound(plain(line), laughs, others, rng), rng)
    for samples in recordings:
        yield LaughingLine(samples, ())


def prepare(line: LaughingLine, model: EmoTalkCompact) -> PreparedLine:
    """What the network is to learn of a line.

    Args:
        line: to be heard.
        model: the built-in one, whose talk the residual is added to.
    """
    features = model.encode(Speech(line.samples))
    heard = network_input(features.arrays)
    frames, channels = features.frames, len(model.spec.basis.channels)
    if not line.phones:
        nothing = np.zeros(frames, np.float32)
        empty = np.zeros((frames, channels), np.float32)
        return PreparedLine(heard, empty, nothing, nothing, np.zeros((frames, len(CONTACTS)), np.float32), 0.0)
    face = perform(line.phones, line.laughs, frames)
    talk = model.decode(features, Controls({"laughter": 0})).values
    residual = (face.values - talk) * face.touched[:, None]
    room = np.maximum(1 - talk[:, _JAW], 0.05)
    residual[:, _JAW] /= np.where(residual[:, _JAW] > 0, room, 1)
    residual = np.clip(residual, -1, 1).astype(np.float32)
    return PreparedLine(heard, residual, face.laughing, face.touched, face.contacts, 1.0)


def _with_a_sound(
    line: LaughingLine, laughs: Sequence[Laugh], others: Sequence[FloatArray], rng: np.random.Generator
) -> LaughingLine:
    kind = rng.choice(list(_KINDS), p=list(_KINDS.values()))
    at = float(rng.uniform(0, 1)) * line.seconds
    if kind == "none":
        return line
    if kind == "sound":
        return splice(line, Laugh(kind, _other_sound(others, rng), (), ()), at, rng.uniform(-12, 6))
    if kind == "sound alone":
        return _alone(Laugh(kind, _other_sound(others, rng), (), ()), rng)
    laugh = _pick(laughs, rng)
    if kind == "alone":
        return _alone(laugh, rng)
    if kind == "spliced":
        return splice(line, laugh, at, rng.uniform(-15, 6))
    if rng.random() < 0.5 and laugh.bouts:
        return overlap(line, lasting(laugh, line.seconds), 0.0, rng.uniform(-15, 3))
    return overlap(line, laugh, 0.8 * at, rng.uniform(-15, 3))


def _alone(laugh: Laugh, rng: np.random.Generator) -> LaughingLine:
    """A sound with quiet before and after it."""
    seconds = float(rng.uniform(1, 4))
    quiet = LaughingLine(np.full(round(seconds * SAMPLE_RATE), 1e-5, np.float32), _silence(seconds))
    lone = splice(quiet, laugh, seconds / 2, 0)
    return LaughingLine(_at_level(lone.samples, 0.1), lone.phones, lone.laughs)


def _pick(laughs: Sequence[Laugh], rng: np.random.Generator) -> Laugh:
    if not laughs or rng.random() < _SYNTHETIC_SHARE:
        samples = SYNTHETIC_SOUNDS[LAUGHING](rng)
        laugh = laugh_of(SoundClip("synthetic", LAUGHING, samples.astype(np.float32), False))
    else:
        laugh = _faster(laughs[rng.integers(len(laughs))], rng.uniform(0.8, 1.25))
    if not laugh.bouts:
        return _pick(laughs, rng)
    return softened(laugh, rng.uniform(0.3, 1.2), rng.uniform(10, _SOFTEST_DB)) if rng.random() < _SOFT_SHARE else laugh


def _faster(laugh: Laugh, factor: float) -> Laugh:
    """The laugh played so many times faster, and so much higher."""
    places = np.arange(0, len(laugh.samples) - 1, factor)
    samples = np.interp(places, np.arange(len(laugh.samples)), laugh.samples).astype(np.float32)
    bouts = tuple((start / factor, end / factor) for start, end in laugh.bouts)
    return Laugh(laugh.name, samples, bouts, tuple((time / factor, strength) for time, strength in laugh.calls))


def _other_sound(others: Sequence[FloatArray], rng: np.random.Generator) -> FloatArray:
    if others and rng.random() < 0.5:
        return others[rng.integers(len(others))]
    kinds = [kind for kind in SYNTHETIC_SOUNDS if kind != LAUGHING]
    return SYNTHETIC_SOUNDS[kinds[rng.integers(len(kinds))]](rng).astype(np.float32)


def _silence(seconds: float) -> tuple[PhoneSegment, ...]:
    return (PhoneSegment("SIL", 0.0, seconds / 2), PhoneSegment("SIL", seconds / 2, seconds))


def _with_noise(line: LaughingLine, rng: np.random.Generator) -> LaughingLine:
    """The line with white noise or a hum under it, from hardly to clearly audible."""
    times = np.arange(len(line.samples)) / SAMPLE_RATE
    hum = sum(np.sin(2 * np.pi * rng.uniform(45, 70) * k * times) / k for k in range(1, 5))
    noise = rng.normal(0, 1, len(times)) if rng.random() < 0.7 else hum
    level = np.sqrt(np.mean(np.square(line.samples))) * 10 ** (rng.uniform(-60, -12) / 20)
    if rng.random() < _SUDDEN_SHARE:
        first, last = sorted(rng.uniform(0, line.seconds, 2))
        level = level * np.where((times >= first) & (times < last), 1, 0.01)
    return LaughingLine((line.samples + level * noise).astype(np.float32), line.phones, line.laughs)


def _at_level(samples: FloatArray, peak: float) -> FloatArray:
    return (samples * (peak / max(float(np.abs(samples).max()), 1e-9))).astype(np.float32)
