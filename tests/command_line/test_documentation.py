"""The pages on the command line and on weights say what the command does."""

import re
import shlex
from pathlib import Path

import pytest
from emotalk.command_line.controls import as_markdown
from emotalk.command_line.main import COMMANDS, parse
from emotalk.inference.checkpoints.catalogue import catalogue
from emotalk.inference.registry import COMPACT_SPEC

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "command-line.md").read_text("utf-8")
WEIGHTS_TEXT = (DOCS / "weights.md").read_text("utf-8")
EXAMPLES = re.findall(r"^emotalk .*$", TEXT + WEIGHTS_TEXT, re.MULTILINE)


def test_the_table_of_controls_is_current():
    table = re.search(r"<!-- emotalk controls --format markdown -->\n(.*)\n<!-- end -->", TEXT, re.DOTALL)
    assert table is not None
    assert table[1] == as_markdown(COMPACT_SPEC)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_parsed(example):
    options = parse(shlex.split(example, comments=True)[1:])
    assert callable(options.run)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_on_the_page(command):
    assert f"`emotalk {command}" in TEXT


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.name)
def test_the_catalogue_is_on_the_page(entry):
    row = next(line for line in WEIGHTS_TEXT.splitlines() if line.startswith(f"| `{entry.name}`"))
    assert f"| {entry.licence} |" in row
    assert row.endswith("| yes |" if entry.sha256 else "| no |")
