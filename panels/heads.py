"""The menu of heads: Add > Mesh > EmoTalk."""

import bpy

from .drawn import Drawn


class HeadMenu(Drawn, bpy.types.Menu):
    """Every head that can be added."""

    bl_idname = "EMOTALK_MT_heads"
    bl_label = "EmoTalk"

    def draw(self, context: bpy.types.Context) -> None:
        """The built-in head, and those from files of the user's."""
        self.layout.operator_context = "INVOKE_DEFAULT"
        self.layout.operator("emotalk.add_sample_head", text="Sample Head", icon="MONKEY")
        self.layout.operator("emotalk.import_flame", icon="FILE_3D")
        self.layout.operator("emotalk.import_ict", icon="FILE_FOLDER")
        self.layout.separator()
        self.layout.operator("emotalk.bake_identity")


def draw_in_add_menu(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    """The entry of Add > Mesh."""
    if menu.layout is not None:
        menu.layout.menu(HeadMenu.bl_idname, icon="USER")
