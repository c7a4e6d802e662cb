"""The real worker process: requests and replies, the end of either side, and no process left behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import emotalk
import numpy as np
import pytest
import soundfile
from emotalk.face.controls import Controls
from emotalk.face.curve_files import read_curves
from emotalk.face.eyes import merge_eyes
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.engine import Engine
from emotalk.inference.sound.audio import read_speech
from emotalk.inference.worker.client import WORKER, WorkerClient
from emotalk.inference.worker.process import LONGEST_REQUEST

PATIENCE = 30.0


@pytest.fixture
def client():
    client = WorkerClient()
    yield client
    client.close()


@pytest.fixture(scope="module")
def shared_client():
    client = WorkerClient()
    yield client
    client.close()


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    """Two seconds of something like speech."""
    path = tmp_path_factory.mktemp("sound") / "line.wav"
    time_axis = np.arange(2 * 22050) / 22050
    voice = np.sign(np.sin(2 * np.pi * 120 * time_axis)) * np.maximum(np.sin(2 * np.pi * 3 * time_axis), 0)
    soundfile.write(path, 0.2 * voice, 22050)
    return path


@pytest.fixture(scope="module")
def endless_line(tmp_path_factory, write_silence):
    """A file that takes many seconds to read."""
    return write_silence(tmp_path_factory.mktemp("sound") / "endless.wav", 5400, 192000)


@pytest.mark.skipif(sys.platform != "linux", reason="reads another process's variables")
def test_only_numpy_is_told_to_use_few_threads(client, monkeypatch):
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    client.start()
    variables = Path(f"/proc/{client.pid}/environ").read_text().split("\0")
    told = {name for name, _, _ in (variable.partition("=") for variable in variables) if name.endswith("_THREADS")}
    assert "OPENBLAS_NUM_THREADS" in told
    assert not told & {"OMP_NUM_THREADS", "MKL_NUM_THREADS"}


def replies(client, name):
    """All messages of a request up to its last one."""
    found = []
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for message in client.messages():
            assert message["id"] == name
            found.append(message)
        if found and found[-1]["kind"] != "progress":
            return found
        time.sleep(0.005)
    raise AssertionError(f"no answer; only {found}")


def ends(pid):
    """Whether a process is gone (or only waits to be counted by its parent) before patience ends."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
        if not state or state.startswith("Z"):
            return True
        time.sleep(0.02)
    return False


def start_endless_job(client, endless_line, tmp_path):
    replies(client, client.submit({"verb": "ping"}))
    name = client.submit({"verb": "animate", "audio": str(endless_line), "output": str(tmp_path / "never.npz")})
    time.sleep(0.2)
    assert client.busy
    return name


def test_a_line_comes_back_as_in_process(shared_client, line, tmp_path):
    controls = Controls({"happy": 0.6, "personal_style": "Toothy", "jaw_gain": np.linspace(0.5, 1, 60)})
    output = tmp_path / "line.npz"
    request = {"verb": "animate", "audio": str(line), "output": str(output), "controls": controls.changed()}
    *progress, last = replies(shared_client, shared_client.submit(request))
    assert last["kind"] == "result"
    assert last["output"] == str(output)
    assert last["frames"] == 60
    assert last["seconds"] == pytest.approx(2)
    assert [message["fraction"] for message in progress] == sorted(message["fraction"] for message in progress)
    expected = merge_eyes(Engine().perform(read_speech(line), controls))
    read = read_curves(output)
    assert read.face.fps == last["fps"] == expected.face.fps
    np.testing.assert_allclose(read.face.values, expected.face.values, atol=1e-5)
    np.testing.assert_allclose(read.head.values, expected.head.values, atol=1e-4)


def test_two_workers_write_the_same_bytes(line, tmp_path):
    contents = []
    for run in range(2):
        client = WorkerClient()
        output = tmp_path / f"{run}.npz"
        replies(client, client.submit({"verb": "animate", "audio": str(line), "output": str(output)}))
        client.close()
        contents.append(output.read_bytes())
    assert contents[0] == contents[1]


