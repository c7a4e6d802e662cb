"""Training as a whole: stopped, killed, resumed, in two processes; the same weights each time."""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from emotalk.inference.contract import EmoTalkError
from emotalk.training.metrics_log import read_metrics
from emotalk.training.run_folder import RunFolder
from emotalk.training.trainer import new_accelerator, restore_average, train

SCRIPT = Path(__file__).with_name("small_task.py")
SMALL = runpy.run_path(str(SCRIPT))
run_in, recipe, SmallTask = SMALL["run_in"], SMALL["recipe"], SMALL["SmallTask"]


def weights(result):
    return torch.cat([parameter.flatten() for parameter in result.network.parameters()])


def rows_of(folder):
    rows = read_metrics(folder / "metrics.jsonl")
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def begin(folder, settings, **how):
    folder.mkdir(exist_ok=True)
    return train(SmallTask(settings), settings, RunFolder(folder), "small", new_accelerator(settings, cpu=True), **how)


def test_training_lowers_the_loss_and_logs_it(tmp_path):
    result = run_in(tmp_path, 60)
    rows = read_metrics(tmp_path / "metrics.jsonl")
    losses = [row["total"] for row in rows if "losses" in row]
    assert [row["step"] for row in rows if "losses" in row] == list(range(5, 65, 5))
    assert losses[-1] < losses[3]
    assert all(row["total"] == pytest.approx(sum(row["losses"].values()), rel=1e-4) for row in rows if "losses" in row)
    assert result.reason == "finished"
    assert result.figures == rows[-1]["figures"] or result.figures == pytest.approx(rows[-1]["figures"], rel=1e-5)
    assert not any(parameter.requires_grad for parameter in result.network.parameters())
    assert list((tmp_path / "events").glob("events.out.tfevents.*"))


def test_a_run_in_pieces_ends_with_the_same_weights_and_log(tmp_path):
    whole = run_in(tmp_path / "whole", 40)
    settings = recipe(steps=40)
    for steps in (4, 17, 33):  # before, after and between what the task's state and the log's means are made of

        def stop(done, steps=steps):
            if done == steps:
                (tmp_path / "pieces" / "stop").touch()

        assert begin(tmp_path / "pieces", settings, on_step=stop).reason == "asked to stop"
        assert not (tmp_path / "pieces" / "stop").exists()
    pieces = begin(tmp_path / "pieces", settings)
    assert torch.equal(weights(whole), weights(pieces))
    assert rows_of(tmp_path / "whole") == rows_of(tmp_path / "pieces")


def test_a_run_may_be_extended(tmp_path):
    whole = run_in(tmp_path / "whole", 40)
    run_in(tmp_path / "longer", 20)
    assert torch.equal(weights(whole), weights(run_in(tmp_path / "longer", 40)))


def test_a_finished_run_gives_its_weights_again(tmp_path):
    first = run_in(tmp_path, 20)
    again = run_in(tmp_path, 20)
    assert torch.equal(weights(first), weights(again))
    assert again.figures == first.figures
    settings = recipe(steps=20)
    read = restore_average(SmallTask(settings), settings, RunFolder(tmp_path), "small")
    assert torch.equal(weights(first), weights(read))


def test_minutes_are_heeded(tmp_path):
    settings = recipe(steps=40)
    result = begin(tmp_path, settings, minutes=0)
    assert (result.reason, result.steps) == ("out of time", 1)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["step_0000001.pt"]


def test_only_the_newest_checkpoints_and_the_best_stay(tmp_path):
    run_in(tmp_path, 40, keep=3)
    names = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert names == ["best.pt", "step_0000020.pt", "step_0000030.pt", "step_0000040.pt"]


class Declining(SmallTask):
    """Its score is best after 20 steps."""

    def validate(self, network):
        self.validations = getattr(self, "validations", 0) + 1
        return {"score": [3.0, 1.0, 2.0, 2.5, 4.0][self.validations - 1]}


def test_training_stops_when_it_gets_no_better_and_keeps_the_best(tmp_path):
    settings = recipe(steps=200, validate_every=10, patience=2, save_every=50, decay_to=400)
    result = train(Declining(settings), settings, RunFolder(tmp_path), "small", new_accelerator(settings, cpu=True))
    assert (result.reason, result.steps) == ("no better any more", 40)
    assert result.figures == {"score": 1.0}
    (tmp_path / "twenty").mkdir()
    assert torch.equal(weights(result), weights(run_in(tmp_path / "twenty", 20, decay_to=400)))


