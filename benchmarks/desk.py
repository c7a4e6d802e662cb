"""The animator's desk: 40 lines, 5 minutes of speech, 3 characters.

    python benchmarks/desk.py [--lines N]

Needs the bpy wheel. The baseline of the batch is the Animate button, pressed once for each line, in the same run; the
baseline of the size is the same scene with a key on every frame.
"""

import argparse
import os
import platform
import shutil
import statistics
import tempfile
import time
import wave
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import bpy
import emotalk
from emotalk import registration
from emotalk.blender_emotalk import batch
from emotalk.blender_emotalk.adding import add_files
from emotalk.blender_emotalk.heads import add_sample_head

SAMPLE: Final = Path(__file__).resolve().parents[1] / "samples" / "line.wav"
CHARACTERS: Final = 3
MANY: Final = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=40)
    options = parser.parse_args()
    bpy.context.preferences.addons.new().module = "emotalk"
    emotalk.register()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Blender {bpy.app.version_string}")
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), options.lines)
    os._exit(0)  # the wheel may hang when it ends after it used sound


def measure(folder: Path, count: int) -> None:
    seconds = build(folder, count)
    print(f"{count} lines, {seconds:.0f} s of speech, {CHARACTERS} characters\n")
    empty, empty_packed = size_of(folder), size_of(folder, compress=True)
    one_by_one = timed(press_for_each_line)
    for action in list(bpy.data.actions):
        bpy.data.actions.remove(action)
    build(folder, count)
    at_once = timed(animate_all)
    show("Animate All", f"{at_once:.2f} s", f"{at_once / one_by_one:.2f} × Animate pressed for each line")
    reduced, packed = size_of(folder) - empty, size_of(folder, compress=True) - empty_packed
    tweak = [timed(tweak_first_line) for _ in range(5)]
    show("One line again", f"{1000 * statistics.median(tweak):.0f} ms", "median of 5")
    undo, redo = undo_times()
    show("Undo of a batch", f"{undo:.3f} s", f"redo {redo:.3f} s")
    build(folder, count, tolerance=0.0)
    animate_all()
    dense = size_of(folder) - empty
    show("File growth", f"{reduced / 1e6:.2f} MB", f"{reduced / dense:.2f} × a key on every frame")
    show("  compressed", f"{packed / 1e6:.2f} MB", "saved with Blender's option Compress")
    show("Redraw", f"{1000 * redraw(folder):.2f} ms", f"our draw code, {MANY} lines, all of them in sight")


def build(folder: Path, count: int, tolerance: float | None = None) -> float:
    """A new scene with its lines; gives the seconds of speech."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    heads = []
    for number in range(CHARACTERS):
        heads.append(add_sample_head(scene.collection))
        heads[-1].location.x = number / 3
    paths = []
    for number in range(count):
        paths.append(str(shutil.copy(SAMPLE, folder / f"take{number:03}.wav")))
    lines, _ = add_files(bpy.context, scene, paths, one_after_another=True)
    for number, line in enumerate(lines):
        line.character = heads[number % CHARACTERS]
        line.anger = 0.8
        if tolerance is not None:
            line.key_tolerance = tolerance
    with wave.open(str(SAMPLE)) as sound:
        return count * sound.getnframes() / sound.getframerate()


def press_for_each_line() -> None:
    desk = bpy.context.scene.emotalk
    for index in range(len(desk.lines)):
        desk.active_index = index
        bpy.ops.emotalk.animate()


def animate_all() -> None:
    batch.Batch(batch.jobs_of([bpy.context.scene])).wait()


def tweak_first_line() -> None:
    desk = bpy.context.scene.emotalk
    desk.active_index = 0
    desk.lines[0].happy = 1 - desk.lines[0].happy
    bpy.ops.emotalk.animate()


def undo_times() -> tuple[float, float]:
    window = bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=window):
        bpy.ops.ed.undo_push(message="before")
        animate_all()
        bpy.ops.ed.undo_push(message="after")
        return timed(bpy.ops.ed.undo), timed(bpy.ops.ed.redo)


def size_of(folder: Path, compress: bool = False) -> int:
    path = folder / "scene.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=compress, copy=True)
    return path.stat().st_size


class Nowhere:
    """A layout that draws nothing, so that only our own code is timed."""

    def __getattr__(self, _name: str) -> Callable[..., Any]:
        return lambda *_given, **_options: Nowhere()


def redraw(folder: Path) -> float:
    """Seconds for the tab with all its boxes, and a row for each line."""
    scene = bpy.context.scene
    while len(scene.emotalk.lines) < MANY:
        scene.emotalk.lines.add().name = "line"
    panels = [cls for cls in registration.CLASSES if issubclass(cls, bpy.types.Panel)]
    system = SimpleNamespace(ui_scale=1.0)
    context = SimpleNamespace(
        scene=scene,
        window_manager=bpy.context.window_manager,
        view_layer=bpy.context.view_layer,
        preferences=SimpleNamespace(system=system, addons=bpy.context.preferences.addons),
        region=SimpleNamespace(width=300),
    )

    def draw() -> None:
        for panel in panels:
            if panel.bl_space_type == "VIEW_3D" and getattr(panel, "poll", lambda _context: True)(context):
                drawn = SimpleNamespace(
                    layout=Nowhere(), line=getattr(panel, "line", None), group=getattr(panel, "group", "")
                )
                panel.draw(drawn, context)
        for line in scene.emotalk.lines:
            registration.LineList.draw_item(None, context, Nowhere(), scene.emotalk, line, 0, None, "", 0, 0)

    draw()
    return statistics.median(timed(draw) for _ in range(9))


def timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def show(name: str, figure: str, remark: str) -> None:
    print(f"  {name:16s} {figure:>10s}   {remark}", flush=True)


if __name__ == "__main__":
    main()
