"""The emotion of the line."""

import bpy

from ..blender_emotalk import model_choice
from ..blender_emotalk.access import desk_of, scene_of
from ..blender_emotalk.lines import slider_of
from ..face.emotions import NEUTRAL
from .sub_panel import ControlPanel

Mix = dict[str, tuple[object, str]]
"""The owner and the name of the slider of each emotion."""


class EmotionPanel(ControlPanel, bpy.types.Panel):
    """One emotion with one click, or a mix of the model's emotions."""

    bl_idname = "EMOTALK_PT_emotion"
    bl_label = "Emotion"
    group = "emotion"

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        """The switch between buttons and sliders, and the reset button."""
        self.layout.prop(desk_of(scene_of(context)), "mixes_emotions", text="", icon="OPTIONS")
        super().draw_header_preset(context)

    def draw(self, context: bpy.types.Context) -> None:
        """A button for each emotion, or a slider where several are mixed; then the strength."""
        line = self.line(context)
        spec = model_choice.spec_of(line)
        controls = [control for control in spec.heeded() if control.group == self.group]
        sliders = [slider_of(line, control) for control in controls if control.name in spec.emotions]
        mix = dict(zip(spec.emotions, sliders, strict=True))
        grid = self.layout.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
        if desk_of(scene_of(context)).mixes_emotions or _is_mixed(mix):
            for name, (owner, prop) in mix.items():
                grid.prop(owner, prop, text=name.capitalize(), slider=True)
        else:
            _draw_buttons(grid, mix)
        column = self.layout.column()
        column.use_property_split = True
        column.use_property_decorate = True
        for control in controls:
            if control.name not in spec.emotions:
                column.prop(line, control.name, slider=True)
        row = self.layout.row(align=True)
        row.operator("emotalk.key_emotion", icon="KEY_HLT")
        row.operator("emotalk.apply_emotion", text="From–To…", icon="ARROW_LEFTRIGHT")
        for weights in model_choice.emotion_models():
            button = self.layout.operator("emotalk.hear_emotion", text=f"Hear by {weights.model_id}", icon="SOUND")
            button.emotion_model = weights.model_id


def _is_mixed(mix: Mix) -> bool:
    """Whether buttons cannot show the weights: more than one emotion, or one in part."""
    weights = [getattr(owner, prop) for owner, prop in mix.values()]
    return sum(weight > 0 for weight in weights) > 1 or any(0 < weight < 1 for weight in weights)


def _draw_buttons(grid: bpy.types.UILayout, mix: Mix) -> None:
    no_mood = not any(getattr(owner, prop) for owner, prop in mix.values())
    for name, (owner, prop) in mix.items():
        is_on = getattr(owner, prop) == 1 or (no_mood and name == NEUTRAL)
        grid.operator("emotalk.set_emotion", text=name.capitalize(), depress=is_on).emotion = name
