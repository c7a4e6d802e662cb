"""Speed and memory of the way from sound to keys.

    python benchmarks/spine.py [--quick]

Every figure is measured in a process of its own; seconds are medians of the runs named in the table. The baseline for
keys is Blender's own ``keyframe_insert``, in the same run on the same curves; it is not run on an hour of speech, for
which it would need days (it is quadratic in the number of keys).
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

SAMPLE: Final = Path(__file__).resolve().parents[1] / "samples" / "line.wav"
Result = TypeVar("Result")
BASELINE_LIMIT: Final = 60
"""Seconds of speech up to which the baseline is run."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="leave the hour out")
    parser.add_argument("--measure", choices=MEASUREMENTS | ONCE, help=argparse.SUPPRESS)
    parser.add_argument("--audio", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        report((MEASUREMENTS | ONCE)[options.measure](Path(options.audio)))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, NumPy {np.__version__}")
    print("Seconds are medians; x = times faster than real time; MB = peak of the whole process\n")
    print_table("The built-in head", {name: measured(name, SAMPLE) for name in ONCE})
    with tempfile.TemporaryDirectory() as folder:
        for seconds in (5, 10, 60) if options.quick else (5, 10, 60, 3600):
            audio = Path(folder) / f"{seconds}.wav"
            write_speech(audio, seconds)
            print_table(f"{seconds} s of speech", {name: measured(name, audio) for name in MEASUREMENTS})


def measured(name: str, audio: Path) -> dict[str, float]:
    """Run one measurement in a process of its own."""
    words = [sys.executable, __file__, "--measure", name, "--audio", str(audio)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def print_table(title: str, figures: dict[str, dict[str, float]]) -> None:
    """One block of the report."""
    print(title)
    for name, row in figures.items():
        cells = [f"{label} {value:.4g}" for label, value in row.items()]
        print(f"  {name:8s} {', '.join(cells)}")
    print(flush=True)


def measure_head(_: Path) -> dict[str, float]:
    import bpy
    from emotalk.blender_emotalk.heads import add_sample_head
    from emotalk.face.sample_head import build_sample_head

    runs = 3
    build, _ = timed(build_sample_head.__wrapped__, runs)
    build_sample_head()  # kept from here on, as in a session of Blender
    add, _ = timed(lambda: add_sample_head(bpy.context.scene.collection), runs)
    return {"build s": build, "add s": add, "runs": runs, "MB": peak_memory()}


def measure_engine(audio: Path) -> dict[str, float]:
    from emotalk.face.controls import Controls
    from emotalk.inference.engine import Engine
    from emotalk.inference.models.loading import load_model
    from emotalk.inference.sound.audio import read_speech

    speech = read_speech(audio)
    model = load_model("emotalk-compact")
    controls = Controls({"anger": 0.8})
    runs = 1 if speech.seconds > 600 else 5
    encode, features = timed(lambda: model.encode(speech), runs)
    decode, _ = timed(lambda: model.decode(features, controls), runs)
    engine = Engine()
    engine.perform(speech, controls)
    tweak, _ = timed(lambda: engine.perform(speech, Controls({"happy": 0.8})), runs)
    return {
        "encode s": encode,
        "decode s": decode,
        "tweak s": tweak,
        "x (encode + decode)": speech.seconds / (encode + decode),
        "runs": runs,
        "MB": peak_memory(),
    }


def measure_keys(audio: Path) -> dict[str, float]:
    import bpy
    from emotalk.blender_emotalk import baking
    from emotalk.blender_emotalk.characters import find_character
    from emotalk.blender_emotalk.heads import add_sample_head
    from emotalk.blender_emotalk.keyframes import Timing
    from emotalk.face.controls import KEY_TOLERANCE, Controls
    from emotalk.inference.engine import Engine
    from emotalk.inference.sound.audio import read_speech

    speech = read_speech(audio)
    performance = Engine().perform(speech, Controls({"anger": 0.8}))
    scene = bpy.context.scene
    character = find_character(add_sample_head(scene.collection), scene)
    timing = Timing.of(scene, 1, performance.face.fps)
    runs = 1 if speech.seconds > 600 else 3
    thinned, thinned_keys = timed(
        lambda: baking.bake(performance, character, "line", timing, baking.KeySettings(KEY_TOLERANCE.default)), runs
    )
    dense, dense_keys = timed(
        lambda: baking.bake(performance, character, "line", timing, baking.KeySettings(0.0)), runs
    )
    row = {"thinned s": thinned, "keys": thinned_keys, "dense s": dense, "dense keys": dense_keys, "runs": runs}
    if speech.seconds <= BASELINE_LIMIT:
        baseline, _ = timed(lambda: insert_keys(performance.face, timing), 1)
        row |= {"keyframe_insert s": baseline, "dense is faster by": baseline / dense}
    return row | {"MB": peak_memory()}


def measure_job(audio: Path) -> dict[str, float]:
    import bpy
    import emotalk
    from emotalk.blender_emotalk import runs as background
    from emotalk.blender_emotalk.desk import line_to_set
    from emotalk.blender_emotalk.heads import add_sample_head

    bpy.context.preferences.addons.new().module = "emotalk"
    emotalk.register()
    scene = bpy.context.scene
    bpy.context.view_layer.objects.active = add_sample_head(scene.collection)
    line = line_to_set(scene)
    line.audio = str(audio)
    line.anger = 0.8
    runs = 1 if audio.stem == "3600" else 5

    def press_animate() -> None:
        if bpy.ops.emotalk.animate() != {"FINISHED"}:
            raise RuntimeError(bpy.context.window_manager.emotalk.message)

    def start_and_animate() -> None:
        background.close()
        press_animate()

    whole, _ = timed(start_and_animate, runs)
    again, _ = timed(press_animate, runs)
    worker_memory = peak_memory_of(background.worker_pid())
    background.close()
    return {
        "with worker's start s": whole,
        "again s": again,
        "runs": runs,
        "Blender MB": peak_memory(),
        **worker_memory,
    }


def insert_keys(face: "FaceCurves", timing: "Timing") -> None:  # noqa: F821
    """The baseline: every sample of every channel through ``keyframe_insert``."""
    import bpy

    mesh = bpy.data.meshes.new("Baseline")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 0, 1)], [], [(0, 1, 2)])
    baseline = bpy.data.objects.new("Baseline", mesh)
    bpy.context.scene.collection.objects.link(baseline)
    baseline.shape_key_add(name="Basis")
    for channel, values in zip(face.channels, face.values.T, strict=True):
        block = baseline.shape_key_add(name=channel)
        for frame, value in zip(timing.frames(np.arange(face.frames)), values, strict=True):
            block.value = value
            block.keyframe_insert("value", frame=frame)


