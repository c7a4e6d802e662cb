"""Buttons for a model that cannot run because PyTorch is missing or broken."""

import bpy

from ..blender_emotalk import model_choice, torch_environment
from ..blender_emotalk.properties import LineProperties


def is_pytorch_missing(line: LineProperties, context: bpy.types.Context) -> bool:
    """Whether the line's model needs PyTorch, which is missing or broken."""
    weights = model_choice.weights_of(line)
    return bool(weights and weights.needs_torch) and torch_environment.status(context).state not in ("ready", "untried")


def draw_pytorch_offers(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Repair, if we created the environment, and Preferences."""
    row = layout.row(align=True)
    if torch_environment.status(context).state != "absent" and not torch_environment.own_python(context):
        row.operator("emotalk.set_up_pytorch", text="Repair", icon="FILE_REFRESH")
    row.operator("emotalk.open_preferences", icon="PREFERENCES")
