"""Settings of a line from a script: what each of them does to the line."""

import shutil

import bpy
import pytest
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.line_settings import LineSettings
from emotalk.blender_emotalk.properties import LineProperties
from emotalk.blender_emotalk.strips import add_sound_strip
from emotalk.face.controls import CONTROLS, LINE_CONTROLS
from emotalk.inference.contract import EmoTalkError


@pytest.fixture
def line(line_wav) -> LineProperties:
    """A line that is named after its file, in a scene with the strip Take 3."""
    add_sound_strip(bpy.context.scene, "Take 3", str(line_wav), 20)
    line = line_to_set(bpy.context.scene)
    LineSettings(audio=line_wav).apply(bpy.context.scene)
    assert (line.strip, line.name) == ("", "line")
    return line


def test_a_line_is_named_after_its_strip_unless_it_is_given_a_name(line):
    line = LineSettings(strip="Take 3").apply(bpy.context.scene)
    assert (line.strip, line.name) == ("Take 3", "Take 3")
    LineSettings(strip="Take 3", line="greeting").apply(bpy.context.scene)
    assert len(bpy.context.scene.emotalk.lines) == 3
    line = line_to_set(bpy.context.scene)
    assert (line.strip, line.name) == ("Take 3", "greeting")


def everything(line):
    """What a script can set of a line."""
    controls = [control.name for control in (*CONTROLS, *LINE_CONTROLS)]
    names = (*controls, "audio", "strip", "name", "character", "start_frame", "model", "existing_keys")
    return {name: getattr(line, name) for name in names}


@pytest.mark.parametrize(
    ("given", "set_"),
    [
        ({"start_frame": 40}, {"start_frame": 40}),
        ({"model": "emotalk-compact"}, {"model": "emotalk-compact"}),
        ({"key_tolerance": 0.02}, {"key_tolerance": pytest.approx(0.02)}),
        ({"settle_time": 0.25}, {"settle_time": 0.25}),
        ({"channel": 2}, {"channel": 2}),
        ({"own_track": True}, {"existing_keys": "TRACK"}),
        ({"line": "greeting"}, {"name": "greeting"}),
        ({"strip": "Take 3"}, {"strip": "Take 3", "name": "Take 3"}),
        ({"controls": {"joy": 0.5}}, {"happy": 0.5}),
        ({"controls": {"seed": 7.0, "clamping": "off"}}, {"seed": 7, "clamping": "Off"}),
        ({"controls": {"personal_style": "Crisp"}}, {"personal_style": "Crisp"}),
        ({}, {}),
    ],
    ids=str,
)
def test_each_setting_sets_its_own(line_wav, given, set_):
    scene = bpy.context.scene
    add_sound_strip(scene, "Take 3", str(line_wav), 20)
    before = everything(line_to_set(scene))
    line = LineSettings(**given).apply(scene)
    assert len(scene.emotalk.lines) == 1
    assert everything(line) == before | set_


def test_keys_that_stay_on_top_can_be_switched_off_again():
    scene = bpy.context.scene
    assert LineSettings(own_track=True).apply(scene).existing_keys == "TRACK"
    assert LineSettings().apply(scene).existing_keys == "TRACK"
    assert LineSettings(own_track=False).apply(scene).existing_keys == "KEEP"


def test_a_character_is_given_itself_or_by_name(add_face):
    ann, scene = add_face("Ann"), bpy.context.scene
    for given in (ann, "Ann"):
        assert LineSettings(character=given).apply(scene).character == ann
        line_to_set(scene).character = None
    scene.collection.objects.unlink(ann)
    for given in (ann, "Ann"):
        with pytest.raises(EmoTalkError, match="There is no object 'Ann' in 'Scene'; give a face or its armature"):
            LineSettings(character=given).apply(scene)


def test_the_line_that_is_meant_is_found_and_becomes_the_active_one(line_wav, tmp_path):
    scene = bpy.context.scene
    sounds = [str(shutil.copy(line_wav, tmp_path / f"take{number}.wav")) for number in range(3)]
    for sound in sounds[:2]:
        LineSettings(audio=sound).apply(scene)
    assert [line.name for line in scene.emotalk.lines] == ["take0", "take1"]
    for given, index in (
        ({"audio": sounds[0]}, 0),
        ({"line": "take1"}, 1),
        ({"line": "take0", "audio": sounds[2]}, 0),
        ({"start_frame": 5}, 0),
        ({"audio": sounds[1], "start_frame": 9}, 1),
    ):
        line = LineSettings(**given).apply(scene)
        assert (scene.emotalk.active_index, line) == (index, scene.emotalk.lines[index])
    assert [(line.audio, line.start_frame) for line in scene.emotalk.lines] == [(sounds[2], 5), (sounds[1], 9)]


def test_a_new_line_has_the_settings_of_the_active_one_and_no_keys(line_wav, tmp_path):
    scene = bpy.context.scene
    LineSettings(audio=line_wav, start_frame=40, controls={"happy": 0.5}).apply(scene)
    line = LineSettings(audio=shutil.copy(line_wav, tmp_path / "other.wav")).apply(scene)
    assert (line.name, line.start_frame, line.happy, line.state) == ("other", 40, 0.5, "NEW")
    assert [each.name for each in scene.emotalk.lines] == ["line", "other"]


def test_a_path_is_stored_so_that_it_is_found_again(line_wav, tmp_path, monkeypatch):
    shutil.copy(line_wav, tmp_path / "hello.wav")
    monkeypatch.chdir(tmp_path)
    assert LineSettings(audio="hello.wav").apply(bpy.context.scene).audio == str(tmp_path / "hello.wav")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert LineSettings(audio="//hello.wav").apply(bpy.context.scene).name == "hello"
    assert len(bpy.context.scene.emotalk.lines) == 1
