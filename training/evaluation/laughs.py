"""Laughter: detected laughs, false alarms, and the motion of the jaw during a laugh."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ...face import arkit
from ...face.controls import Controls
from ...face.intervals import intervals_of
from ...inference.contract import SAMPLE_RATE, FaceModel, Speech
from ...inference.sound.rms import frame_rms
from ..arrays import FloatArray
from ..sounds.nonverbal import LAUGHING, SoundClip
from .lips import Sets
from .prediction import decode, encode, predict, samples_of
from .report import Cell, Table, left_out

_SMILE: Final = arkit.INDEX["mouthSmileLeft"]
_JAW: Final = arkit.INDEX["jawOpen"]
_VISIBLE: Final = 0.2
"""Rise of the mouth corners from which a bout counts as shown."""

_RATES_HZ: Final = (2.5, 9.0)


def laughter_tables(model: FaceModel, sets: Sets, clips: Sequence[SoundClip]) -> list[Table]:
    """Laughs detected, bouts shown without laughter in the sound, and calls per second of the sound and of the jaw."""
    if "laughter" not in model.spec.controls:
        return [left_out("Laughter", "This model does not detect laughter.")]
    laughs = [clip for clip in clips if clip.kind == LAUGHING]
    curves = {clip.name: laughter_curve(model, clip.samples) for clip in laughs}
    detected: list[tuple[Cell, ...]] = []
    for name, some in (("held out", [clip for clip in laughs if clip.held_out]), ("all", laughs)):
        if some:
            found = sum(bool(count_bouts(curves[clip.name])) for clip in some)
            frames = np.concatenate([curves[clip.name] > _VISIBLE for clip in some])
            detected.append((name, len(some), found, 100 * float(frames.mean())))
    rates = [(clip.name, *call_rates(model, clip)) for clip in laughs]
    alarms = [(name, *_count_alarms(model, [samples_of(line) for line in lines])) for name, lines in sets.items()]
    for kind in sorted({clip.kind for clip in clips} - {LAUGHING}):
        alarms.append((kind, *_count_alarms(model, [clip.samples for clip in clips if clip.kind == kind])))
    return [
        Table("Laughs detected (aim 6 of 7)", ("clips", "count", "detected", "of their time %"), tuple(detected)),
        Table("False alarms of laughter (aim 0.2 a minute)", ("set", "minutes", "bouts", "a minute"), tuple(alarms)),
        Table("Calls per second", ("clip", "sound", "jaw", "jaw widest"), tuple(rates)),
    ]


def laughter_curve(model: FaceModel, sound: FloatArray) -> FloatArray:
    """(frames,) how far the mouth corners rise because of laughter in the sound, 0..1."""
    features = encode(model, sound)
    with_laughter, without = (decode(model, features, Controls({"laughter": gain})) for gain in (1, 0))
    return np.maximum(with_laughter[:, _SMILE] - without[:, _SMILE], 0)


def count_bouts(curve: FloatArray) -> int:
    """Number of separate laughs in a curve of ``laughter_curve``."""
    return len(intervals_of(curve > _VISIBLE))


def call_rates(model: FaceModel, clip: SoundClip) -> tuple[float, float, float]:
    """Calls per second in the loudness of a laugh and in the jaw's motion, and the jaw's largest opening."""
    jaw = predict(model, clip.samples)[:, _JAW]
    decibels = np.log10(frame_rms(Speech(clip.samples), len(jaw), model.spec.fps) + 1e-3)
    return strongest_rate(decibels, model.spec.fps), strongest_rate(jaw, model.spec.fps), float(jaw.max())


def strongest_rate(track: FloatArray, fps: float) -> float:
    """The frequency between 2.5 and 9 Hz at which a curve oscillates most."""
    changes = np.diff(track) * np.hanning(len(track) - 1)
    size = 8192
    hertz = np.fft.rfftfreq(size, 1 / fps)
    strength = np.abs(np.fft.rfft(changes, size)) * ((hertz >= _RATES_HZ[0]) & (hertz <= _RATES_HZ[1]))
    return float(hertz[strength.argmax()]) if strength.max() > 0 else 0.0


def _count_alarms(model: FaceModel, sounds: Sequence[FloatArray]) -> tuple[float, int, float]:
    minutes = sum(map(len, sounds)) / SAMPLE_RATE / 60
    bouts = sum(count_bouts(laughter_curve(model, sound)) for sound in sounds)
    return minutes, bouts, bouts / minutes
