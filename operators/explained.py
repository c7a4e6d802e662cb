"""Greyed buttons that explain why they are disabled."""

from typing import TYPE_CHECKING, Literal

import bpy

OperatorResult = set[Literal["FINISHED", "CANCELLED", "RUNNING_MODAL", "PASS_THROUGH", "INTERFACE"]]
"""The return type of ``execute``, ``invoke`` and ``modal``."""

# Each operator names bpy.types.Operator itself, after this base, as Blender wants it; types need it here already.
if TYPE_CHECKING:
    _Operator = bpy.types.Operator
else:
    _Operator = object


class ExplainedOperator(_Operator):
    """Base of operators that explain in words why ``poll`` fails."""

    bl_options = {"REGISTER"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why the operator cannot run now, as a sentence; empty when it can. Cheap: called at every redraw."""
        return ""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Blender's check, based on ``disabled_reason``."""
        reason = cls.disabled_reason(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason
