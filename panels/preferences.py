"""The preferences: PyTorch for the research network, its device and precision."""

from typing import Final

import bpy

from ..blender_emotalk import background, feature_cache, torch_environment
from ..blender_emotalk.preferences import EXTENSION, PreferenceProperties
from .drawn import Icon
from .task import draw_outcome, draw_progress
from .text import draw_sentence

_ICONS: Final[dict[str, Icon]] = {"ready": "CHECKMARK", "broken": "ERROR", "unfinished": "ERROR"}


class EmoTalkPreferences(PreferenceProperties, bpy.types.AddonPreferences):
    """Settings for all files."""

    bl_idname = EXTENSION

    def draw(self, context: bpy.types.Context) -> None:
        """The state of PyTorch, buttons to set it up, and its settings."""
        box = self.layout.box()
        box.label(text="The Research Network")
        if background.is_busy():
            draw_progress(box)
            _draw_log(box)
        else:
            _draw_python(box, context, self)
        column = self.layout.column()
        column.use_property_split = True
        column.prop(self, "device")
        column.prop(self, "precision")
        column.prop(self, "windowed")
        if self.precision != "float32" or self.windowed:
            sentence = "The curves differ from the published network's; exact numbers need Exact and no windows"
            draw_sentence(column, context, sentence, "ERROR")
        row = self.layout.row()
        row.prop(self, "feature_cache")
        row.operator("emotalk.clear_features", text=f"Clear ({feature_cache.known_size() / 1e6:,.0f} MB)", icon="TRASH")


def _draw_python(layout: bpy.types.UILayout, context: bpy.types.Context, preferences: EmoTalkPreferences) -> None:
    status = torch_environment.status(context)
    draw_sentence(layout, context, status.sentence, _ICONS.get(status.state, "INFO"))
    draw_outcome(layout, context, known=status.sentence)
    column = layout.column()
    column.use_property_split = True
    column.prop(preferences, "torch_python")
    row = layout.row()
    if preferences.torch_python:
        row.operator("emotalk.check_pytorch", icon="VIEWZOOM")
        return
    column.prop(preferences, "accelerator")
    column.prop(preferences, "package_index", placeholder="pip's own")
    column.prop(preferences, "wheels", placeholder="Download")
    if status.state == "absent":
        row.operator("emotalk.set_up_pytorch", icon="IMPORT")
        return
    row.operator("emotalk.check_pytorch", icon="VIEWZOOM")
    row.operator("emotalk.set_up_pytorch", text="Repair", icon="FILE_REFRESH")
    row.operator("emotalk.remove_pytorch", text=f"Remove ({status.bytes / 1e9:.2g} GB)", icon="TRASH")
    _draw_log(row)


def _draw_log(layout: bpy.types.UILayout) -> None:
    layout.operator("wm.path_open", text="Log", icon="TEXT").filepath = str(torch_environment.environment().log)
