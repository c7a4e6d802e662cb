"""Take the text of the line from a text of the file."""

import bpy

from ..blender_emotalk.property_definitions import properties
from ..inference.contract import EmoTalkError
from .text_operator import TextOperator


@properties(name=bpy.props.StringProperty(name="Text", description="Its name", options={"SKIP_SAVE"}))
class UseTextBlock(TextOperator, bpy.types.Operator):
    """The texts in the menu beside the text."""

    bl_idname = "emotalk.use_text_block"
    bl_label = "Use Text Data-Block"
    bl_description = "Take the text from this text of the Text Editor"
    bl_options = {"REGISTER", "UNDO"}

    name: str

    def text(self, _context: bpy.types.Context) -> str:
        """The data-block's."""
        block = bpy.data.texts.get(self.name)
        if block is None:
            raise EmoTalkError(f"There is no text {self.name!r} in this file; choose one from the menu")
        text = block.as_string()
        if not text.split():
            raise EmoTalkError(f"The text {self.name!r} is empty; choose another one")
        return text
