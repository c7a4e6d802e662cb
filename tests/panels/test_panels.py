"""Every panel draws its content in every state, without errors in Blender."""

import bpy
import pytest
from emotalk import registration
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.face.controls import CONTROLS, LINE_CONTROLS
from emotalk.panels import main
from emotalk.panels.emotion import EmotionPanel
from emotalk.panels.report import ReportPanel

PANELS = [cls for cls in registration.CLASSES if issubclass(cls, bpy.types.Panel)]


@pytest.fixture
def main_panel(drawn):
    """A function that draws the main panel."""
    return lambda: drawn(registration.MainPanel)


@pytest.fixture
def _line():
    """The scene has a line."""
    line_to_set(bpy.context.scene)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.__name__)
@pytest.mark.usefixtures("_line")
def test_every_panel_is_in_the_tab_of_the_3d_view(panel, drawn):
    assert (panel.bl_space_type, panel.bl_region_type) == ("VIEW_3D", "UI")
    assert drawn(panel)


@pytest.mark.usefixtures("_line")
def test_every_control_has_one_slider(drawn):
    bpy.context.scene.emotalk.mixes_emotions = True
    sliders = [name for panel in PANELS for kind, name in drawn(panel) if kind == "prop"]
    for control in (*CONTROLS, *LINE_CONTROLS):
        assert sliders.count(control.name) == 1


def test_an_empty_scene_is_offered_a_sound_and_a_head(main_panel):
    assert ("operator", "emotalk.add_lines") in main_panel()
    assert ("operator", "emotalk.add_sample_head") in main_panel()


@pytest.mark.usefixtures("_line")
def test_a_run_shows_progress_and_cancel_instead_of_the_button(main_panel):
    state = bpy.context.window_manager.emotalk
    state.running, state.progress, state.message = True, 0.4, "Encoding"
    record = main_panel()
    assert ("progress", (0.4, "Encoding")) in record
    assert ("operator", "emotalk.cancel") in record
    assert ("operator", "emotalk.animate") not in record


def test_long_messages_are_wrapped(stage, main_panel):
    state = bpy.context.window_manager.emotalk
    state.message = "The shape keys of this face are linked from another file; make a library override of its mesh too"
    state.running = False
    labels = [text for kind, text in main_panel() if kind == "label"]
    assert " ".join(labels).endswith(state.message)
    assert max(map(len, labels)) < 50
    state.message = ""


def test_a_strip_takes_the_place_of_the_file(line_wav, main_panel):
    bpy.ops.emotalk.choose_audio(filepath=str(line_wav))
    bpy.ops.emotalk.place_sound()
    assert ("prop", "strip") in main_panel()
    assert ("prop", "start_frame") not in main_panel()


@pytest.mark.parametrize(("failed", "icon"), [(False, "CHECKMARK"), (True, "ERROR")])
def test_a_failure_does_not_look_like_a_success(stage, main_panel, monkeypatch, failed, icon):
    icons = []
    monkeypatch.setattr(main, "draw_sentence", lambda _layout, _context, _text, sign: icons.append(sign))
    state = bpy.context.window_manager.emotalk
    state.running, state.failed, state.message = False, failed, "That was it"
    main_panel()
    state.failed, state.message = False, ""
    assert icons == [icon]


def buttons(drawn):
    return [name for kind, name in drawn(EmotionPanel) if (kind, name) == ("operator", "emotalk.set_emotion")]


@pytest.mark.usefixtures("_line")
def test_an_emotion_is_a_button_until_several_are_mixed(drawn):
    line = line_to_set(bpy.context.scene)
    assert len(buttons(drawn)) == 8
    bpy.ops.emotalk.set_emotion(emotion="sad")
    assert len(buttons(drawn)) == 8
    line.happy = 0.5
    assert not buttons(drawn)
    line.happy, line.sad = 0, 0.25
    assert not buttons(drawn)
    line.sad = 0
    assert len(buttons(drawn)) == 8
    bpy.context.scene.emotalk.mixes_emotions = True
    assert not buttons(drawn)


def test_the_report_names_what_to_look_at(stage, drawn, tmp_path):
    assert not ReportPanel.poll(bpy.context)
    bpy.ops.emotalk.duplicate_line()
    line_to_set(bpy.context.scene).audio = str(tmp_path / "gone.wav")
    bpy.ops.emotalk.animate_lines()
    assert ReportPanel.poll(bpy.context)
    record = drawn(ReportPanel)
    assert ("operator", "emotalk.show_line") in record
    assert "There is no file" in " ".join(text for kind, text in record if kind == "label")
    bpy.context.scene.emotalk.active_index = 0
    failed = bpy.context.scene.emotalk.report[0]
    assert bpy.ops.emotalk.show_line(identity=failed.identity) == {"FINISHED"}
    assert bpy.context.scene.emotalk.active_index == 1
    assert bpy.ops.emotalk.show_line(identity="nobody") == {"CANCELLED"}


def test_a_failed_line_says_why(stage, main_panel, tmp_path):
    line = line_to_set(bpy.context.scene)
    line.failure = "The sound is gone"
    bpy.context.window_manager.emotalk.message = ""
    assert ("label", "The sound is gone") in main_panel()
