"""A line is known by an identity of its own: files of one name are different lines, and the same line comes back."""

import shutil

import bpy
import pytest
from emotalk.blender_emotalk import baking, desk, line_identity, own_actions
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.strips import all_strips


def line():
    return line_to_set(bpy.context.scene)


def names():
    return sorted(action.name for action in bpy.data.actions)


def start_of(name):
    return bpy.data.actions[name].frame_range[0]


@pytest.fixture
def takes(tmp_path, line_wav):
    """Two sound files of one name."""
    found = []
    for scene in ("sc1", "sc2"):
        (tmp_path / scene).mkdir()
        found.append(str(shutil.copy(line_wav, tmp_path / scene / "take1.wav")))
    return found


def animate(audio, start):
    line().audio, line().start_frame, line().settle_time = audio, start, 0
    assert bpy.ops.emotalk.animate() == {"FINISHED"}


def perform(audio, start):
    assert bpy.ops.emotalk.animate(audio=audio, start_frame=start, settle_time=0) == {"FINISHED"}


def lines():
    return bpy.context.scene.emotalk.lines


def test_files_of_one_name_are_two_lines(add_face, takes):
    add_face()
    perform(takes[0], 1)
    perform(takes[1], 300)
    assert [line.name for line in lines()] == ["take1", "take1.001"]
    assert names() == ["EmoTalk take1", "EmoTalk take1.001"]
    assert (start_of("EmoTalk take1"), start_of("EmoTalk take1.001")) == (1, 300)
    assert bpy.ops.emotalk.clear() == {"FINISHED"}
    assert names() == ["EmoTalk take1"]


def test_a_line_that_is_animated_again_replaces_only_its_own_action(add_face, takes):
    add_face()
    for start in (1, 20):
        perform(takes[0], start)
        perform(takes[1], start + 300)
    assert len(lines()) == 2
    assert sorted(action.frame_range[0] for action in bpy.data.actions) == [20, 320]


def test_another_sound_for_a_line_replaces_what_it_said_before(add_face, takes):
    add_face()
    animate(takes[0], 1)
    first = line().identity
    bpy.ops.emotalk.choose_audio(filepath=takes[1])
    bpy.ops.emotalk.animate(start_frame=50)
    assert (line().identity, len(lines()), names()) == (first, 1, ["EmoTalk take1"])
    assert start_of("EmoTalk take1") == 50


def test_one_sound_twice_is_two_lines(add_face, takes):
    add_face()
    perform(takes[0], 1)
    bpy.ops.emotalk.duplicate_line()
    assert [line.name for line in lines()] == ["take1", "take1.001"]
    assert lines()[0].identity != lines()[1].identity
    assert (line().state, line().audio) == ("NEW", takes[0])
    bpy.ops.emotalk.animate(start_frame=300)
    assert names() == ["EmoTalk take1", "EmoTalk take1.001"]


def test_a_renamed_line_keeps_its_keys(add_face, takes):
    add_face()
    animate(takes[0], 1)
    line().name = "Grüße / 👋"
    assert names() == ["EmoTalk Grüße / 👋"]
    bpy.ops.emotalk.animate(start_frame=20)
    assert names() == ["EmoTalk Grüße / 👋"]
    assert start_of("EmoTalk Grüße / 👋") == 20
    assert bpy.ops.emotalk.clear(line="Grüße / 👋") == {"FINISHED"}


def test_a_copied_scene_has_lines_of_its_own(add_face, takes):
    add_face()
    perform(takes[0], 1)
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.scene.new(type="FULL_COPY")
    assert line().character is None
    bpy.context.view_layer.objects.active = bpy.context.scene.objects[0]
    bpy.ops.emotalk.animate(start_frame=40, settle_time=0)
    assert sorted(action.frame_range[0] for action in bpy.data.actions if action.users) == [1, 40]


def test_a_placed_sound_stays_the_same_line(stage):
    bpy.ops.emotalk.animate()
    identity = line().identity
    bpy.ops.emotalk.place_sound()
    assert line().identity == identity
    bpy.ops.emotalk.animate()
    assert names() == ["EmoTalk line"]
    bpy.ops.emotalk.forget_strip()
    assert line().identity == identity
    bpy.ops.emotalk.place_sound()
    bpy.context.scene.sequence_editor.active_strip = all_strips(bpy.context.scene)[-1]
    bpy.ops.emotalk.use_sound_strip()
    bpy.ops.emotalk.animate()
    assert names() == ["EmoTalk line"]


