"""Speed, memory and accuracy of the published network at its full size, on random weights.

    python benchmarks/research_network.py [--seconds 10 60] [--threads 1] [--precision float32 int8] [--device cpu]

The baseline is ``released_network.py`` in this folder, the plain arithmetic of the same network with the same weights,
run in turn with ours in the same process: the ratio holds although the machine's speed drifts. Both encoders have the
same convolutions, which the paper keeps frozen; ``--separate-convolutions`` gives each its own. With one thread the
times are those that the processor spent, which others on the machine disturb less; otherwise they are the clock's.
Memory is measured in a process of its own, above what the weights take. ``--split`` says what is matrix products and
what is not: the rest weighs more on a processor that multiplies faster.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from emotalk.inference.devices import import_torch

torch = import_torch("The benchmark")
from emotalk.face.controls import Controls
from emotalk.inference.checkpoints.emotalk_converter import translate_state
from emotalk.inference.checkpoints.safetensors_file import write_safetensors
from emotalk.inference.contract import SAMPLE_RATE, Features, Speech
from emotalk.inference.models.emotalk import EmoTalk, EmoTalkConfig
from emotalk.inference.models.matrix_products import cpu_arithmetic
from emotalk.inference.registry import EMOTALK_SPEC
from released_network import ReleasedNetwork
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

STRONG = Controls({"emotion_level": 1.0})
PRODUCTS = ("linear", "qlinear", "convolution", "addmm", "mm", "bmm")
FUSED = ("attention",)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, nargs="+", default=[10, 60])
    parser.add_argument("--memory-seconds", type=int, nargs="*", default=[60, 120, 600])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--precision", nargs="+", default=["float32", "bfloat16", "int8"])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--split", action="store_true", help="say what is matrix products and what is not")
    parser.add_argument(
        "--separate-convolutions", action="store_true", help="give each encoder convolutions of its own"
    )
    parser.add_argument("--measure-memory", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.measure_memory:
        path, length = options.measure_memory
        measure_memory(Path(path), int(length))
        return
    print(f"torch {torch.__version__}, {options.threads} threads, device {options.device}")
    print(f"float32 products by {type(cpu_arithmetic(torch.float32)).__name__}; medians of {options.runs} pairs\n")
    torch.manual_seed(0)
    config = EmoTalkConfig()
    reference = ReleasedNetwork(config).eval()
    if not options.separate_convolutions:
        share_convolutions(reference)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "emotalk.safetensors"
        weights = {name: weight.numpy() for name, weight in translate_state(reference.state_dict(), config).items()}
        write_safetensors(path, weights, {"model": "emotalk", "config": json.dumps(asdict(config))})
        seconds, model = timed(lambda: EmoTalk.load(path, EMOTALK_SPEC, device=options.device), options.device)
        print(f"ready after {seconds:.2f} s (weights in the page cache)\n")
        for precision in options.precision:
            model = EmoTalk.load(path, EMOTALK_SPEC, device=options.device, precision=precision)
            for length in options.seconds:
                compare(reference, model, precision, length, options)
                if options.split:
                    print_split(model, length, options.runs)
        print_memory(path, options)


def compare(
    reference: ReleasedNetwork, model: EmoTalk, precision: str, length: int, options: argparse.Namespace
) -> None:
    """One row: baseline and ours in turn, the ratio pair by pair, and how far apart the numbers are."""
    samples = noise(length)
    level, person = torch.tensor([0.0, 1.0]), torch.eye(24)[0]
    model.encode(Speech(samples[: 2 * SAMPLE_RATE]))
    theirs, ours, decodes = [], [], []
    for _ in range(options.runs):
        seconds, exact = timed(lambda: reference(samples, level, person), "cpu")
        theirs.append(seconds)
        seconds, features = timed(lambda: model.encode(Speech(samples)), options.device)
        decode, curves = timed(lambda features=features: decoded(model, features), options.device)
        ours.append(seconds + decode)
        decodes.append(decode)
    ratio = statistics.median(their / our for their, our in zip(theirs, ours, strict=True))
    exact = exact.numpy()
    difference = np.abs(curves.values - exact).max() / exact.std()
    their, our = statistics.median(theirs), statistics.median(ours)
    print(f"{precision:9s} {length:4d} s: baseline {their:7.2f} s, ours {our:7.2f} s, ratio {ratio:5.2f},", end=" ")
    print(f"decode {1000 * statistics.median(decodes):6.1f} ms, max |difference| / std {difference:.1e}", flush=True)


class Stopwatch(TorchDispatchMode):
    """Adds up the processor's seconds in the operations that have one of these words in their names."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__()
        self.seconds, self._words = 0.0, words

    def __torch_dispatch__(
        self, operation: OpOverload, types: object, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name = operation.name().partition("::")[2].partition(".")[0]
        started = time.process_time()
        result = operation(*args, **(kwargs or {}))
        if any(word in name.split("_") for word in self._words):
            self.seconds += time.process_time() - started
        return result


def print_split(model: EmoTalk, length: int, runs: int) -> None:
    """The processor's seconds of encode: in products, in fused attention, and in all the rest."""
    speech = Speech(noise(length))
    total = min(processor_seconds(model, speech) for _ in range(runs))
    products, attention = (min(seconds_in(words, model, speech) for _ in range(runs)) for words in (PRODUCTS, FUSED))
    rest = total - products - attention
    print(f"{'':9s} products {products:.2f} s, fused attention {attention:.2f} s, the rest {rest:.2f} s", flush=True)


def processor_seconds(model: EmoTalk, speech: Speech) -> float:
    started = time.process_time()
    model.encode(speech)
    return time.process_time() - started


def seconds_in(words: Sequence[str], model: EmoTalk, speech: Speech) -> float:
    with Stopwatch(words) as stopwatch:
        model.encode(speech)
    return stopwatch.seconds


def decoded(model: EmoTalk, features: Features) -> "FaceCurves":  # noqa: F821
    return model.decode(features, STRONG)


def print_memory(path: Path, options: argparse.Namespace) -> None:
    print()
    for length in options.memory_seconds:
        words = [
            sys.executable,
            __file__,
            "--threads",
            str(options.threads),
            "--measure-memory",
            str(path),
            str(length),
        ]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        figures = json.loads(done.stdout.splitlines()[-1])
        print(f"memory above weights, {length:4d} s: {figures['MB']:.0f} MB ({figures['seconds']:.1f} s)", flush=True)


def measure_memory(path: Path, length: int) -> None:
    """Peak of encode and decode above the process that has just met every weight on a second of sound (Linux)."""
    model = EmoTalk.load(path, EMOTALK_SPEC)
    decoded(model, model.encode(Speech(noise(1))))
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = status_megabytes("VmRSS")
    seconds, _ = timed(lambda: decoded(model, model.encode(Speech(noise(length)))), "cpu")
    print(json.dumps({"MB": status_megabytes("VmHWM") - before, "seconds": seconds}))


def status_megabytes(name: str) -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def timed(work: Callable[[], "Result"], device: str) -> tuple[float, "Result"]:  # noqa: F821
    """Seconds of one call, the device's queue emptied, and its result."""
    clock = time.process_time if device == "cpu" and torch.get_num_threads() == 1 else time.perf_counter
    started = clock()
    result = work()
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return clock() - started, result


def share_convolutions(reference: ReleasedNetwork) -> None:
    convolutions = reference.audio_encoder_cont.feature_extractor
    reference.audio_encoder_emo.wav2vec2.feature_extractor.load_state_dict(convolutions.state_dict())


def noise(seconds: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=seconds * SAMPLE_RATE).astype(np.float32)


if __name__ == "__main__":
    main()