def test_samples_come_as_an_array_file(shared_client, tmp_path):
    samples, output = tmp_path / "strip.npy", tmp_path / "strip.npz"
    np.save(samples, np.zeros((8000, 2), np.float32))
    request = {"verb": "animate", "audio": str(samples), "rate": 8000, "source": "strip", "output": str(output)}
    assert replies(shared_client, shared_client.submit(request))[-1]["seconds"] == 1
    samples.write_bytes(b"nothing")
    last = replies(shared_client, shared_client.submit(request))[-1]
    assert "cannot be read" in last["sentence"]


def test_a_channel_is_chosen_and_remarks_come_along(shared_client, tmp_path):
    samples, output = tmp_path / "strip.npy", tmp_path / "strip.npz"
    voice = read_speech(Path(__file__).parents[3] / "samples" / "line.wav").samples[:32000]
    hum = np.sign(np.sin(2 * np.pi * 50 * np.arange(32000) / 16000)).astype(np.float32) / 99
    np.save(samples, np.stack([np.zeros_like(voice), voice, hum], 1))
    request = {"verb": "animate", "audio": str(samples), "rate": 16000, "source": "strip", "output": str(output)}
    assert replies(shared_client, shared_client.submit(request))[-1]["remarks"] == []
    assert replies(shared_client, shared_client.submit({**request, "channel": 2}))[-1]["remarks"] == []
    (remark,) = replies(shared_client, shared_client.submit({**request, "channel": 1}))[-1]["remarks"]
    assert remark == "No voice was found in channel 1 of strip: it is silent"
    (remark,) = replies(shared_client, shared_client.submit({**request, "channel": 3}))[-1]["remarks"]
    assert remark == "No voice was found in strip; choose another sound or channel if somebody speaks there"
    last = replies(shared_client, shared_client.submit({**request, "channel": 4}))[-1]
    assert last["sentence"].startswith("strip has 3 channels; channel 4 is none of them")


def test_a_pipe_does_not_hang_the_worker(shared_client, tmp_path):
    request = {"verb": "animate", "audio": "/dev/stdin", "output": str(tmp_path / "x.npz")}
    assert "is a pipe" in replies(shared_client, shared_client.submit(request))[-1]["sentence"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"audio": "/nowhere/line.wav"}, "There is no file"),
        ({"controls": {"happiness_level": 1}}, "There is no control named"),
        ({"controls": {"happy": float("nan")}}, "must be a finite number"),
        ({"model": "nobody"}, "There is no model named 'nobody'"),
        ({"output": "/nowhere/out.npz"}, "/nowhere/out.npz cannot be used: No such file or directory"),
        ({"output": "curves.xyz"}, "should end in .npz"),
        ({"channel": "left"}, "The field 'channel' of a request to the worker must be a whole number from 0 on"),
        ({"verb": "dance"}, "does not know the request 'dance'"),
    ],
)
def test_errors_are_sentences_and_the_worker_lives_on(shared_client, line, tmp_path, fields, words):
    request = {"verb": "animate", "audio": str(line), "output": str(tmp_path / "x.npz"), **fields}
    last = replies(shared_client, shared_client.submit(request))[-1]
    assert last["kind"] == "error"
    assert words in last["sentence"]
    assert "\n" not in last["sentence"]
    assert "Traceback" in last["traceback"]
    assert replies(shared_client, shared_client.submit({"verb": "ping"}))[-1]["kind"] == "result"


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="halts a process as POSIX does")
def test_submitting_and_asking_never_wait(client):
    """The worker is halted and the request exceeds the pipe's buffer: a blocking send would hang."""
    replies(client, client.submit({"verb": "ping"}))
    os.kill(client.pid, signal.SIGSTOP)
    waking = threading.Timer(PATIENCE, os.kill, (client.pid, signal.SIGCONT))
    waking.start()
    name = client.submit({"verb": "ping", "padding": "x" * 5_000_000})
    assert client.messages() == []
    assert client.busy
    assert not waking.finished.is_set()
    waking.cancel()
    os.kill(client.pid, signal.SIGCONT)
    assert replies(client, name)[-1]["kind"] == "result"


