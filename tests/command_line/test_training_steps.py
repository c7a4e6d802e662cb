"""``emotalk prepare`` and ``evaluate`` pass their arguments on; ``--set`` is read as TOML."""

import sys

import pytest
from emotalk.command_line.main import main, parse
from emotalk.command_line.training_steps import parse_settings, training_module
from emotalk.inference.contract import EmoTalkError


@pytest.mark.parametrize("step", ["prepare", "evaluate"])
def test_every_word_belongs_to_the_step(step):
    words = ["--help", "--threads", "2", "--verbose", "here", "-o"]
    assert parse([step, *words]).words == words


def test_the_step_explains_itself(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", "--help"])
    assert ended.value.code == 0
    assert "--weights" in capsys.readouterr().out


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [name for name in sys.modules if name.startswith("emotalk.training.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(EmoTalkError, match=r"needs the package torch; run: pip install 'emotalk\[training\]'"):
        training_module("compact.task")


def test_settings_are_those_of_toml_and_anything_else_is_a_text():
    words = ["steps=20", "network.widths=[1, 2]", "network.name=small one", "precise=true", 'place="a=b"']
    assert parse_settings(words) == {
        "steps": 20,
        "network": {"widths": [1, 2], "name": "small one"},
        "precise": True,
        "place": "a=b",
    }


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(["steps"], "--set steps has no value"), (["steps=1", "steps=2"], "cannot be read"), (["=1"], "cannot be read")],
)
def test_settings_that_cannot_be_read_are_named(words, sentence):
    with pytest.raises(EmoTalkError, match=sentence):
        parse_settings(words)
