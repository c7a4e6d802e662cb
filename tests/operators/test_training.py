"""From a folder of takes to an installed model, in Blender: the training is a process that outlives it."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import background, model_choice, training_process, training_watch
from emotalk.blender_emotalk.actions import active_curves
from emotalk.blender_emotalk.preferences import preferences_of
from emotalk.blender_emotalk.strips import all_strips
from emotalk.training.run_folder import RunFolder
from emotalk.training.run_state import is_training, look_at
from emotalk.training.systems import SYSTEMS, System

HERE = Path(__file__).parent
STUDIO = HERE.parent / "training" / "captures" / "studio.py"
TAKES = """
import runpy, sys
from pathlib import Path
studio = runpy.run_path(sys.argv[1])
for number, name in enumerate(("ada_01", "ada_02", "ada_03", "ada_04")):
    studio["write_take"](Path(sys.argv[2]), name, studio["act"](number + 1, seconds=12))
"""
KNOWN = training_watch.BUSY


@pytest.fixture(scope="session")
def recorded(torch_python, tmp_path_factory):
    """A folder of four takes, without a project file."""
    folder = tmp_path_factory.mktemp("Ada")
    subprocess.run([torch_python, "-c", TAKES, str(STUDIO), str(folder)], check=True)
    return folder


@pytest.fixture(scope="session")
def learnt(recorded, torch_python, tmp_path_factory):
    """The same with a project file and a training that has ended."""
    folder = Path(shutil.copytree(recorded, tmp_path_factory.mktemp("learnt") / "Ada"))
    emotalk = [torch_python, str(HERE / "training_program.py"), "__main__.py"]
    project = str(folder / "project.toml")
    train = ["train", project, "--preset", "small", "--runs", str(folder / "runs"), "--cpu"]
    for words in (["captures", "init", str(folder)], train):
        subprocess.run([*emotalk, *words], check=True)
    return folder


@pytest.fixture
def takes(recorded, tmp_path):
    """A copy of the folder of takes."""
    return Path(shutil.copytree(recorded, tmp_path / "Ada"))


@pytest.fixture(autouse=True)
def python_of_the_animator(torch_python, tmp_path, monkeypatch):
    """A Python with PyTorch whose ``emotalk`` has one more preset, which the menu offers."""
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\nexec "{torch_python}" "{HERE / "training_program.py"}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setitem(SYSTEMS, "small", System("Small", "for tests"))
    monkeypatch.setenv("EMOTALK_WEIGHTS", str(tmp_path / "weights"))
    preferences_of(bpy.context).torch_python = str(program)
    yield
    preferences_of(bpy.context).torch_python = ""
    bpy.context.scene.emotalk.captures = ""
    training_watch.look(bpy.context)
    background.close()
    model_choice.refresh()


@pytest.fixture
def project(takes):
    """The scene's project file, and the preset."""
    assert bpy.ops.emotalk.choose_captures(directory=str(takes)) == {"FINISHED"}
    bpy.context.scene.emotalk.preset = "small"
    return takes / "project.toml"


def look():
    return training_watch.look(bpy.context)


def wait_for(*phases, seconds=90):
    """The first look in one of these phases."""
    until = time.monotonic() + seconds
    while (seen := look()).phase not in phases:
        assert time.monotonic() < until, (seen, training_process.failure(seen.project.parent / "runs"))
        time.sleep(0.05)
    return seen


@pytest.fixture
def trained(learnt, tmp_path):
    """The scene's captures were trained on."""
    folder = Path(shutil.copytree(learnt, tmp_path / "Ada"))
    bpy.context.scene.emotalk.captures, bpy.context.scene.emotalk.preset = str(folder / "project.toml"), "small"
    return wait_for("done")


def test_a_folder_without_a_project_file_gets_one_and_one_that_is_there_stays(takes):
    assert bpy.ops.emotalk.choose_captures(directory=str(takes)) == {"FINISHED"}
    project = takes / "project.toml"
    assert bpy.context.scene.emotalk.captures == str(project)
    assert background.latest().result == f"{project} lists 4 takes"
    project.write_text(project.read_text() + "# mine\n")
    written = project.read_bytes()
    assert bpy.ops.emotalk.choose_captures(directory=str(takes)) == {"FINISHED"}
    assert project.read_bytes() == written


