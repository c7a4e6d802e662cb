"""The examples of docs/scripting.md that need no Blender; tests/operators/test_scripting.py has the others."""

import json
import re
import shutil
from pathlib import Path

import emotalk.api
import numpy as np
import pytest
from emotalk.face.curve_files import write_curves

TEXT = (Path(__file__).parents[2] / "docs" / "scripting.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
OUTSIDE = [example for example in EXAMPLES if "import bpy" not in example]


@pytest.fixture
def folder(tmp_path, monkeypatch, line_wav, performance):
    """Where the examples run, with the files that they read."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(line_wav, "line.wav")
    write_curves("take.csv", performance())
    return tmp_path


def run(folder, number):
    """Run an example; gives the names of the files that it wrote."""
    before = {path.name for path in folder.iterdir()}
    exec(compile(OUTSIDE[number], f"example {number}", "exec"), {"__name__": "__main__"})
    return {path.name for path in folder.iterdir()} - before


def test_a_file_of_curves(folder, capsys):
    assert run(folder, 0) == {"line.npz"}
    assert capsys.readouterr().out.endswith(", 52) 30.0\n")


def test_two_moods(folder):
    assert run(folder, 1) == {"line_sad.npz", "line_anger.npz"}
    sad, angry = (np.load(f"line_{mood}.npz") for mood in ("sad", "anger"))
    assert sad["fps"] == 24
    assert np.abs(sad["values"] - angry["values"]).max() > 0.1


def test_an_intensity_that_rises(folder):
    assert run(folder, 2) == {"rising.npz"}
    calm = emotalk.api.merge_eyes(emotalk.api.perform("line.wav")).face.values
    change = np.abs(np.load("rising.npz")["values"] - calm).max(axis=1)
    assert change[0] < 0.05 < change[60:].max()


def test_a_line_with_its_text(folder, capsys):
    assert run(folder, 3) == {"told.npz"}
    assert capsys.readouterr().out == "[]\n"


def test_every_model(folder, capsys):
    assert not run(folder, 4)
    printed = capsys.readouterr().out
    assert printed.startswith("emotalk-compact EmoTalk Compact ARKit 30.0 ('Natural', ")
    assert "  smoothing: 0 to 200 ms\n" in printed


def test_a_take_as_json(folder):
    assert run(folder, 5) == {"take.json"}
    assert len(json.loads(Path("take.json").read_text("utf-8"))["channels"]) == 52


def test_every_example_is_short_and_run():
    assert len(OUTSIDE) == 6
    assert all(len(example.splitlines()) <= 10 for example in EXAMPLES)


def test_the_table_has_every_name():
    table = " ".join(re.findall(r"^\| (`.*?) \|", TEXT, re.MULTILINE))
    for name in set(emotalk.api.__all__) - {"DEFAULT_MODEL", "EmoTalkError", "Model", "Speech"}:
        assert f"`{name}" in table
