"""Lines that several Blenders on this machine perform at the same time, as parts."""

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..dialogue.number_ranges import write_numbers
from ..dialogue.parts import missing_parts
from .complaints import UsageError

if TYPE_CHECKING:
    from .job_progress import JobProgress
    from .progress import ProgressBar

_SECONDS_BETWEEN_LOOKS: Final = 0.05


def bake_at_once(
    numbers: Sequence[int], jobs: int, words: Sequence[str], folder: Path, progress: "ProgressBar | JobProgress"
) -> None:
    """Let other Blenders write the parts of lines of the open file; ends when they have ended.

    Args:
        numbers: of the lines.
        jobs: how many Blenders there are at a time.
        words: what else the command needs to find the same lines.
        folder: of the parts.
        progress: shows how many lines are done.

    Raises:
        UsageError: the file was never saved, or this Python is not a Blender.
    """
    import bpy

    if not bpy.data.filepath:
        raise UsageError("--jobs opens the file again; save it first, or leave --jobs out")
    program = blender_program()
    if not program:
        raise UsageError("--jobs starts Blender again, and this is the bpy module; leave --jobs out")
    begin = [program, "-b", "-y", bpy.data.filepath, "-c", "emotalk", "bake", *words, f"--parts={folder}"]
    shares = [share for first in range(jobs) if (share := numbers[first::jobs])]  # long lines often stand together
    blenders = [
        subprocess.Popen(
            [*begin, f"--lines={write_numbers(share)}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for share in shares
    ]
    try:
        while any(blender.poll() is None for blender in blenders):
            done = len(numbers) - len(missing_parts(folder, numbers))
            progress.show(done, f"{done} of {len(numbers)} performed")
            time.sleep(_SECONDS_BETWEEN_LOOKS)
    finally:
        for blender in blenders:
            if blender.poll() is None:
                blender.kill()
            blender.wait()


def blender_program() -> str:
    """The Blender that runs this; empty for the bpy module."""
    import bpy

    return bpy.app.binary_path
