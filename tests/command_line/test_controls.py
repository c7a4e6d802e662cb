"""Options are the table of controls, and ``emotalk controls`` prints it."""

import argparse
import json

import pytest
from emotalk.command_line.control_options import add_control_options, controls_from, default, flag
from emotalk.command_line.main import main
from emotalk.face.controls import CONTROLS, Controls
from emotalk.face.styles import STYLE_NAMES
from hypothesis import given
from hypothesis import strategies as st


def parse(*words):
    parser = argparse.ArgumentParser()
    add_control_options(parser)
    return controls_from(parser.parse_args(words))


def numbers(control):
    if control.kind == "number":
        return st.floats(control.minimum, control.maximum)
    return st.integers(int(control.minimum), int(control.maximum))


@given(values=st.fixed_dictionaries({}, optional={control.name: numbers(control) for control in CONTROLS}))
def test_options_are_controls(values):
    words = [f"--{name.replace('_', '-')}={value!r}" for name, value in values.items()]
    assert parse(*words).changed() == Controls(values).changed()


def test_defaults_are_the_table_s():
    assert parse().changed() == {}
    assert parse(*(f"{flag(control)}={default(control)}" for control in CONTROLS)).changed() == {}


@pytest.mark.parametrize("style", STYLE_NAMES)
def test_styles_by_name(style):
    assert parse("--personal-style", style.upper())["personal_style"] == STYLE_NAMES.index(style)


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
    assert [entry["name"] for entry in table] == [control.name for control in CONTROLS]
    assert {entry["name"]: entry["default"] for entry in table} == dict(Controls())
