"""Give a head that has no face shapes the 52 of ARKit."""

import bpy

from ..blender_emotalk.access import scene_of, view_layer_of
from ..blender_emotalk.created_shapes import Created, create
from ..blender_emotalk.failures import in_one_sentence
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .shape_operator import ShapeOperator


class CreateShapes(ShapeOperator, bpy.types.Operator):
    """The button of a head that has no shapes."""

    bl_idname = "emotalk.create_shapes"
    bl_label = "Create Shapes"
    bl_description = (
        "Carry the built-in head's 52 shapes over to this head, by its landmarks. Shape keys that are there stay as "
        "they are; eyes, teeth and lashes of the same rig or selection get theirs, too"
    )
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Create them, and say what was not found."""
        face = self.face(context)
        view_layer_of(context).update()
        try:
            with in_one_sentence():
                created = create(face, scene_of(context), list(context.selected_objects))
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        is_whole = not (created.skipped or created.are_marks_guessed)
        self.report({"INFO"} if is_whole else {"WARNING"}, _sentence(face.name, created))
        return {"FINISHED"}


def _sentence(name: str, created: Created) -> str:
    parts = [f"{created.shapes} shapes created on {name}"]
    if created.others:
        parts.append(f"also on {', '.join(created.others)}")
    if created.lacks:
        parts.append(f"{' and '.join(created.lacks)} found")
    if created.skipped:
        parts.append(next(iter(created.skipped.values())))
    if created.are_marks_guessed:
        parts.append("the landmarks were guessed: if lips or lids look wrong, undo, press Mark Landmarks and move them")
    return "; ".join(parts)
