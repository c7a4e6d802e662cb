"""The box Words in every state of a line, and the menus of a sound, which say what is not possible and why."""

import runpy
from pathlib import Path

import bpy
import pytest
from emotalk.blender_emotalk import alignments
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.panels.sound_menu import PointedSoundMenu, SoundMenu
from emotalk.panels.words import TextMenu, WordsPanel

SPOKEN = runpy.run_path(str(Path(__file__).parents[1] / "spoken_line.py"))


@pytest.fixture
def line(stage):
    bpy.context.scene.render.fps = 30
    return line_to_set(bpy.context.scene)


@pytest.fixture
def spoken(line):
    """The line with words and sounds, the playhead on the b of the first "maybe"."""
    line.text = SPOKEN["TEXT"]
    alignments.store(line, SPOKEN["alignment"](), line.text, alignments.sound_mark(line, bpy.context.scene))
    bpy.context.scene.frame_set(73)
    return line


def labels(record):
    return " ".join(text for kind, text in record if kind in ("label", "menu"))


def operators(record):
    return {name.removeprefix("emotalk.") for kind, name in record if kind == "operator"}


def test_a_new_line_is_asked_for_its_text(line, drawn):
    record = drawn(WordsPanel)
    assert ("prop", "text") in record
    assert operators(record) == {"paste_text", "align", "hear"}
    line.text = "Hello"
    assert "Animate aligns the text first" in labels(drawn(WordsPanel))


def test_what_was_found_and_the_sound_at_the_playhead(spoken, drawn):
    record = drawn(WordsPanel)
    assert "20 words" in labels(record)
    assert "B of “maybe,”, 51 ms" in labels(record)
    assert "reset_sounds" not in operators(record)
    bpy.ops.emotalk.delete_sound()
    assert "reset_sounds" in operators(drawn(WordsPanel))
    bpy.context.scene.frame_set(900)
    assert "The playhead is not on the line" in labels(drawn(WordsPanel))
    spoken.text = "Something else"
    assert alignments.TEXT_CHANGED in labels(drawn(WordsPanel))


def test_sounds_of_another_recording_can_be_forgotten(spoken, drawn):
    spoken.channel = 1
    record = drawn(WordsPanel)
    assert alignments.SOUND_CHANGED in labels(record)
    assert "forget_words" in operators(record)


def test_progress_takes_the_place_of_the_buttons(line, drawn):
    state = bpy.context.window_manager.emotalk
    state.running, state.progress, state.message = True, 0.4, "Listening"
    record = drawn(WordsPanel)
    assert ("progress", (0.4, "Listening")) in record
    assert "cancel" in operators(record)
    assert "align" not in operators(record)
    state.running, state.message = False, ""


def test_a_network_that_only_listens_says_so(line, drawn, monkeypatch):
    monkeypatch.setattr("emotalk.blender_emotalk.model_choice.can_be_told", lambda _line: False)
    assert "only listens" not in labels(drawn(WordsPanel))
    line.text = "Hello"
    assert "only listens" in labels(drawn(WordsPanel))


@pytest.mark.usefixtures("spoken")
def test_the_menu_offers_what_is_possible_and_gives_reasons_for_the_rest(drawn):
    record = drawn(SoundMenu)
    assert {"change_sound", "split_sound", "delete_sound", "reset_sounds"} == operators(record)
    assert "closed there already, for B" in labels(record)
    bpy.context.scene.frame_set(79)
    record = drawn(SoundMenu)
    assert [button["sound"] for button in record.buttons if button["name"] == "emotalk.insert_closure"] == [
        "M",
        "B",
        "P",
    ]
    bpy.context.scene.frame_set(900)
    assert operators(drawn(SoundMenu)) == set()


@pytest.mark.usefixtures("spoken")
def test_the_menu_under_the_mouse_is_about_that_frame(drawn):
    bpy.context.window_manager.emotalk.pointed_frame = 1 + 30 * 2.6
    record = drawn(PointedSoundMenu)
    assert "IY of “maybe,”" in labels(record)
    frames = {round(button["frame"], 3) for button in record.buttons if "frame" in button}
    assert frames == {79.0}


@pytest.mark.usefixtures("line")
def test_texts_of_the_file_are_offered(drawn):
    assert operators(drawn(TextMenu)) == {"load_text", "use_text_strips", "read_times"}
    bpy.data.texts.new("Scene 12")
    assert drawn(TextMenu)[-1] == ("operator", "emotalk.use_text_block")
