"""Settings for writing keys, and Clear."""

import bpy

from ..blender_emotalk.line_identity import line_name
from .sub_panel import SubPanel


class KeysPanel(SubPanel, bpy.types.Panel):
    """The tolerance of the keys, and the handling of existing keys."""

    bl_idname = "EMOTALK_PT_keys"
    bl_label = "Keys"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Settings of the next run, then Clear."""
        line = self.line(context)
        column = self.layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(line, "name", text="Line", placeholder=line_name(line))
        column.prop(line, "key_tolerance", text="Tolerance")
        column.prop(line, "settle_time", text="Settle")
        column.prop(line, "range_start", text="From")
        column.prop(line, "range_end", text="To")
        column.prop(line, "keys_on")
        column.prop(line, "existing_keys")
        column.prop(line, "hand_edits")
        row = self.layout.row(align=True)
        row.operator("emotalk.reset_face", icon="LOOP_BACK")
        row.operator("emotalk.extend_scene", icon="PREVIEW_RANGE")
        self.layout.operator("emotalk.flatten", icon="ACTION")
        row = self.layout.row(align=True)
        row.operator("emotalk.clear", text="Clear Line", icon="TRASH").all_lines = False
        row.operator("emotalk.clear", text="Clear All").all_lines = True