def test_a_folder_without_takes_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(RuntimeError, match="holds no take"):
        bpy.ops.emotalk.choose_captures(directory=str(tmp_path / "empty"))
    with pytest.raises(RuntimeError, match="There is no folder"):
        bpy.ops.emotalk.choose_captures(directory=str(tmp_path / "none"))
    assert look() == training_watch.Seen()


def test_a_check_names_the_bad_take_and_knows_when_the_labels_have_changed(project):
    (project.parent / "ada_02.csv").write_text("Timecode,BlendshapeCount\n")
    assert bpy.ops.emotalk.check_captures() == {"FINISHED"}
    checked = training_watch.seen().checked
    assert checked.verdict.startswith("Not ready: 1 of the 4 takes cannot be trained on")
    assert checked.findings[0][0] == "error"
    assert checked.findings[0][1].startswith("ada_02: ")
    assert checked.page.is_file()
    assert not checked.is_old
    newer = checked.page.stat().st_mtime + 5
    project.touch()
    os.utime(project, (newer, newer))
    assert look().checked.is_old


def test_the_check_runs_under_blenders_own_python_too(project):
    preferences_of(bpy.context).torch_python = ""
    assert bpy.ops.emotalk.check_captures() == {"FINISHED"}
    assert training_watch.seen().checked.verdict.startswith("Usable: 4 takes")


def test_labels_are_edited_in_a_text_that_keeps_unsaved_changes(project):
    assert bpy.ops.emotalk.edit_captures() == {"FINISHED"}
    text = bpy.data.texts["project.toml"]
    assert 'split = "validation"' in text.as_string()
    text.write("# unsaved\n")
    assert bpy.ops.emotalk.edit_captures() == {"FINISHED"}
    assert list(bpy.data.texts) == [text]
    assert "# unsaved" in text.as_string()


def test_training_ends_with_a_model_figures_and_a_preview(project):
    assert bpy.ops.emotalk.train() == {"FINISHED"}
    trained = wait_for("done")
    run = trained.run
    assert (run.preset, run.step, run.steps) == ("small", 60, 60)
    assert [step for step, _loss in run.losses] == list(range(5, 61, 5))
    assert [step for step, _score in run.scores] == [20, 40, 60]
    assert run.losses[-1][1] < run.losses[0][1]
    assert run.compared.base == {"score": 9.0}
    assert not run.compared.is_worse
    assert run.exported.is_file()
    assert run.has_preview
    assert trained.failure == ""
    assert not is_training(run.run)


def test_a_training_goes_on_without_the_blender_that_started_it(project, monkeypatch, tmp_path):
    """Another Blender opens the file: it sees the run in its folder, pauses it, and goes on with it."""
    monkeypatch.setenv("EMOTALK_TEST_SECONDS", "0.05")
    start = "import bpy, emotalk; bpy.context.preferences.addons.new().module = 'emotalk'; emotalk.register(); " + (
        "from emotalk.blender_emotalk.preferences import preferences_of; from emotalk.training.systems import *; "
        "SYSTEMS['small'] = System('Small', ''); "
        f"preferences_of(bpy.context).torch_python = {preferences_of(bpy.context).torch_python!r}; "
        f"desk = bpy.context.scene.emotalk; desk.captures = {str(project)!r}; desk.preset = 'small'; "
        "from emotalk.blender_emotalk import training_watch; training_watch.look(bpy.context); "
        "print(bpy.ops.emotalk.train()); import os; os._exit(0)"
    )
    if bpy.app.binary_path:
        pytest.skip("starts a Blender as a module")
    done = subprocess.run([sys.executable, "-c", start], capture_output=True, text=True, check=False)
    assert "{'FINISHED'}" in done.stdout, done.stderr
    seen = wait_for("training")
    assert not training_process.is_alive(project.parent / "runs")
    with pytest.raises(RuntimeError, match="A training is running"):
        bpy.ops.emotalk.train()
    with pytest.raises(RuntimeError, match="Wait until the training has ended"):
        bpy.ops.emotalk.install_trained()
    while len(look().run.losses) < 3:
        time.sleep(0.05)
    assert 0 < training_watch.seen().run.minutes_left < 1
    assert bpy.ops.emotalk.pause_training() == {"FINISHED"}
    assert training_watch.seen().phase == "stopping"
    with pytest.raises(RuntimeError, match="Nothing is being trained"):
        bpy.ops.emotalk.pause_training()
    paused = wait_for("stopped")
    assert 15 <= paused.run.step < 60
    assert paused.run.exported.is_file()
    monkeypatch.setenv("EMOTALK_TEST_SECONDS", "0")
    assert bpy.ops.emotalk.resume_training() == {"FINISHED"}
    assert training_watch.seen().phase in KNOWN
    assert wait_for("done").run.run == seen.run.run
    assert [step for step, _loss in training_watch.seen().run.losses] == list(range(5, 61, 5))


