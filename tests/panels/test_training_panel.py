"""The Train box in every phase of a training, drawn from what the last look has seen."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import torch_environment, training_watch
from emotalk.blender_emotalk.preferences import preferences_of
from emotalk.blender_emotalk.training_watch import Seen
from emotalk.inference.torch_environment.environment import ABSENT, EnvironmentStatus
from emotalk.panels.training import TrainingPanel
from emotalk.training.captures.last_check import LastCheck
from emotalk.training.comparison import Comparison
from emotalk.training.loss_plot import loss_plot
from emotalk.training.run_folder import RunFolder
from emotalk.training.run_state import RunState
from emotalk.training.systems import SYSTEMS, System

PROJECT = Path("Ada/project.toml")
LOSSES = ((25, 3.0), (50, 1.5))


@pytest.fixture(autouse=True)
def ready(monkeypatch):
    """PyTorch is there with all that training needs, and there is one preset."""
    status = EnvironmentStatus("ready", "PyTorch", lacks=())
    monkeypatch.setattr(torch_environment, "_environment_status", status)
    monkeypatch.setitem(SYSTEMS, "karras", System("Karras et al. 2017", "learned from these takes"))
    bpy.context.scene.emotalk.preset = "karras"


@pytest.fixture
def show(drawn, monkeypatch):
    """A function that draws what was seen; "header" is the right end of the box's head."""

    def draw(seen, part="draw"):
        monkeypatch.setattr(training_watch, "_seen", seen)
        return drawn(TrainingPanel, part)

    return draw


def run(phase, step=50, minutes=None, compared=None, losses=LOSSES):
    exported = Path("karras.safetensors") if compared else None
    return RunState(
        RunFolder(Path("run")), "karras", phase, step, 100, minutes, losses, (), compared, exported, bool(compared)
    )


def words(record):
    return " ".join(text for kind, text in record if kind == "label")


def buttons(record):
    return [name.removeprefix("emotalk.") for kind, name in record if kind == "operator"]


def test_without_captures_there_is_only_the_choice(show):
    assert buttons(show(Seen())) == ["choose_captures"]


def test_captures_can_be_checked_edited_and_trained(show):
    record = show(Seen(PROJECT))
    assert buttons(record) == ["choose_captures", "check_captures", "edit_captures", "train"]
    assert "Karras et al. 2017: learned from these takes" in words(record)
    assert record.buttons[-1]["text"] == "Train"


def test_the_check_shows_its_verdict_and_what_is_serious(show):
    findings = [("error", "a: no face"), *[("warning", f"thing {n}") for n in range(6)], ("note", "nobody blinks")]
    checked = LastCheck("Not ready: 1 of 5", 1, 6, tuple(findings), Path("check/check.html"), True)
    record = show(Seen(PROJECT, checked))
    text = words(record)
    assert "Not ready: 1 of 5" in text
    assert "a: no face" in text
    assert "thing 3" in text
    assert "thing 4" not in text
    assert "2 more in the report" in text
    assert "nobody blinks" not in text
    assert "The project file has changed since; check again" in text
    (report,) = (button for button in record.buttons if button["name"] == "wm.path_open")
    assert report["filepath"] == str(Path("check/check.html"))


@pytest.mark.parametrize(
    ("phase", "state", "text", "header"),
    [
        ("starting", None, "Reading the takes", "Starting"),
        ("training", run("training", minutes=12.4), "50 of 100, 12 min left", "50%, 12 min"),
        ("training", run("training", minutes=0.4), "50 of 100, under 1 min left", "50%, under 1 min"),
        ("training", run("training", losses=()), "50 of 100", "50%"),
        ("training", run("training", step=100, minutes=0.0), "Exporting", "100%, under 1 min"),
        ("stopping", run("training"), "Saving", "50%"),
    ],
)
def test_a_training_shows_how_far_it_is_and_can_be_paused_and_cancelled(show, phase, state, text, header):
    record = show(Seen(PROJECT, phase=phase, run=state))
    assert [shown[1] for kind, shown in record if kind == "progress"] == [text]
    assert buttons(record)[-2:] == ["pause_training", "cancel_training"]
    assert "train" not in buttons(record)
    assert words(show(Seen(PROJECT, phase=phase, run=state), "draw_header_preset")) == header


