"""Takes as a studio would have them: syllables in a random rhythm, and a face that says them, from the same numbers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from emotalk.face import arkit
from emotalk.face.basis import ARKIT
from emotalk.face.curve_files import write_curves
from emotalk.face.curves import FaceCurves, performance_of
from emotalk.inference.contract import SAMPLE_RATE, Speech


@dataclass(frozen=True)
class Acted:
    """One take before it is written to files: the sound and all 52 coefficients in sync with it."""

    speech: Speech
    curves: FaceCurves


def act(seed: int, seconds: float = 24.0, fps: float = 30.0) -> Acted:
    """Somebody speaks for a while, with pauses, blinks and a little noise in every channel."""
    rng = np.random.default_rng(seed)
    fine = np.arange(round(seconds * 1000)) / 1000
    openness = np.zeros(len(fine))
    start = 0.4
    while start < seconds - 0.6:
        length = rng.uniform(0.12, 0.35)
        inside = (fine >= start) & (fine < start + length)
        openness[inside] = rng.uniform(0.3, 1.0) * np.sin(np.pi * (fine[inside] - start) / length)
        start += length + (rng.uniform(0.4, 1.0) if rng.random() < 0.15 else rng.uniform(0.0, 0.12))
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    level = np.interp(times, fine, openness)
    voice = sum(np.sin(2 * np.pi * 130 * k * times + rng.uniform(0, 6)) / k for k in range(1, 20))
    samples = 0.12 * level**1.5 * voice + 1e-4 * rng.normal(size=len(times))
    frames = np.arange(int(seconds * fps)) / fps
    mouth = np.interp(frames, fine, openness)
    values = np.abs(0.002 * rng.normal(size=(len(frames), len(ARKIT))))
    values[:, arkit.INDEX["jawOpen"]] += 0.6 * mouth
    for name, gain in (("mouthLowerDown", 0.4), ("mouthUpperUp", 0.2), ("mouthStretch", 0.1)):
        for column in arkit.indices(arkit.sides(name)):
            values[:, column] += gain * mouth
    blink = np.clip(1 - np.abs((frames % 3.0) - 1.5) / 0.1, 0, 1)
    for column in arkit.indices(arkit.sides("eyeBlink")):
        values[:, column] += 0.9 * blink
    values = np.clip(values, 0, 1)
    return Acted(Speech(samples.astype(np.float32), f"take_{seed}"), FaceCurves(values.astype(np.float32), ARKIT, fps))


def write_take(folder: Path, name: str, acted: Acted) -> None:
    """``name.wav`` and, as Live Link Face records it, ``name.csv``."""
    soundfile.write(folder / f"{name}.wav", acted.speech.samples, SAMPLE_RATE, subtype="FLOAT")
    write_curves(folder / f"{name}.csv", performance_of(acted.curves))


def write_project(folder: Path, *takes: str, head: str = "") -> Path:
    """A project file with these takes, each the text of its table below name, sound and curves."""
    path = folder / "project.toml"
    path.write_text(head + "".join(f"[[takes]]\n{take}\n" for take in takes), "utf-8")
    return path


def row(name: str, curves: str = "", **fields: object) -> str:
    """The table of a take whose files are ``name.wav`` and ``name.csv``."""
    files = f'name = "{name}"\nsound = "{name}.wav"\ncurves = "{curves or name + ".csv"}"\n'
    return files + "".join(f"{key} = {value!r}\n" for key, value in fields.items())
