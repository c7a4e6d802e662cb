"""Motion of the mouth in sounds without speech, as a share of its motion in speech."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ...face import arkit, metrics
from ...inference.contract import SAMPLE_RATE, FaceModel
from ..arrays import FloatArray
from ..compact.spoken_line import SpokenLine
from ..sounds.nonverbal import LAUGHING, SoundClip
from .prediction import predict, samples_of
from .report import Cell, Table

_MOUTH: Final = arkit.indices(name for name in arkit.CHANNELS if name.startswith(("mouth", "jaw", "tongue")))
_SECONDS: Final = 6
_EDGE: Final = 0.3
"""Seconds of silence before and after a clip, so that its onset and its end count."""


def stillness_tables(model: FaceModel, spoken: Sequence[SpokenLine], clips: Sequence[SoundClip]) -> list[Table]:
    """Mean change per frame of the lip aperture and of all mouth coefficients, relative to speech."""
    speech = np.mean([_motion_of_speech(model, line) for line in spoken], axis=0)
    rows: list[tuple[Cell, ...]] = []
    for name, sound in nonspeech_sounds().items():
        rows.append((name, 1, *_shares([motion(predict(model, sound))], speech)))
    for kind in sorted({clip.kind for clip in clips} - {LAUGHING}):
        for name, some in (
            (f"{kind}, held out", [clip for clip in clips if clip.kind == kind and clip.held_out]),
            (f"{kind}, all", [clip for clip in clips if clip.kind == kind]),
        ):
            if some:
                rows.append((name, len(some), *_shares([motion(predict(model, _pad(c))) for c in some], speech)))
    return [
        Table(
            "Motion without speech in per cent of speech's (must be 5 or less)",
            ("sound", "clips", "aperture %", "mouth %", "worst clip %"),
            tuple(rows),
        )
    ]


def motion(values: FloatArray) -> tuple[float, float]:
    """Mean change per frame of the lip aperture and of the mouth's coefficients."""
    aperture = np.abs(np.diff(values @ metrics.APERTURE)).mean()
    return float(aperture), float(np.abs(np.diff(values[:, _MOUTH], axis=0)).mean())


def nonspeech_sounds() -> dict[str, FloatArray]:
    """Silence, room tone, hum and a tone, each (n,) float32 of six seconds; the same every time."""
    rng = np.random.default_rng(0)
    time = np.arange(_SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    hum = sum(np.sin(2 * np.pi * 50 * k * time) / k for k in range(1, 7))
    white = np.fft.rfft(rng.normal(0, 1, len(time)))
    pink = np.fft.irfft(white / np.sqrt(np.maximum(np.arange(len(white)), 10)), len(time))
    room = 10 ** (-55 / 20) * pink / pink.std()
    sounds = {
        "silence": 0 * time,
        "room tone -55 dB": room,
        "mains hum": 0.03 * hum + 0.03 * room,
        "tone 1 kHz": 0.1 * np.sin(2 * np.pi * 1000 * time),
    }
    return {name: sound.astype(np.float32) for name, sound in sounds.items()}


def _motion_of_speech(model: FaceModel, line: SpokenLine) -> tuple[float, float]:
    phones = [phone for phone in line.phones if phone.name != "SIL"]
    first, last = (round(second * model.spec.fps) for second in (phones[0].start, phones[-1].end))
    return motion(predict(model, samples_of(line))[first : last + 1])


def _pad(clip: SoundClip) -> FloatArray:
    return np.pad(clip.samples, int(_EDGE * SAMPLE_RATE))


def _shares(motions: Sequence[tuple[float, float]], speech: FloatArray) -> tuple[float, float, float]:
    """Mean shares of aperture and mouth, and the largest of all, in per cent; NaN where speech moves nothing."""
    shares = 100 * np.array(motions) / np.where(speech > 0, speech, np.nan)
    aperture, mouth = shares.mean(axis=0)
    return float(aperture), float(mouth), float(shares.max())
