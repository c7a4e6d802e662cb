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


@pytest.fixture
def blender(tmp_path):
    """A program that does what Blender does with the words of the template: the bpy wheel."""
    pytest.importorskip("bpy", reason="needs the bpy wheel")
    program = tmp_path / "blender"
    script = Path(__file__).with_name("wheel_blender.py")
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
    program.chmod(0o755)
    return program


@pytest.mark.slow  # five Blenders, one after the other
@pytest.mark.skipif(sys.platform == "win32", reason="the program of the test is a shell script")
def test_two_chunks_become_one_scene(tmp_path, blender, line_wav):
    shot = tmp_path / "my shot"
    shot.mkdir()
    subprocess.run([blender, "-b", "-y", "-c", "emotalk", "--help"], check=True, capture_output=True)
    make = "import bpy, emotalk; emotalk.register(); bpy.ops.emotalk.add_sample_head(); "
    make += f"bpy.data.scenes[0].emotalk.lines.clear(); bpy.ops.wm.save_as_mainfile(filepath={str(shot / 'a.blend')!r})"
    subprocess.run([sys.executable, "-c", make + "; import os; os._exit(0)"], check=True, capture_output=True)
    rows = ["file,frame,emotion"]
    for number in range(3):
        shutil.copy(line_wav, shot / f"line{number}.wav")
        rows.append(f"line{number}.wav,{10 + 200 * number},happy {number / 2}")
    (shot / "cues.csv").write_text("\n".join(rows))
    out = tmp_path / "out"
    values = {"Scene": shot / "a.blend", "CueSheet": shot / "cues.csv", "Lines": "1-3", "LinesPerTask": 2}
    words = [
        word
        for name, value in {**values, "OutputFolder": out, "Blender": blender}.items()
        for word in ("-p", f"{name}={value}")
    ]
    ran = openjd("run", TEMPLATE, "--step", "MergeLines", "--run-dependencies", *words)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "openjd_progress: 100" in ran.stdout
    assert sorted(path.name for path in (out / "parts").iterdir()) == [
        f"line-0000{number}.{kind}" for number in (1, 2, 3) for kind in ("json", "npz")
    ]
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert [line["outcome"] for line in report["lines"]] == ["animated"] * 3
    listed = subprocess.run(
        [blender, "-b", "-y", out / "baked.blend", "-c", "emotalk", "bake", "--stale", "--list"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "line0" not in listed.stdout


def test_the_bundle_names_only_parameters_that_there_are():
    names = {each["name"] for each in yaml.safe_load(TEMPLATE.read_text("utf-8"))["parameterDefinitions"]}
    given = yaml.safe_load((BUNDLE / "parameter_values.yaml").read_text("utf-8"))["parameterValues"]
    assert {each["name"] for each in given} <= names
    assets = yaml.safe_load((BUNDLE / "asset_references.yaml").read_text("utf-8"))["assetReferences"]
    assert set(assets) == {"inputs", "outputs", "referencedPaths"}
