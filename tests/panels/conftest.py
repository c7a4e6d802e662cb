"""Records what panels draw, so that they can be tested in Blender without a window."""

from types import SimpleNamespace

import bpy
import pytest


class Record(list):
    """What was drawn, in order; ``buttons`` has the operators with what they are given, and what Blender shows of them.

    A button is a dictionary: ``name``, ``text``, ``icon``, ``depress``, ``enabled``, and the arguments.
    """

    def __init__(self):
        super().__init__()
        self.buttons = []


class RecordedLayout:
    """A layout that checks every property, operator and icon it is given, and remembers them."""

    ICONS = bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items

    def __init__(self, record=None):
        self.record = Record() if record is None else record
        self.enabled = True

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
        button = Button(self, name, options, {prop.identifier for prop in kind.properties})
        self.record.buttons.append(button.shown)
        return button

    def menu(self, name, text="", **options):
        assert hasattr(bpy.types, name)
        self._check(**options)
        self.record.append(("menu", text))

    def template_icon(self, icon_value, scale=1.0):
        assert isinstance(icon_value, int)
        self.record.append(("picture", scale))

    def progress(self, factor=0.0, text="", type="RING"):  # noqa: A002 - Blender calls it so
        self.record.append(("progress", (round(factor, 3), text)))


class Button:
    """The arguments of an operator in a panel; only those that it has can be set."""

    def __init__(self, layout, name, options, arguments):
        usual = {"text": None, "icon": "NONE", "depress": False, "enabled": layout.enabled}
        vars(self).update(shown={"name": name, **usual, **options}, arguments=arguments)

    def __setattr__(self, name, value):
        assert name in self.arguments
        self.shown[name] = value


@pytest.fixture
def drawn():
    """A function that draws a panel, a menu or the preferences, and gives what it drew (``Record``).

    ``part`` is the method that draws: "draw_header_preset" is the right end of a panel's header.
    """

    def draw(panel, part="draw"):
        layout = RecordedLayout()
        getattr(panel, part)(Drawn(panel, layout), drawing_context())
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
        area=SimpleNamespace(type="VIEW_3D"),
    )
