"""The base of panels and menus."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import bpy
    from bpy.stub_internal.rna_enums import IconItems

    Icon = IconItems
else:
    Icon = str
"""The name of an icon: Blender's stubs list them all, Blender itself takes a str."""


class Drawn:
    """Base of panels and menus, whose layout is never None when they draw."""

    if TYPE_CHECKING:

        @property
        def layout(self) -> bpy.types.UILayout:
            """Never None, although the stubs allow it."""
