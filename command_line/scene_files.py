"""The .blend files that the commands inside Blender write."""

import os
import tempfile
from pathlib import Path
from typing import Any

from ..inference.contract import EmoTalkError
from .complaints import UsageError


def check_target(target: Path, overwrite: bool) -> None:
    """Refuse a file that cannot or may not be written, before the line is animated.

    Raises:
        UsageError: its name is not that of a .blend file.
        EmoTalkError: it exists and is not the open file, or its folder cannot be written to.
    """
    import bpy

    if target.suffix.lower() != ".blend":
        raise UsageError(f"{target.name} is not the name of a scene; give a name that ends in .blend with -o")
    if target.is_dir():
        raise EmoTalkError(f"{target} is a folder; give another name with -o")
    if target.exists():
        is_open = bool(bpy.data.filepath) and Path(bpy.data.filepath).exists() and target.samefile(bpy.data.filepath)
        if not (is_open or overwrite):
            raise EmoTalkError(f"{target} exists already; --overwrite replaces it")
        if not os.access(target, os.W_OK):
            raise EmoTalkError(f"{target} is write-protected; give another name with -o")
    try:
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        raise EmoTalkError(
            f"Nothing can be saved in {target.parent} ({error.strerror or error}); choose another folder with -o"
        ) from error


def save(target: Path) -> None:
    """Save the open file. Raises EmoTalkError if Blender cannot."""
    import bpy

    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(target))
    except RuntimeError as error:
        reason = str(error).strip().removeprefix("Error: ").rstrip(".")
        raise EmoTalkError(
            f"{target} was not saved ({reason}); make room there, or choose another folder with -o"
        ) from error


def named(items: Any, name: str, kind: str) -> Any:
    """An item of a collection of the open file. Raises UsageError if there is none of this name."""
    if name not in items:
        raise UsageError(f"There is no {kind} {name!r} in this file; there are: {', '.join(items.keys())}")
    return items[name]
