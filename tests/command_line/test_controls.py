"""Options are the table of controls, and ``emotalk controls`` prints it."""

import argparse
import json
from dataclasses import replace

import pytest
from emotalk.command_line.complaints import UsageError
from emotalk.command_line.control_options import add_control_options, controls_from, default, flag
from emotalk.command_line.main import main
from emotalk.face.controls import CONTROLS, Controls
from emotalk.face.styles import STYLE_NAMES
from emotalk.inference.registry import COMPACT_SPEC
from hypothesis import given
from hypothesis import strategies as st


def parse(*words, spec=COMPACT_SPEC):
    parser = argparse.ArgumentParser()
    add_control_options(parser)
    return controls_from(parser.parse_args(words), spec)


def numbers(control):
    if control.kind == "name":
        return st.sampled_from(STYLE_NAMES)
    if control.kind == "number":
        return st.floats(control.minimum, control.maximum)
    return st.integers(int(control.minimum), int(control.maximum))


@given(values=st.fixed_dictionaries({}, optional={control.name: numbers(control) for control in CONTROLS}))
def test_options_are_controls(values):
    words = [f"--{name.replace('_', '-')}={value}" for name, value in values.items()]
    assert parse(*words).changed() == Controls(values).changed()


def test_defaults_are_the_table_s():
    assert parse().changed() == {}
    typed = [control for control in CONTROLS if control.kind != "name"]
    assert parse(*(f"{flag(control)}={default(control)}" for control in typed)).changed() == {}


@pytest.mark.parametrize("style", STYLE_NAMES)
def test_styles_by_name(style):
    controls = parse("--personal-style", style.upper())
    assert controls.style("personal_style", STYLE_NAMES) == STYLE_NAMES.index(style)


def test_a_model_s_own_emotions_and_styles():
    spec = replace(COMPACT_SPEC, emotions=("happy", "Smug grin"), styles=("Ann",))
    controls = parse("--emotion", "smug grin=0.25", "--emotion", "joy", "--personal-style", "ann", spec=spec)
    assert controls.changed() == {"Smug grin": 0.25, "happy": 1, "personal_style": "ann"}
    for words, sentence in (
        (("--emotion", "sad"), "no emotion 'sad'; there are: happy, Smug grin"),
        (("--sad", "1"), "has no emotion 'sad'"),
        (("--personal-style", "Bob"), "no style 'Bob'; there are: Ann"),
    ):
        with pytest.raises(UsageError, match=sentence):
            parse(*words, spec=spec)


def test_the_text_names_every_option(capsys):
    assert main(["controls"]) == 0
    text = capsys.readouterr().out
    for control in CONTROLS:
        assert f"  {flag(control)} " in text
        assert control.sentence in text
    assert all(style in text for style in STYLE_NAMES)


def test_the_json_is_the_table(capsys):
    assert main(["controls", "--format", "json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in table["controls"]] == [control.name for control in CONTROLS]
    assert {entry["name"]: entry["default"] for entry in table["controls"]} == dict(Controls())
    assert tuple(table["styles"]) == STYLE_NAMES
    assert (table["basis"], table["fps"]) == ("ARKit", 30)
