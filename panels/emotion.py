"""The mood of the line."""

import bpy

from ..blender_emotalk.properties import LineProperties
from ..face.controls import CONTROLS
from ..face.emotions import EMOTIONS
from .sub_panel import ControlPanel


class EmotionPanel(ControlPanel, bpy.types.Panel):
    """One emotion with one click, or a mix of eight."""

    bl_idname = "EMOTALK_PT_emotion"
    bl_label = "Emotion"
    group = "emotion"

    def draw(self, context: bpy.types.Context) -> None:
        """Buttons on top, then how strongly it is performed, and the mix below."""
        line: LineProperties = context.scene.emotalk
        _draw_buttons(self.layout, line)
        column = self.layout.column()
        column.use_property_split = True
        column.use_property_decorate = True
        for control in CONTROLS:
            if control.group == self.group and control.name not in EMOTIONS:
                column.prop(line, control.name, slider=True)
        column.separator()
        for name in EMOTIONS:
            column.prop(line, name, slider=True)


def _draw_buttons(layout: bpy.types.UILayout, line: LineProperties) -> None:
    grid = layout.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
    for name in EMOTIONS:
        is_only = all(getattr(line, other) == float(other == name) for other in EMOTIONS)
        grid.operator("emotalk.set_emotion", text=name.capitalize(), depress=is_only).emotion = name
