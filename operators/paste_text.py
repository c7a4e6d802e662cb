"""Take the text of the line from the clipboard."""

import bpy

from ..blender_emotalk.access import window_manager_of
from ..inference.contract import EmoTalkError
from .text_operator import TextOperator


class PasteText(TextOperator, bpy.types.Operator):
    """The paste button beside the text."""

    bl_idname = "emotalk.paste_text"
    bl_label = "Paste Text"
    bl_description = "Take the text from the clipboard, however long it is"
    bl_options = {"REGISTER", "UNDO"}

    def text(self, context: bpy.types.Context) -> str:
        """The clipboard's."""
        text = window_manager_of(context).clipboard
        if not text.split():
            raise EmoTalkError("The clipboard has no text; copy the words of the line first")
        return text
