"""``emotalk prepare``, ``train`` and ``evaluate`` pass their arguments on."""

import sys

import pytest
from emotalk.command_line.main import main, parse
from emotalk.command_line.training_steps import run_step
from emotalk.inference.contract import EmoTalkError


@pytest.mark.parametrize("step", ["prepare", "train", "evaluate"])
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
        run_step("compact.train", [])
