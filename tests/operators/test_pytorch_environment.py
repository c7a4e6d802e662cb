"""PyTorch is set up, checked and removed from Blender; without it, or with a broken one, the built-in model works."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
from emotalk.blender_emotalk import background, model_choice, runs, torch_environment
from emotalk.blender_emotalk.command_process import COMMAND
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.preferences import preferences_of
from emotalk.inference.checkpoints.library import user_weights_folder
from emotalk.inference.checkpoints.safetensors_file import write_safetensors
from emotalk.inference.torch_environment import set_up
from emotalk.inference.torch_environment.environment import TRAINING
from emotalk.inference.torch_environment.set_up import SetUpPlan
from emotalk.inference.worker.background_task import BackgroundTask
from emotalk.operators.remove_pytorch import RemovePytorch
from emotalk.operators.set_up_pytorch import SetUpPytorch

_WORKING = """
from types import SimpleNamespace
__version__ = "2.13.0"
cuda = SimpleNamespace(device_count=lambda: 0)
backends = SimpleNamespace(mps=SimpleNamespace(is_available=lambda: False))
"""
_BROKEN = "raise ImportError('libtorch_cpu.so: cannot open shared object file')"


@pytest.fixture(autouse=True)
def clean(torch_python, monkeypatch, tmp_path):
    """No runtime and no weights before and after; pip knows of no packages; a Python to make environments from."""
    base = subprocess.run(
        [torch_python, "-c", "import sys; print(sys._base_executable)"], capture_output=True, text=True, check=True
    ).stdout.strip()
    monkeypatch.setenv("PATH", str(Path(base).parent), prepend=os.pathsep)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("EMOTALK_WEIGHTS", str(tmp_path / "weights"))
    yield
    background.close()
    torch_environment.environment().remove()
    torch_environment.refresh()
    preferences().wheels = ""


def preferences():
    return preferences_of(bpy.context)


def state():
    return torch_environment.status(bpy.context).state


@pytest.fixture
def wheels(tmp_path, write_wheel):
    folder = tmp_path / "wheels"
    folder.mkdir()
    write_wheel(folder, "torch", "2.13.0", _WORKING)
    write_wheel(folder, "numpy", "2.0.0", "")
    preferences().wheels = str(folder)
    return folder


@pytest.fixture
def stub_environment(torch_python):
    """An environment as Set Up leaves it, with this machine's NumPy; returns a function that replaces its torch."""
    environment = torch_environment.environment()
    subprocess.run([torch_python, "-m", "venv", "--without-pip", str(environment.venv)], check=True)
    packages = next(environment.venv.rglob("site-packages"))
    origin = "import numpy, pathlib; print(pathlib.Path(numpy.__file__).parent)"
    numpy = subprocess.run([torch_python, "-c", origin], capture_output=True, text=True, check=True).stdout.strip()
    for folder in Path(numpy).parent.glob("numpy*"):
        (packages / folder.name).symlink_to(folder)

    def put(code):
        (packages / "torch.py").write_text(code)

    put(_WORKING)
    assert bpy.ops.emotalk.check_pytorch() == {"FINISHED"}
    return put


@pytest.fixture
def research_network():
    """A file that says it is EmoTalk, chosen for the line."""
    user_weights_folder().mkdir()
    write_safetensors(user_weights_folder() / "EmoTalk.safetensors", {}, {"model": "emotalk"})
    model_choice.refresh()
    line_to_set(bpy.context.scene).model = "EmoTalk"


def test_set_up_from_wheels_and_remove(wheels):
    assert bpy.ops.emotalk.set_up_pytorch() == {"FINISHED"}
    assert state() == "ready"
    assert torch_environment.torch_python(bpy.context).is_file()
    assert background.latest().result == torch_environment.status(bpy.context).sentence
    assert bpy.ops.emotalk.remove_pytorch() == {"FINISHED"}
    assert state() == "absent"
    assert not torch_environment.environment().folder.exists()


def test_without_leave_nothing_is_downloaded():
    assert not bpy.app.online_access
    with pytest.raises(RuntimeError, match="Allow Online Access"):
        bpy.ops.emotalk.set_up_pytorch()
    with pytest.raises(RuntimeError, match="Allow Online Access"):
        bpy.ops.emotalk.set_up_training()


def test_training_is_set_up_with_pytorch_or_added_to_it_and_survives_a_repair(
    wheels, write_wheel, base_python, monkeypatch
):
    monkeypatch.setattr(set_up, "find_base_python", lambda: base_python)
    assert torch_environment.training_problem(bpy.context).startswith("Training needs PyTorch. ")
    assert bpy.ops.emotalk.set_up_pytorch() == {"FINISHED"}
    assert torch_environment.training_problem(bpy.context) == (
        "Training needs a few packages more: accelerate, tensorboard, psutil, scipy, soundfile"
    )
    for name in TRAINING:
        write_wheel(wheels, name, "99.0", "")
    assert bpy.ops.emotalk.set_up_training() == {"FINISHED"}
    assert torch_environment.training_problem(bpy.context) == ""
    python = torch_environment.training_python(bpy.context)
    done = subprocess.run(
        [str(python), "-I", "-c", "import accelerate; print(accelerate.__file__)"], stdout=-1, check=True
    )
    assert str(torch_environment.environment().folder) in done.stdout.decode()
    assert bpy.ops.emotalk.set_up_pytorch() == {"FINISHED"}
    assert torch_environment.training_problem(bpy.context) == ""
    bpy.ops.emotalk.remove_pytorch()
    assert bpy.ops.emotalk.set_up_training() == {"FINISHED"}
    assert torch_environment.training_problem(bpy.context) == ""


