"""What the line moves on its character: the naming scheme that was found, and the table."""

from typing import Any

import bpy

from ..blender_emotalk import mapping_table
from ..blender_emotalk.access import view_layer_of
from .drawn import Drawn, Icon
from .shape_buttons import draw_shape_buttons
from .sub_panel import SubPanel
from .text import draw_sentence

_ROWS = 6
_SHARE_OF_NAME = 0.7


class MappingList(Drawn, bpy.types.UIList):
    """One row for each control: its name and its gain."""

    bl_idname = "EMOTALK_UL_mapping"

    def draw_item(
        self,
        _context: bpy.types.Context,
        layout: bpy.types.UILayout,
        _table: Any,
        row: Any,
        _icon: int | None,
        _active: Any,
        _active_name: str | None,
        _index: int | None,
        _flags: int | None,
    ) -> None:
        """The search of the list looks at controls and channels."""
        split = layout.split(factor=_SHARE_OF_NAME)
        split.prop(row, "target", text="", emboss=False)
        split.prop(row, "gain", text="")


class MappingPanel(SubPanel, bpy.types.Panel):
    """The mapping of the line's character."""

    bl_idname = "EMOTALK_PT_mapping"
    bl_label = "Mapping"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """What was found and what is missing, Auto-Map, the table, and what is done with it."""
        table = mapping_table.table_of(context)
        if not mapping_table.is_current(context):
            mapping_table.fill_later()
        column = self.layout.column(align=True)
        if table.heading:
            draw_sentence(column, context, table.heading, "OUTLINER_OB_ARMATURE")
        if table.missing:
            draw_sentence(column, context, table.missing, "INFO")
            draw_shape_buttons(column)
        row = self.layout.row(align=True)
        row.operator("emotalk.auto_map", icon="VIEWZOOM")
        row.operator("emotalk.forget_mapping", text="", icon="X")
        self.layout.template_list(
            MappingList.bl_idname, "", table, "rows", table, "active_index", rows=_ROWS, sort_lock=True
        )
        if table.active_index < len(table.rows):
            _draw_row(self.layout, context, table.rows[table.active_index])
        row = self.layout.row(align=True)
        row.operator("emotalk.import_mapping", icon="IMPORT")
        row.operator("emotalk.export_mapping", icon="EXPORT")
        row = self.layout.row(align=True)
        row.operator("emotalk.check_fit", icon="VIEW_ORTHO")
        row.operator("emotalk.calibrate", icon="DRIVER_DISTANCE")
        active = view_layer_of(context).objects.active
        if active is not None and active.type == "MESH" and active.mode == "EDIT":
            row = self.layout.row(align=True)
            row.operator("emotalk.mark_lips", text="Upper Lip", icon="GROUP_VERTEX").lip = "UPPER"
            row.operator("emotalk.mark_lips", text="Lower Lip", icon="GROUP_VERTEX").lip = "LOWER"
        column = self.layout.column(align=True)
        for number, line in enumerate(table.findings.splitlines()):
            mark: Icon = "CHECKMARK" if table.fits else "ERROR"
            draw_sentence(column, context, line, "DOT" if number else mark)
        if table.sentence:
            draw_sentence(self.layout.column(), context, table.sentence, "INFO")


def _draw_row(layout: bpy.types.UILayout, context: bpy.types.Context, row: mapping_table.MappingRow) -> None:
    """The active control, and what moves it."""
    column = layout.column(align=True)
    column.use_property_split = True
    column.use_property_decorate = False
    column.prop(row, "target")
    column.prop(row, "gain")
    column.prop(row, "offset")
    draw_sentence(column, context, f"{row.kind} {row.sources}".strip(), "DRIVER")
