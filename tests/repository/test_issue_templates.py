"""GitHub shows a form only if it is well-formed; it says nothing about one that is not."""

from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")

FOLDER = Path(__file__).parents[2] / ".github" / "ISSUE_TEMPLATE"
FORMS = sorted(path for path in FOLDER.glob("*.yml") if path.name != "config.yml")
TYPES = {"checkboxes", "dropdown", "input", "markdown", "textarea"}


def read(path):
    return yaml.safe_load(path.read_text("utf-8"))


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_has_what_github_needs(path):
    form = read(path)
    assert {"name", "description", "body"} <= set(form)
    assert {field["type"] for field in form["body"]} <= TYPES
    assert all(field["attributes"]["label"] for field in form["body"] if field["type"] != "markdown")
    names = [field["id"] for field in form["body"] if field["type"] != "markdown"]
    assert len(names) == len(set(names))


def test_a_bug_report_asks_for_what_is_always_asked_back():
    asked = {field["id"] for field in read(FOLDER / "bug_report.yml")["body"]}
    assert {"blender", "system", "model", "sound", "expected", "sentence"} <= asked


def test_the_choice_of_forms_is_set_up():
    assert isinstance(read(FOLDER / "config.yml")["blank_issues_enabled"], bool)
