"""An environment is created from wheels without a network, distinguished from a broken one, repaired and removed."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import time
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.torch_environment.accelerators import ACCELERATORS, accelerators, expected_build
from emotalk.inference.torch_environment.base_python import can_make_environments, find_base_python
from emotalk.inference.torch_environment.environment import (
    ABSENT,
    TRAINING,
    EnvironmentStatus,
    TorchEnvironment,
    describe_python,
)
from emotalk.inference.torch_environment.pip_progress import PipProgress
from emotalk.inference.torch_environment.set_up import NUMPY, TORCH, SetUpPlan, add_training, set_up
from emotalk.inference.worker.background_task import BackgroundTask

_TORCH = """
from types import SimpleNamespace
__version__ = "2.13.0"
cuda = SimpleNamespace(device_count=lambda: 1, get_device_name=lambda number: "Imaginary GPU")
backends = SimpleNamespace(mps=SimpleNamespace(is_available=lambda: False))
"""


@pytest.fixture(scope="module", autouse=True)
def no_settings_of_pip():
    """Ignore this machine's settings of pip."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_CONFIG_FILE", os.devnull)
        patch.delenv("PIP_FIND_LINKS", raising=False)
        patch.setenv("PIP_USER", "1")  # as some have it
        yield


@pytest.fixture(scope="module")
def wheels(tmp_path_factory, write_wheel):
    folder = tmp_path_factory.mktemp("wheels")
    write_wheel(folder, "torch", "2.13.0", _TORCH)
    write_wheel(folder, "numpy", "2.0.0", "")
    return folder


def plan(wheels, base=sys.executable):
    return SetUpPlan("cpu", wheels=wheels, base=Path(base))


def verified(environment):
    """What verifying finds."""
    found = []
    BackgroundTask("Check", lambda task: str(found.append(environment.verify(task)))).wait(60)
    return found[0]


def made(environment, plan):
    """Set up and wait; the task that did it."""
    task = BackgroundTask("Set Up", lambda task: set_up(environment, plan, task))
    assert task.wait(60)
    return task


@pytest.fixture(scope="module")
def told():
    """What the set-up of ``environment`` has reported."""
    return []


@pytest.fixture(scope="module")
def environment(wheels, tmp_path_factory, told):
    environment = TorchEnvironment(tmp_path_factory.mktemp("user") / "runtime")
    with pytest.MonkeyPatch.context() as patch:
        report = BackgroundTask.report
        patch.setattr(BackgroundTask, "report", lambda task, *given: (told.append(given), report(task, *given))[1])
        assert not made(environment, plan(wheels)).failure
    return environment


def site_packages(environment):
    return next(environment.venv.rglob("torch/__init__.py")).parents[1]


def test_nothing_is_there_at_first(tmp_path):
    environment = TorchEnvironment(tmp_path / "runtime")
    assert environment.status() == ABSENT
    assert environment.measure() == 0
    environment.remove()
    assert not environment.folder.exists()


def test_a_set_up_from_wheels_knows_what_it_made(environment):
    status = environment.status()
    assert status.state == "ready"
    assert status.torch == "2.13.0"
    assert status.python == ".".join(map(str, sys.version_info[:3]))
    assert status.devices == ("Imaginary GPU", "CPU")
    assert status.bytes == pytest.approx(environment.measure(), rel=0.01)
    assert "Imaginary GPU" in status.sentence
    assert re.search("Successfully installed .*torch-2.13.0", environment.log.read_text())
    assert not list(environment.folder.glob("downloads"))


