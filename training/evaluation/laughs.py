"""Which laughs are noticed, what is taken for one, and how the jaw moves meanwhile."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ...face import arkit
from ...face.intervals import intervals_of
from ...inference.contract import SAMPLE_RATE, Speech
from ...inference.models.compact import EmoTalkCompact
from ...inference.sound.rms import frame_rms
from ..arrays import FloatArray
from ..sounds.nonverbal import LAUGHING, SoundClip
from .lips import Sets
from .prediction import laughter_curve, predict, sound_of
from .report import Cell, Table

_SHOWN: Final = 0.2
"""Rise of the mouth's corners from which a bout is seen."""

_RATES_HZ: Final = (2.5, 9.0)
_JAW: Final = arkit.INDEX["jawOpen"]


def laughter_tables(model: EmoTalkCompact, sets: Sets, clips: Sequence[SoundClip]) -> list[Table]:
    """Laughs found, bouts where nobody laughs, and calls per second of sound and jaw."""
    laughs = [clip for clip in clips if clip.kind == LAUGHING]
    shown = {clip.name: laughter_curve(model, clip.samples) for clip in laughs}
    found: list[tuple[Cell, ...]] = []
    for name, some in (("held out", [clip for clip in laughs if clip.held_out]), ("all", laughs)):
        if some:
            bouts = sum(bool(count_bouts(shown[clip.name])) for clip in some)
            frames = np.concatenate([shown[clip.name] > _SHOWN for clip in some])
            found.append((name, len(some), bouts, 100 * float(frames.mean())))
    pulses = [(clip.name, *call_rates(model, clip)) for clip in laughs]
    alarms = [(name, *_alarms(model, [sound_of(line) for line in lines])) for name, lines in sets.items()]
    for kind in sorted({clip.kind for clip in clips} - {LAUGHING}):
        alarms.append((kind, *_alarms(model, [clip.samples for clip in clips if clip.kind == kind])))
    return [
        Table("Laughs found (aim 6 of 7)", ("clips", "count", "found", "of their time %"), tuple(found)),
        Table(
            "Laughter where nobody laughs (aim 0.2 a minute)", ("set", "minutes", "bouts", "a minute"), tuple(alarms)
        ),
        Table("Calls a second", ("clip", "sound", "jaw", "jaw widest"), tuple(pulses)),
    ]


def count_bouts(shown: FloatArray) -> int:
    """How many separate laughs are seen."""
    return len(intervals_of(shown > _SHOWN))


def call_rates(model: EmoTalkCompact, clip: SoundClip) -> tuple[float, float, float]:
    """Calls per second in the loudness of a laugh and in the jaw that performs it, and how far that opens."""
    jaw = predict(model, clip.samples)[:, _JAW]
    decibels = np.log10(frame_rms(Speech(clip.samples), len(jaw), model.spec.fps) + 1e-3)
    return strongest_rate(decibels, model.spec.fps), strongest_rate(jaw, model.spec.fps), float(jaw.max())


def strongest_rate(track: FloatArray, fps: float) -> float:
    """The rate between 2.5 and 9 Hz at which a track swings most."""
    swings = np.diff(track) * np.hanning(len(track) - 1)
    size = 8192
    hertz = np.fft.rfftfreq(size, 1 / fps)
    strength = np.abs(np.fft.rfft(swings, size)) * ((hertz >= _RATES_HZ[0]) & (hertz <= _RATES_HZ[1]))
    return float(hertz[strength.argmax()]) if strength.max() > 0 else 0.0


def _alarms(model: EmoTalkCompact, sounds: Sequence[FloatArray]) -> tuple[float, int, float]:
    minutes = sum(map(len, sounds)) / SAMPLE_RATE / 60
    bouts = sum(count_bouts(laughter_curve(model, sound)) for sound in sounds)
    return minutes, bouts, bouts / minutes
