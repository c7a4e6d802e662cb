"""The Flamenco job type, compiled by Node as its manager does."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from emotalk.dialogue.number_ranges import parse_numbers

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "farm" / "flamenco" / "emotalk_bake.js"
SETTINGS = {"blendfile": "/shots/a b.blend", "lines": "1-5,9", "chunk_size": 2, "output_folder": "/shots/out"}

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")


def compile_job(**settings):
    words = ["node", str(ROOT / "tests" / "farm" / "manager.js"), str(SCRIPT), json.dumps({**SETTINGS, **settings})]
    return json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def words_of(task):
    (command,) = task["commands"]
    assert command["name"] == "blender-render"
    return command["parameters"]


def option(task, name):
    return next(word.partition("=")[2] for word in words_of(task)["args"] if word.startswith(f"--{name}="))


def test_every_line_is_baked_once_and_merged_at_the_end():
    *bakes, merge = compile_job()["tasks"]
    baked = [number for bake in bakes for number in parse_numbers(option(bake, "lines"))]
    assert baked == [1, 2, 3, 4, 5, 9]
    assert [len(parse_numbers(option(bake, "lines"))) for bake in bakes] == [2, 2, 2]
    assert merge["dependencies"] == [bake["name"] for bake in bakes]
    assert {option(bake, "parts") for bake in bakes} == {option(merge, "from-parts")} == {"/shots/out/parts"}
    assert option(merge, "lines") == "1-5,9"
    assert option(merge, "out") == "/shots/out/baked.blend"


def test_the_command_comes_after_the_scene():
    for task in compile_job(cue_sheet="/shots/cues.csv")["tasks"]:
        command = words_of(task)
        assert (command["exe"], command["exeArgs"], command["argsBefore"]) == ("{blender}", "{blenderArgs}", [])
        assert command["blendfile"] == "/shots/a b.blend"
        assert command["args"][:4] == ["-c", "emotalk", "bake", "--cues=/shots/cues.csv"]
        assert task["type"] == "blender"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [({"lines": " "}, "Give the numbers of the lines"), ({"output_folder": ""}, "Choose an output folder")],
)
def test_what_is_missing_is_said(settings, sentence):
    assert sentence in compile_job(**settings)["thrown"]


def test_settings_are_of_the_kinds_that_flamenco_knows():
    settings = compile_job()["type"]["settings"]
    assert {setting["type"] for setting in settings} <= {"string", "int32", "float", "bool"}
    assert len({setting["key"] for setting in settings}) == len(settings)
    known = {"key", "type", "subtype", "propargs", "description", "label", "default", "eval", "evalInfo", "visible"}
    assert all(set(setting) <= known | {"required", "editable", "choices"} for setting in settings)
