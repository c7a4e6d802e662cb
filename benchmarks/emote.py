"""Speed, memory and accuracy of EMOTE at its full size, on random weights.

    python benchmarks/emote.py [--seconds 10 60] [--threads 2] [--precision float32 bfloat16 int8]

The baseline is ``plain_emote.py`` in this folder, the plain arithmetic of the same network with the same weights in
Hugging Face's and PyTorch's own layers, run in turn with ours in the same process: the ratio holds although the
machine's speed drifts. With one thread the times are those that the processor spent, which others on the machine
disturb less; otherwise they are the clock's. Memory is measured in a process of its own, above what the weights take,
and so is the start of Python until the network can be asked.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from emotalk.inference.devices import import_torch

torch = import_torch("The benchmark")
from emotalk.face.controls import Controls
from emotalk.face.curves import FaceCurves
from emotalk.inference.checkpoints.emote_converter import convert_emote
from emotalk.inference.checkpoints.safetensors_file import write_safetensors
from emotalk.inference.contract import SAMPLE_RATE, Features, Speech
from emotalk.inference.models.emote import Emote, EmoteConfig
from emotalk.inference.models.matrix_products import cpu_arithmetic
from emotalk.inference.registry import EMOTE_SPEC, spec_metadata
from plain_emote import PlainEmote, plain_layers, randomise
from research_network import noise, status_megabytes, timed

HAPPY = Controls({"happy": 1.0, "intensity": 1.5})
START = """
import sys
from emotalk.inference.models.emote import Emote
from emotalk.inference.registry import EMOTE_SPEC
Emote.load(sys.argv[1], EMOTE_SPEC)
"""
CONDITION = torch.zeros(1, 43)
CONDITION[0, [1, 10, 11]] = 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, nargs="*", default=[10, 60])
    parser.add_argument("--memory-seconds", type=int, nargs="*", default=[60, 600])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--precision", nargs="+", default=["float32", "bfloat16", "int8"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--measure-memory", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.measure_memory:
        measure_memory(Path(options.measure_memory[0]), int(options.measure_memory[1]))
        return
    print(f"torch {torch.__version__}, {options.threads} threads")
    print(f"float32 products by {type(cpu_arithmetic(torch.float32)).__name__}; medians of {options.runs} pairs\n")
    torch.manual_seed(0)
    reference = PlainEmote(EmoteConfig()).eval()
    randomise(reference)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "EMOTE.safetensors"
        conversion = convert_emote(reference.state_dict(), "last.ckpt", EMOTE_SPEC)
        metadata = {"model": "emote", "config": json.dumps(conversion.config), **spec_metadata(conversion.spec)}
        write_safetensors(path, conversion.arrays, metadata)
        del conversion
        for precision in options.precision:
            model = Emote.load(path, EMOTE_SPEC, precision=precision)
            for length in options.seconds:
                compare(reference, model, precision, length, options.runs)
        print()
        own = [sys.executable, __file__, "--threads", str(options.threads)]
        starts = [processor_seconds_of([sys.executable, "-c", START, str(path)]) for _ in range(options.runs)]
        print(f"ready after {min(starts):.2f} s of the processor from Python's start (weights in the page cache)")
        for length in options.memory_seconds:
            done = subprocess.run(
                [*own, "--measure-memory", str(path), str(length)], capture_output=True, text=True, check=True
            )
            figures = json.loads(done.stdout.splitlines()[-1])
            print(
                f"memory above weights, {length:4d} s: {figures['MB']:.0f} MB ({figures['seconds']:.1f} s)", flush=True
            )


def processor_seconds_of(command: list[str]) -> float:
    """What a process takes from its start to its end; others on the machine disturb that less than the clock."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(reference: PlainEmote, model: Emote, precision: str, length: int, runs: int) -> None:
    """One row: baseline and ours in turn, the ratio pair by pair, and how far apart the numbers are."""
    samples = noise(length) / 10
    decoded(model, model.encode(Speech(samples[: 2 * SAMPLE_RATE])))
    theirs, ours, decodes = [], [], []
    for _ in range(runs):
        with plain_layers():
            seconds, exact = timed(lambda: reference(samples, CONDITION), "cpu")
        theirs.append(seconds)
        seconds, features = timed(lambda: model.encode(Speech(samples)), "cpu")
        decode, curves = timed(lambda features=features: decoded(model, features), "cpu")
        ours.append(seconds + decode)
        decodes.append(decode)
    ratio = statistics.median(their / our for their, our in zip(theirs, ours, strict=True))
    difference = np.abs(curves.values - exact.numpy()).max()
    their, our = statistics.median(theirs), statistics.median(ours)
    print(f"{precision:9s} {length:4d} s: baseline {their:6.2f} s, ours {our:6.2f} s, ratio {ratio:5.2f},", end=" ")
    print(f"decode {1000 * statistics.median(decodes):6.1f} ms,", end=" ")
    print(f"max |difference| {difference:.1e} (standard deviation {exact.std():.2f})", flush=True)


def decoded(model: Emote, features: Features) -> FaceCurves:
    return model.decode(features, HAPPY)


def measure_memory(path: Path, length: int) -> None:
    """Peak of encode and decode above the process that has just met every weight on a second of sound (Linux)."""
    model = Emote.load(path, EMOTE_SPEC)
    decoded(model, model.encode(Speech(noise(1))))
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = status_megabytes("VmRSS")
    started = time.perf_counter()
    decoded(model, model.encode(Speech(noise(length))))
    print(json.dumps({"MB": status_megabytes("VmHWM") - before, "seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main()
