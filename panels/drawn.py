"""What everything that draws itself has in common."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import bpy
    from bpy.stub_internal.rna_enums import IconItems

    Icon = IconItems
else:
    Icon = str
"""The name of an icon: Blender's stubs list them all, Blender itself takes a str."""


class Drawn:
    """Base of panels and menus: where there is something to draw, there is a layout to draw it into."""

    if TYPE_CHECKING:

        @property
        def layout(self) -> bpy.types.UILayout:
            """Never None, as the stubs let it be."""
