"""The Model box and the preferences show what is installed, what is missing, and what to do."""

import threading

import bpy
import pytest
from emotalk.blender_emotalk import background, model_choice, torch_environment
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.face.atomic_file import replacing
from emotalk.inference.checkpoints.library import user_weights_folder
from emotalk.inference.checkpoints.safetensors_file import write_safetensors
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.torch_environment.environment import EnvironmentStatus
from emotalk.panels.main import MainPanel
from emotalk.panels.model import ModelMenu, ModelPanel
from emotalk.panels.preferences import EmoTalkPreferences

NOTICE = "Not for commercial use."


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch, tmp_path):
    """No weights, no runtime, and no task of another test."""
    monkeypatch.setenv("EMOTALK_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setattr(torch_environment, "_environment_status", torch_environment.ABSENT)
    model_choice.refresh()
    yield
    background.close()
    preferences().torch_python = ""
    monkeypatch.undo()
    model_choice.refresh()


@pytest.fixture
def emotalk(tmp_path):
    """A file that says it is the research network is installed and chosen."""
    user_weights_folder().mkdir()
    metadata = {"model": "emotalk", "notice": NOTICE}
    write_safetensors(user_weights_folder() / "EmoTalk.safetensors", {}, metadata)
    bpy.ops.emotalk.refresh_models()
    line_to_set(bpy.context.scene)
    bpy.ops.emotalk.choose_model(model="EmoTalk")


def preferences():
    return bpy.context.preferences.addons[EmoTalkPreferences.bl_idname].preferences


def texts(record, kind="label"):
    return " ".join(text for this_kind, text in record if this_kind == kind)


def know(monkeypatch, state, sentence="As it is"):
    monkeypatch.setattr(torch_environment, "_environment_status", EnvironmentStatus(state, sentence, bytes=950_000_000))


def test_the_built_in_model_comes_first_and_needs_nothing(drawn, emotalk):
    entries = [weights.model_id for weights in model_choice.installed()]
    assert entries == ["emotalk-compact", "laughtalk-compact", "EmoTalk"]
    assert len(drawn(ModelMenu)) == 3
    bpy.ops.emotalk.choose_model(model="emotalk-compact")
    record = drawn(ModelPanel)
    assert ("menu", "EmoTalk Compact") in record
    assert "PyTorch" not in texts(record)


def test_the_licence_and_what_is_missing_are_said(drawn, emotalk):
    record = drawn(ModelPanel)
    assert NOTICE in texts(record)
    assert "PyTorch is not set up yet" in texts(record)
    assert ("operator", "emotalk.open_preferences") in record
    assert ("operator", "emotalk.set_up_pytorch") not in record


def test_a_broken_runtime_can_be_repaired_from_the_tab(drawn, emotalk, monkeypatch):
    know(monkeypatch, "broken", "PyTorch does not start there (no libtorch)")
    record = drawn(ModelPanel)
    assert "no libtorch" in texts(record)
    assert ("operator", "emotalk.set_up_pytorch") in record
    assert ("operator", "emotalk.set_up_pytorch") not in drawn(MainPanel)
    bpy.context.window_manager.emotalk.failed = True
    assert ("operator", "emotalk.set_up_pytorch") in drawn(MainPanel)
    bpy.ops.emotalk.choose_model(model="emotalk-compact")
    assert ("operator", "emotalk.set_up_pytorch") not in drawn(MainPanel)


def test_a_python_of_ones_own_is_not_ours_to_repair(drawn, emotalk, monkeypatch, tmp_path):
    preferences().torch_python = str(tmp_path / "python")
    monkeypatch.setitem(torch_environment._tried, tmp_path / "python", EnvironmentStatus("broken", "It does not start"))
    assert "It does not start" in texts(drawn(ModelPanel))
    assert ("operator", "emotalk.set_up_pytorch") not in drawn(ModelPanel)
    assert ("operator", "emotalk.check_pytorch") in drawn(EmoTalkPreferences)


def test_a_ready_runtime_is_no_news(drawn, emotalk, monkeypatch):
    know(monkeypatch, "ready")
    assert texts(drawn(ModelPanel)) == NOTICE


def test_weights_of_another_computer(drawn):
    line_to_set(bpy.context.scene).model = "somebody-elses"
    record = drawn(ModelPanel)
    assert ("menu", "somebody-elses") in record
    assert "not on this computer" in texts(record)


def test_a_damaged_file_is_listed_and_explained(drawn):
    line_to_set(bpy.context.scene)
    bundled = len(drawn(ModelMenu))
    user_weights_folder().mkdir()
    with replacing(user_weights_folder() / "torn.safetensors") as part:
        part.write_bytes(b"\xff" * 100)
    bpy.ops.emotalk.refresh_models()
    assert len(drawn(ModelMenu)) == bundled + 1
    bpy.ops.emotalk.choose_model(model="torn")
    assert "torn.safetensors" in texts(drawn(ModelPanel))


def test_drawing_looks_nowhere(drawn, emotalk, monkeypatch):
    def forbidden(*_arguments):
        raise AssertionError("a panel asked the disk")

    monkeypatch.setattr(model_choice, "installed_weights", forbidden)
    monkeypatch.setattr(torch_environment.TorchEnvironment, "status", forbidden)
    for panel in (ModelMenu, ModelPanel, EmoTalkPreferences):
        assert drawn(panel)


def test_where_and_how_fast_it_ran(drawn):
    bpy.context.window_manager.emotalk.ran_on = "CPU, float32: 5.1 × real time"
    assert "5.1 × real time" in texts(drawn(ModelPanel))
    bpy.context.window_manager.emotalk.ran_on = ""


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ("absent", ["emotalk.set_up_pytorch"]),
        ("unfinished", ["emotalk.check_pytorch", "emotalk.set_up_pytorch", "emotalk.remove_pytorch", "wm.path_open"]),
        ("ready", ["emotalk.check_pytorch", "emotalk.set_up_pytorch", "emotalk.remove_pytorch", "wm.path_open"]),
    ],
)
def test_the_preferences_offer_what_fits(drawn, monkeypatch, state, offered):
    know(monkeypatch, state)
    record = drawn(EmoTalkPreferences)
    assert [name for kind, name in record if kind == "operator"] == [*offered, "emotalk.clear_features"]
    for name in ("torch_python", "accelerator", "package_index", "wheels", "device", "precision", "feature_cache"):
        assert ("prop", name) in record


