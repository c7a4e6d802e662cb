"""Synthetic captures: syllables with emotions, performed by the phonetic teacher, brought onto a FLAME made by code.

Every phone has a sound of its own, and the emotion is in the voice too, as pitch and loudness: without an exchange, a
network may take the emotion from there.
"""

import runpy
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
from emotalk.face.arkit import CHANNELS
from emotalk.face.basis import ARKIT
from emotalk.face.curves import FaceCurves, performance_of
from emotalk.face.emotions import EMOTIONS
from emotalk.face.flame.arkit_shapes import solve_arkit_shapes
from emotalk.face.flame.expression_files import write_expressions
from emotalk.face.flame.model import model_from, save_model
from emotalk.face.flame.variants import UNKNOWN
from emotalk.face.phones import BILABIALS, LABIODENTALS, PHONES, SIBILANTS, VOWELS, PhoneSegment
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.training.captures.take import Labels, Take
from emotalk.training.compact.teacher import Conditioning, build_score, targets_for

TEACHER_FPS = 30
ONSETS = ("P", "B", "M", "T", "S", "L", "K", "F", "N")
NUCLEI = ("AA", "IY", "UW", "EH", "OW")
PITCH = {"neutral": 120, "happy": 170, "sad": 100, "surprise": 200, "fear": 185, "disgust": 110, "anger": 150}
LOUDNESS = {"sad": 0.6, "fear": 0.8, "anger": 1.5, "surprise": 1.3}


@cache
def flame():
    """FLAME's layout with 50 expressions, made by code, and the 52 shapes on it."""
    arrays = runpy.run_path(str(Path(__file__).parents[2] / "synthetic_flame.py"))["arrays"]
    model = model_from(arrays(150), UNKNOWN, "made by code")
    return model, solve_arkit_shapes(model)


def syllables(rng, seconds):
    """Phones with times: words of two or three syllables, with pauses."""
    phones, end = [PhoneSegment("SIL", 0.0, 0.3)], 0.3
    while end < seconds - 1.2:
        for _ in range(rng.integers(2, 4)):
            for name, length in (
                (rng.choice(ONSETS), rng.uniform(0.08, 0.13)),
                (rng.choice(NUCLEI), 0.1 + 0.1 * rng.random()),
            ):
                phones.append(PhoneSegment(str(name), end, end + length))
                end += length
        if rng.random() < 0.4:
            phones.append(PhoneSegment("SIL", end, end + 0.6))
            end += 0.6
    return (*phones, PhoneSegment("SIL", end, float(seconds)))


def voice(phones, emotion, rng, seconds):
    """A formant for each of three bands, by phone; noise for sibilants; nothing while p and b are closed."""
    count = round(seconds * SAMPLE_RATE)
    times = np.arange(count) / SAMPLE_RATE
    pitch = PITCH.get(emotion, 130) * (1 + 0.05 * np.sin(2 * np.pi * 0.7 * times + rng.uniform(0, 6)))
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    samples = 1e-4 * rng.normal(size=count)
    for phone in phones:
        inside = slice(round(phone.start * SAMPLE_RATE), round(phone.end * SAMPLE_RATE))
        if phone.name == "SIL" or inside.start == inside.stop:
            continue
        number = PHONES.index(phone.name)
        formants = np.random.default_rng(number).uniform((250, 900, 2200), (900, 2200, 4500))
        harmonics = np.arange(1, 30)
        strength = np.exp(-((harmonics[:, None] * PITCH.get(emotion, 130) - formants) ** 2) / (2 * 150**2)).sum(axis=1)
        sound = strength @ np.sin(harmonics[:, None] * phase[None, inside])
        if phone.name in SIBILANTS | LABIODENTALS:
            sound = 0.3 * rng.normal(size=len(sound))
        gain = 1.0 if phone.name in VOWELS else 0.05 if phone.name in BILABIALS - {"M"} else 0.3
        edge = np.minimum(1, np.minimum(np.arange(len(sound)), np.arange(len(sound))[::-1]) / 160)
        samples[inside] += 0.05 * gain * LOUDNESS.get(emotion, 1.0) * edge * sound
    return Speech(samples.astype(np.float32), emotion)


def act(seed, emotion, level=1.0, seconds=6.0, split="train", actor="Ada", spoken=None):
    """One take; ``spoken`` says the words of that seed."""
    rng = np.random.default_rng(seed if spoken is None else spoken)
    phones = syllables(rng, seconds)
    frames = int(seconds * TEACHER_FPS)
    plain = Conditioning.plain(frames, level=level)
    weights = plain.emotions.copy()
    weights[:, EMOTIONS.index(emotion)] = emotion != "neutral"
    conditioning = Conditioning(plain.styles, plain.levels, weights, plain.accents)
    times = np.arange(frames) / TEACHER_FPS
    values = targets_for(build_score(phones), times, conditioning).with_contacts().astype(np.float32)
    assert values.shape[1] == len(CHANNELS)
    curves = flame()[1].to_flame(FaceCurves(values, ARKIT, TEACHER_FPS)).resampled(25.0)
    name = f"{emotion}_{seed}"
    labels = Labels(emotion=emotion, level=level, split=split, actor=actor)
    return Take(name, voice(phones, emotion, rng, seconds), curves, labels)


def write_project(folder, takes):
    """Sounds, FLAME parameters and a project file; returns its path, and writes ``flame.npz`` beside it."""
    rows = ['name = "acted"\nactor = "Ada"\nbasis = "flame-50"\n']
    for take in takes:
        soundfile.write(folder / f"{take.name}.wav", take.speech.samples, SAMPLE_RATE, subtype="FLOAT")
        write_expressions(folder / f"{take.name}.npz", performance_of(take.curves))
        labels = take.labels
        rows.append(
            f'[[takes]]\nname = "{take.name}"\nsound = "{take.name}.wav"\ncurves = "{take.name}.npz"\n'
            f'emotion = "{labels.emotion}"\nlevel = {labels.level}\nsplit = "{labels.split}"\n'
        )
    path = folder / "project.toml"
    path.write_text("".join(rows), "utf-8")
    save_model(flame()[0], folder / "flame.npz")
    return path
