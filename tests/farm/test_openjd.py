"""The Open Job Description bundle, as openjd reads and runs it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

BUNDLE = Path(__file__).parents[2] / "farm" / "openjd"
TEMPLATE = BUNDLE / "template.yaml"
OPENJD = shutil.which("openjd") or str(Path(sys.executable).with_name("openjd"))

pytestmark = pytest.mark.skipif(not Path(OPENJD).exists(), reason="openjd-cli is not installed")


def openjd(*words):
    return subprocess.run([OPENJD, *map(str, words)], capture_output=True, text=True, timeout=300)


def test_the_template_is_valid():
    checked = openjd("check", TEMPLATE)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_tasks_are_chunks_of_lines_and_one_merge(tmp_path):
    values = ["-p", f"Scene={tmp_path}/a.blend", "-p", f"OutputFolder={tmp_path}", "-p", "Lines=1-3,7,9"]
    summary = json.loads(openjd("summary", TEMPLATE, *values, "--output", "json").stdout)
    steps = {step["name"]: step for step in summary["steps"]}
    assert steps["MergeLines"]["dependencies"][0]["step_name"] == "BakeLines"
    words = [*values, "-p", "LinesPerTask=2", "-p", "Blender=echo"]
    ran = openjd("run", TEMPLATE, "--step", "MergeLines", "--run-dependencies", *words)
    assert ran.returncode == 0, ran.stdout
    lines = [word for word in ran.stdout.split() if word.startswith("--lines=")]
    assert {*lines} == {"--lines=1,2", "--lines=3,7", "--lines=9", "--lines=1-3,7,9"}


def test_the_bundle_names_only_parameters_that_there_are():
    names = {each["name"] for each in yaml.safe_load(TEMPLATE.read_text("utf-8"))["parameterDefinitions"]}
    given = yaml.safe_load((BUNDLE / "parameter_values.yaml").read_text("utf-8"))["parameterValues"]
    assert {each["name"] for each in given} <= names
    assets = yaml.safe_load((BUNDLE / "asset_references.yaml").read_text("utf-8"))["assetReferences"]
    assert set(assets) == {"inputs", "outputs", "referencedPaths"}