def test_less_than_exact_is_said_to_be_so(drawn):
    assert "differ" not in texts(drawn(EmoTalkPreferences))
    preferences().precision = "int8"
    assert "differ" in texts(drawn(EmoTalkPreferences))
    preferences().precision = "float32"


def test_a_task_shows_progress_and_cancel_and_then_its_end(drawn):
    may_end = threading.Event()

    def work(task):
        task.report(0.25, "Downloading torch (200.0 MB)")
        may_end.wait(10)
        raise EmoTalkError("The disk is full")

    task = background.start("Set Up", work, lambda: None)
    while task.fraction == 0:
        pass
    for panel in (ModelPanel, EmoTalkPreferences):
        record = drawn(panel)
        assert ("progress", (0.25, "Downloading torch (200.0 MB)")) in record
        assert ("operator", "emotalk.cancel_task") in record
        assert ("operator", "emotalk.set_up_pytorch") not in record
    may_end.set()
    task.wait(10)
    assert background.tick() is None
    assert "The disk is full" in texts(drawn(EmoTalkPreferences))
    assert ("operator", "emotalk.set_up_pytorch") in drawn(EmoTalkPreferences)


@pytest.mark.parametrize("panel", [ModelPanel, EmoTalkPreferences])
def test_how_a_task_ended_is_said_once(drawn, monkeypatch, panel):
    background.start("Check", lambda task: "All is well", lambda: None)
    background.wait()
    assert texts(drawn(panel)).count("All is well") == 1
    know(monkeypatch, "ready", "All is well")
    assert texts(drawn(panel)).count("All is well") == 1


def test_the_menu_gives_each_model_its_label_and_greys_what_is_damaged(drawn, emotalk):
    with replacing(user_weights_folder() / "torn.safetensors") as part:
        part.write_bytes(b"\xff" * 100)
    bpy.ops.emotalk.refresh_models()
    shown = [
        tuple(button[each] for each in ("text", "model", "icon", "enabled")) for button in drawn(ModelMenu).buttons
    ]
    assert shown == [
        ("EmoTalk Compact", "emotalk-compact", "NONE", True),
        ("LaughTalk Compact", "laughtalk-compact", "NONE", True),
        ("EmoTalk", "EmoTalk", "NONE", True),
        ("torn", "torn", "ERROR", False),
    ]


def test_the_header_names_the_model(drawn, emotalk):
    assert drawn(ModelPanel, "draw_header_preset") == [("label", "EmoTalk")]
    line_to_set(bpy.context.scene).model = "theirs"
    assert drawn(ModelPanel, "draw_header_preset") == [("label", "Missing")]


def test_the_preferences_say_how_much_disk_is_freed_and_where_the_log_is(drawn, monkeypatch):
    know(monkeypatch, "ready")
    buttons = {button["name"]: button for button in drawn(EmoTalkPreferences).buttons}
    assert buttons["emotalk.remove_pytorch"]["text"] == "Remove (0.95 GB)"
    assert buttons["emotalk.set_up_pytorch"]["text"] == "Repair"
    assert buttons["wm.path_open"]["filepath"] == str(torch_environment.environment().log)


@pytest.mark.parametrize(
    ("choice", "is_said"),
    [({}, False), ({"precision": "bfloat16"}, True), ({"windowed": True}, True), ({"device": "cpu"}, False)],
)
def test_whatever_is_less_than_exact_is_said_to_be_so(drawn, choice, is_said):
    for name, value in choice.items():
        setattr(preferences(), name, value)
    assert ("differ" in texts(drawn(EmoTalkPreferences))) == is_said
    for name in choice:
        preferences().property_unset(name)


def test_a_task_that_was_cancelled_is_said_to_be_so(drawn):
    may_end = threading.Event()

    def work(task):
        may_end.wait(10)
        task.report(0.5, "Further")
        return "All is well"

    task = background.start("Check", work, lambda: None)
    background.cancel()
    may_end.set()
    task.wait(10)
    background.tick()
    assert "Check was cancelled" in texts(drawn(ModelPanel))
    assert "All is well" not in texts(drawn(ModelPanel))
