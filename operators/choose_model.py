"""Choose the network for the line."""

import bpy

from ..blender_emotalk import live, model_choice
from ..blender_emotalk.property_definitions import properties
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .line_operator import LineOperator


@properties(
    model=bpy.props.StringProperty(
        name="Model", description="Its id; empty for the built-in one", options={"SKIP_SAVE"}
    )
)
class ChooseModel(LineOperator, bpy.types.Operator):
    """An entry of the menu of models."""

    bl_idname = "emotalk.choose_model"
    bl_label = "Choose Model"
    bl_description = "Use this network for the line"
    bl_options = {"UNDO"}

    model: str

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Store its id: the file may be opened on a computer without the weights."""
        try:
            model_choice.look_up(self.model)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.line(context).model = self.model
        live.slider_moved()
        return {"FINISHED"}
