"""How a run is getting on is read from its folder, by whoever looks, in whatever process."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from emotalk.face.claim import claimed
from emotalk.inference.contract import EmoTalkError
from emotalk.training import presets
from emotalk.training.run_folder import RunConfig, create_run, write_json
from emotalk.training.run_state import ask_to_stop, is_training, look_at, newest_run_in
from emotalk.training.systems import SYSTEMS

STUDIO = Path(__file__).parent / "captures" / "studio.py"
RECIPE = {"steps": 100}


@pytest.fixture
def run(tmp_path):
    return create_run(tmp_path / "runs", "Ada", RunConfig("id", "karras", "", False, 1, RECIPE), [], tmp_path)


def log(run, *rows):
    run.metrics.write_text("".join(json.dumps(row) + "\n" for row in rows))


def loss(step, seconds, total):
    return {"step": step, "seconds": seconds, "total": total, "losses": {"position": total}}


def score(step, value):
    return {"step": step, "seconds": 0, "figures": {"score": value, "r": 0.5}}


def test_a_new_run_has_done_nothing(run):
    state = look_at(run)
    assert (state.phase, state.preset, state.step, state.steps) == ("stopped", "karras", 0, 100)
    assert (state.losses, state.scores, state.compared, state.exported, state.minutes_left) == (
        (),
        (),
        None,
        None,
        None,
    )


def test_minutes_left_follow_the_pace_of_the_last_rows(run):
    log(run, loss(10, 20, 3.0), score(20, 0.5), loss(20, 80, 2.0), loss(30, 140, 1.0))
    assert look_at(run).minutes_left is None  # nobody is at it
    with claimed(run.lock, "it"):
        state = look_at(run)
    assert state.phase == "training"
    assert state.minutes_left == pytest.approx(70 * 6 / 60)
    assert state.losses == ((10, 3.0), (20, 2.0), (30, 1.0))
    assert state.scores == ((20, 0.5),)


def test_one_row_says_nothing_about_the_pace(run):
    log(run, loss(10, 20, 3.0))
    with claimed(run.lock, "it"):
        assert look_at(run).minutes_left is None


def test_half_a_row_is_left_out(run):
    log(run, loss(10, 20, 3.0))
    with run.metrics.open("a") as file:
        file.write('{"step": 20, "tot')
    assert look_at(run).step == 10


@pytest.mark.parametrize(
    ("reason", "steps", "phase"),
    [
        ("finished", 100, "done"),
        ("no better any more", 100, "done"),
        ("asked to stop", 100, "stopped"),
        ("out of time", 100, "stopped"),
        ("finished", 60, "stopped"),  # it was made longer, and went on
    ],
)
def test_a_run_is_done_when_it_ended_by_itself(run, reason, steps, phase):
    log(run, loss(100, 60, 1.0))
    write_json(run.evaluation, {"steps": steps, "reason": reason, "figures": {"score": 2.0}, "base": {"score": 1.0}})
    (run.export / "karras.safetensors").write_text("weights")
    state = look_at(run)
    assert state.phase == phase
    assert state.compared.is_worse
    assert state.exported.name == "karras.safetensors"


def test_a_damaged_evaluation_is_none_and_a_damaged_config_is_named(run):
    run.evaluation.write_text('{"steps"')
    assert look_at(run).compared is None
    run.config.write_text("{")
    with pytest.raises(EmoTalkError, match=r"config\.json cannot be read"):
        look_at(run)


def test_only_a_run_that_is_trained_can_be_stopped_and_a_killed_process_does_not_count(run):
    with pytest.raises(EmoTalkError, match="is not being trained"):
        ask_to_stop(run)
    code = (
        "import os, sys; from pathlib import Path; from emotalk.face.claim import claimed\n"
        "with claimed(Path(sys.argv[1]), 'it'): print(os.getpid(), flush=True); input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(run.lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        pid = int(holder.stdout.readline())
        assert pid == holder.pid
        assert is_training(run)
        ask_to_stop(run)
        assert run.stop.exists()
    finally:
        holder.kill()
        holder.wait()
    assert run.lock.exists()
    assert not is_training(run)


def test_a_look_does_not_keep_a_run_from_being_trained(run):
    """Somebody looks all the time, while a training claims the run again and again, with the patience of ``runs``."""
    from emotalk.training.runs import _PATIENCE_SECONDS

    code = (
        "import sys; from pathlib import Path; from emotalk.face.claim import holder_of\n"
        "print(flush=True)\nwhile True: holder_of(Path(sys.argv[1]))"
    )
    watcher = subprocess.Popen([sys.executable, "-c", code, str(run.lock)], stdout=subprocess.PIPE)
    try:
        watcher.stdout.readline()
        for _ in range(300):
            run.lock.touch()
            with claimed(run.lock, "it", _PATIENCE_SECONDS):
                pass
    finally:
        watcher.kill()
        watcher.wait()


def test_the_newest_run_is_the_youngest_of_all_presets(tmp_path):
    assert newest_run_in(tmp_path) is None
    for dataset, preset, when in (("Ada", "karras", "2026-01-02_00-00-00"), ("Ada", "compact", "2026-01-03_00-00-00")):
        folder = tmp_path / dataset / preset / when
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}")
    (tmp_path / "Ada" / "karras" / "2026-02-01_00-00-00").mkdir()  # without settings it is none
    assert newest_run_in(tmp_path).path.parent.name == "compact"


def test_blender_offers_what_can_be_trained_on_captures():
    """Not what learns from prepared speech, as the built-in models do, nor what takes files of other kinds."""
    elsewhere = {"builtin", "phones", "laughtalk-compact", "flint", "emote", "laughtalk-talk", "laughtalk-laugh"}
    assert list(SYSTEMS) == [name for name in presets.PRESETS if name not in elsewhere]
    assert elsewhere < set(presets.PRESETS)


def test_blenders_own_python_can_watch_a_run():
    """Neither PyTorch nor psutil nor TensorBoard is imported by what the Train box reads with."""
    code = (
        "import sys\n"
        "for name in ('torch', 'psutil', 'tensorboard', 'accelerate', 'scipy', 'soundfile'): sys.modules[name] = None\n"
        "import emotalk.training.run_state, emotalk.training.loss_plot, emotalk.training.systems\n"
        "import emotalk.training.captures.last_check, emotalk.training.captures.looking"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_last_check_is_read_from_its_report(tmp_path):
    from emotalk.command_line.main import main
    from emotalk.training.captures.last_check import read_last_check

    studio = runpy.run_path(str(STUDIO))
    for number, name in enumerate(("a", "b")):
        studio["write_take"](tmp_path, name, studio["act"](number + 1, seconds=12))
    (tmp_path / "b.csv").write_text("Timecode,BlendshapeCount\n")
    project = studio["write_project"](tmp_path, *(studio["row"](name) for name in "ab"))
    assert read_last_check(project) is None
    assert main(["captures", "check", str(project)]) == 1
    found = read_last_check(project)
    assert found.verdict.startswith("Not ready: 1 of the 2 takes cannot be trained on")
    assert found.page == tmp_path / "check" / "check.html"
    grades = [grade for grade, _ in found.findings]
    assert grades == sorted(grades, key=("error", "warning", "note").index)
    assert (found.errors, found.warnings) == (grades.count("error"), grades.count("warning"))
    assert found.findings[0][1].startswith("b: ")
    (tmp_path / "check" / "check.json").write_text("{")
    assert read_last_check(project) is None


def test_the_progress_of_a_check_can_be_read_by_a_program(tmp_path, capsys):
    from emotalk.command_line.main import main

    studio = runpy.run_path(str(STUDIO))
    for number, name in enumerate("abcd"):
        studio["write_take"](tmp_path, name, studio["act"](number + 1, seconds=6))
    project = studio["write_project"](tmp_path, *(studio["row"](name) for name in "abcd"))
    main(["captures", "check", str(project), "--job-progress"])
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("openjd_progress: ")] == [
        f"openjd_progress: {percent}" for percent in (25, 50, 75, 100)
    ]
