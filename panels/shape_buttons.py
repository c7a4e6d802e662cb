"""The buttons for a head that lacks face shapes."""

import bpy


def draw_shape_buttons(layout: bpy.types.UILayout) -> None:
    """Mark Landmarks and Create Shapes."""
    layout.label(text="This head lacks face shapes:", icon="SHAPEKEY_DATA")
    row = layout.row(align=True)
    row.operator("emotalk.mark_landmarks", icon="EMPTY_DATA")
    row.operator("emotalk.create_shapes", icon="SHAPEKEY_DATA")
