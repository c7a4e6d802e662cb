"""The preferences: PyTorch for the research network, and how exactly it computes."""

import bpy

from ..blender_emotalk import runtime
from ..blender_emotalk.preferences import EXTENSION, PreferenceProperties
from ..inference.runtime_environment import RuntimeStatus
from .task import draw_task
from .text import draw_sentence


class EmoTalkPreferences(PreferenceProperties, bpy.types.AddonPreferences):
    """What holds for every file of this animator."""

    bl_idname = EXTENSION

    def draw(self, context: bpy.types.Context) -> None:
        """How PyTorch is, what can be done about it, and what it shall do."""
        box = self.layout.box()
        box.label(text="The Research Network")
        status = runtime.status(context)
        icon = {"ready": "CHECKMARK", "broken": "ERROR"}.get(status.state, "INFO")
        draw_sentence(box, context, status.sentence, icon)
        if not draw_task(box, context):
            _draw_python(box, self, status)
        column = self.layout.column()
        column.use_property_split = True
        column.prop(self, "device")
        column.prop(self, "precision")
        if self.precision != "float32":
            sentence = "The curves differ from the published network's; use Exact for final work"
            draw_sentence(column, context, sentence, "ERROR")


def _draw_python(layout: bpy.types.UILayout, preferences: EmoTalkPreferences, status: RuntimeStatus) -> None:
    column = layout.column()
    column.use_property_split = True
    column.prop(preferences, "torch_python")
    if not preferences.torch_python:
        column.prop(preferences, "accelerator")
        column.prop(preferences, "package_index", placeholder="pip's own")
        column.prop(preferences, "wheels", placeholder="Download")
    row = layout.row()
    if preferences.torch_python:
        row.operator("emotalk.check_runtime", icon="VIEWZOOM")
        return
    if status.state == "absent":
        row.operator("emotalk.set_up_runtime", icon="IMPORT")
        return
    row.operator("emotalk.check_runtime", icon="VIEWZOOM")
    row.operator("emotalk.set_up_runtime", text="Repair", icon="FILE_REFRESH")
    row.operator("emotalk.remove_runtime", text=f"Remove ({status.bytes / 1e9:.2g} GB)", icon="TRASH")
    row.operator("wm.path_open", text="Log", icon="TEXT").filepath = str(runtime.environment().log)