def test_an_empty_folder_of_wheels_is_refused(tmp_path):
    preferences().wheels = str(tmp_path)
    with pytest.raises(RuntimeError, match="There are no wheels"):
        bpy.ops.emotalk.set_up_pytorch()
    assert state() == "absent"


def test_one_task_at_a_time_and_cancel_ends_it(wheels):
    with pytest.raises(RuntimeError, match="Nothing is running"):
        bpy.ops.emotalk.cancel_task()
    torch_environment.start_set_up(bpy.context)
    with pytest.raises(RuntimeError, match="Set Up is running"):
        bpy.ops.emotalk.remove_pytorch()
    while background.latest().fraction < 0.01:
        time.sleep(0.01)
    assert bpy.ops.emotalk.cancel_task() == {"FINISHED"}
    assert background.latest().wait(5)
    assert background.tick() is None
    assert state() == "unfinished"
    assert bpy.ops.emotalk.remove_pytorch() == {"FINISHED"}


def test_a_task_outlives_the_file_it_was_started_in():
    may_end = threading.Event()
    background.start("Set Up", lambda task: str(may_end.wait(10)), lambda: None)
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    assert background.is_busy()
    assert bpy.app.timers.is_registered(background.tick)
    may_end.set()
    background.wait()
    assert background.latest().result == "True"


def is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


_QUIT_WHILE_IT_RUNS = """
import importlib, time, bpy
if not hasattr(bpy.types.Scene, "emotalk"):
    importlib.import_module({package!r}).register()
background = importlib.import_module({package!r} + ".blender_emotalk.background")
said = []
words = [{python!r}, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"]
background.start("Set Up", lambda task: str(task.run(words, said.append)), lambda: None)
while not said:
    time.sleep(0.01)
print("child", said[0], flush=True)
"""


def test_quitting_takes_the_programs_of_a_task_along(torch_python):
    package = background.__name__.removesuffix(".blender_emotalk.background")
    script = _QUIT_WHILE_IT_RUNS.format(package=package, python=torch_python)
    blender = bpy.app.binary_path  # the wheel has none and is a module of Python instead
    words = [blender, "--background", "--python-expr", script] if blender else [sys.executable, "-c", script]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    pid = next(int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("child"))
    until = time.monotonic() + 5
    while is_there(pid) and time.monotonic() < until:
        time.sleep(0.01)
    assert not is_there(pid)


def test_check_notices_what_broke(stub_environment):
    stub_environment(_BROKEN)
    with pytest.raises(RuntimeError, match=r"libtorch_cpu\.so"):
        bpy.ops.emotalk.check_pytorch()
    assert state() == "broken"
    stub_environment(_WORKING)
    assert bpy.ops.emotalk.check_pytorch() == {"FINISHED"}
    assert state() == "ready"


def test_a_python_of_ones_own_is_tried_on_request(torch_python):
    preferences().torch_python = torch_python
    assert state() == "untried"
    assert bpy.ops.emotalk.check_pytorch() == {"FINISHED"}
    assert state() == "ready"
    preferences().torch_python = "/nowhere/python"
    with pytest.raises(RuntimeError, match="cannot be run"):
        bpy.ops.emotalk.check_pytorch()
    assert state() == "broken"
    preferences().torch_python = ""
    assert state() == "absent"


def test_without_pytorch_the_sentence_says_what_to_do(stage, research_network):
    with pytest.raises(RuntimeError, match="Set Up in EmoTalk's preferences installs it"):
        bpy.ops.emotalk.animate()
    assert not bpy.data.actions
    assert not runs.is_running()


def test_with_a_broken_pytorch_the_built_in_model_works_and_the_break_is_known(
    stage, research_network, stub_environment
):
    stub_environment(_BROKEN)
    with pytest.raises(RuntimeError, match=r"libtorch_cpu\.so"):
        bpy.ops.emotalk.animate()
    background.latest().wait(30)
    background.tick()
    assert state() == "broken"
    bpy.ops.emotalk.choose_model(model="emotalk-compact")
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    assert bpy.context.window_manager.emotalk.ran_on.startswith("CPU, float32: ")


def test_a_model_of_another_computer_is_no_model_here(stage):
    line_to_set(bpy.context.scene).model = "theirs"
    with pytest.raises(RuntimeError, match="'theirs' is not on this computer"):
        bpy.ops.emotalk.animate()


class Asked:
    """The window manager that remembers what it is asked to confirm."""

    def invoke_confirm(self, operator, event, **words):
        self.words = words
        return {"RUNNING_MODAL"}


