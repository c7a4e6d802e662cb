"""Every panel draws its content in every state, without errors in Blender."""

from types import SimpleNamespace

import bpy
import pytest
from emotalk import registration
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.lines import BUTTON
from emotalk.face.controls import CONTROLS, LINE_CONTROLS
from emotalk.face.emotions import EMOTIONS
from emotalk.panels import main
from emotalk.panels.emotion import EmotionPanel
from emotalk.panels.report import ReportPanel
from emotalk.panels.text import draw_sentence

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


@pytest.mark.usefixtures("_line")
def test_the_button_is_known_as_the_panels_own(main_panel):
    record = main_panel()
    assert record[record.index(("operator", "emotalk.animate")) - 1] == ("pointer", BUTTON)


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


def pressed(record, name, *shown):
    """What the buttons of an operator give it and show, one tuple each."""
    return [tuple(button.get(each) for each in shown) for button in record.buttons if button["name"] == name]


def test_each_button_of_the_list_does_what_it_shows(stage, drawn):
    bpy.ops.emotalk.duplicate_line()
    record = drawn(registration.MainPanel)
    assert pressed(record, "emotalk.move_line", "icon", "direction") == [("TRIA_UP", "UP"), ("TRIA_DOWN", "DOWN")]
    whiches = [("All", "ALL"), ("Selected", "SELECTED"), ("Stale", "STALE")]
    assert pressed(record, "emotalk.animate_lines", "text", "which") == whiches
    menu = drawn(registration.LineMenu)
    actions = [("Select All", "SELECT"), ("Select None", "DESELECT"), ("Select Stale", "STALE")]
    assert pressed(menu, "emotalk.select_lines", "text", "action") == actions
    assert pressed(menu, "emotalk.duplicate_line", "enabled") == [(True,)]


def test_one_line_has_nothing_to_be_moved_past(stage, drawn):
    record = drawn(registration.MainPanel)
    assert not pressed(record, "emotalk.move_line")
    assert not pressed(record, "emotalk.animate_lines")
    assert {"emotalk.add_lines", "emotalk.remove_line"} <= {button["name"] for button in record.buttons}


def test_clear_is_for_the_line_or_for_all(stage, drawn):
    buttons = pressed(drawn(registration.KeysPanel), "emotalk.clear", "text", "all_lines")
    assert buttons == [("Clear Line", False), ("Clear All", True)]


@pytest.mark.usefixtures("_line")
@pytest.mark.parametrize(("chosen", "on"), [("", "neutral"), ("anger", "anger"), ("contempt", "contempt")])
def test_the_button_of_the_emotion_is_pressed(drawn, chosen, on):
    if chosen:
        bpy.ops.emotalk.set_emotion(emotion=chosen)
    buttons = pressed(drawn(EmotionPanel), "emotalk.set_emotion", "text", "emotion", "depress")
    assert buttons == [(name.capitalize(), name, name == on) for name in EMOTIONS]


@pytest.mark.usefixtures("_line")
@pytest.mark.parametrize("panel", [registration.StylePanel, registration.ShapePanel, registration.LifePanel])
def test_the_reset_of_a_box_resets_that_box(drawn, panel):
    header = drawn(panel, "draw_header_preset")
    assert pressed(header, "emotalk.reset_controls", "icon", "group") == [("LOOP_BACK", panel.group)]
    groups = {control.name: control.group for control in CONTROLS}
    assert {groups[name] for kind, name in drawn(panel) if kind == "prop"} == {panel.group}


def test_only_the_main_panel_the_models_and_training_are_there_without_a_line(stage):
    panels = [cls for cls in PANELS if cls is not ReportPanel and hasattr(cls, "poll")]
    assert all(panel.poll(bpy.context) for panel in panels)
    bpy.ops.emotalk.remove_line()
    assert [panel for panel in panels if panel.poll(bpy.context)] == [
        registration.ModelPanel,
        registration.TrainingPanel,
    ]


def test_the_active_object_is_named_where_no_character_is_chosen(stage, main_panel):
    assert ("label", "Active object: Face") in main_panel()
    line_to_set(bpy.context.scene).character = stage
    assert ("label", "Active object: Face") not in main_panel()
    line_to_set(bpy.context.scene).character = None
    bpy.ops.emotalk.remove_line()
    assert ("label", "Active object: Face") in main_panel()


def test_a_style_that_the_model_lacks_is_said_to_be_missing(stage, drawn):
    line = line_to_set(bpy.context.scene)
    line.personal_style = "crisp"
    assert not [text for kind, text in drawn(registration.StylePanel) if kind == "label"]
    line.second_style = "Nobody"
    labels = [text for kind, text in drawn(registration.StylePanel) if kind == "label"]
    assert " ".join(labels) == "This model has no style Nobody; its first one is used"


def test_repair_is_offered_only_where_it_helps(stage, main_panel):
    state = bpy.context.window_manager.emotalk
    for repairable in (True, False):
        state.repairable = repairable
        assert (("operator", "emotalk.repair") in main_panel()) == repairable


def test_a_line_with_a_message_does_not_show_its_last_failure_too(stage, main_panel):
    line_to_set(bpy.context.scene).failure = "The sound is gone"
    state = bpy.context.window_manager.emotalk
    state.message = "All is well"
    labels = [text for kind, text in main_panel() if kind == "label"]
    state.message = ""
    assert "All is well" in labels
    assert "The sound is gone" not in labels


def test_a_report_without_remarks_says_so_and_a_long_one_is_cut(stage, drawn):
    report = bpy.context.scene.emotalk.report
    report.add().outcome = "animated"
    assert ("label", "Nothing to look at") in drawn(ReportPanel)
    assert drawn(ReportPanel, "draw_header_preset") == [("label", "")]
    for number in range(15):
        entry = report.add()
        entry.name, entry.sentence, entry.identity = f"line {number}", "Gone", f"id {number}"
        entry.outcome = "failed" if number < 2 else "cancelled"
    record = drawn(ReportPanel)
    shown = pressed(record, "emotalk.show_line", "text", "identity", "icon")
    assert shown[:3] == [("line 0", "id 0", "ERROR"), ("line 1", "id 1", "ERROR"), ("line 2", "id 2", "CANCEL")]
    assert (len(shown), record[-1]) == (12, ("label", "3 more lines"))
    assert drawn(ReportPanel, "draw_header_preset") == [("label", "2 failed")]


@pytest.mark.parametrize(("width", "scale", "longest"), [(0, 1, 20), (200, 1, 23), (600, 1, 91), (600, 2, 40)])
def test_sentences_fit_into_their_region(width, scale, longest):
    labels = []
    layout = SimpleNamespace(column=lambda **_: layout, label=lambda text, icon: labels.append((text, icon)))
    context = SimpleNamespace(
        region=SimpleNamespace(width=width) if width else None,
        preferences=SimpleNamespace(system=SimpleNamespace(ui_scale=float(scale))),
    )
    draw_sentence(layout, context, "word " * 60, "ERROR")
    assert longest - 5 < max(len(text) for text, _ in labels) <= longest
    assert [icon for _, icon in labels] == ["ERROR", *["BLANK1"] * (len(labels) - 1)]


def test_what_becomes_of_keys_that_are_there_can_be_chosen(stage, drawn):
    props = [name for kind, name in drawn(registration.KeysPanel) if kind == "prop"]
    assert {"name", "key_tolerance", "settle_time", "existing_keys"} <= set(props)
    props = [name for kind, name in drawn(registration.MainPanel) if kind == "prop"]
    assert {"audio", "start_frame", "channel", "character", "live"} <= set(props)
