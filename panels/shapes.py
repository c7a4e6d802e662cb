"""Single shapes of the face, each with a multiplier and an offset."""

from typing import Any

import bpy

from ..face.controls import SHAPES
from .sub_panel import SubPanel


class ShapeList(bpy.types.UIList):
    """The rows; Blender's own search field is below them."""

    bl_idname = "EMOTALK_UL_shapes"

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: Any,
        item: Any,
        icon: int | None,
        active_data: Any,
        active_property: str | None,
        index: int | None = 0,
        flt_flag: int | None = 0,
    ) -> None:
        """Name, multiplier, offset, and a cross."""
        split = layout.split(factor=0.42)
        split.label(text=item.name)
        row = split.row(align=True)
        row.prop(item, "multiplier", text="×")
        row.prop(item, "offset", text="+")
        row.operator("emotalk.remove_shape", text="", icon="X", emboss=False).channel = item.name


class ShapesPanel(SubPanel, bpy.types.Panel):
    """The table of the line."""

    bl_idname = "EMOTALK_PT_shapes"
    bl_label = "Single Shapes"
    bl_options = {"DEFAULT_CLOSED"}

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        """The reset button, where there is something to reset."""
        if self.line(context).shapes:
            reset = self.layout.operator("emotalk.reset_controls", text="", icon="LOOP_BACK", emboss=False)
            reset.group = SHAPES

    def draw(self, context: bpy.types.Context) -> None:
        """The table, if it has rows, and the button that adds one."""
        line = self.line(context)
        if line.shapes:
            self.layout.template_list(ShapeList.bl_idname, "", line, "shapes", line, "shape_index", rows=3)
        self.layout.operator("emotalk.add_shape", icon="ADD")