def test_its_python_is_apart_from_everything_else(environment):
    words = [str(environment.python), "-I", "-c", "import torch, sys; print(torch.__file__); import pytest"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stdout.startswith(str(environment.folder))
    assert "No module named 'pytest'" in done.stderr


def test_what_stopped_working_is_noticed_and_repaired(wheels, environment, base_python):
    module = site_packages(environment) / "torch" / "__init__.py"
    module.write_text("raise ImportError('libtorch_cpu.so: cannot open shared object file')")
    assert environment.status().state == "ready"  # nothing was started
    assert verified(environment).state == environment.status().state == "broken"
    assert "libtorch_cpu.so" in environment.status().sentence
    assert made(environment, plan(wheels, base_python)).result == environment.status().sentence
    assert environment.status().state == "ready"


def test_a_python_that_went_away_is_noticed_at_once(environment, tmp_path):
    moved = TorchEnvironment(tmp_path / "moved")
    moved.folder.mkdir()
    (moved.folder / "state.json").write_text((environment.folder / "state.json").read_text())
    assert moved.status().state == "broken"
    assert "press Repair" in moved.status().sentence


def test_a_cancelled_set_up_can_be_removed(wheels, tmp_path):
    environment = TorchEnvironment(tmp_path / "runtime")
    task = BackgroundTask("Set Up", lambda task: set_up(environment, plan(wheels), task))
    until = time.monotonic() + 20
    while not environment.venv.exists() and time.monotonic() < until:
        time.sleep(0.01)
    task.cancel()
    assert task.wait(5)
    assert task.cancelled
    status = environment.status()
    assert status.state == "unfinished"
    assert status.bytes == pytest.approx(environment.measure(), abs=2000)
    environment.remove()
    assert environment.status() == ABSENT
    assert not environment.folder.exists()


def test_two_blenders_never_change_it_at_once(wheels, environment):
    script = (
        "import time; from emotalk.inference.torch_environment.environment import TorchEnvironment\n"
        f"with TorchEnvironment({str(environment.folder)!r}).claim(): print('held', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "held\n"
        before = environment.status()
        sentence = f"Another program (process {other.pid}) is changing this PyTorch; wait for it"
        assert made(environment, plan(wheels)).failure == sentence
        with pytest.raises(EmoTalkError, match="Another program"):
            environment.remove()
        assert environment.status() == before
    finally:
        other.kill()
        other.wait()
    with environment.claim():  # a process that died holds nothing
        pass


def test_an_interrupted_set_up_is_never_taken_for_one_at_work(tmp_path):
    environment = TorchEnvironment(tmp_path)
    environment.mark_unfinished()  # and here Blender crashes
    assert TorchEnvironment(tmp_path).status().sentence == "The set-up did not end; press Repair"


@pytest.mark.parametrize("record", ["", "{", "[]", '{"state": "ready"}', '{"state": 1, "mood": 2, "devices": []}'])
def test_a_damaged_record_is_no_exception(tmp_path, record):
    (tmp_path / "state.json").write_text(record)
    assert TorchEnvironment(tmp_path).status().state == "unfinished"


def test_a_wheel_that_is_missing_is_named(tmp_path, write_wheel, base_python):
    write_wheel(tmp_path, "numpy", "2.0.0", "")
    environment = TorchEnvironment(tmp_path / "runtime")
    task = made(environment, plan(tmp_path, base_python))
    assert "torch==2.13.0" in task.failure
    assert environment.status().sentence == task.failure
    assert json.loads((environment.folder / "state.json").read_text())["state"] == "unfinished"


def test_plans_that_cannot_work_change_nothing(tmp_path):
    environment = TorchEnvironment(tmp_path / "runtime")
    assert "There are no wheels" in made(environment, plan(tmp_path)).failure
    foreign = next(accelerator for accelerator in ACCELERATORS if sys.platform in accelerator.needs_index)
    assert "package index" in made(environment, SetUpPlan(foreign.name)).failure
    assert environment.status() == ABSENT


def test_an_index_is_handed_to_pip():
    assert SetUpPlan("cuda", index="file:///somewhere").source() == ["--index-url", "file:///somewhere"]


def test_every_system_has_a_build_that_needs_no_index():
    for system in ("linux", "win32", "darwin"):
        assert system not in accelerators(system)[0].needs_index


def test_the_size_to_expect_is_that_of_the_build_that_comes():
    assert expected_build("cpu", "", "linux").name == "cuda"
    assert expected_build("cpu", "file:///somewhere", "linux").name == "cpu"
    assert expected_build("cpu", "", "win32").name == "cpu"


def test_a_base_python_is_found_and_tried(tmp_path):
    assert can_make_environments(find_base_python(""))
    assert find_base_python(sys.executable) == Path(sys.executable)
    assert can_make_environments(find_base_python(tmp_path / "nothing"))
    assert not can_make_environments(tmp_path / "nothing")
    assert not can_make_environments("ls")


def test_without_any_python_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmoTalkError, match=r"No Python 3\.11 to 3\.14"):
        find_base_python("")


@pytest.mark.parametrize(
    ("program", "sentence"),
    [("nowhere/python", "cannot be run"), ("true", "is not a Python"), ("false", "does not start there")],
)
def test_a_program_that_is_no_python_is_told_apart(program, sentence):
    task = BackgroundTask("Check", lambda task: describe_python(program, task).sentence)
    assert task.wait(20)
    assert sentence in task.result


@pytest.mark.parametrize(("version", "is_old"), [("2.5.1+cpu", True), ("2.6.0", False), ("2.13.0+cu128", False)])
def test_an_old_pytorch_of_ones_own_is_named_as_too_old_for_checkpoints(tmp_path, version, is_old):
    program = tmp_path / "python"
    found = {"torch": version, "python": "3.11.7", "devices": ["CPU"], "lacks": []}
    program.write_text(f"#!/bin/sh\necho '{json.dumps(found)}'\n")
    program.chmod(0o755)
    task = BackgroundTask("Check", lambda task: describe_python(program, task).sentence)
    assert task.wait(20)
    assert task.result.startswith(f"PyTorch {version} in Python 3.11.7, on CPU")
    assert ("too old to import checkpoints, which takes PyTorch 2.6 or later" in task.result) == is_old


PIP_OUTPUT = """\
Looking in links: wheels
Collecting torch==2.13.0
  Downloading torch-2.13.0-cp311-cp311-linux_x86_64.whl (200.0 MB)
Progress 50000000 of 200000000
Progress 200000000 of 200000000
Collecting sympy>=1.13 (from torch==2.13.0)
  Downloading sympy-1.14.0-py3-none-any.whl (6.3 MB)
Installing collected packages: sympy, torch
Successfully installed sympy-1.14.0 torch-2.13.0
"""


def test_progress_only_grows_and_says_what_goes_on():
    progress = PipProgress(250e6)
    seen = []
    for line in PIP_OUTPUT.splitlines():
        progress.hear(line)
        seen.append((progress.fraction, progress.text))
    shares = [share for share, _ in seen]
    assert shares == sorted(shares)
    assert shares[3] == pytest.approx(0.7 * 50 / 250)
    assert shares[4] == pytest.approx(0.7 * 200 / 250)
    assert shares[-1] == 1
    texts = [text for _, text in seen]
    assert texts[1:3] == ["Looking for torch", "Downloading torch (200.0 MB)"]
    assert "Downloading sympy (6.3 MB)" in texts


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("WARNING: Retrying after connection broken by 'NewConnectionError(…)'", "check the network"),
        ("ERROR: No matching distribution found for torch==2.13.0", "No matching distribution found"),
    ],
)
def test_pips_complaints_become_sentences(line, sentence):
    progress = PipProgress(0)
    progress.hear(line)
    progress.hear("ERROR: No matching distribution found for torch==2.13.0")
    assert sentence in progress.failure()


