"""What the boxes under the main panel share."""

import bpy

from ..blender_emotalk.properties import LineProperties
from ..face.controls import CONTROLS


class SubPanel:
    """Base of the boxes under the main panel."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_parent_id = "EMOTALK_PT_main"


class ControlPanel(SubPanel):
    """Base of boxes that show one group of the table of controls."""

    group: str

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        """The reset button at the right end of the header."""
        reset = self.layout.operator("emotalk.reset_controls", text="", icon="LOOP_BACK", emboss=False)
        reset.group = self.group

    def draw(self, context: bpy.types.Context) -> None:
        """Every control of the group."""
        draw_controls(self.layout, context.scene.emotalk, self.group)


def draw_controls(layout: bpy.types.UILayout, line: LineProperties, group: str) -> None:
    """The sliders of a group, one under the other, in the order of the table."""
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = True
    for control in CONTROLS:
        if control.group == group:
            column.prop(line, control.name, text=control.label)
