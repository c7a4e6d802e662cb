"""Long sentences in narrow panels."""

import textwrap

import bpy

from ..blender_emotalk.access import preferences_of_blender
from .drawn import Icon


def draw_sentence(layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: Icon) -> None:
    """Draw a sentence as several labels that fit into the region, because labels do not wrap."""
    scale = preferences_of_blender(context).system.ui_scale
    width = context.region.width if context.region else 0
    letters = max(int((width - 60 * scale) / (5.9 * scale)), 20)
    column = layout.column(align=True)
    for number, part in enumerate(textwrap.wrap(text, letters)):
        column.label(text=part, icon="BLANK1" if number else icon)
