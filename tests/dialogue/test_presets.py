"""Presets as files."""

import json

import numpy as np
import pytest
from emotalk.dialogue.presets import Preset, PresetError, place_of, presets_in, read_preset, write_preset
from emotalk.face.atomic_file import TakenError
from emotalk.face.controls import CONTROLS, ControlError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ANGRY = Preset("Angry brow", {"anger": 0.7, "brow_gain": 1.5, "personal_style": "Crisp", "blink_kind": "Lifelike"})
NAMES = [
    "Angry",
    "😀",
    "🎭 happy/sad",
    "../../etc/passwd",
    "C:\\x",
    "con",
    "COM1",
    ".hidden",
    "a.",
    "Ü",
    "x" * 200,
    "a  b",
]


def values_of(control):
    if control.kind == "choice":
        return st.sampled_from(control.choices)
    if control.kind == "name":
        return st.sampled_from(["", "Crisp", "Wide mouth"])
    if control.kind == "whole":
        return st.integers(int(control.minimum), int(control.maximum)).map(float)
    return st.floats(control.minimum, control.maximum, width=32)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    controls=st.fixed_dictionaries({}, optional={control.name: values_of(control) for control in CONTROLS}),
    own=st.dictionaries(st.sampled_from(["longing", "Wut"]), st.floats(0, 1, width=32)),
)
def test_a_preset_comes_back(tmp_path, controls, own):
    path = tmp_path / "preset.json"
    write_preset(path, Preset("Mine", controls, own), overwrite=True)
    found = read_preset(path)
    assert found.name == "Mine"
    assert found.values.keys() == {*controls, *own}
    for name, value in {**controls, **own}.items():
        same = found.values[name] == value if isinstance(value, str) else np.float32(found.values[name]) == value
        assert same, name


def test_nothing_is_overwritten_unasked(tmp_path):
    path = place_of(tmp_path, "Angry brow")
    write_preset(path, ANGRY)
    before = path.read_bytes()
    with pytest.raises(TakenError):
        write_preset(path, Preset("Angry brow", {"anger": 1.0}))
    assert path.read_bytes() == before
    write_preset(path, Preset("Angry brow", {"anger": 1.0}), overwrite=True)
    assert read_preset(path).controls == {"anger": 1}


@pytest.mark.parametrize("name", NAMES)
def test_every_name_has_a_file_that_every_system_allows(tmp_path, name):
    path = place_of(tmp_path, name)
    assert path.parent == tmp_path
    assert path.stem.isascii()
    assert not set(path.name) & set('<>:"/\\|?*')
    assert path.stem.casefold() not in ("con", "com1")
    assert len(path.name) < 80
    assert not path.name.startswith(".")
    write_preset(path, Preset(name, {}))
    assert [file.name for file in presets_in(tmp_path)] == [name]


def test_no_two_names_share_a_file(tmp_path):
    assert len({place_of(tmp_path, name).name.casefold() for name in [*NAMES, "a b", "a/b", "a?b"]}) == len(NAMES) + 3


def test_a_renamed_file_is_still_that_preset(tmp_path):
    write_preset(place_of(tmp_path, "Angry brow"), ANGRY)
    place_of(tmp_path, "Angry brow").rename(tmp_path / "shared by Ann.json")
    assert [(file.name, file.path.name) for file in presets_in(tmp_path)] == [("Angry brow", "shared by Ann.json")]
    assert place_of(tmp_path, "Angry brow").name == "shared by Ann.json"


def test_a_damaged_file_is_listed_with_its_damage(tmp_path):
    write_preset(place_of(tmp_path, "Angry brow"), ANGRY)
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "notes.txt").write_text("none")
    (tmp_path / "folder.json").mkdir()
    first, second = presets_in(tmp_path)
    assert (first.name, first.damage) == ("Angry brow", "")
    assert (second.name, second.damage) == ("broken", "broken.json is no preset of EmoTalk")
    assert presets_in(tmp_path / "nowhere") == ()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ([], "is no preset"),
        ({"name": "x", "controls": {}}, "is no preset"),
        ({"emotalk_preset": True, "name": "x"}, "is no preset"),
        ({"emotalk_preset": 1, "name": "x", "controls": []}, "is no preset"),
        ({"emotalk_preset": 2, "name": "x", "controls": {}}, "later version"),
        ({"emotalk_preset": 1, "controls": {}}, "needs a name"),
        ({"emotalk_preset": 1, "name": "a\nb"}, "in one line"),
        ({"emotalk_preset": 1, "name": "x", "controls": {"jaw": 1, "ears": 2}}, "no control named 'jaw', 'ears'"),
        ({"emotalk_preset": 1, "name": "x", "controls": {"jaw_gain": 9}}, "Jaw must lie between 0 and 2"),
        ({"emotalk_preset": 1, "name": "x", "controls": {"jaw_gain": [1, 2]}}, "Jaw takes one value"),
        ({"emotalk_preset": 1, "name": "x", "controls": {"jaw_gain": True}}, "Jaw takes one value"),
        ({"emotalk_preset": 1, "name": "x", "controls": {"blink_kind": "Often"}}, "no choice 'Often'"),
        ({"emotalk_preset": 1, "name": "x", "own_emotions": {"longing": 3}}, "Longing must lie between"),
    ],
)
def test_what_is_no_preset_is_a_sentence(tmp_path, fields, words):
    path = tmp_path / "preset.json"
    path.write_text(json.dumps(fields))
    with pytest.raises(PresetError, match=words):
        read_preset(path)


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"[" * 100_000, b" " * 2**20 + b"{}"])
def test_damaged_bytes_are_no_preset(tmp_path, data):
    path = tmp_path / "preset.json"
    path.write_bytes(data)
    with pytest.raises(PresetError, match="is no preset"):
        read_preset(path)


def test_what_a_slider_cannot_have_is_not_written(tmp_path):
    for preset in (Preset("x", {"ears": 1}), Preset("", {}), Preset("x" * 201, {}), Preset("x", {"seed": 1.5})):
        with pytest.raises((PresetError, ControlError)):
            write_preset(tmp_path / "preset.json", preset)
    assert not list(tmp_path.iterdir())
