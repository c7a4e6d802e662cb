"""Options are the table of controls, and ``emotalk controls`` prints it."""

import argparse
import json
import re
from dataclasses import replace

import pytest
from emotalk.command_line.complaints import UsageError
from emotalk.command_line.control_options import add_control_options, controls_from, default, flag, limits
from emotalk.command_line.main import main
from emotalk.face.controls import CONTROL_BY_NAME, CONTROLS, Controls
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


def test_the_text_is_a_table_with_a_block_for_each_group(capsys):
    assert main(["controls"]) == 0
    blocks = capsys.readouterr().out.rstrip().split("\n\n")
    assert [block.splitlines()[0] for block in blocks[:5]] == ["Emotion", "Style", "Shape", "Life", "Acting"]
    rows = [row for block in blocks[:5] for row in block.splitlines()[1:]]
    cells = [re.split(" {2,}", row.strip()) for row in rows]
    assert cells == [[flag(each), limits(each), default(each), each.sentence] for each in COMPACT_SPEC.heeded()]
    starts = {[at for at in range(1, len(row)) if row[at - 2 : at] == "  " and row[at] != " "][1] for row in rows}
    assert len(starts) == 1  # the columns are aligned
    assert {
        f"Names for --personal-style and --second-style: {', '.join(STYLE_NAMES)}.",
        "Names for --savitzky-golay: Off, On.",
        "Names for --clamping: On, Off.",
        "Names for --blink-kind: Lifelike, Released demo.",
    } <= set(blocks[5:])


def test_the_markdown_has_a_row_for_each_control(capsys):
    assert main(["controls", "--format", "markdown"]) == 0
    text = capsys.readouterr().out
    for each in COMPACT_SPEC.heeded():
        assert f"\n| `{flag(each)}` | {limits(each)} | {default(each)} | {each.sentence} |\n" in text
    assert "\n\nNames for --personal-style and --second-style: Natural, " in text


@pytest.mark.parametrize(
    ("name", "shown", "usual"),
    [
        ("happy", "0 to 1", "0"),
        ("smoothing", "0 to 200 ms", "0"),
        ("time_offset", "-200 to 200 ms", "0"),
        ("personal_style", "one of the model's names", "the model's first"),
        ("clamping", "one of 2 names", "On"),
        ("seed", "0 to 99999", "0"),
        ("gaze_gain", "0 to 2", "0.5"),
    ],
)
def test_values_in_words(name, shown, usual):
    assert (limits(CONTROL_BY_NAME[name]), default(CONTROL_BY_NAME[name])) == (shown, usual)


def test_help_says_which_options_take_names():
    parser = argparse.ArgumentParser()
    add_control_options(parser)
    for action in parser._actions:
        if action.dest in CONTROL_BY_NAME:
            kind = CONTROL_BY_NAME[action.dest].kind
            assert action.metavar == ("NAME" if kind in ("choice", "name") else "NUMBER")
    text = parser.format_help()
    assert "shape of the motion:" in text
    assert "Weight of anger in the mix of emotions (0 to 1; 0)" in " ".join(text.split())


def test_weights_that_are_damaged_have_no_controls(user_weights, capsys):
    user_weights.mkdir()
    (user_weights / "torn.safetensors").write_bytes(b"\xff" * 100)
    assert main(["controls", "--model", "torn"]) == 1
    assert "torn.safetensors" in capsys.readouterr().err


def test_an_emotion_given_by_name_is_weighed_and_its_own_option_wins():
    assert parse("--emotion", "angry=0.25", "--emotion", "Joy").changed() == {"anger": 0.25, "happy": 1}
    assert parse("--emotion", "anger", "--anger", "0.5").changed() == {"anger": 0.5}
    assert parse("--emotion", " sad = 0.5").changed() == {"sad": 0.5}
