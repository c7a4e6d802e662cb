"""Another network for the line."""

from typing import ClassVar

import bpy

from ..blender_emotalk import live, model_choice
from ..inference.contract import EmoTalkError
from .explained import ExplainedOperator


class ChooseModel(ExplainedOperator, bpy.types.Operator):
    """An entry of the menu of models."""

    bl_idname = "emotalk.choose_model"
    bl_label = "Choose Model"
    bl_description = "Let this network perform the line"
    bl_options: ClassVar[set[str]] = {"UNDO"}

    model: bpy.props.StringProperty(
        name="Model", description="Its id; empty for the built-in one", options={"SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remember it by its id: the file may be opened where the weights are not."""
        try:
            model_choice.look_up(self.model)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        context.scene.emotalk.model = self.model
        live.slider_moved()
        return {"FINISHED"}
