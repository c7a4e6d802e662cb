"""The emotion of the line."""

import bpy

from ..blender_emotalk import model_choice
from ..blender_emotalk.lines import slider_of
from .sub_panel import ControlPanel


class EmotionPanel(ControlPanel, bpy.types.Panel):
    """One emotion with one click, or a mix of the model's emotions."""

    bl_idname = "EMOTALK_PT_emotion"
    bl_label = "Emotion"
    group = "emotion"

    def draw(self, context: bpy.types.Context) -> None:
        """Buttons on top, then the strength, and the mix below."""
        line = self.line(context)
        spec = model_choice.spec_of(line)
        controls = [control for control in spec.heeded() if control.group == self.group]
        mix = [slider_of(line, control) for control in controls if control.name in spec.emotions]
        _draw_buttons(self.layout, dict(zip(spec.emotions, mix, strict=True)))
        column = self.layout.column()
        column.use_property_split = True
        column.use_property_decorate = True
        for control in controls:
            if control.name not in spec.emotions:
                column.prop(line, control.name, slider=True)
        column.separator()
        for name, (owner, prop) in zip(spec.emotions, mix, strict=True):
            column.prop(owner, prop, text=name.capitalize(), slider=True)


def _draw_buttons(layout: bpy.types.UILayout, mix: dict[str, tuple[object, str]]) -> None:
    grid = layout.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
    weights = {name: getattr(owner, prop) for name, (owner, prop) in mix.items()}
    for name in mix:
        is_only = all(weight == float(other == name) for other, weight in weights.items())
        grid.operator("emotalk.set_emotion", text=name.capitalize(), depress=is_only).emotion = name
