"""The choice of the network, problems with it, and its speed."""

import bpy

from ..blender_emotalk import background, model_choice, torch_environment
from ..blender_emotalk.access import current_line, run_state
from ..blender_emotalk.properties import LineProperties
from .drawn import Drawn, Icon
from .sub_panel import SubPanel
from .task import draw_outcome, draw_progress
from .text import draw_sentence
from .torch_environment import draw_pytorch_offers, is_pytorch_missing


class ModelMenu(Drawn, bpy.types.Menu):
    """The models that are installed."""

    bl_idname = "EMOTALK_MT_models"
    bl_label = "Model"

    def draw(self, context: bpy.types.Context) -> None:
        """One entry for each, including damaged ones."""
        for weights in model_choice.installed():
            row = self.layout.row()
            row.enabled = not weights.damage
            icon: Icon = "ERROR" if weights.damage else "NONE"
            row.operator("emotalk.choose_model", text=weights.label, icon=icon).model = weights.model_id


class ModelPanel(SubPanel, bpy.types.Panel):
    """The built-in network, or one of the animator's own."""

    bl_idname = "EMOTALK_PT_model"
    bl_label = "Model"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Models can be imported before there is a line."""
        return True

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        """The name of the model, visible while the box is closed."""
        weights = model_choice.weights_of(current_line(context))
        self.layout.label(text=weights.label if weights else "Missing")

    def draw(self, context: bpy.types.Context) -> None:
        """The choice, its problems, and ways to get more models."""
        line = current_line(context)
        if line is not None:
            _draw_choice(self.layout, line, context)
        ran_on = run_state(context).ran_on
        if ran_on:
            draw_sentence(self.layout, context, ran_on, "TIME")
        column = self.layout.column(align=True)
        column.operator("emotalk.import_checkpoint", icon="IMPORT")
        column.operator("emotalk.open_weights_folder", icon="FILE_FOLDER")
        if background.is_busy():
            draw_progress(self.layout)
        else:
            draw_outcome(self.layout, context)


def _draw_choice(layout: bpy.types.UILayout, line: LineProperties, context: bpy.types.Context) -> None:
    weights = model_choice.weights_of(line)
    row = layout.row(align=True)
    row.menu(ModelMenu.bl_idname, text=weights.label if weights else line.model)
    row.operator("emotalk.refresh_models", text="", icon="FILE_REFRESH")
    if weights is None:
        draw_sentence(layout, context, "These weights are not on this computer", "ERROR")
        return
    if weights.damage:
        draw_sentence(layout, context, weights.damage, "ERROR")
        return
    if weights.notice:
        draw_sentence(layout, context, weights.notice, "INFO")
    if is_pytorch_missing(line, context):
        draw_sentence(layout, context, torch_environment.status(context).sentence, "ERROR")
        draw_pytorch_offers(layout, context)
