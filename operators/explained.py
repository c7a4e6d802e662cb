"""A greyed button says why."""

from typing import ClassVar

import bpy


class ExplainedOperator:
    """Base of operators whose ``poll`` is a question with an answer in words."""

    bl_options: ClassVar[set[str]] = {"REGISTER"}

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
