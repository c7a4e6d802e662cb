"""The dialogue list."""

from typing import Any, Final

import bpy

from ..blender_emotalk import line_states
from ..blender_emotalk.access import desk_of, scene_of
from .drawn import Drawn, Icon

_ICONS: Final[dict[str, Icon]] = {
    line_states.NEW: "DOT",
    line_states.ANIMATED: "CHECKMARK",
    line_states.EDITED: "GREASEPENCIL",
    line_states.STALE: "FILE_REFRESH",
    line_states.FAILED: "ERROR",
}
_ROWS: Final = 3
_SHARE_OF_NAME: Final = 0.7


class LineList(Drawn, bpy.types.UIList):
    """One row for each line: mark, state, name, who speaks."""

    bl_idname = "EMOTALK_UL_lines"

    def draw_item(
        self,
        _context: bpy.types.Context,
        layout: bpy.types.UILayout,
        _desk: Any,
        line: Any,
        _icon: int | None,
        _active: Any,
        _active_name: str | None,
        _index: int | None,
        _flags: int | None,
    ) -> None:
        """The name can be edited with a double click."""
        row = layout.row(align=True)
        row.prop(line, "selected", text="")
        split = row.split(factor=_SHARE_OF_NAME)
        split.prop(line, "name", text="", emboss=False, icon=_ICONS[line.state])
        split.label(text=line.character.name if line.character else "")


class LineMenu(Drawn, bpy.types.Menu):
    """What can be done with the list, beside the buttons for one line."""

    bl_idname = "EMOTALK_MT_lines"
    bl_label = "Lines"

    def draw(self, context: bpy.types.Context) -> None:
        """Duplicate, and select."""
        self.layout.operator("emotalk.duplicate_line", icon="DUPLICATE")
        self.layout.prop(desk_of(scene_of(context)), "follows_strips")
        self.layout.separator()
        for text, action in (("Select All", "SELECT"), ("Select None", "DESELECT"), ("Select Stale", "STALE")):
            self.layout.operator("emotalk.select_lines", text=text).action = action
        self.layout.operator("emotalk.copy_controls", icon="COPYDOWN")
        self.layout.separator()
        self.layout.operator("emotalk.collect_strips", icon="SEQ_SEQUENCER")
        self.layout.operator("emotalk.import_cue_sheet", icon="IMPORT")
        self.layout.operator("emotalk.import_curves", icon="FCURVE")
        self.layout.operator("emotalk.export_cue_sheet", icon="EXPORT")
        self.layout.operator("emotalk.export_curves", icon="GRAPH")


def draw_lines(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The list and its buttons; while it is empty, only what adds lines."""
    desk = desk_of(scene_of(context))
    if not len(desk.lines):
        row = layout.row(align=True)
        row.operator("emotalk.add_lines", text="Add Audio", icon="FILE_SOUND")
        row.menu(LineMenu.bl_idname, text="", icon="DOWNARROW_HLT")
        return
    row = layout.row()
    rows = min(max(_ROWS, len(desk.lines)), 2 * _ROWS)
    row.template_list(LineList.bl_idname, "", desk, "lines", desk, "active_index", rows=rows)
    column = row.column(align=True)
    column.operator("emotalk.add_lines", text="", icon="ADD")
    column.operator("emotalk.remove_line", text="", icon="REMOVE")
    column.menu(LineMenu.bl_idname, text="", icon="DOWNARROW_HLT")
    column.operator("emotalk.solo_line", text="", icon="PREVIEW_RANGE")
    if len(desk.lines) > 1:
        column.operator("emotalk.move_line", text="", icon="TRIA_UP").direction = "UP"
        column.operator("emotalk.move_line", text="", icon="TRIA_DOWN").direction = "DOWN"
