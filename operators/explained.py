"""A greyed button says why."""

from typing import TYPE_CHECKING, Literal

import bpy

OperatorResult = set[Literal["FINISHED", "CANCELLED", "RUNNING_MODAL", "PASS_THROUGH", "INTERFACE"]]
"""What ``execute``, ``invoke`` and ``modal`` return."""

# Each operator names bpy.types.Operator itself, after this base, as Blender wants it; types need it here already.
if TYPE_CHECKING:
    _Operator = bpy.types.Operator
else:
    _Operator = object


class ExplainedOperator(_Operator):
    """Base of operators whose ``poll`` is a question with an answer in words."""

    bl_options = {"REGISTER"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why the operator cannot run now, as a sentence; empty when it can. Cheap: asked at every redraw."""
        return ""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Blender's question, answered by ``disabled_reason``."""
        reason = cls.disabled_reason(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason
