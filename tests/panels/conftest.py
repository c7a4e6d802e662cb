"""Records what panels draw, so that they can be tested in Blender without a window."""

from types import SimpleNamespace

import bpy
import pytest


class RecordedLayout:
    """A layout that checks every property, operator and icon it is given, and remembers them."""

    ICONS = bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items

    def __init__(self, record=None):
        self.record = [] if record is None else record

    def _check(self, icon="NONE", **_options):
        assert icon in self.ICONS

    def row(self, **_options):
        return RecordedLayout(self.record)

    column = box = grid_flow = split = row

    def context_pointer_set(self, name, data):
        assert isinstance(data, bpy.types.bpy_struct)
        self.record.append(("pointer", name))

    def template_list(self, kind, _name, data, name, active_data, active_name, **_options):
        assert hasattr(bpy.types, kind)
        assert name in data.bl_rna.properties
        assert active_name in active_data.bl_rna.properties
        self.record.append(("list", name))

    def separator(self, **_options):
        pass

    def label(self, text="", **options):
        self._check(**options)
        self.record.append(("label", text))

    def prop(self, data, name, **options):
        assert name in data.bl_rna.properties
        self._check(**options)
        self.record.append(("prop", name))

    def operator(self, name, **options):
        self._check(**options)
        group, _, verb = name.partition(".")
        kind = getattr(getattr(bpy.ops, group), verb).get_rna_type()
        self.record.append(("operator", name))
        return SimpleNamespace(**{prop.identifier: None for prop in kind.properties})

    def menu(self, name, text="", **options):
        assert hasattr(bpy.types, name)
        self._check(**options)
        self.record.append(("menu", text))

    def progress(self, factor=0.0, text="", type="RING"):  # noqa: A002 - Blender calls it so
        self.record.append(("progress", (round(factor, 3), text)))


@pytest.fixture
def drawn():
    """A function that draws a panel, a menu or the preferences, and gives what it drew."""

    def draw(panel):
        layout = RecordedLayout()
        panel.draw(Drawn(panel, layout), drawing_context())
        return layout.record

    return draw


class Drawn:
    """Stands in for an instance of a panel, which only Blender can make."""

    def __init__(self, panel, layout):
        self.layout = layout
        self._self = panel
        if issubclass(panel, bpy.types.AddonPreferences):
            self._self = bpy.context.preferences.addons[panel.bl_idname].preferences

    def __getattr__(self, name):
        return getattr(self._self, name)


def drawing_context():
    return SimpleNamespace(
        scene=bpy.context.scene,
        window_manager=bpy.context.window_manager,
        view_layer=bpy.context.view_layer,
        preferences=SimpleNamespace(
            system=SimpleNamespace(ui_scale=1.0),  # 0 in Blender without a window
            addons=bpy.context.preferences.addons,
        ),
        region=SimpleNamespace(width=300),
    )
