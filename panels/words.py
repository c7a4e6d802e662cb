"""The box with the text of the line, its words and its sounds."""

import bpy

from ..blender_emotalk import alignments, model_choice
from ..blender_emotalk.access import desk_of, run_state, scene_of
from ..blender_emotalk.aligning import found_in
from ..blender_emotalk.properties import LineProperties
from ..face.alignment import Alignment
from ..face.alignment_edits import sound_at
from ..inference.contract import EmoTalkError
from .drawn import Drawn
from .sound_menu import SoundMenu, described
from .sub_panel import SubPanel
from .text import draw_sentence

_LISTENS = "This model only listens; EmoTalk Compact can be told what is said"


class TextMenu(Drawn, bpy.types.Menu):
    """Where the text may come from."""

    bl_idname = "EMOTALK_MT_text"
    bl_label = "Text from"

    def draw(self, _context: bpy.types.Context) -> None:
        """A file, strips, or the texts of this .blend file."""
        self.layout.operator("emotalk.load_text", icon="FILEBROWSER")
        self.layout.operator("emotalk.use_text_strips", icon="SEQ_STRIP_META")
        self.layout.operator("emotalk.read_times", icon="TIME")
        if len(bpy.data.texts):
            self.layout.separator()
        for block in bpy.data.texts:
            self.layout.operator("emotalk.use_text_block", text=block.name, icon="TEXT").name = block.name


class WordsPanel(SubPanel, bpy.types.Panel):
    """The text, what was found, and the sound at the playhead."""

    bl_idname = "EMOTALK_PT_words"
    bl_label = "Words"

    def draw(self, context: bpy.types.Context) -> None:
        """In the order of work: text, Align, what was found, edits."""
        line, scene = self.line(context), scene_of(context)
        column = self.layout.column(align=True)
        row = column.row(align=True)
        row.prop(line, "text", text="", icon="TEXT", placeholder="What is said")
        row.operator("emotalk.paste_text", text="", icon="PASTEDOWN")
        row.menu(TextMenu.bl_idname, text="", icon="DOWNARROW_HLT")
        state = run_state(context)
        if state.running:
            column.progress(factor=state.progress, text=state.message)
            column.operator("emotalk.cancel", icon="CANCEL")
        else:
            row = column.row(align=True)
            row.operator("emotalk.align", icon="ALIGN_JUSTIFY")
            row.operator("emotalk.hear", icon="SOUND")
        if (line.text or line.alignment) and not model_choice.can_be_told(line):
            draw_sentence(self.layout, context, _LISTENS, "INFO")
        if line.alignment:
            _draw_found(self.layout, context, line, scene)
        elif line.text and model_choice.can_be_told(line):
            draw_sentence(self.layout, context, "Animate aligns the text first", "INFO")
        self.layout.prop(desk_of(scene), "shows_words")


def _draw_found(
    layout: bpy.types.UILayout, context: bpy.types.Context, line: LineProperties, scene: bpy.types.Scene
) -> None:
    try:
        sounds = alignments.alignment_of(line, scene)
    except EmoTalkError as error:
        draw_sentence(layout, context, str(error), "ERROR")
        layout.operator("emotalk.forget_words", text="Forget", icon="X")
        return
    row = layout.row(align=True)
    row.label(text=found_in(sounds), icon="CHECKMARK")
    if alignments.is_edited(line):
        row.operator("emotalk.reset_sounds", text="", icon="LOOP_BACK")
    row.operator("emotalk.forget_words", text="", icon="X")
    if alignments.has_other_text(line):
        draw_sentence(layout, context, alignments.TEXT_CHANGED, "INFO")
    _draw_playhead(layout, line, scene, sounds)


def _draw_playhead(layout: bpy.types.UILayout, line: LineProperties, scene: bpy.types.Scene, sounds: Alignment) -> None:
    seconds = alignments.seconds_at(line, scene, scene.frame_current_final)
    try:
        number = sound_at(sounds, seconds)
    except EmoTalkError:
        layout.label(text="The playhead is not on the line", icon="INFO")
        return
    layout.menu(SoundMenu.bl_idname, text=described(sounds, number), icon="SOUND")
