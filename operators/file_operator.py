"""Operators that work on a file or a folder which somebody chooses in the file browser."""

import bpy

from ..blender_emotalk.access import window_manager_of
from .explained import ExplainedOperator, OperatorResult


class FileOperator(ExplainedOperator):
    """Base of such operators: their button opens the file browser, a script gives the path."""

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Open the file browser."""
        window_manager_of(context).fileselect_add(self)
        return {"RUNNING_MODAL"}
