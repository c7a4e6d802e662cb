"""How the line is spoken and what the face does besides."""

import bpy

from .sub_panel import ControlPanel


class StylePanel(ControlPanel, bpy.types.Panel):
    """Whose way of speaking."""

    bl_idname = "EMOTALK_PT_style"
    bl_label = "Style"
    group = "style"


class ShapePanel(ControlPanel, bpy.types.Panel):
    """How far everything moves, and when."""

    bl_idname = "EMOTALK_PT_shape"
    bl_label = "Shape"
    bl_options = {"DEFAULT_CLOSED"}
    group = "shape"


class LifePanel(ControlPanel, bpy.types.Panel):
    """Blinks, glances and nods."""

    bl_idname = "EMOTALK_PT_life"
    bl_label = "Life"
    bl_options = {"DEFAULT_CLOSED"}
    group = "life"
