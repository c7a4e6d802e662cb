"""The menus of presets."""

import bpy

from ..blender_emotalk import preset_folder
from .drawn import Drawn, Icon


class PresetMenu(Drawn, bpy.types.Menu):
    """Every preset, and what can be done with them."""

    bl_idname = "EMOTALK_MT_presets"
    bl_label = "Presets"

    def draw(self, context: bpy.types.Context) -> None:
        """Those that can be loaded, by name."""
        presets = preset_folder.presets()
        for preset in presets:
            if not preset.damage:
                self.layout.operator("emotalk.load_preset", text=preset.name).preset = preset.path.name
        if presets:
            self.layout.separator()
        self.layout.operator("emotalk.save_preset", icon="ADD")
        self.layout.operator("emotalk.import_preset", icon="IMPORT")
        self.layout.operator("emotalk.export_preset", icon="EXPORT")
        if presets:
            self.layout.menu(RemovePresetMenu.bl_idname, icon="REMOVE")


class RemovePresetMenu(Drawn, bpy.types.Menu):
    """Every preset, to be removed."""

    bl_idname = "EMOTALK_MT_remove_preset"
    bl_label = "Remove"

    def draw(self, context: bpy.types.Context) -> None:
        """Damaged files too, with their names."""
        for preset in preset_folder.presets():
            icon: Icon = "ERROR" if preset.damage else "NONE"
            self.layout.operator("emotalk.remove_preset", text=preset.name, icon=icon).preset = preset.path.name
