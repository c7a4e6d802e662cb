"""There is one version number, and a tag that is released bears it."""

import os
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
HEADINGS = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
TAG = os.environ.get("GITHUB_REF_NAME", "") if os.environ.get("GITHUB_REF_TYPE") == "tag" else ""


def test_package_and_extension_have_the_same_version():
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text("utf-8"))
    assert manifest["version"] == VERSION


def test_the_newest_entry_of_the_changelog_is_this_version():
    assert HEADINGS[0].startswith(f"[{VERSION}] - ")


@pytest.mark.parametrize("heading", HEADINGS)
def test_every_entry_of_the_changelog_says_when_it_was_released(heading):
    assert re.fullmatch(r"\[\d+\.\d+\.\d+\] - (unreleased|\d{4}-\d\d-\d\d)", heading)


def test_only_the_newest_entry_may_be_unreleased():
    assert [heading for heading in HEADINGS[1:] if heading.endswith("unreleased")] == []


@pytest.mark.skipif(not TAG, reason="no tag is being released")
def test_the_tag_is_the_version_and_its_entry_has_a_date():
    assert f"v{VERSION}" == TAG
    assert not HEADINGS[0].endswith("unreleased")