@pytest.mark.parametrize("has_wheels", [False, True])
def test_set_up_asks_first_and_says_how_much_it_takes(monkeypatch, tmp_path, has_wheels):
    asked = Asked()
    monkeypatch.setattr("emotalk.operators.installing_operator.window_manager_of", lambda _context: asked)
    preferences().accelerator, preferences().package_index = "cpu", " https://somewhere/whl/cpu "
    preferences().wheels = str(tmp_path) if has_wheels else ""
    assert SetUpPytorch.invoke(SetUpPytorch, bpy.context, None) == {"RUNNING_MODAL"}
    disk = "Up to 1.1 GB of disk will be taken"
    message = disk if has_wheels else f"Up to 0.2 GB will be downloaded. {disk}"
    assert asked.words == {"title": "Install PyTorch?", "message": message, "confirm_text": "Install"}
    preferences().package_index = ""


def test_remove_asks_first_and_says_what_stays(monkeypatch):
    asked = Asked()
    monkeypatch.setattr("emotalk.operators.remove_pytorch.window_manager_of", lambda _context: asked)
    assert RemovePytorch.invoke(object(), bpy.context, None) == {"RUNNING_MODAL"}
    assert asked.words == {"title": "Remove PyTorch?", "message": "Your weights stay", "confirm_text": "Remove"}


def test_the_preferences_become_the_plan(monkeypatch, tmp_path):
    plans = []
    monkeypatch.setattr(torch_environment, "set_up", lambda place, plan, task: (plans.append((place, plan)), "Done")[1])
    preferences().accelerator, preferences().package_index = "cuda", " https://somewhere/whl/cu130 "
    preferences().wheels = str(tmp_path)
    (tmp_path / "a.whl").touch()
    assert bpy.ops.emotalk.set_up_pytorch() == {"FINISHED"}
    preferences().package_index = ""
    ((place, plan),) = plans
    assert place.folder == torch_environment.environment().folder
    assert plan == SetUpPlan("cuda", "https://somewhere/whl/cu130", tmp_path)


def test_nothing_is_set_up_or_removed_while_a_line_is_animated(stage, monkeypatch, tmp_path):
    preferences().wheels = str(tmp_path)
    run = runs.start(bpy.context)
    for press in (bpy.ops.emotalk.set_up_pytorch, bpy.ops.emotalk.remove_pytorch):
        with pytest.raises(RuntimeError, match="A line is being animated"):
            press()
    run.cancel()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, []),
        ({"overwrite": True}, ["--overwrite"]),
        ({"licence": "Studio Ann"}, ["--licence=Studio Ann"]),
    ],
)
def test_an_import_runs_the_command_in_the_python_with_pytorch(monkeypatch, tmp_path, arguments, words):
    started = []

    def run(task, command, on_line):
        started.append(command)
        on_line("Ann is installed: 2 MB")
        on_line("Not for commercial use")
        return 0

    monkeypatch.setattr(torch_environment, "torch_python", lambda _context: Path("/their/python"))
    monkeypatch.setattr(BackgroundTask, "run", run)
    path = tmp_path / "Ann.pth"
    assert bpy.ops.emotalk.import_checkpoint(filepath=str(path), **arguments) == {"FINISHED"}
    ((python, *options),) = started
    assert python == "/their/python"
    assert options[-len(words) - 4 :] == [str(COMMAND), "weights", "import", str(path), *words]
    assert COMMAND.is_file()
    assert background.latest().result == "Ann is installed: 2 MB. Not for commercial use"
    assert background.latest().name == "Import Checkpoint"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (["Reading", "emotalk: Ann.pth is empty", "more"], "Ann.pth is empty"),
        (["Traceback", "ImportError: no"], "ImportError: no"),
        ([], "The import ended without a message; try again"),
    ],
)
def test_an_import_that_fails_says_why(monkeypatch, said, sentence):
    monkeypatch.setattr(torch_environment, "torch_python", lambda _context: Path("/their/python"))
    monkeypatch.setattr(BackgroundTask, "run", lambda task, words, on_line: len([on_line(line) for line in said]) + 1)
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.emotalk.import_checkpoint(filepath="/nowhere/Ann.pth")


def test_the_worker_ends_before_its_python_is_removed(stage):
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    assert runs.worker_pid() is not None
    assert bpy.ops.emotalk.remove_pytorch() == {"FINISHED"}
    assert runs.worker_pid() is None


def test_what_the_panel_shows_anyway_is_not_said_twice(monkeypatch):
    installed = SimpleNamespace(notice="Not for commercial use")
    monkeypatch.setattr("emotalk.blender_emotalk.checkpoint_import.installed_weights", lambda: [installed])
    monkeypatch.setattr(torch_environment, "torch_python", lambda _context: Path("/their/python"))
    said = ["Ann is installed: 2 MB", installed.notice]
    monkeypatch.setattr(BackgroundTask, "run", lambda task, words, on_line: len([on_line(line) for line in said]) - 2)
    assert bpy.ops.emotalk.import_checkpoint(filepath="/nowhere/Ann.pth") == {"FINISHED"}
    assert background.latest().result == "Ann is installed: 2 MB"
