"""Propose where the landmarks of a face are."""

import bpy

from ..blender_emotalk.created_shapes import mark_landmarks
from ..blender_emotalk.failures import in_one_sentence
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .shape_operator import ShapeOperator


class MarkLandmarks(ShapeOperator, bpy.types.Operator):
    """The button beside Create Shapes."""

    bl_idname = "emotalk.mark_landmarks"
    bl_label = "Mark Landmarks"
    bl_description = (
        "Put 20 empties on the face where its landmarks seem to be. Move those that lie wrong, then press Create Shapes"
    )
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Add those that are missing."""
        face = self.face(context)
        try:
            with in_one_sentence():
                added = mark_landmarks(face)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if added:
            self.report({"INFO"}, f"{added} landmarks on {face.name}; move those that lie wrong, then Create Shapes")
        else:
            self.report({"INFO"}, f"{face.name} has all its landmarks; delete some to have them proposed again")
        return {"FINISHED"}
