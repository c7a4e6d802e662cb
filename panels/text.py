"""Sentences in a narrow panel."""

import textwrap

import bpy


def draw_sentence(layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str) -> None:
    """Labels do not wrap: draw one for each part that fits into the region."""
    pixels_per_letter = 5.9 * context.preferences.system.ui_scale
    letters = max(int((context.region.width - 60 * context.preferences.system.ui_scale) / pixels_per_letter), 20)
    column = layout.column(align=True)
    for number, part in enumerate(textwrap.wrap(text, letters)):
        column.label(text=part, icon="BLANK1" if number else icon)
