"""Operators that give a head its shapes."""

from typing import cast

import bpy

from ..blender_emotalk.access import current_line
from ..blender_emotalk.created_shapes import face_to_shape, why_no_face
from ..blender_emotalk.lines import anchor_of
from .explained import ExplainedOperator


class ShapeOperator(ExplainedOperator):
    """Base of operators on the mesh of a face: the active object, else the line's character."""

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """There must be a mesh that may be changed, in Object Mode."""
        if context.mode != "OBJECT":
            return "Leave Edit Mode first (Tab)"
        face = _face(context)
        return why_no_face(face) if face is not None else "Click the mesh of the face first"

    @staticmethod
    def face(context: bpy.types.Context) -> bpy.types.Object:
        """The mesh of the face; there is one where the operator is not disabled."""
        return cast(bpy.types.Object, _face(context))


def _face(context: bpy.types.Context) -> bpy.types.Object | None:
    return face_to_shape(context.active_object) or face_to_shape(anchor_of(current_line(context), context))
