"""Style and shape of the motion, acting, blinks and head motion."""

import bpy

from .sub_panel import ControlPanel


class StylePanel(ControlPanel, bpy.types.Panel):
    """The personal style."""

    bl_idname = "EMOTALK_PT_style"
    bl_label = "Style"
    group = "style"


class ShapePanel(ControlPanel, bpy.types.Panel):
    """Gains, smoothing and timing."""

    bl_idname = "EMOTALK_PT_shape"
    bl_label = "Shape"
    bl_options = {"DEFAULT_CLOSED"}
    group = "shape"


class ActingPanel(ControlPanel, bpy.types.Panel):
    """What the face does with the voice and the emotion."""

    bl_idname = "EMOTALK_PT_acting"
    bl_label = "Acting"
    bl_options = {"DEFAULT_CLOSED"}
    group = "acting"


class LifePanel(ControlPanel, bpy.types.Panel):
    """Blinks, glances and nods."""

    bl_idname = "EMOTALK_PT_life"
    bl_label = "Life"
    bl_options = {"DEFAULT_CLOSED"}
    group = "life"
