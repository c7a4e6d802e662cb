"""``blender -b … -c emotalk bake``: many lines, a cue sheet, and the parts of a farm."""

import json
import shutil
import sys
import wave
from pathlib import Path

import bpy
import pytest
from emotalk.blender_emotalk import runs
from emotalk.blender_emotalk.actions import all_curves
from emotalk.blender_emotalk.lines import SAMPLE_LINE
from emotalk.command_line import bake_scene
from emotalk.command_line.main import BLENDER_COMMANDS, main
from emotalk.inference.sound.audio import read_speech
from emotalk.inference.worker.client import WorkerClient


def run(*words):
    return main([str(word) for word in ("bake", *words)], BLENDER_COMMANDS)


def usage(*words):
    try:
        return run(*words)
    except SystemExit as ended:
        return ended.code


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """Three seconds of speech as three files."""
    folder = tmp_path_factory.mktemp("sounds")
    voice = (32000 * read_speech(SAMPLE_LINE).samples).astype("<i2")
    for number in range(3):
        with wave.open(str(folder / f"line{number}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16000)
            file.writeframes(voice[16000 * number :][:16000].tobytes())
    return folder


@pytest.fixture
def shot(add_face, sounds, tmp_path):
    """A saved scene with Ann and Bob, without lines, and a cue sheet of three lines."""
    for name in ("Ann", "Bob"):
        add_face(name)
    for sound in sounds.iterdir():
        shutil.copy(sound, tmp_path)
    (tmp_path / "cues.csv").write_text(
        "file,frame,character,emotion\nline0.wav,10,Ann,happy\nline1.wav,60,Bob,angry\nline2.wav,120,Ann,\n"
    )
    path = tmp_path / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


def opened(path):
    bpy.ops.wm.open_mainfile(filepath=str(path))


def actions():
    return sorted(action.name for action in bpy.data.actions if action.name.startswith("EmoTalk "))


def keys():
    """Every key of our actions, by action and curve."""
    return {
        action.name: {
            (curve.data_path, curve.array_index): [
                (*point.co, *point.handle_left, *point.handle_right) for point in curve.keyframe_points
            ]
            for curve in all_curves(action)
        }
        for action in bpy.data.actions
        if action.name.startswith("EmoTalk ")
    }


def test_a_cue_sheet_becomes_a_baked_scene(shot, tmp_path, capsys):
    out, report = tmp_path / "baked.blend", tmp_path / "report.json"
    assert run("--cues", tmp_path / "cues.csv", "--out", out, "--report", report) == 0
    assert "Added 3 lines" in capsys.readouterr().out
    opened(out)
    assert actions() == ["EmoTalk line0", "EmoTalk line1", "EmoTalk line2"]
    assert [line.state for line in bpy.context.scene.emotalk.lines] == ["ANIMATED"] * 3
    found = json.loads(report.read_text("utf-8"))
    assert found["failed"] == 0
    assert {line["character"] for line in found["lines"]} == {"Ann", "Bob"}
    opened(shot)
    assert not actions()


def test_lines_by_number_and_only_stale_ones(shot, tmp_path, capsys):
    out = tmp_path / "baked.blend"
    assert run("--cues", tmp_path / "cues.csv", "--lines", "1,3", "-o", out) == 0
    opened(out)
    assert actions() == ["EmoTalk line0", "EmoTalk line2"]
    capsys.readouterr()
    assert run("--list") == 0
    assert [row.split("\t")[::2] for row in capsys.readouterr().out.splitlines()] == [
        ["1", "line0"],
        ["2", "line1"],
        ["3", "line2"],
    ]
    assert run("--stale") == 0
    assert capsys.readouterr().out.startswith("line1: ")
    opened(out)
    assert len(actions()) == 3
    assert run("--stale") == 0
    assert run("--lines", "2-5") == 2
    assert "There are 3 lines, so there is no line 4-5" in capsys.readouterr().err


def test_parts_make_the_same_keys_as_one_machine(shot, tmp_path):
    cues = ("--cues", tmp_path / "cues.csv")
    assert run(*cues, "-o", tmp_path / "one.blend") == 0
    opened(tmp_path / "one.blend")
    expected = keys()
    for chunk in ("1-2", "3-3"):
        opened(shot)
        assert run(*cues, "--lines", chunk, "--parts", tmp_path / "parts") == 0
        assert not actions()
    opened(shot)
    assert run(*cues, "--from-parts", tmp_path / "parts", "-o", tmp_path / "merged.blend") == 0
    opened(tmp_path / "merged.blend")
    assert keys() == expected
    assert len(expected) == 3
    assert all(max(map(len, curves.values())) > 5 for curves in expected.values())
    assert [line.state for line in bpy.context.scene.emotalk.lines] == ["ANIMATED"] * 3


def test_parts_of_a_range_stand_where_the_range_does(shot, tmp_path):
    sheet = tmp_path / "range.csv"
    rows = (tmp_path / "cues.csv").read_text("utf-8").splitlines()[:2]
    sheet.write_text("\n".join((f"{rows[0]},range start,range end", f"{rows[1]},0.3,0.8")), "utf-8")
    assert run("--cues", sheet, "-o", tmp_path / "one.blend") == 0
    opened(tmp_path / "one.blend")
    expected = keys()
    assert expected
    opened(shot)
    assert run("--cues", sheet, "--parts", tmp_path / "parts") == 0
    opened(shot)
    assert run("--cues", sheet, "--from-parts", tmp_path / "parts", "-o", tmp_path / "merged.blend") == 0
    opened(tmp_path / "merged.blend")
    assert keys() == expected


@pytest.mark.skipif(bool(bpy.app.binary_path) or sys.platform == "win32", reason="a script stands for the bpy wheel")
def test_several_blenders_make_the_same_keys(shot, tmp_path, monkeypatch, capsys):
    cues = ("--cues", tmp_path / "cues.csv")
    assert run(*cues, "-o", tmp_path / "one.blend", "--jobs", 2) == 2
    assert "this is the bpy module" in capsys.readouterr().err
    opened(shot)
    assert run(*cues, "-o", tmp_path / "one.blend") == 0
    opened(tmp_path / "one.blend")
    expected = keys()
    opened(shot)
    program = tmp_path / "blender"
    script = Path(__file__).parents[1] / "farm" / "wheel_blender.py"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setattr("emotalk.command_line.bake_jobs.blender_program", lambda: str(program))
    assert run(*cues, "-o", tmp_path / "many.blend", "--jobs", 2) == 0
    opened(tmp_path / "many.blend")
    assert keys() == expected


def test_other_blenders_find_the_same_lines_and_perform_them_alike(shot, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(bake_scene, "bake_at_once", lambda _numbers, _jobs, words, *_rest: told.extend(words))
    sheet = tmp_path / "cues.csv"
    with sheet.open("a") as file:
        file.write("nowhere.wav,1,Ann,\n")
    scene = bpy.context.scene.name
    words = ("--cues", sheet, "--zero", "01:00:00:00", "--leave-out-bad", "--scenes", scene)
    assert run(*words, "--device", "cpu", "--windowed", "--jobs", 2, "-o", tmp_path / "many.blend") == 1
    assert told == [
        f"--cues={sheet}", "--zero=01:00:00:00", "--leave-out-bad", "--scenes", scene, "--device=cpu", "--windowed",
    ]  # fmt: skip


def test_parts_are_performed_where_the_words_say(shot, tmp_path, monkeypatch):
    asked = []
    submit = WorkerClient.submit
    monkeypatch.setattr(
        WorkerClient, "submit", lambda client, request: (asked.append(request), submit(client, request))[1]
    )
    words = ("--cues", tmp_path / "cues.csv", "--lines", "1", "--parts", tmp_path / "parts")
    assert run(*words, "--device", "cpu", "--precision", "int8", "--windowed") == 0
    (request,) = asked
    assert (request["device"], request["precision"], request["windowed"]) == ("cpu", "int8", True)


def test_what_is_missing_or_stale_among_the_parts_is_said_and_the_rest_is_merged(shot, tmp_path, capsys):
    cues = ("--cues", tmp_path / "cues.csv")
    assert run(*cues, "--lines", "1-2", "--parts", tmp_path / "parts") == 0
    opened(shot)
    (tmp_path / "line1.wav").write_bytes((tmp_path / "line0.wav").read_bytes())
    report = tmp_path / "report.json"
    words = ("--from-parts", tmp_path / "parts", "-o", tmp_path / "merged.blend", "--report", report)
    assert run(*cues, *words) == 1
    error = capsys.readouterr().err
    assert "part of line 2 (line1) was made of another sound" in error
    assert "no parts of line 3" in error
    assert "2 of 3 lines failed" in error
    opened(tmp_path / "merged.blend")
    assert actions() == ["EmoTalk line0"]
    desk = bpy.context.scene.emotalk
    assert [line.state for line in desk.lines] == ["ANIMATED", "FAILED", "FAILED"]
    assert [entry.name for entry in desk.report] == ["line1", "line2", "line0"]
    assert json.loads(report.read_text("utf-8"))["failed"] == 2


def test_a_line_that_fails_does_not_stop_the_others(shot, tmp_path, capsys):
    with (tmp_path / "cues.csv").open("a") as sheet:
        sheet.write("line0.wav,300,Camera,\n")
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("Camera", None))
    parts = tmp_path / "parts"
    assert run("--cues", tmp_path / "cues.csv", "--lines", "3-4", "--parts", parts, "--progress", "openjd") == 1
    out, error = capsys.readouterr()
    assert "openjd_progress: 100" in out
    assert "openjd_fail: 1 of 2 lines failed" in out
    assert "Camera" in error
    assert json.loads((parts / "line-00004.json").read_text("utf-8"))["failure"]
    assert (parts / "line-00003.npz").is_file()
    assert not runs.is_running()


def test_bad_rows_are_told_and_nothing_is_baked(shot, tmp_path, capsys):
    with (tmp_path / "cues.csv").open("a") as sheet:
        sheet.write("nowhere.wav,1,Ann,\nline0.wav,soon,Ann,\n")
    words = ("--cues", tmp_path / "cues.csv", "-o", tmp_path / "baked.blend")
    assert run(*words) == 1
    rows = capsys.readouterr().err.splitlines()
    assert [row.partition(": ")[2].partition(":")[0] for row in rows[:2]] == ["Row 5", "Row 6"]
    assert "--leave-out-bad" in rows[2]
    assert not (tmp_path / "baked.blend").exists()
    assert run(*words, "--leave-out-bad", "--lines", "1") == 0


def test_nothing_is_replaced_unasked(shot, tmp_path, capsys):
    for name in ("baked.blend", "report.json"):
        (tmp_path / name).write_text("precious")
    cues = ("--cues", tmp_path / "cues.csv", "--lines", "1")
    assert run(*cues, "-o", tmp_path / "baked.blend") == 1
    assert run(*cues, "-o", tmp_path / "new.blend", "--report", tmp_path / "report.json") == 1
    assert {(tmp_path / name).read_text() for name in ("baked.blend", "report.json")} == {"precious"}
    assert not (tmp_path / "new.blend").exists()
    words = ("-o", tmp_path / "baked.blend", "--report", tmp_path / "report.json", "--overwrite")
    assert run(*cues, *words) == 0
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["failed"] == 0


def test_words_that_contradict_each_other(shot, tmp_path, capsys):
    assert usage("--parts", tmp_path, "--from-parts", tmp_path) == 2
    assert usage("--stale", "--parts", tmp_path) == 2
    assert usage("--lines", "3-1") == 2
    assert "ends before it begins" in capsys.readouterr().err
    assert usage("--scenes", "Nowhere") == 2
    assert run() == 1
    assert "there is no line to bake" in capsys.readouterr().err


def test_an_empty_cue_sheet_means_none(shot, tmp_path, capsys):
    assert run("--cues=", "--list") == 0
    assert capsys.readouterr().out == ""
