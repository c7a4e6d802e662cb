"""The page on the command line says what the command does."""

import re
import shlex
from pathlib import Path

import pytest
from emotalk.command_line.controls import as_markdown
from emotalk.command_line.main import COMMANDS, parse

PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"
TEXT = PAGE.read_text("utf-8")
EXAMPLES = re.findall(r"^emotalk .*$", TEXT, re.MULTILINE)


def test_the_table_of_controls_is_current():
    table = re.search(r"<!-- emotalk controls --format markdown -->\n(.*)\n<!-- end -->", TEXT, re.DOTALL)
    assert table is not None
    assert table[1] == as_markdown()


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_understood(example):
    options = parse(shlex.split(example)[1:])
    assert callable(options.run)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_on_the_page(command):
    assert f"`emotalk {command}" in TEXT
