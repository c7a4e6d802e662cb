"""How long a tweak takes: from a slider's change to the keys of the new performance, with Live on.

    python benchmarks/tweak.py [--seconds 5 10 60] [--baseline REF] [--emotalk]
    blender --python benchmarks/tweak.py -- --window line.wav    # in a real window, with its own event loop

The baseline is the same tweak in another commit (the last one before tweaks became fast, if none is given), measured in
turn with this tree in processes of their own, so that the ratio holds although others use the machine. ``--emotalk``
measures the published network at its full size, on random weights, instead of the built-in model. A drag is thirty
values without a pause: how many of them are written, and how long after the last one its keys are there.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
BEFORE: Final = "c55a054"
TWEAKS: Final = 30
MODEL: Final = "emotalk-random"


def main() -> None:
    words = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, nargs="+", default=[5, 10, 60])
    parser.add_argument("--baseline", default=BEFORE, metavar="REF", help=f"a commit ({BEFORE})")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--emotalk", action="store_true", help="the published network, on random weights")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--window", metavar="AUDIO", help="measure in this Blender's window")
    options = parser.parse_args(words)
    if options.window:
        Window(Path(options.window).absolute())
        return
    if options.measure:
        audio, model = options.measure
        print("\n" + json.dumps(measure(Path(audio), model)), flush=True)
        os._exit(0)  # the bpy module may hang on its way out
    compare(options)


def compare(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        model, weights = "", base / "weights"
        weights.mkdir()
        if options.emotalk:
            model = MODEL
            write_weights(weights / f"{MODEL}.safetensors")
        trees = {"baseline": tree_of(options.baseline, base / "baseline"), "now": tree_of("", base / "now")}
        print(f"Milliseconds, medians of {options.rounds} × {TWEAKS} tweaks; baseline: {options.baseline}")
        for seconds in options.seconds:
            audio = base / f"{seconds}.wav"
            write_speech(audio, seconds)
            rounds = [
                {name: run(tree, audio, model, weights) for name, tree in trees.items()} for _ in range(options.rounds)
            ]
            then, now = ([one[name]["tweak"] for one in rounds] for name in ("baseline", "now"))
            ratio = statistics.median(before / after for before, after in zip(then, now, strict=True))
            last = statistics.median(one["now"]["last"] for one in rounds)
            written = statistics.median(one["now"]["written"] for one in rounds)
            print(
                f"{seconds:4d} s: baseline {statistics.median(then):6.1f}, now {statistics.median(now):6.1f} "
                f"(quickest round {min(now):.1f}), ratio {ratio:4.1f}; a drag: {written:.0f} of {TWEAKS} written, "
                f"the last one after {last:.1f}",
                flush=True,
            )


def tree_of(commit: str, folder: Path) -> Path:
    """A folder in which this tree, or another commit of it, is the package ``emotalk``."""
    folder.mkdir()
    package = folder / "emotalk"
    if not commit:
        package.symlink_to(ROOT, target_is_directory=True)
        return folder
    package.mkdir()
    archive = subprocess.run(["git", "-C", ROOT, "archive", commit], capture_output=True, check=True)
    subprocess.run(["tar", "x", "-C", package], input=archive.stdout, check=True)
    return folder


def run(tree: Path, audio: Path, model: str, weights: Path) -> dict[str, float]:
    environment = {**os.environ, "PYTHONPATH": str(tree), "EMOTALK_WEIGHTS": str(weights)}
    words = [sys.executable, __file__, "--measure", str(audio), model]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def measure(audio: Path, model: str) -> dict[str, float]:
    """Runs in a process of its own; the loop stands for Blender's, which calls timers when they ask for it."""
    import bpy
    import emotalk

    # The package that this Python would find first may be the installed one.
    assert Path(emotalk.__file__).parent.parent == Path(os.environ["PYTHONPATH"])
    from emotalk.blender_emotalk import live, runs

    bpy.context.preferences.addons.new().module = "emotalk"
    emotalk.register()
    line = prepare(audio, model)
    written = count_writes(runs)
    tweaks = []
    for value in values():
        started = time.perf_counter()
        line.happy = value
        live.slider_moved()
        before = len(written)
        turn(live)
        tweaks.append(1000 * (written[before] - started))
    before = len(written)
    for value in values():
        line.happy = value
        live.slider_moved()
        pause = live.tick()
        time.sleep(max(0.005, pause or 0))  # the next event of the mouse
    started = time.perf_counter()
    turn(live, seconds=0.2)
    last = 1000 * max(written[-1] - started, 0)
    count = len(written) - before
    runs.close()
    return {"tweak": statistics.median(tweaks), "last": last, "written": count}