def test_cancel_ends_the_process_at_once_and_the_run_can_be_resumed(project, monkeypatch):
    monkeypatch.setenv("EMOTALK_TEST_SECONDS", "0.2")
    bpy.ops.emotalk.train()
    assert training_watch.seen().phase == "starting"
    wait_for("training")
    while not look().run.losses:
        time.sleep(0.05)
    began = time.monotonic()
    assert bpy.ops.emotalk.cancel_training() == {"FINISHED"}
    assert time.monotonic() - began < 5
    seen = training_watch.seen()
    assert seen.phase == "stopped"
    assert seen.run.exported is None
    assert seen.failure == ""
    with pytest.raises(RuntimeError, match="Nothing is being trained"):
        bpy.ops.emotalk.cancel_training()
    with pytest.raises(RuntimeError, match="Nothing was exported yet"):
        bpy.ops.emotalk.install_trained()
    monkeypatch.setenv("EMOTALK_TEST_SECONDS", "0")
    bpy.ops.emotalk.resume_training()
    assert wait_for("done").run.run == seen.run.run


def test_a_training_is_no_child_of_its_terminal(project, monkeypatch):
    """A signal to everything that Blender's terminal has started does not reach it."""
    monkeypatch.setenv("EMOTALK_TEST_SECONDS", "0.2")
    bpy.ops.emotalk.train()
    process = training_process._launched[project.parent / "runs"]
    assert os.getsid(process.pid) != os.getsid(0)
    bpy.ops.emotalk.cancel_training()


def test_a_training_that_is_cancelled_before_it_begins_leaves_nothing_behind(project):
    bpy.ops.emotalk.train()
    assert bpy.ops.emotalk.cancel_training() == {"FINISHED"}
    assert training_watch.seen().phase == "none"
    assert training_watch.seen().failure == ""


def test_why_a_training_did_not_begin_is_said(project):
    bpy.context.scene.emotalk.preset = "unheard"
    bpy.ops.emotalk.train()
    training_process.wait(project.parent / "runs")
    seen = look()
    assert seen.phase == "none"
    assert seen.failure.startswith("There is no preset 'unheard'; choose one of ")
    bpy.context.scene.emotalk.preset = "small"
    bpy.ops.emotalk.train()
    assert training_watch.seen().failure == ""
    wait_for("done")


def test_a_model_is_installed_under_a_free_name_and_a_worse_one_with_a_warning(trained, tmp_path, capfd, monkeypatch):
    assert bpy.ops.emotalk.install_trained() == {"FINISHED"}
    assert bpy.ops.emotalk.install_trained() == {"FINISHED"}
    names = [weights.model_id for weights in model_choice.installed() if not weights.is_bundled]
    assert sorted(names) == ["Ada", "Ada 2"]
    assert not any(weights.damage for weights in model_choice.installed())
    assert "WARNING" not in capfd.readouterr().out
    monkeypatch.setenv("EMOTALK_TEST_BASE", "0.001")
    bpy.ops.emotalk.train()
    assert wait_for("done").run.compared.is_worse
    assert bpy.ops.emotalk.install_trained() == {"FINISHED"}
    assert "this model is worse than its base on the held-out takes" in capfd.readouterr().out


def keyed(name, channel="jawOpen"):
    """(frames, values) of a channel's keys on a character."""
    path = f'key_blocks["{channel}"].value'
    curve = next(c for c in active_curves(bpy.data.objects[name].data.shape_keys) if c.data_path == path)
    points = np.array([tuple(point.co) for point in curve.keyframe_points])
    return points[:, 0], np.array([curve.evaluate(frame) for frame in range(1, 200)])