def test_the_loss_stands_beside_its_plot(show, monkeypatch):
    monkeypatch.setattr(training_watch, "plot_icon", lambda: 7)
    state = run("training")
    record = show(Seen(PROJECT, phase="training", run=state))
    assert [kind for kind, _ in record].count("picture") == 1
    assert "Loss 1.5 (blue)" in words(record)
    assert "picture" not in [kind for kind, _ in show(Seen(PROJECT, phase="starting", run=state))]


def test_a_stopped_training_can_go_on_or_begin_anew(show):
    record = show(Seen(PROJECT, phase="stopped", run=run("stopped")))
    assert "Stopped after 50 of 100 steps" in words(record)
    assert buttons(record)[-2:] == ["resume_training", "train"]


def test_a_trained_model_shows_both_figures_and_warns_loudly_if_it_is_worse(show):
    record = show(
        Seen(PROJECT, phase="done", run=run("done", 100, compared=Comparison({"score": 0.5}, {"score": 0.4})))
    )
    text = words(record)
    for word in ("score", "0.5", "0.4", "Trained", "Base"):
        assert word in text.split()
    assert "WARNING: this model is worse than its base" in text
    assert {"preview_training", "install_trained", "train"} <= set(buttons(record))
    better = show(
        Seen(PROJECT, phase="done", run=run("done", 100, compared=Comparison({"score": 0.3}, {"score": 0.4})))
    )
    assert "WARNING" not in words(better)


def test_why_a_training_failed_is_said_until_the_next_one(show):
    state = run("stopped")
    assert "take.csv has changed" in words(
        show(Seen(PROJECT, phase="stopped", run=state, failure="take.csv has changed"))
    )


def test_what_training_lacks_is_offered(show, monkeypatch):
    monkeypatch.setattr(torch_environment, "_environment_status", ABSENT)
    record = show(Seen(PROJECT))
    assert "Training needs PyTorch. PyTorch is not set up yet" in words(record)
    assert "set_up_training" in buttons(record)
    lacking = EnvironmentStatus("ready", "PyTorch", lacks=("scipy",))
    monkeypatch.setattr(torch_environment, "_environment_status", lacking)
    assert "Training needs a few packages more: scipy" in words(show(Seen(PROJECT)))
    assert "set_up_training" not in buttons(show(Seen()))
    bpy.context.scene.emotalk.captures = "/takes/project.toml"  # whose sounds could not be read
    assert "set_up_training" in buttons(show(Seen()))


@pytest.fixture
def own_python():
    """A Python of the animator's own is chosen in the preferences."""
    preferences_of(bpy.context).torch_python = "/my/python"
    yield
    preferences_of(bpy.context).torch_python = ""


@pytest.mark.usefixtures("own_python")
def test_ones_own_python_is_never_changed(show, monkeypatch):
    lacking = EnvironmentStatus("ready", "PyTorch", lacks=("scipy",))
    monkeypatch.setitem(torch_environment._tried, Path("/my/python"), lacking)
    record = show(Seen(PROJECT))
    assert "Your Python with PyTorch lacks scipy; install them there with pip" in words(record)
    assert "set_up_training" not in buttons(record)


def test_the_plot_is_a_picture_among_blenders_icons():
    assert training_watch.plot_icon() == 0
    training_watch._draw_plot(run("training"))
    (picture,) = training_watch._pictures.values()
    assert tuple(picture.image_size) == (256, 256)
    pixels = np.empty(4 * 256 * 256, np.float32)
    picture.image_pixels_float.foreach_get(pixels)
    assert np.abs(pixels.reshape(256, 256, 4) - loss_plot(LOSSES, (), 100)).max() < 0.01
    training_watch._draw_plot(None)
    assert training_watch.plot_icon() == 0
