"""Every setting of a line, from wherever it is set, is seen in the keys on the character."""

import csv
import json
import wave

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk.actions import all_curves
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.command_line.main import BLENDER_COMMANDS, main
from emotalk.face.controls import CONTROLS, LINE_CONTROLS

EVERY = {control.name: control for control in (*CONTROLS, *LINE_CONTROLS)}
MIX = {
    "happy": 0.9,
    "neutral": 0.1,
    "emotion_level": 0.9,
    "second_style": "Crisp",
    "style_blend": 0.4,
    "lip_gain": 0.9,
    "jaw_gain": 1.9,
    "eye_gain": 1.9,
    "intensity": 1.5,
}
"""So that each control has something to act on."""
OTHERS = {
    "personal_style": "Mumbler",
    "second_style": "Pouter",
    "key_tolerance": 0.05,
    "settle_time": 0.1,
    "channel": 2,
    "range_start": 0.7,
    "range_end": 1.5,
    "seed": 3,
    "style_blend": 0.9,
    "mouth_emotion": 0.2,
    "intensity": 0.5,
}
"""Values for controls whose limits would not do."""
IN_TESTS_OF_THEIR_OWN = {"hand_edits", "laughter", "afterglow", "breath", "loudness_jaw"}
"""Edits are heeded where there are keys already; a laugh, a breath or unclear sounds have to be heard."""
ALL = sorted({*EVERY} - IN_TESTS_OF_THEIR_OWN)
KEYED = [control.name for control in CONTROLS if control.animatable and control.name in ALL]


def other(name):
    """A value that the line does not have, as scripts give it."""
    control = EVERY[name]
    if control.choices:
        return control.choices[1]
    return OTHERS.get(name, control.minimum if control.maximum == control.default else control.maximum)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A line on the first of two channels, the same backwards and softer on the second."""
    from emotalk.blender_emotalk.lines import SAMPLE_LINE

    path = tmp_path_factory.mktemp("sound") / "line.wav"
    with wave.open(str(SAMPLE_LINE)) as line:
        rate = line.getframerate()
        samples = np.frombuffer(line.readframes(2 * rate), np.int16)
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, rate, 0, "NONE", ""))
        file.writeframes(np.stack([samples, samples[::-1] // 2], axis=1).tobytes())
    return path


@pytest.fixture
def line(add_face, add_armature, sound):
    """A line of a character with a face and a head, with the mix."""
    add_face(armature=add_armature())
    line = line_to_set(bpy.context.scene)
    line.audio = str(sound)
    for name, value in MIX.items():
        setattr(line, name, value)
    return line


def keys():
    """All keys of EmoTalk's actions by curve."""
    found = {}
    for action in bpy.data.actions:
        if action.name.startswith("EmoTalk"):
            for curve in all_curves(action):
                points = [tuple(point.co) for point in curve.keyframe_points]
                found[action.name, curve.data_path, curve.array_index] = points
    return found


def animated(**arguments):
    assert bpy.ops.emotalk.animate(**arguments) == {"FINISHED"}
    return keys()


@pytest.mark.parametrize("name", ALL)
def test_a_setting_of_the_line_and_one_from_a_script_give_the_same_other_keys(line, name):
    before, value = getattr(line, name), other(name)
    usual = animated()
    setattr(line, name, value)
    by_hand = animated()
    assert by_hand != usual
    setattr(line, name, before)
    assert animated() == usual
    is_argument = EVERY[name] in LINE_CONTROLS
    assert animated(**({name: value} if is_argument else {"controls": json.dumps({name: value})})) == by_hand
    setattr(line, name, before)
    assert animated() == usual
    emotalk = bpy.context.window_manager.emotalk.api
    emotalk.animate(**({name: value} if is_argument else {"controls": {name: value}}))
    assert keys() == by_hand


@pytest.mark.parametrize("name", ALL)
def test_a_column_of_a_cue_sheet_gives_the_same_keys_as_the_slider(line, tmp_path, name):
    value = other(name)
    rows = {"file": line.audio, "line": "line", "frame": 1, "character": "Rig", **MIX, name: value}
    sheet = tmp_path / "cues.csv"
    with sheet.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows)
        writer.writeheader()
        writer.writerow(rows)
    line.character = bpy.data.objects["Rig"]
    setattr(line, name, value)
    by_hand = animated()
    bpy.ops.emotalk.clear()
    bpy.ops.emotalk.remove_line()
    assert bpy.ops.emotalk.import_cue_sheet(filepath=str(sheet)) == {"FINISHED"}
    assert animated() == by_hand


@pytest.mark.parametrize("name", KEYED)
def test_a_keyed_slider_acts_where_it_is_keyed(line, name):
    usual = animated()
    value = other(name)
    for frame, keyed in ((0, getattr(line, name)), (30, getattr(line, name)), (31, value), (100, value)):
        setattr(line, name, keyed)
        line.keyframe_insert(name, frame=frame)
    assert animated() != usual


def test_the_text_from_wherever_it_is_given_gives_the_same_other_keys(line, tmp_path):
    text, usual = "I never asked for any of this", animated()
    line.text = text
    by_hand = animated()
    assert by_hand != usual
    assert animated(text="") == usual
    assert animated(text=text) == by_hand
    animated(text="")
    bpy.context.window_manager.emotalk.api.animate(text=text)
    assert keys() == by_hand
    (tmp_path / "script.txt").write_text(f"ANN: {text}\nBOB: Good evening.\n", "utf-8")
    target = str(tmp_path / "scene.blend")
    for words in (("--text", text), ("--text-file", str(tmp_path / "script.txt"), "--speaker", "Ann")):
        assert animated(text="") == usual
        assert main(["animate", "-o", target, "--overwrite", *words], BLENDER_COMMANDS) == 0
        assert keys() == by_hand