def test_the_preview_puts_the_prediction_on_the_character_and_the_capture_on_a_copy(trained, add_face):
    face = add_face()
    bpy.context.scene.frame_end = 100
    assert bpy.ops.emotalk.preview_training() == {"FINISHED"}
    (copy,) = [obj for obj in bpy.context.scene.objects if obj != face]
    assert copy.data.shape_keys != face.data.shape_keys
    assert copy.location.x - face.location.x == pytest.approx(1.2)
    assert bpy.context.view_layer.objects.active == face
    captured, predicted = keyed(copy.name)[1], keyed(face.name)[1]
    assert np.ptp(captured) > 0.2
    assert np.ptp(predicted) > 0.05
    assert np.abs(captured - predicted).max() > 0.05
    curves = np.load(trained.run.run.captured)
    jaw = curves["values"][:, list(curves["channels"]).index("jawOpen")]
    at = np.interp((np.arange(1, 200) - 1) / bpy.context.scene.render.fps, np.arange(len(jaw)) / curves["fps"], jaw)
    assert np.corrcoef(captured, at)[0, 1] > 0.99
    (strip,) = all_strips(bpy.context.scene)
    assert Path(bpy.path.abspath(strip.sound.filepath)) == trained.run.run.sound
    assert bpy.context.scene.frame_end == 1 + round(12 * bpy.context.scene.render.fps)
    assert bpy.ops.emotalk.preview_training() == {"FINISHED"}
    assert len(bpy.context.scene.objects) == 2
    assert len(all_strips(bpy.context.scene)) == 1


def test_the_preview_can_have_a_second_character_and_changes_nothing_if_that_is_no_face(trained, add_face, everything):
    other, face = add_face("Other"), add_face("Face")
    bpy.ops.object.empty_add()
    bpy.context.scene.emotalk.captured_on = bpy.context.object
    bpy.context.view_layer.objects.active = face
    before = everything()
    with pytest.raises(RuntimeError, match="is no face"):
        bpy.ops.emotalk.preview_training()
    assert everything() == before
    bpy.context.scene.emotalk.captured_on = other
    assert bpy.ops.emotalk.preview_training() == {"FINISHED"}
    assert {obj.name for obj in bpy.context.scene.objects} == {"Other", "Face", "Empty"}
    assert np.ptp(keyed("Other")[1]) > 0.2


@pytest.mark.parametrize("name", ["choose_captures", "edit_captures", "preview_training"])
def test_one_undo_takes_everything_back(trained, add_face, name):
    add_face()
    folder = str(trained.project.parent)
    if name == "choose_captures":
        bpy.context.scene.emotalk.captures = ""
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.context.view_layer.update()
        bpy.ops.ed.undo_push(message="before")
        before = state()
        arguments = {"directory": folder} if name == "choose_captures" else {}
        assert getattr(bpy.ops.emotalk, name)("EXEC_DEFAULT", True, **arguments) == {"FINISHED"}
        after = state()
        bpy.ops.ed.undo()
        assert state() == before != after
        bpy.ops.ed.redo()
        assert state() == after


def state():
    scene = bpy.context.scene
    return (
        scene.emotalk.captures,
        sorted(bpy.data.texts.keys()),
        sorted(bpy.data.objects.keys()),
        sorted(bpy.data.actions.keys()),
        [strip.name for strip in all_strips(scene)],
        scene.frame_end,
    )


def test_a_rig_is_copied_with_its_armature_and_without_its_animation(trained, add_armature, add_face):
    rig = add_armature()
    face = add_face(armature=rig)
    modifier = face.modifiers.new("Armature", "ARMATURE")
    modifier.object = rig
    rig.keyframe_insert("location", frame=1)
    bpy.context.view_layer.objects.active = face
    assert bpy.ops.emotalk.preview_training() == {"FINISHED"}
    copy = next(obj for obj in bpy.context.scene.objects if obj.type == "MESH" and obj != face)
    assert copy.modifiers["Armature"].object == copy.parent != rig
    assert copy.parent.location.x > 1
    assert copy.parent.animation_data.action is None or not active_curves(copy.parent)
    assert rig.animation_data.action


def test_what_is_missing_is_said_before_anything_starts(project):
    preferences_of(bpy.context).torch_python = ""
    with pytest.raises(RuntimeError, match="Training needs PyTorch"):
        bpy.ops.emotalk.train()
    assert not (project.parent / "runs").exists()


def test_a_look_at_a_long_run_is_quick(trained):
    run: RunFolder = trained.run.run
    row = run.metrics.read_text().splitlines()[0]
    run.metrics.write_text((row + "\n") * 400)
    began = time.process_time()
    look_at(run)
    assert time.process_time() - began < 0.1
