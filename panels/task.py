"""The task in the background, wherever somebody may look for it."""

import bpy

from ..blender_emotalk import background
from .text import draw_sentence


def draw_task(layout: bpy.types.UILayout, context: bpy.types.Context) -> bool:
    """Progress and Cancel, or how it ended. Returns whether a task is at work."""
    task = background.latest()
    if task is None:
        return False
    if background.is_busy():
        row = layout.row(align=True)
        row.progress(factor=task.fraction, text=task.text)
        row.operator("emotalk.cancel_set_up", text="", icon="X")
        return True
    if task.cancelled:
        draw_sentence(layout, context, f"{task.name} was cancelled", "INFO")
    elif task.failure:
        draw_sentence(layout, context, task.failure, "ERROR")
    else:
        draw_sentence(layout, context, task.result, "CHECKMARK")
    return False
