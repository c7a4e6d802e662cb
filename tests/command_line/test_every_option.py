"""Every control's option is seen in the file that ``emotalk animate`` writes."""

import wave
from pathlib import Path

import emotalk.api as emotalk
import numpy as np
import pytest
from emotalk.command_line.control_options import flag
from emotalk.command_line.main import main
from emotalk.face.controls import CONTROL_BY_NAME, CONTROLS

MIX = {
    "happy": 0.9,
    "neutral": 0.1,
    "emotion_level": 0.9,
    "second_style": "Crisp",
    "style_blend": 0.4,
    "jaw_gain": 1.9,
    "eye_gain": 1.9,
}
"""So that each control has something to act on."""
NOT_IN_IT = ("laughter", "afterglow", "breath", "loudness_jaw")
"""The line has no laugh and no breath, and its sounds are clear."""
OTHERS = {"personal_style": "Mumbler", "second_style": "Pouter", "style_blend": 0.9, "mouth_emotion": 0.2}


def other(control):
    if control.choices:
        return control.choices[1]
    furthest = control.minimum if control.maximum == control.default else control.maximum
    return OTHERS.get(control.name, int(furthest) if control.kind == "whole" else furthest)


@pytest.fixture(scope="module")
def short_line(tmp_path_factory):
    """Two seconds of speech on the first of two channels, backwards on the second."""
    path = tmp_path_factory.mktemp("sound") / "line.wav"
    with wave.open(str(Path(__file__).parents[2] / "samples" / "line.wav")) as line:
        rate = line.getframerate()
        samples = np.frombuffer(line.readframes(2 * rate), np.int16)
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, rate, 0, "NONE", ""))
        file.writeframes(np.stack([samples, samples[::-1]], axis=1).tobytes())
    return path


def written(line, folder, values, *words):
    """The curves that the command writes."""
    output = folder / "curves.npz"
    options = [f"{flag(CONTROL_BY_NAME[name])}={value}" for name, value in values.items()]
    assert main(["animate", str(line), "-o", str(output), "--overwrite", *options, *words]) == 0
    return emotalk.read_curves(output)


def performed(line, folder, values):
    """What the API gives, as a file has it."""
    emotalk.write_curves(folder / "own.npz", emotalk.perform(line, values), overwrite=True)
    return emotalk.read_curves(folder / "own.npz")


def are_same(one, two):
    parts = ("face", "head", "eyes")
    return all(np.array_equal(getattr(one, part).values, getattr(two, part).values) for part in parts)


@pytest.mark.parametrize(
    "control", [each for each in CONTROLS if each.name not in NOT_IN_IT], ids=lambda each: each.name
)
def test_an_option_gives_what_the_api_gives_and_nothing_else_does(short_line, tmp_path, control):
    values = {**MIX, control.name: other(control)}
    there = written(short_line, tmp_path, values)
    assert are_same(there, performed(short_line, tmp_path, values))
    assert not are_same(there, performed(short_line, tmp_path, MIX))


def test_the_other_options_are_seen_too(short_line, tmp_path):
    usual = written(short_line, tmp_path, MIX)
    assert not are_same(written(short_line, tmp_path, MIX, "--channel", "2"), usual)
    slow = written(short_line, tmp_path, MIX, "--fps", "12")
    assert (slow.face.fps, slow.face.frames) == (12, 25)
    assert are_same(
        written(short_line, tmp_path, {**MIX, "happy": 0}, "--emotion", "happy=0.9", "--happy", "0.9"), usual
    )
    assert not list(tmp_path.glob("kept/*"))
    assert are_same(written(short_line, tmp_path, MIX, "--features", str(tmp_path / "kept")), usual)
    assert list(tmp_path.glob("kept/*"))
