"""Synthetic captures of an actor who speaks and laughs, in the 52 of ARKit or brought onto a FLAME made by code.

Speech is that of ``tests/training/emote/acting.py``; laughs are synthesised, and the face does what the built-in model
would do in them, so that there is a truth to learn.
"""

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
from emotalk.face.basis import ARKIT
from emotalk.face.curve_files import write_curves
from emotalk.face.curves import FaceCurves, performance_of
from emotalk.face.flame.expression_files import write_expressions
from emotalk.face.flame.model import save_model
from emotalk.face.laughter import layer_laughter
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.inference.sound.rms import frame_rms
from emotalk.training.captures.take import Labels, Take
from emotalk.training.compact.teacher import Conditioning, build_score, targets_for
from emotalk.training.sounds.nonverbal import LAUGHING
from emotalk.training.sounds.synthetic import SYNTHETIC_SOUNDS

ACTING = runpy.run_path(str(Path(__file__).parents[1] / "emote" / "acting.py"))
FPS = 30.0


def act(seed, laughs=True, seconds=6.0, split="train", flame=False, shortest=0.8):
    """One take: syllables, and a laugh in their midst, which stands alone."""
    rng = np.random.default_rng(seed)
    phones = ACTING["syllables"](rng, seconds)
    speech = ACTING["voice"](phones, "neutral", rng, seconds)
    frames = round(seconds * FPS)
    times = np.arange(frames) / FPS
    values = targets_for(build_score(phones), times, Conditioning.plain(frames)).with_contacts().astype(np.float32)
    samples = speech.samples.copy()
    if laughs:
        laugh = np.zeros(0)
        while not shortest <= len(laugh) / SAMPLE_RATE <= 2.5:
            laugh = SYNTHETIC_SOUNDS[LAUGHING](rng)
        laugh *= 0.3 / np.abs(laugh).max()
        first = int(rng.uniform(0.2, 0.5) * len(samples))
        beside = slice(max(first - 3000, 0), first + len(laugh) + 3000)
        samples[beside] = 1e-4 * rng.normal(size=len(samples[beside]))
        samples[first : first + len(laugh)] += laugh.astype(np.float32)
        laughing = ((times >= first / SAMPLE_RATE) & (times < (first + len(laugh)) / SAMPLE_RATE)).astype(np.float32)
        loudness = frame_rms(Speech(samples), frames, FPS)
        calls = np.clip(loudness / loudness.max(), 0, 1) * laughing
        values[laughing > 0] *= 0.2
        values = layer_laughter(values, laughing, calls, np.ones(frames, np.float32), FPS)
    curves = FaceCurves(values.astype(np.float32), ARKIT, FPS)
    if flame:
        curves = ACTING["flame"]()[1].to_flame(curves).resampled(25.0)
    name = f"{'laugh' if laughs else 'talk'}_{seed}"
    return Take(name, Speech(samples.astype(np.float32), name), curves, Labels(split=split))


def write_project(folder, takes):
    """Sounds, curves and a project file; returns its path. For takes of FLAME, ``flame.npz`` stands beside it."""
    is_flame = takes[0].curves.basis is not ARKIT
    rows = [f'name = "laughing"\nactor = "Ada"\nbasis = "{"flame-50" if is_flame else "arkit"}"\n']
    for take in takes:
        soundfile.write(folder / f"{take.name}.wav", take.speech.samples, SAMPLE_RATE, subtype="FLOAT")
        write = write_expressions if is_flame else write_curves
        write(folder / f"{take.name}.npz", performance_of(take.curves))
        rows.append(
            f'[[takes]]\nname = "{take.name}"\nsound = "{take.name}.wav"\ncurves = "{take.name}.npz"\n'
            f'split = "{take.labels.split}"\n'
        )
    if is_flame:
        save_model(ACTING["flame"]()[0], folder / "flame.npz")
    path = folder / "project.toml"
    path.write_text("".join(rows), "utf-8")
    return path


def held_out(take):
    """The same take for validation."""
    return replace(take, labels=replace(take.labels, split="validation"))