def test_requests_are_answered_in_their_order(client):
    names = [client.submit({"verb": "ping"}) for _ in range(20)]
    heard = []
    while len(heard) < 20:
        heard += client.messages()
    assert [message["id"] for message in heard] == names
    assert not client.busy


def test_a_killed_worker_is_reported_and_started_again(client, endless_line, tmp_path):
    name = start_endless_job(client, endless_line, tmp_path)
    os.kill(client.pid, signal.SIGKILL)
    last = replies(client, name)[-1]
    assert last["kind"] == "error"
    assert last["sentence"].startswith("The worker ended in the middle of its work (killed by signal 9, as a system")
    assert client.pid is None
    assert not client.busy
    assert replies(client, client.submit({"verb": "ping"}))[-1]["kind"] == "result"


def test_an_open_request_hears_of_the_death_after_another_start(client, endless_line, tmp_path):
    name = start_endless_job(client, endless_line, tmp_path)
    os.kill(client.pid, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while client.busy and time.monotonic() < deadline:
        time.sleep(0.005)
    client.start()
    assert client.pid is not None
    assert [message["kind"] for message in replies(client, name)][-1] == "error"


def test_a_crash_in_c_is_named(client, endless_line, tmp_path):
    name = start_endless_job(client, endless_line, tmp_path)
    os.kill(client.pid, signal.SIGSEGV)
    last = replies(client, name)[-1]
    assert last["sentence"].endswith("(killed by signal 11): Fatal Python error: Segmentation fault")
    assert "resampling.py" in last["traceback"] or "wav.py" in last["traceback"]


def test_what_an_interpreter_prints_at_its_start_is_no_reply(client, tmp_path):
    talkative = tmp_path / "python"
    talkative.write_text(f'#!/bin/sh\necho welcome; echo 12; echo "{{}}"\nexec "{sys.executable}" "$@"\n')
    talkative.chmod(0o755)
    client.start(talkative)
    name = client.submit({"verb": "ping"})
    assert replies(client, name) == [{"id": name, "kind": "result"}]


def test_every_open_request_hears_of_the_death(client, endless_line, tmp_path):
    first = start_endless_job(client, endless_line, tmp_path)
    others = [client.submit({"verb": "ping"}) for _ in range(3)]
    os.kill(client.pid, signal.SIGKILL)
    heard = []
    while len([message for message in heard if message["kind"] == "error"]) < 4:
        heard += client.messages()
    assert [message["id"] for message in heard if message["kind"] == "error"] == [first, *others]


def test_cancel_ends_the_work_and_is_silent(client, endless_line, tmp_path):
    start_endless_job(client, endless_line, tmp_path)
    pid = client.pid
    client.cancel()
    assert not client.busy
    assert client.messages() == []
    assert ends(pid)
    name = client.submit({"verb": "ping"})
    assert replies(client, name) == [{"id": name, "kind": "result"}]
    assert not list(tmp_path.iterdir())


def test_starting_and_cancelling_leaves_nothing_behind(client):
    def held():
        return len(list(Path("/dev/fd").iterdir())), threading.active_count()

    before = held()
    pids = []
    for _ in range(10):
        client.submit({"verb": "ping"})
        pids.append(client.pid)
        client.cancel()
    client.close()
    assert all(map(ends, pids))
    deadline = time.monotonic() + PATIENCE
    while held() != before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert held() == before


def test_close_waits_and_may_be_repeated(client, endless_line, tmp_path):
    client.close()
    start_endless_job(client, endless_line, tmp_path)
    pid = client.pid
    client.close()
    assert ends(pid)
    client.close()
    client.cancel()
    assert client.messages() == []


def test_the_worker_ends_with_its_parent(endless_line, tmp_path):
    parent = textwrap.dedent("""
        import os, signal, sys, time
        from emotalk.inference.worker.client import WorkerClient
        client = WorkerClient()
        client.submit({"verb": "ping"})
        while not client.messages():
            time.sleep(0.01)
        client.submit({"verb": "animate", "audio": sys.argv[1], "output": sys.argv[2]})
        time.sleep(0.2)
        print(client.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    command = [sys.executable, "-c", parent, endless_line, tmp_path / "never.npz"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL
    assert ends(int(done.stdout))


def test_a_program_that_forgets_to_close_ends_cleanly(tmp_path):
    script = (
        "from emotalk.inference.worker.client import WorkerClient\n"
        "client = WorkerClient(); client.start(); print(client.pid)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0
    assert done.stderr == ""
    assert ends(int(done.stdout))


def test_another_interpreter_takes_the_place_of_a_worker_that_runs(client, tmp_path):
    client.start()
    first = client.pid
    other = tmp_path / "python"
    other.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    other.chmod(0o755)
    client.start(other)
    second = client.pid
    assert second != first
    assert ends(first)
    client.start()
    client.start(other)
    assert client.pid == second


def test_an_interpreter_that_is_none(client, tmp_path):
    with pytest.raises(EmoTalkError, match=r"cannot be started with .*nothing \(No such file"):
        client.start(tmp_path / "nothing")
    with pytest.raises(EmoTalkError, match="cannot be started"):
        client.submit({"verb": "ping"})


def test_an_interpreter_without_numpy_says_so(client, tmp_path):
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    bare.chmod(0o755)
    client.start(bare)
    last = replies(client, client.submit({"verb": "ping"}))[-1]
    assert last["kind"] == "error"
    assert last["sentence"].endswith("(exit status 1): ModuleNotFoundError: No module named 'numpy'")
    assert "Traceback" in last["traceback"]


def talk(command, requests, **options):
    """Run a worker by hand until it ends by itself; its exit status, replies and stderr."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, text=True, **pipes, **options) as worker:
        worker.stdin.writelines(request + "\n" for request in requests)
        worker.stdin.flush()
        answers = [json.loads(line) for line in worker.stdout]
        return worker.wait(), answers, worker.stderr.read()


def test_the_tree_may_lie_in_a_folder_of_any_name(tmp_path):
    root = Path(emotalk.__file__).parent
    tree = tmp_path / "bl_ext user default"
    for room in ("face", "inference"):
        shutil.copytree(root / room, tree / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "__init__.py", tree)
    animate = {"id": 1, "verb": "animate", "audio": "/nowhere", "output": "never.npz"}
    requests = [json.dumps(animate), json.dumps({"id": 2, "verb": "quit"})]
    status, answers, _ = talk(
        [sys.executable, "-I", tree / "inference" / "worker" / "process.py"], requests, cwd=tmp_path
    )
    assert status == 0
    assert str(tree / "inference" / "sound" / "audio.py") in answers[0]["traceback"]
    assert str(root / "inference") not in answers[0]["traceback"]


def test_quit_comes_in_its_turn_and_rubbish_is_answered():
    requests = [json.dumps({"id": 1, "verb": "ping"}), "rubbish", "[]", json.dumps({"verb": "quit"}), "{}"]
    status, answers, complaints = talk([sys.executable, "-I", WORKER], requests)
    assert [answer["kind"] for answer in answers] == ["result", "error", "error"]
    assert (status, complaints) == (0, "")


def test_what_is_printed_does_not_get_between_the_replies():
    script = textwrap.dedent("""
        import os
        from emotalk.inference.worker.process import _claim_stdout
        replies = _claim_stdout()
        print("printed", flush=True)
        os.write(1, b"from C")
        replies.write(b"a reply")
        replies.flush()
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "a reply"
    assert done.stderr == "printed\nfrom C"


def test_a_worker_that_nobody_needs_ends():
    script = textwrap.dedent("""
        import queue
        from emotalk.inference.worker.jobs import serve
        said = []
        requests = queue.SimpleQueue()
        requests.put(b'{"id": 1, "verb": "ping"}')
        serve(requests, said.append, idle_seconds=0.01)
        print(said)
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout.strip() == "[{'id': 1, 'kind': 'result'}]"


def test_a_stereo_line_at_another_rate_comes_back_at_its_length(shared_client, tmp_path):
    line = tmp_path / "line.wav"
    soundfile.write(line, np.random.default_rng(0).normal(0, 0.1, (480000, 2)), 48000)
    request = {"verb": "animate", "audio": str(line), "output": str(tmp_path / "line.npz")}
    last = replies(shared_client, shared_client.submit(request))[-1]
    assert last["kind"] == "result"
    assert last["seconds"] == 10


def test_a_worker_that_dies_does_not_take_its_client_along():
    """Blender 4.3 does not ignore SIGPIPE as a Python of its own does: half a request must not end it."""
    script = textwrap.dedent(
        """
        import os, signal, sys, time
        from emotalk.inference.worker.client import WorkerClient

        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        client = WorkerClient()
        client.start(sys.executable)
        client.submit({"verb": "ping"})
        while not client.messages():
            time.sleep(0.01)
        os.kill(client.pid, signal.SIGSTOP)
        name = client.submit({"verb": "ping", "more than a pipe holds": "x" * 1_000_000})
        time.sleep(0.2)
        os.kill(client.pid, signal.SIGKILL)
        while not (messages := client.messages()):
            time.sleep(0.01)
        print([message["kind"] for message in messages if message["id"] == name])
        client.close()
        """
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "['error']"), done.stderr


@pytest.mark.parametrize(
    "rubbish",
    [
        "[" * 100_000,
        '{"id":' * 100_000,
        '{"id": 1, "verb": ' + "9" * 5000 + "}",
        '{"id": 1e999, "verb": "dance"}',
        '{"id": {"a": [[[]]]}, "verb": {"b": 1}}',
        json.dumps({"id": 1, "verb": "animate", "audio": 7, "output": []}),
        json.dumps({"id": 1, "verb": "animate", "audio": "a\0b", "output": "c"}),
        json.dumps({"id": 1, "verb": "animate", "audio": "a", "output": "c", "section": {"a": 1}}),
        json.dumps({"id": 1, "verb": "animate", "audio": "a", "output": "c", "rate": float("nan")}),
        json.dumps({"id": 1, "verb": "animate", "audio": "a", "output": "c", "controls": [1, 2]}),
        json.dumps({"id": 1, "verb": "animate", "audio": "a\nb" * 999, "output": "c"}),
        json.dumps({"id": 1, "verb": "x" * 5000}),
    ],
)
def test_hostile_requests_get_a_sentence(rubbish):
    requests = [rubbish, json.dumps({"id": 2, "verb": "ping"}), json.dumps({"verb": "quit"})]
    status, answers, complaints = talk([sys.executable, "-I", WORKER], requests)
    assert (status, complaints) == (0, "")
    assert [answer["kind"] for answer in answers] == ["error", "result"]
    assert "\n" not in answers[0]["sentence"]
    assert len(answers[0]["sentence"]) < 600
    assert "Something went wrong" not in answers[0]["sentence"]


def test_a_request_without_end_is_bounded():
    requests = ["x" * (LONGEST_REQUEST + 5_000_000), json.dumps({"id": 2, "verb": "ping"}), '{"verb": "quit"}']
    status, answers, _ = talk([sys.executable, "-I", WORKER], requests)
    assert status == 0
    assert [answer["kind"] for answer in answers] == ["error", "result"]
    assert f"at most {LONGEST_REQUEST:,} bytes" in answers[0]["sentence"]


def test_a_request_that_is_too_long_is_not_sent(client):
    with pytest.raises(EmoTalkError, match="split the line into shorter parts"):
        client.submit({"verb": "ping", "padding": "x" * LONGEST_REQUEST})
    assert not client.busy
    assert replies(client, client.submit({"verb": "ping"}))[-1]["kind"] == "result"
