"""Sound strips become lines."""

import contextlib
import shutil

import bpy
import pytest
from emotalk.blender_emotalk.collecting import collect, parse_table
from emotalk.blender_emotalk.desk import add_line
from emotalk.blender_emotalk.lines import sound_of
from emotalk.blender_emotalk.strips import add_sound_strip
from emotalk.inference.contract import EmoTalkError

_LEFT, _RIGHT = (
    ("left_handle", "right_handle") if bpy.app.version >= (5, 1, 0) else ("frame_final_start", "frame_final_end")
)


def scene():
    return bpy.context.scene


def lines():
    return scene().emotalk.lines


def editor_strips():
    editor = scene().sequence_editor
    return editor.strips if hasattr(editor, "strips") else editor.sequences


@pytest.fixture
def put(line_wav):
    """A function that puts the sample line on the timeline."""

    def put(name, frame=10):
        return add_sound_strip(scene(), name, str(line_wav), frame)

    return put


@pytest.fixture
def into_meta():
    """A function that puts a strip into a new meta strip."""

    def move(strip, name="Meta"):
        meta = editor_strips().new_meta(name, 9, int(getattr(strip, _LEFT)))
        strip.move_to_meta(meta)
        setattr(meta, _RIGHT, getattr(strip, _RIGHT))
        return meta

    return move


def test_every_sound_strip_becomes_a_line_in_the_order_of_time(put, line_wav):
    put("second", 300)
    put("first", 10)
    strip = put("third", 600)
    setattr(strip, _LEFT, 612)
    editor_strips().new_effect("Colour", "COLOR", 12, 1, **_length(50))
    assert collect(scene()).sentence == "Collected 3 lines; choose who speaks first, second, third"
    assert [(line.name, line.strip, line.start_frame) for line in lines()] == [
        ("first", "first", 10),
        ("second", "second", 300),
        ("third", "third", 612),
    ]
    with contextlib.ExitStack() as files:
        sound = sound_of(lines()[2], scene(), files)
    assert (sound.path, sound.start_frame, sound.section[0]) == (line_wav, 612, pytest.approx(0.5))


def _length(frames):
    return {"length": frames} if bpy.app.version >= (5, 0, 0) else {"frame_end": frames}


def test_nothing_is_collected_twice(put, line_wav):
    put("a", 10)
    put("b", 300)
    line = add_line(scene())
    line.audio, line.start_frame = str(line_wav), 300
    assert collect(scene()).count == 1
    put("c", 600)
    again = collect(scene())
    assert (again.count, again.there) == (1, 2)
    assert [line.strip for line in lines()] == ["", "a", "c"]


def test_selected_strips_only(put):
    put("a", 10).select = False
    put("b", 300).select = True
    assert collect(scene(), only_selected=True).count == 1
    assert lines()[0].strip == "b"


def test_muted_strips_are_left_out_unless_asked_for(put, into_meta):
    put("strip", 10).mute = True
    put("channel", 300)
    on_channel = put("on channel", 600)
    on_channel.channel = 7
    scene().sequence_editor.channels[7].mute = True
    into_meta(put("in meta", 900)).mute = True
    found = collect(scene())
    assert (found.count, found.muted) == (1, 3)
    assert lines()[0].strip == "channel"
    assert collect(scene(), include_muted=True).count == 3


def test_a_meta_strip_hides_what_its_handles_cut_off(put, into_meta):
    strip = put("inside", 100)
    meta = into_meta(strip)
    setattr(meta, _LEFT, 112)
    setattr(meta, _RIGHT, 130)
    assert collect(scene()).count == 1
    with contextlib.ExitStack() as files:
        sound = sound_of(lines()[0], scene(), files)
    assert sound.start_frame == 112
    assert sound.section == pytest.approx((12 / 24, 18 / 24))


def test_what_cannot_be_heard_is_no_line(put, into_meta):
    strip = put("hidden", 100)
    meta = into_meta(strip)
    setattr(meta, _LEFT, 60)
    setattr(meta, _RIGHT, 90)
    assert collect(scene()).left_out == ("Nothing of strip 'hidden' can be heard",)
    assert not lines()


def test_a_strip_whose_sound_was_deleted_is_named_and_the_others_are_collected(put, line_wav, tmp_path):
    put("kept", 10)
    shutil.copy(line_wav, tmp_path / "other.wav")
    gone = add_sound_strip(scene(), "gone", str(tmp_path / "other.wav"), 500)
    bpy.data.sounds.remove(gone.sound)
    found = collect(scene())
    assert found.count == 1
    assert found.left_out == ("The strip 'gone' has no sound; choose another one",)


def test_who_speaks_is_told_by_strip_channel_or_table(put, add_face):
    for name in ("Ann", "Anna", "Bob", "Cleo"):
        add_face(name)
    add_face("take", names=())
    for number, name in enumerate(("ann_001", "X-ANNA-take2", "bobby", "Ann02", "other", "misc")):
        put(name, 10 + 300 * number)
    by_name = {strip.name: strip for strip in editor_strips()}
    by_name["bobby"].channel = 5
    scene().sequence_editor.channels[5].name = "Cleo (boom)"
    by_name["other"].channel = 6
    by_name["misc"].channel = 8
    found = collect(scene(), parse_table("OTH*: Bob; #8: Anna"))
    speakers = {line.strip: line.character and line.character.name for line in lines()}
    assert speakers == {
        "ann_001": "Ann",
        "X-ANNA-take2": "Anna",
        "bobby": "Cleo",
        "Ann02": "Ann",
        "other": "Bob",
        "misc": "Anna",
    }
    assert not found.silent


def test_the_table_must_name_objects(put):
    put("a")
    with pytest.raises(EmoTalkError, match="There is no object 'Nobody'"):
        collect(scene(), parse_table("*: Nobody"))
    assert not lines()
    for text in ("ann", ": Ann", "ann:"):
        with pytest.raises(EmoTalkError, match="names no character"):
            parse_table(text)
    assert parse_table("") == []


def test_the_button_collects_and_is_greyed_without_sounds(put):
    with pytest.raises(RuntimeError, match="Put sounds into the Video Sequencer"):
        bpy.ops.emotalk.collect_strips()
    put("a")
    assert bpy.ops.emotalk.collect_strips() == {"FINISHED"}
    assert bpy.ops.emotalk.collect_strips() == {"CANCELLED"}
    assert len(lines()) == 1