def test_a_name_given_by_a_script_means_the_line_of_that_name(add_face, takes):
    add_face()
    line().settle_time = 0
    bpy.ops.emotalk.animate(audio=takes[0], line="greeting")
    bpy.ops.emotalk.animate(audio=takes[1], line="greeting", start_frame=50)
    assert names() == ["EmoTalk greeting"]
    assert start_of("EmoTalk greeting") == 50


def test_a_name_given_by_a_script_means_the_line_of_several_characters_too(add_face, takes):
    faces = [add_face("One"), add_face("Two")]
    for face in faces:
        bpy.context.view_layer.objects.active = face
        animate(takes[0], 1)
    assert len({mark.identity for mark in own_actions.marks()}) == 1
    for face in faces:
        bpy.context.view_layer.objects.active = face
        bpy.ops.emotalk.animate(audio=takes[1], line="take1", start_frame=50)
    assert [action.frame_range[0] for action in bpy.data.actions] == [50, 50]


def test_clear_by_name_asks_which_of_two_lines_is_meant(add_face, takes):
    face = add_face()
    perform(takes[0], 1)
    perform(takes[1], 300)
    lines()[1].name = "take1"
    bpy.data.actions["EmoTalk take1"].name = "EmoTalk take1.002"
    with pytest.raises(RuntimeError, match=r"several lines named 'take1'; give .*: take1\.001, take1\.002"):
        bpy.ops.emotalk.clear(line="take1")
    assert bpy.ops.emotalk.clear(line="take1.002") == {"FINISHED"}
    assert baking.lines_of(find_character(face, bpy.context.scene)) == ["take1.001"]


@pytest.fixture
def earlier(stage, as_version_0_1_0, tmp_path):
    """The open file, as an earlier version saved it: lines are known by name alone."""
    bpy.ops.emotalk.animate()
    for action in bpy.data.actions:
        del action[own_actions._IDENTITY]
    line().identity = ""
    as_version_0_1_0(bpy.context.scene)
    path = str(tmp_path / "scene.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert line_identity.identity_of(line()) == "line"


@pytest.mark.parametrize("verb", ["clear", "animate"])
@pytest.mark.parametrize("again", [False, True])
def test_a_line_of_an_earlier_version_is_found(earlier, line_wav, verb, again):
    if again:
        line().audio = str(line_wav)
    if verb == "clear":
        assert bpy.ops.emotalk.clear() == {"FINISHED"}
        assert not bpy.data.actions
    else:
        bpy.ops.emotalk.animate()
        assert names() == ["EmoTalk line"]


def test_a_line_of_an_earlier_version_is_not_replaced_by_another_file(earlier, line_wav, tmp_path):
    perform(str(shutil.copy(line_wav, tmp_path / "line.wav")), 300)
    assert names() == ["EmoTalk line", "EmoTalk line.001"]


def test_the_identity_is_hidden_and_no_part_of_presets():
    prop = line().bl_rna.properties["identity"]
    assert prop.is_hidden
    assert prop.is_skip_preset


def test_a_name_that_is_taken_gets_the_next_free_number(takes):
    desk.add_line(bpy.context.scene).audio = takes[0]
    for expected in ("take1.001", "take1.002"):
        bpy.ops.emotalk.duplicate_line()
        assert line().name == expected
    bpy.context.scene.emotalk.lines[1].name = "other"
    bpy.ops.emotalk.duplicate_line()
    assert [each.name for each in bpy.context.scene.emotalk.lines].count("take1.001") == 1
    assert line_identity.free_name(line(), line().name) == line().name
    assert line_identity.free_name(line(), "new") == "new"


def test_a_name_that_a_script_gives_means_nothing_for_a_line_that_is_there(add_face, takes):
    add_face()
    perform(takes[0], 1)
    first = line().identity
    line().name = "greeting"
    bpy.ops.emotalk.animate(line="farewell", audio=takes[1], start_frame=300)
    assert (lines()[0].identity, lines()[0].name, lines()[1].name) == (first, "greeting", "farewell")
    assert lines()[1].identity != first
    assert names() == ["EmoTalk farewell", "EmoTalk greeting"]


def test_a_new_line_of_the_name_of_keys_that_are_there_is_that_line(add_face, takes):
    add_face()
    line().settle_time = 0
    bpy.ops.emotalk.animate(audio=takes[0], line="greeting")
    bpy.ops.emotalk.remove_line()
    bpy.ops.emotalk.animate(audio=takes[1], line="greeting", start_frame=50)
    assert names() == ["EmoTalk greeting"]