def test_without_patience_the_last_weights_are_exported(tmp_path):
    settings = recipe(steps=30)
    result = train(Declining(settings), settings, RunFolder(tmp_path), "small", new_accelerator(settings, cpu=True))
    assert result.figures == {"score": 2.0}
    assert result.steps == 30


def test_the_checkpoint_of_another_run_is_refused(tmp_path):
    run_in(tmp_path, 10)
    settings = recipe(steps=20)
    with pytest.raises(EmoTalkError, match=r"step_0000010\.pt is the checkpoint of another run"):
        train(SmallTask(settings), settings, RunFolder(tmp_path), "other", new_accelerator(settings, cpu=True))


def test_a_checkpoint_of_other_settings_is_refused(tmp_path):
    run_in(tmp_path, 10)
    with pytest.raises(EmoTalkError, match=r"step_0000010\.pt was made with other settings"):
        run_in(tmp_path, 20, learning_rate=0.5)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1000],
        lambda content: content[:100],
        lambda _: b"",
        lambda content: bytes(len(content)),
    ],
    ids=["end missing", "beginning only", "empty", "zeros"],
)
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path, damage):
    whole = run_in(tmp_path / "whole", 40)
    run_in(tmp_path / "damaged", 20)
    newest = tmp_path / "damaged" / "checkpoints" / "step_0000020.pt"
    newest.write_bytes(damage(newest.read_bytes()))
    assert torch.equal(weights(whole), weights(run_in(tmp_path / "damaged", 40)))


def test_bfloat16_trains_in_float32_weights(tmp_path):
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state()
    try:
        coarse = run_in(tmp_path / "coarse", 10, precision="bfloat16")
    finally:
        AcceleratorState._reset_state()
    fine = run_in(tmp_path / "fine", 10)
    assert weights(coarse).dtype == torch.float32
    assert not torch.equal(weights(coarse), weights(fine))
    torch.testing.assert_close(weights(coarse), weights(fine), atol=0.05, rtol=0.1)


def call(*words):
    done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.parametrize(
    ("steps", "kills", "seed"),
    [(60, 3, 1), pytest.param(500, 20, 2, marks=pytest.mark.slow)],
    ids=["3 kills", "20 kills"],
)
def test_a_training_that_is_killed_at_any_moment_ends_with_the_same_weights(tmp_path, steps, kills, seed):
    whole = run_in(tmp_path / "whole", steps, save_every=3)
    out = call(SCRIPT, "kill", tmp_path / "killed", steps, kills, seed)
    assert int(re.search(r"killed (\d+)", out)[1]) == kills, "some had finished before they were killed"
    assert rows_of(tmp_path / "killed") == rows_of(tmp_path / "whole")
    settings = recipe(steps=steps, save_every=3)
    resumed = restore_average(SmallTask(settings), settings, RunFolder(tmp_path / "killed"), "small")
    assert resumed.steps == steps
    assert torch.equal(weights(whole), weights(resumed))
    left = {path.name for path in (tmp_path / "killed" / "checkpoints").iterdir()}
    assert left == {"best.pt", *(f"step_{number:07d}.pt" for number in left_numbers(steps))}


def left_numbers(steps):
    """The last two moments of saving."""
    return sorted({*range(3, steps + 1, 3), steps})[-2:]


@pytest.mark.slow
def test_two_processes_give_the_loss_of_one_with_the_same_batch(tmp_path):
    run_in(tmp_path / "one", 40)
    launcher = ("-m", "torch.distributed.run", "--nproc_per_node", "2", "--standalone")
    out = call(*launcher, SCRIPT, "train", tmp_path / "two", 40)
    assert out.count("processes 2") == 2
    one, two = (read_metrics(tmp_path / name / "metrics.jsonl") for name in ("one", "two"))
    assert [row["step"] for row in one] == [row["step"] for row in two]
    for first, second in zip(one, two, strict=True):
        for name in first.keys() - {"seconds"}:
            assert second[name] == pytest.approx(first[name], rel=1e-5), json.dumps([first, second])
    settings = recipe(steps=40)
    networks = [
        restore_average(SmallTask(settings), settings, RunFolder(tmp_path / name), "small") for name in ("one", "two")
    ]
    np.testing.assert_allclose(*map(weights, networks), atol=1e-5)