def test_the_log_is_private_and_has_no_password(tmp_path, base_python):
    """As wired: pip really looks into an index that answers nobody."""
    environment = TorchEnvironment(tmp_path / "runtime")
    environment.folder.mkdir()
    environment.log.write_text("an earlier one, for all to read")
    environment.log.chmod(0o644)
    index = "http://me:hush-hush@127.0.0.1:9/simple"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_RETRIES", "0")
        patch.setenv("PIP_EXTRA_INDEX_URL", "http://you:other-secret@127.0.0.1:9/simple")
        task = made(environment, SetUpPlan("cpu", index=index, base=base_python))
    assert task.failure
    log = environment.log.read_text()
    assert "--index-url http://****@127.0.0.1:9/simple" in log
    for text in (log, task.failure, environment.status().sentence):
        assert "hush-hush" not in text
        assert "other-secret" not in text
    assert stat.S_IMODE(environment.log.stat().st_mode) == 0o600


def test_without_raw_progress_whole_files_are_counted():
    progress = PipProgress(250e6)
    shares = []
    for line in (
        "Collecting torch==2.13.0",
        "  Downloading torch-2.13.0-cp311-cp311-linux_x86_64.whl (100.0 MB)",
        "Collecting numpy>=1.26",
        "  Using cached numpy-2.0.0-py3-none-any.whl (500.0 kB)",
        "Collecting sympy",
        "  Downloading sympy-1.14.0-py3-none-any.whl (0.1 GB)",
        "Collecting small",
    ):
        progress.hear(line)
        shares.append(progress.fraction)
    counted = [0, 0, 100, 100, 100.5, 100.5, 200.5]
    assert shares == pytest.approx([0.7 * megabytes / 250 for megabytes in counted])
    assert progress.text == "Looking for small"
    progress.hear("  Using cached numpy-2.0.0-py3-none-any.whl (500.0 kB)")
    assert progress.text == "Preparing numpy"


def test_the_sizes_of_the_builds_are_those_of_downloads():
    for accelerator in ACCELERATORS:
        assert 5e7 < accelerator.download_bytes < accelerator.disk_bytes < 2e10


def test_a_set_up_tells_its_steps_in_order(environment, told):
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 0.95)
    texts = list(dict.fromkeys(text for _, text in told))
    assert texts[:3] == ["Looking for a Python", "Creating the environment", "Looking for packages"]
    assert texts[-1] == "Starting PyTorch for the first time"
    assert {"Preparing torch", "Unpacking (this takes a few minutes)", "Installed"} <= set(texts)
    installed = next(share for share, text in told if text == "Installed")
    assert installed == pytest.approx(0.95)
    assert 0.05 < next(share for share, text in told if text.startswith("Unpacking")) < 0.95


