"""The background task, for all panels that show it."""

import bpy

from ..blender_emotalk import background
from .text import draw_sentence


def draw_progress(layout: bpy.types.UILayout) -> None:
    """The progress of the running task, and Cancel."""
    task = background.at_work()
    if task is None:
        return
    row = layout.row(align=True)
    row.progress(factor=task.fraction, text=task.text)
    row.operator("emotalk.cancel_task", text="", icon="X")


def draw_outcome(layout: bpy.types.UILayout, context: bpy.types.Context, known: str = "") -> None:
    """The result of the last task, unless the panel shows it elsewhere (``known``)."""
    task = background.latest()
    if task is None or (known and known == (task.failure or task.result)):
        return
    if task.cancelled:
        draw_sentence(layout, context, f"{task.name} was cancelled", "INFO")
    elif task.failure:
        draw_sentence(layout, context, task.failure, "ERROR")
    else:
        draw_sentence(layout, context, task.result, "CHECKMARK")
