"""Speed, memory and accuracy of LaughTalk at its full size, on random weights.

    python benchmarks/laughtalk.py [--seconds 10 60] [--threads 2] [--precision float32 bfloat16 int8]

The baseline is ``plain_laughtalk.py`` in this folder, the plain arithmetic of the same network with the same weights in
Hugging Face's and PyTorch's own layers, with the naive autoregressive loop, run in turn with ours in the same process.
What the line takes beyond its two encoders is measured against the encoders alone, as ours run them. With one thread
the times are those that the processor spent, which others on the machine disturb less; otherwise they are the clock's.
Memory is measured in a process of its own, above what the weights take. ``--keys`` says what it changes that
self-attention looks back on a minute only: the same memory of the sound, decoded with and without the bound.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
from emotalk.inference.devices import import_torch

torch = import_torch("The benchmark")
from emotalk.face.controls import Controls
from emotalk.inference.checkpoints.safetensors_file import write_safetensors
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.inference.models.faceformer_decoder import MOST_KEYS, FaceFormerDecoder
from emotalk.inference.models.laughtalk import LaughTalk, LaughTalkConfig, as_heard, frame_count
from emotalk.inference.models.matrix_products import cpu_arithmetic
from emotalk.inference.registry import LAUGHTALK_SPEC, spec_metadata
from plain_emote import plain_layers, randomise
from plain_laughtalk import PlainLaughTalk, weights_of
from research_network import noise, status_megabytes, timed

LAUGHING = Controls({"laughter": 1.5})
FPS = LAUGHTALK_SPEC.fps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, nargs="*", default=[10, 60])
    parser.add_argument("--memory-seconds", type=int, nargs="*", default=[60, 600])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--precision", nargs="+", default=["float32", "bfloat16", "int8"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--baseline-runs", type=int, default=1, help="of the naive loop, which takes minutes")
    parser.add_argument(
        "--keys", type=int, nargs="*", default=[120, 600], help="seconds of lines for the bound on keys"
    )
    parser.add_argument("--measure-memory", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.measure_memory:
        measure_memory(Path(options.measure_memory[0]), int(options.measure_memory[1]))
        return
    print(f"torch {torch.__version__}, {options.threads} threads")
    print(f"float32 products by {type(cpu_arithmetic(torch.float32)).__name__}; medians of {options.runs} runs\n")
    torch.manual_seed(0)
    config = LaughTalkConfig()
    reference = PlainLaughTalk(config).eval()
    randomise(reference)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "LaughTalk.safetensors"
        arrays = {name: weight.numpy() for name, weight in weights_of(reference).items()}
        metadata = {"model": "laughtalk", "config": json.dumps(asdict(config)), **spec_metadata(LAUGHTALK_SPEC)}
        write_safetensors(path, arrays, metadata)
        for precision in options.precision:
            model = LaughTalk.load(path, LAUGHTALK_SPEC, precision=precision)
            for length in options.seconds:
                compare(reference, model, precision, length, options)
        for length in options.keys:
            print_bound(arrays, config, length)
        own = [sys.executable, __file__, "--threads", str(options.threads)]
        for length in options.memory_seconds:
            words = [*own, "--measure-memory", str(path), str(length)]
            done = subprocess.run(words, capture_output=True, text=True, check=True)
            figures = json.loads(done.stdout.splitlines()[-1])
            print(
                f"memory above weights, {length:4d} s: {figures['MB']:.0f} MB ({figures['seconds']:.1f} s)", flush=True
            )


def compare(
    reference: PlainLaughTalk, model: LaughTalk, precision: str, length: int, options: argparse.Namespace
) -> None:
    """One row: baseline, ours and our encoders alone in turn, and how far apart the numbers are."""
    samples = noise(length) / 10
    model.encode(Speech(samples[: 2 * SAMPLE_RATE]))
    frames = frame_count(len(samples), FPS)
    sound = torch.from_numpy(as_heard(samples))
    theirs, ours, encoders, decodes = [], [], [], []
    for number in range(options.runs):
        if number < options.baseline_runs:
            with plain_layers():
                seconds, exact = timed(lambda: reference(samples, frames), "cpu")
            theirs.append(seconds)
        with torch.inference_mode():
            encoders.append(timed(lambda: model._remember(sound, frames, lambda _: None), "cpu")[0])
        seconds, features = timed(lambda: model.encode(Speech(samples)), "cpu")
        decode, _ = timed(lambda features=features: model.decode(features, LAUGHING), "cpu")
        ours.append(seconds + decode)
        decodes.append(decode)
    beside = statistics.median(our / alone for our, alone in zip(ours, encoders, strict=True))
    our, alone = statistics.median(ours), statistics.median(encoders)
    print(f"{precision:9s} {length:4d} s: ours {our:6.2f} s, our encoders alone {alone:6.2f} s,", end=" ")
    print(f"{beside:.2f} times that, decode {1000 * statistics.median(decodes):.1f} ms", flush=True)
    if theirs:
        differences = [np.abs(features.arrays[half] - track.numpy()).max() for half, track in exact.items()]
        ratio = statistics.median(their / our for their, our in zip(theirs, ours, strict=False))
        spread = np.mean([track.numpy().std() for track in exact.values()])
        print(f"{'':9s} baseline {statistics.median(theirs):7.2f} s, ratio {ratio:5.2f},", end=" ")
        print(f"max |difference| {max(differences):.1e} (standard deviation {spread:.2f})", flush=True)


def print_bound(arrays: dict[str, np.ndarray], config: LaughTalkConfig, length: int) -> None:
    """What the bound on keys changes and saves, for a memory of random numbers."""
    start = "talk_decoder."
    weights = {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}
    memory = np.random.default_rng(0).normal(size=(round(length * FPS), config.features)).astype(np.float32)
    tracks, seconds = [], []
    for most in (MOST_KEYS, len(memory)):
        decoder = FaceFormerDecoder(weights, config.heads, config.period, most)
        started = time.process_time()
        tracks.append(decoder.perform(memory))
        seconds.append(time.process_time() - started)
    apart, spread = np.abs(tracks[0] - tracks[1]), tracks[1].std()
    print(f"{MOST_KEYS} keys instead of all, {length:4d} s: {seconds[0]:.1f} instead of {seconds[1]:.1f} s,", end=" ")
    print(f"difference at most {apart.max():.1e}, in the mean {apart.mean():.1e}", end=" ")
    print(f"(standard deviation {spread:.2f})", flush=True)


def measure_memory(path: Path, length: int) -> None:
    """Peak of encode and decode above the process that has just met every weight on a second of sound (Linux)."""
    model = LaughTalk.load(path, LAUGHTALK_SPEC)
    model.decode(model.encode(Speech(noise(1))), LAUGHING)
    samples = noise(length)
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = status_megabytes("VmRSS")
    started = time.perf_counter()
    model.decode(model.encode(Speech(samples)), LAUGHING)
    print(json.dumps({"MB": status_megabytes("VmHWM") - before, "seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main()
