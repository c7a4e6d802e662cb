"""The main panel: the line's sound, its character, and Animate."""

import bpy

from ..blender_emotalk import batch, model_choice
from ..blender_emotalk.access import current_line, desk_of, run_state, scene_of
from ..blender_emotalk.created_shapes import face_to_shape
from ..blender_emotalk.lines import BUTTON, anchor_of
from ..blender_emotalk.properties import LineProperties, RunProperties
from ..blender_emotalk.suitability import why_no_face
from .drawn import Drawn
from .lines import draw_lines
from .presets import PresetMenu
from .shape_buttons import draw_shape_buttons
from .text import draw_sentence
from .torch_environment import draw_pytorch_offers, is_pytorch_missing


class MainPanel(Drawn, bpy.types.Panel):
    """The dialogue list, and what its active line needs for a result."""

    bl_idname = "EMOTALK_PT_main"
    bl_label = "EmoTalk"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "EmoTalk"

    def draw(self, context: bpy.types.Context) -> None:
        """The list, then the active line's sound, character, Animate, and the result."""
        line = current_line(context)
        draw_lines(self.layout, context)
        if line is not None:
            _draw_sound(self.layout, line)
        _draw_character(self.layout, line, context)
        if line is not None:
            _draw_run(self.layout, line, run_state(context), context)
            self.layout.menu(PresetMenu.bl_idname, icon="PRESET")


def _draw_sound(layout: bpy.types.UILayout, line: LineProperties) -> None:
    column = layout.column(align=True)
    row = column.row(align=True)
    if line.strip:
        row.prop(line, "strip", text="", icon="SEQ_STRIP_DUPLICATE")
        row.operator("emotalk.forget_strip", text="", icon="X")
        column.prop(line, "channel")
        return
    row.prop(line, "audio", text="", icon="SOUND", placeholder="Audio file")
    row.operator("emotalk.choose_audio", text="", icon="FILEBROWSER")
    row = column.row(align=True)
    row.operator("emotalk.use_sound_strip", text="Use Strip", icon="SEQ_SEQUENCER")
    row.operator("emotalk.place_sound", text="Place Sound", icon="PLUS")
    column.prop(line, "start_frame")
    column.prop(line, "channel")


def _draw_character(layout: bpy.types.UILayout, line: LineProperties | None, context: bpy.types.Context) -> None:
    column = layout.column(align=True)
    if line is not None:
        column.prop(line, "character", text="", icon="USER")
    anchor = anchor_of(line, context)
    if anchor is not None and (line is None or line.character is None):
        column.label(text=f"Active object: {anchor.name}", icon="RESTRICT_SELECT_OFF")
    reason = ""
    if anchor is not None:
        reason = why_no_face(anchor, scene_of(context), model_choice.spec_of(line).basis)
    if reason:
        draw_sentence(column, context, reason, "INFO")
    if anchor is None or reason:
        row = column.row(align=True)
        row.operator("emotalk.add_sample_head", icon="MONKEY")
        row.menu("EMOTALK_MT_heads", text="", icon="DOWNARROW_HLT")
    if reason and face_to_shape(anchor) is not None:
        draw_shape_buttons(column)


def _draw_run(layout: bpy.types.UILayout, line: LineProperties, run: RunProperties, context: bpy.types.Context) -> None:
    column = layout.column()
    if run.running:
        column.progress(factor=run.progress, text=run.message)
        column.operator("emotalk.cancel", icon="CANCEL")
        return
    row = column.row(align=True)
    row.scale_y = 1.6
    row.context_pointer_set(BUTTON, line)
    row.operator("emotalk.animate", icon="PLAY")
    row.prop(line, "live", toggle=True)
    if len(desk_of(scene_of(context)).lines) > 1:
        row = column.row(align=True)
        for text, which in (("All", batch.ALL), ("Selected", batch.SELECTED), ("Stale", batch.STALE)):
            row.operator("emotalk.animate_lines", text=text).which = which
    if run.message:
        draw_sentence(column, context, run.message, "ERROR" if run.failed else "CHECKMARK")
    elif line.failure:
        draw_sentence(column, context, line.failure, "ERROR")
    if run.repairable:
        column.operator("emotalk.repair", icon="TOOL_SETTINGS")
    if run.failed and is_pytorch_missing(line, context):
        draw_pytorch_offers(column, context)
