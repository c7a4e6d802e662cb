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
TEXT = "I never asked for any of this"
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


@pytest.mark.parametrize(
    "flags", [("--text", "{text}"), ("--text-file", "{folder}/said.txt"), ("--times", "{folder}/a.ctm")]
)
def test_every_option_of_the_text_is_seen(short_line, tmp_path, flags):
    usual = written(short_line, tmp_path, MIX)
    (tmp_path / "said.txt").write_text(TEXT, "utf-8")
    (tmp_path / "a.ctm").write_text("line 1 0.2 1.5 maybe\n", "utf-8")
    told = [flag.format(text=TEXT, folder=tmp_path) for flag in flags]
    assert not are_same(written(short_line, tmp_path, MIX, *told), usual)
    (tmp_path / "names.txt").write_text("maybe  F UW F\nfor  M AA M\n", "utf-8")
    own = written(short_line, tmp_path, MIX, *told, "--pronunciations", str(tmp_path / "names.txt"))
    assert not are_same(own, written(short_line, tmp_path, MIX, *told))


def test_the_options_beside_the_text_are_seen_too(short_line, tmp_path):
    usual = written(short_line, tmp_path, MIX)
    beside = short_line.with_suffix(".txt")
    beside.write_text(f"ANN: {TEXT}\nBOB: Zebras graze.\n", "utf-8")
    try:
        read = written(short_line, tmp_path, MIX)
        assert not are_same(read, usual)
        assert are_same(written(short_line, tmp_path, MIX, "--no-text"), usual)
        assert not are_same(written(short_line, tmp_path, MIX, "--speaker", "Bob"), read)
    finally:
        beside.unlink()
