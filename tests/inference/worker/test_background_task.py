"""Tasks end when their work does, and take everything with them when they are cancelled."""

import os
import sys
import time

import pytest
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.worker.background_task import BackgroundTask

_FAMILY = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


def python(program):
    return [sys.executable, "-c", program]


def is_gone(pid, seconds=5):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 - a zombie is gone for all but its parent
            if file.read().rpartition(")")[2].split()[0] == "Z":
                return True
        time.sleep(0.01)
    return False


def test_work_reports_and_gives_a_result():
    def work(task):
        task.report(0.5, "Halfway")
        return "All good"

    task = BackgroundTask("test", work)
    assert task.wait(5)
    assert (task.fraction, task.text, task.result, task.failure) == (0.5, "Halfway", "All good", "")


def test_lines_of_both_streams_are_heard_in_order_and_the_status_comes_back():
    heard = []
    program = "import sys; print('eins'); sys.stdout.flush(); print('zwei ä', file=sys.stderr); sys.exit(3)"
    task = BackgroundTask("test", lambda task: str(task.run(python(program), heard.append)))
    assert task.wait(20)
    assert heard == ["eins", "zwei ä"]
    assert task.result == "3"


def test_variables_are_added_to_the_environment():
    heard = []
    program = "import os; print(os.environ['EMOTALK_TEST'], 'PATH' in os.environ)"
    task = BackgroundTask("test", lambda task: str(task.run(python(program), heard.append, {"EMOTALK_TEST": "yes"})))
    assert task.wait(20)
    assert heard == ["yes True"]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(EmoTalkError("The disk is full"), "The disk is full"), (KeyError("x"), "please report it")],
    ids=["explained", "unexpected"],
)
def test_whatever_goes_wrong_is_a_sentence(error, sentence):
    def work(task):
        raise error

    task = BackgroundTask("test", work)
    assert task.wait(5)
    assert sentence in task.failure
    assert not task.result


def test_cancel_kills_the_program_and_its_children():
    pids = []
    task = BackgroundTask("test", lambda task: str(task.run(python(_FAMILY), lambda line: pids.append(int(line)))))
    while not pids:
        time.sleep(0.01)
    task.cancel()
    assert task.wait(5)  # the program itself would go on for ten minutes
    assert task.cancelled
    assert not task.failure
    assert is_gone(pids[0])


def test_a_listener_that_fails_takes_the_program_along():
    pids = []

    def listen(line):
        pids.append(int(line))
        raise EmoTalkError("Enough")

    task = BackgroundTask("test", lambda task: str(task.run(python(_FAMILY), listen)))
    assert task.wait(20)
    assert task.failure == "Enough"
    assert is_gone(pids[0])


def test_a_cancelled_task_starts_nothing_more(tmp_path):
    def work(task):
        task.cancel()
        return str(task.run(python(f"open({str(tmp_path / 'started')!r}, 'w')"), print))

    task = BackgroundTask("test", work)
    assert task.wait(5)
    assert task.cancelled
    assert not list(tmp_path.iterdir())


def test_a_cancelled_task_stops_at_its_next_report():
    reached = []

    def work(task):
        task.report(0.5, "Halfway")
        task.cancel()
        task.report(0.6, "Further")
        reached.append("too far")
        return "Done"

    task = BackgroundTask("test", work)
    assert task.wait(5)
    assert (task.cancelled, task.result, task.failure, task.text, reached) == (True, "", "", "Halfway", [])


def test_a_program_has_nothing_to_read():
    heard = []
    task = BackgroundTask(
        "test", lambda task: str(task.run(python("import sys; print(sys.stdin.read())"), heard.append))
    )
    assert task.wait(20)
    assert (heard, task.result, task.name) == ([""], "0", "test")
