"""Take the text of the line from the text strips that lie over it."""

import bpy

from ..blender_emotalk.access import scene_of
from ..blender_emotalk.line_texts import text_of_strips
from .text_operator import TextOperator


class UseTextStrips(TextOperator, bpy.types.Operator):
    """An entry of the menu beside the text."""

    bl_idname = "emotalk.use_text_strips"
    bl_label = "Text Strips over the Line"
    bl_description = "Take the text from the text strips of the Video Sequencer that overlap the line, in their order"
    bl_options = {"REGISTER", "UNDO"}

    def text(self, context: bpy.types.Context) -> str:
        """The strips'."""
        return text_of_strips(self.line(context), scene_of(context))
