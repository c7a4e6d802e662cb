"""What the last batch did, worst first."""

from typing import Final

import bpy

from ..blender_emotalk import batch
from ..blender_emotalk.access import desk_of, scene_of
from .drawn import Icon
from .sub_panel import SubPanel
from .text import draw_sentence

_ICONS: Final[dict[str, Icon]] = {batch.ANIMATED: "INFO", batch.FAILED: "ERROR", batch.CANCELLED: "CANCEL"}
_SHOWN: Final = 12


class ReportPanel(SubPanel, bpy.types.Panel):
    """The lines that somebody should look at."""

    bl_idname = "EMOTALK_PT_report"
    bl_label = "Report"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """After a batch."""
        return len(desk_of(scene_of(context)).report) > 0

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        """How many lines failed, visible while the box is closed."""
        failed = sum(entry.outcome == batch.FAILED for entry in desk_of(scene_of(context)).report)
        self.layout.label(text=f"{failed} failed" if failed else "")

    def draw(self, context: bpy.types.Context) -> None:
        """A button that shows the line, and what is to be known about it."""
        entries = [entry for entry in desk_of(scene_of(context)).report if entry.sentence]
        if not entries:
            self.layout.label(text="Nothing to look at", icon="CHECKMARK")
        for entry in entries[:_SHOWN]:
            box = self.layout.box()
            box.operator("emotalk.show_line", text=entry.name, icon=_ICONS[entry.outcome]).identity = entry.identity
            draw_sentence(box, context, entry.sentence, "NONE")
        if len(entries) > _SHOWN:
            self.layout.label(text=f"{len(entries) - _SHOWN} more lines")
