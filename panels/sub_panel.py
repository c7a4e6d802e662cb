"""The base of the boxes under the main panel."""

from typing import TYPE_CHECKING, cast

import bpy

from ..blender_emotalk import model_choice
from ..blender_emotalk.access import current_line
from ..blender_emotalk.lines import has_style
from ..blender_emotalk.properties import LineProperties
from ..inference.contract import ModelSpec
from .drawn import Drawn
from .text import draw_sentence

# Each box names bpy.types.Panel itself, after this base, as Blender wants it; types need it here already.
if TYPE_CHECKING:
    _Panel = bpy.types.Panel
else:
    _Panel = object


class SubPanel(Drawn, _Panel):
    """Base of the boxes under the main panel."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_parent_id = "EMOTALK_PT_main"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only for a line."""
        return current_line(context) is not None

    @staticmethod
    def line(context: bpy.types.Context) -> LineProperties:
        """The active line, which ``poll`` made sure of."""
        return cast(LineProperties, current_line(context))


class ControlPanel(SubPanel):
    """Base of boxes with one group of the controls of the line's model."""

    group: str

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Empty boxes are not drawn."""
        heeded = model_choice.spec_of(current_line(context)).heeded()
        return super().poll(context) and any(control.group == cls.group for control in heeded)

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        """The reset button at the right end of the header."""
        reset = self.layout.operator("emotalk.reset_controls", text="", icon="LOOP_BACK", emboss=False)
        reset.group = self.group

    def draw(self, context: bpy.types.Context) -> None:
        """Every control of the group."""
        line = self.line(context)
        draw_controls(self.layout, context, line, model_choice.spec_of(line), self.group)


def draw_controls(
    layout: bpy.types.UILayout, context: bpy.types.Context, line: LineProperties, spec: ModelSpec, group: str
) -> None:
    """The sliders of a group that the model uses, in a column, in the order of the table."""
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = True
    for control in spec.heeded():
        if control.group != group:
            continue
        if control.kind != "name":
            column.prop(line, control.name, text=control.label)
            continue
        column.prop(line, control.name, text=control.label, placeholder=spec.styles[0] if spec.styles else "")
        name = getattr(line, control.name)
        if not has_style(spec, name):
            draw_sentence(column, context, f"This model has no style {name}; its first one is used", "INFO")
