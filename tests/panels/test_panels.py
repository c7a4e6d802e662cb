"""Every panel draws, in every state, what the animator needs, and nothing in Blender minds."""

from types import SimpleNamespace

import bpy
import pytest
from emotalk import registration
from emotalk.face.controls import CONTROLS, KEY_TOLERANCE

PANELS = [cls for cls in registration.CLASSES if issubclass(cls, bpy.types.Panel)]


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

    def progress(self, factor=0.0, text="", type="RING"):  # noqa: A002 - Blender calls it so
        self.record.append(("progress", (round(factor, 3), text)))


def drawn(panel):
    layout = RecordedLayout()
    context = SimpleNamespace(
        scene=bpy.context.scene,
        window_manager=bpy.context.window_manager,
        view_layer=bpy.context.view_layer,
        preferences=SimpleNamespace(system=SimpleNamespace(ui_scale=1.0)),  # 0 in Blender without a window
        region=SimpleNamespace(width=300),
    )
    panel.draw(SimpleNamespace(layout=layout, group=getattr(panel, "group", None)), context)
    return layout.record


def main_panel():
    return drawn(registration.MainPanel)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.__name__)
def test_every_panel_is_in_the_tab_of_the_3d_view(panel):
    assert (panel.bl_space_type, panel.bl_region_type) == ("VIEW_3D", "UI")
    assert drawn(panel)


def test_every_control_has_one_slider():
    sliders = [name for panel in PANELS for kind, name in drawn(panel) if kind == "prop"]
    for control in (*CONTROLS, KEY_TOLERANCE):
        assert sliders.count(control.name) == 1


def test_an_empty_scene_is_offered_a_sound_and_a_head():
    assert ("operator", "emotalk.choose_audio") in main_panel()
    assert ("operator", "emotalk.add_sample_head") in main_panel()


def test_a_run_shows_progress_and_cancel_instead_of_the_button():
    state = bpy.context.window_manager.emotalk
    state.running, state.progress, state.message = True, 0.4, "Listening"
    record = main_panel()
    assert ("progress", (0.4, "Listening")) in record
    assert ("operator", "emotalk.cancel") in record
    assert ("operator", "emotalk.animate") not in record


def test_long_messages_are_wrapped(stage):
    state = bpy.context.window_manager.emotalk
    state.message = "The shape keys of this face are linked from another file; make a library override of its mesh too"
    state.running = False
    labels = [text for kind, text in main_panel() if kind == "label"]
    assert " ".join(labels).endswith(state.message)
    assert max(map(len, labels)) < 50
    state.message = ""


def test_a_strip_takes_the_place_of_the_file(line_wav):
    bpy.ops.emotalk.choose_audio(filepath=str(line_wav))
    bpy.ops.emotalk.place_sound()
    assert ("prop", "strip") in main_panel()
    assert ("prop", "start_frame") not in main_panel()