def timed(work: Callable[[], Result], runs: int) -> tuple[float, Result]:
    """Median seconds of several runs, and the last result."""
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds), result


def write_speech(path: Path, seconds: int) -> None:
    """The sample line, over and over."""
    with wave.open(str(SAMPLE), "rb") as source, wave.open(str(path), "wb") as target:
        target.setparams(source.getparams())
        line = source.readframes(source.getnframes())
        missing = seconds * source.getframerate() * source.getsampwidth()
        while missing > 0:
            target.writeframes(line[:missing])
            missing -= len(line)


def peak_memory() -> float:
    """Peak resident memory of this process in MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def peak_memory_of(process: int) -> dict[str, float]:
    """The same of another process, where the system tells: what ``getrusage`` says of children counts their parent."""
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return {}
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return {"worker MB": int(line.split()[1]) * 1024 / 1e6}


def report(figures: dict[str, float]) -> None:
    """Hand figures to the parent and leave at once: the bpy module may hang on its way out."""
    print("\n" + json.dumps(figures), flush=True)
    os._exit(0)


MEASUREMENTS: Final = {"engine": measure_engine, "keys": measure_keys, "job": measure_job}
ONCE: Final = {"head": measure_head}
"""What does not depend on the length of a line."""

if __name__ == "__main__":
    main()