def turn(live: Any, seconds: float = 60.0) -> None:
    until = time.perf_counter() + seconds
    while (pause := live.tick()) is not None and time.perf_counter() < until:
        time.sleep(pause)


def values() -> list[float]:
    return [0.2 + 0.02 * number for number in range(TWEAKS)]


def prepare(audio: Path, model: str = "") -> Any:
    """The sample head, a line that was animated once, and Live on."""
    import bpy
    from bpy import ops

    scene = bpy.context.scene
    ops.emotalk.add_sample_head()
    properties: Any = scene.emotalk
    line = properties.lines[properties.active_index] if hasattr(properties, "lines") else properties
    line.audio, line.model = str(audio), model
    if model:
        addon = bpy.context.preferences.addons["emotalk"].preferences
        addon.torch_python = sys.executable
    if ops.emotalk.animate("EXEC_DEFAULT") != {"FINISHED"}:
        raise RuntimeError(bpy.context.window_manager.emotalk.message)
    line.live = True
    return line


def count_writes(runs: Any) -> list[float]:
    """A list that gets the time of every performance that was written from now on."""
    written: list[float] = []
    write = runs.Run.write

    def noted(run: Any, *arguments: Any, **more: Any) -> Any:
        result = write(run, *arguments, **more)
        written.append(time.perf_counter())
        return result

    runs.Run.write = noted
    return written


class Window:
    """Moves a slider in Blender's own event loop, and prints what it took."""

    def __init__(self, audio: Path) -> None:
        import bpy

        self._audio, self._tweaks, self._values = audio, [], values()
        self._changed = 0.0
        self._line: Any = None
        self._live: Any = None
        self._written: list[float] = []
        bpy.app.timers.register(self._step, first_interval=2.0)

    def _step(self) -> float | None:
        import bpy

        if self._line is None:
            room = type(bpy.context.scene.emotalk).__module__.removesuffix(".properties")
            self._live = sys.modules[f"{room}.live"]
            self._written = count_writes(sys.modules[f"{room}.runs"])
            self._line = prepare(self._audio)
            return 1.0
        if self._changed and self._written and self._written[-1] > self._changed:
            self._tweaks.append(1000 * (self._written[-1] - self._changed))
        if not self._values:
            middle, slowest = statistics.median(self._tweaks), max(self._tweaks)
            print(f"{len(self._tweaks)} tweaks in the window: median {middle:.1f} ms, slowest {slowest:.1f} ms")
            sys.stdout.flush()
            bpy.ops.wm.quit_blender()
            return None
        self._line.happy = self._values.pop()
        self._changed = time.perf_counter()
        self._live.slider_moved()  # Blender's own message comes from the interface only
        return 0.3


def write_speech(path: Path, seconds: int) -> None:
    from spine import write_speech as write

    write(path, seconds)


def write_weights(path: Path) -> None:
    """The published network at its full size with random weights."""
    from dataclasses import asdict

    import torch
    from emotalk.inference.checkpoints.emotalk_converter import translate_state
    from emotalk.inference.checkpoints.safetensors_file import write_safetensors
    from emotalk.inference.models.emotalk import EmoTalkConfig
    from released_network import ReleasedNetwork

    torch.manual_seed(0)
    config = EmoTalkConfig()
    state = ReleasedNetwork(config).eval().state_dict()
    weights = {name: weight.numpy() for name, weight in translate_state(state, config).items()}
    write_safetensors(path, weights, {"model": "emotalk", "config": json.dumps(asdict(config))})


if __name__ == "__main__":
    main()
