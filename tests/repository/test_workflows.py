"""The workflows for GitHub are sound, and what they run exists."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONLINT = shutil.which("actionlint") or shutil.which("actionlint", path=str(Path(sys.executable).parent))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def read(path):
    return yaml.safe_load(path.read_text("utf-8"))


def steps_of(path):
    return [step for job in read(path)["jobs"].values() for step in job.get("steps", ())]


COMMANDS = "\n".join(step["run"] for path in WORKFLOWS for step in steps_of(path) if "run" in step)
TARGETS = sorted({word for words in re.findall(r"^\s*make (.+)$", COMMANDS, re.MULTILINE) for word in words.split()})
SCRIPTS = sorted(set(re.findall(r"\S+\.py\b|\btests/\S+", COMMANDS)))
EXTRAS = sorted({name for names in re.findall(r"\.\[([\w,]+)\]", COMMANDS) for name in names.split(",")})

each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def test_there_are_workflows():
    assert [path.name for path in WORKFLOWS] == ["check.yml", "release.yml", "tests.yml"]


@pytest.mark.skipif(ACTIONLINT is None, reason="actionlint is not installed")
@each_workflow
def test_actionlint_has_no_complaint(path):
    done = subprocess.run([ACTIONLINT, "-no-color", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@each_workflow
def test_a_workflow_may_only_read_and_does_not_run_twice_at_once(path):
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]["group"].endswith("-${{ github.ref }}")


@each_workflow
def test_only_the_job_that_makes_a_release_may_write(path):
    writing = {name for name, job in read(path)["jobs"].items() if "permissions" in job}
    assert writing == ({"release"} if path.stem == "release" else set())


@each_workflow
def test_every_job_ends_at_some_time(path):
    own = {name: job for name, job in read(path)["jobs"].items() if "uses" not in job}
    assert [name for name, job in own.items() if "timeout-minutes" not in job] == []


@each_workflow
def test_actions_are_those_of_a_major_version(path):
    used = [step["uses"] for step in steps_of(path) if "uses" in step]
    assert [name for name in used if not re.fullmatch(r"actions/[\w-]+@v\d+", name)] == []


def test_a_workflow_that_is_called_is_there_and_can_be_called():
    jobs = [job for path in WORKFLOWS for job in read(path)["jobs"].values()]
    called = [ROOT / job["uses"] for job in jobs if "uses" in job]
    assert called
    # YAML takes the key "on" for a truth value.
    assert all("workflow_call" in read(path)[True] for path in called)


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("target", TARGETS)
def test_make_knows_the_target(target):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "--dry-run", target]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_script_exists(name):
    assert (ROOT / name).exists()


@pytest.mark.parametrize("name", EXTRAS)
def test_the_extra_exists(name):
    assert name in PROJECT["optional-dependencies"]


def test_something_was_found_to_look_for():
    assert {"lint", "extension"} <= set(TARGETS)
    assert "tests/run_in_blender.py" in SCRIPTS
    assert "blender" in EXTRAS


@each_workflow
def test_python_is_the_one_that_the_makefile_asks_for(path):
    asked = re.search(r"^PYTHON \?= python([\d.]+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    set_up = [step["with"] for step in steps_of(path) if step.get("uses", "").startswith("actions/setup-python@")]
    assert set_up
    assert {options["python-version"] for options in set_up} == {asked[1]}


def test_the_oldest_blender_that_is_tested_is_the_oldest_that_may_install():
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text("utf-8"))
    tested = read(ROOT / ".github" / "workflows" / "tests.yml")["jobs"]["blender"]["strategy"]["matrix"]["blender"]
    oldest = min(tuple(map(int, version.split("."))) for version in tested)
    assert oldest[:2] == tuple(map(int, manifest["blender_version_min"].split(".")[:2]))
