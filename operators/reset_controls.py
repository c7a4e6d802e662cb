"""Reset controls to their defaults."""

import bpy

from ..blender_emotalk import live
from ..blender_emotalk.property_definitions import properties
from ..face.controls import CONTROLS, SHAPES
from .explained import OperatorResult
from .line_operator import LineOperator


@properties(
    group=bpy.props.StringProperty(name="Group", description="The box to reset; empty for all", options={"SKIP_SAVE"})
)
class ResetControls(LineOperator, bpy.types.Operator):
    """The reset button of a box."""

    bl_idname = "emotalk.reset_controls"
    bl_label = "Reset"
    bl_description = "Set the sliders of this box back to their defaults; keys on them stay"
    bl_options = {"UNDO"}

    group: str

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Unset the properties, so that they have the defaults of the table again."""
        line = self.line(context)
        groups = dict.fromkeys((*(control.group for control in CONTROLS), SHAPES))
        if self.group and self.group not in groups:
            self.report({"ERROR"}, f"There is no group of controls {self.group!r}; there are: {', '.join(groups)}")
            return {"CANCELLED"}
        for control in CONTROLS:
            if self.group in ("", control.group):
                line.property_unset(control.name)
        if self.group in ("", "emotion"):
            for emotion in line.own_emotions:
                emotion.property_unset("weight")
        if self.group in ("", SHAPES):
            line.shapes.clear()
        live.slider_moved()
        return {"FINISHED"}