@pytest.fixture
def commands(monkeypatch):
    """The commands of a set-up, none of which is run."""
    asked = []

    def run(_task, words, _on_line, variables):
        asked.append((words, variables))
        return 0

    monkeypatch.setattr(BackgroundTask, "run", run)
    monkeypatch.setattr(TorchEnvironment, "verify", lambda *_: EnvironmentStatus("ready", "It works"))
    return asked


def test_an_index_gives_pytorch_alone_and_pips_own_the_rest(commands, tmp_path):
    environment = TorchEnvironment(tmp_path / "runtime")
    task = made(environment, SetUpPlan("cpu", index="https://somewhere/cpu", base=Path("/their/python")))
    assert (task.result, task.failure) == ("It works", "")
    (venv, variables), (first, _), (second, _) = commands
    assert venv == ["/their/python", "-I", "-m", "venv", "--clear", str(environment.venv)]
    assert variables["PIP_USER"] == "0"
    assert {variables[name] for name in ("TMPDIR", "TEMP", "TMP")} == {str(environment.folder / "downloads")}
    begin = [str(environment.python), "-I", "-m", "pip", "install", "--no-input", "--no-cache-dir"]
    begin += ["--disable-pip-version-check", "--progress-bar", "off"]
    assert first == [*begin, "--index-url", "https://somewhere/cpu", "torch==2.13.0"]
    assert second == [*begin, "torch==2.13.0", "numpy>=1.26"]
    assert not (environment.folder / "downloads").exists()


def test_without_an_index_everything_comes_at_once(commands, tmp_path, wheels):
    made(TorchEnvironment(tmp_path / "plain"), SetUpPlan("cpu", base=Path("/their/python")))
    made(TorchEnvironment(tmp_path / "wheels"), plan(wheels))
    ends = [words[words.index("--progress-bar") + 2 :] for words, _ in commands if "pip" in words]
    assert ends == [
        ["torch==2.13.0", "numpy>=1.26"],
        ["--no-index", "--find-links", str(wheels), "torch==2.13.0", "numpy>=1.26"],
    ]


@pytest.fixture
def training_wheels(wheels, tmp_path, write_wheel):
    """All wheels: those of PyTorch, and those that training needs."""
    folder = tmp_path / "training_wheels"
    shutil.copytree(wheels, folder)
    for name in TRAINING:
        write_wheel(folder, name, "99.0", "")
    return folder


def test_what_training_needs_is_what_the_package_says():
    extras = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    stated = set(extras["dependencies"]) | set(extras["optional-dependencies"]["training"])
    assert {name + versions for name, versions in TRAINING.items()} <= stated
    assert {TORCH, NUMPY} <= stated


def test_what_training_needs_is_added_to_an_environment_that_works(wheels, training_wheels, tmp_path, base_python):
    environment = TorchEnvironment(tmp_path / "runtime")
    made(environment, plan(wheels, base_python))
    assert environment.status().lacks == tuple(TRAINING)
    task = BackgroundTask("Set Up", lambda task: add_training(environment, plan(wheels), task))
    assert task.wait(60)
    assert "No matching distribution found for accelerate" in task.failure
    assert environment.status().state == "ready"
    task = BackgroundTask("Set Up", lambda task: add_training(environment, plan(training_wheels), task))
    assert task.wait(60)
    assert task.result == f"{environment.status().sentence}, with all that training needs"
    assert environment.status().lacks == ()
    assert not (environment.folder / "downloads").exists()


def test_a_set_up_with_training_has_it_and_remembers_it_when_it_breaks(training_wheels, tmp_path, base_python):
    environment = TorchEnvironment(tmp_path / "runtime")
    assert not made(environment, replace(plan(training_wheels, base_python), training=True)).failure
    assert environment.status().lacks == ()
    module = site_packages(environment) / "torch" / "__init__.py"
    module.write_text("raise ImportError('no')")
    assert verified(environment).state == "broken"
    assert environment.status().lacks == ()
    environment.mark_unfinished()
    assert environment.status().lacks == ()


def test_an_environment_of_an_earlier_version_lacks_what_training_needs(environment):
    path = environment.folder / "state.json"
    fields = json.loads(path.read_text())
    before = path.read_text()
    del fields["lacks"]
    path.write_text(json.dumps(fields))
    assert (environment.status().state, environment.status().lacks) == ("ready", tuple(TRAINING))
    path.write_text(before)
