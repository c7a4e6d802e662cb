"""The extension's own folder of the user, which updates of the extension keep."""

from pathlib import Path

import bpy

from .preferences import EXTENSION


def user_folder(name: str) -> Path:
    """Where files of one kind are; it may not be there yet."""
    try:
        return Path(bpy.utils.extension_path_user(EXTENSION, path=name))
    except ValueError:  # not installed as an extension
        return Path(bpy.utils.user_resource("DATAFILES", path=str(Path("emotalk", name))))
