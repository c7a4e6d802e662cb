"""The editors along time, in which words and sounds are shown."""

from typing import Final

import bpy

from .access import window_manager_of

EDITORS: Final = ("SEQUENCE_EDITOR", "DOPESHEET_EDITOR", "GRAPH_EDITOR")


def redraw() -> None:
    """Draw them again in all windows."""
    for window in window_manager_of(bpy.context).windows:
        for area in window.screen.areas:
            if area.type in EDITORS:
                area.tag_redraw()
