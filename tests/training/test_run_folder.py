"""The folder of a run: what it says of itself, of its data, and of the program."""

import hashlib
import json
import os

import pytest
from emotalk.inference.contract import EmoTalkError
from emotalk.training.metrics_log import MetricsLog, read_metrics
from emotalk.training.run_folder import (
    RunConfig,
    check_files,
    create_run,
    newest_run,
    open_run,
    read_config,
)

CONFIG = RunConfig("abc", "small", "takes", False, 1, {"steps": 3, "losses": {"position": 1.0}})


@pytest.fixture
def takes(tmp_path):
    folder = tmp_path / "takes"
    (folder / "first").mkdir(parents=True)
    (folder / "first" / "a.wav").write_bytes(b"sound")
    (folder / "b.csv").write_bytes(b"curves, longer")
    return [folder / "first" / "a.wav", folder / "b.csv"]


@pytest.fixture
def run(tmp_path, takes):
    return create_run(tmp_path / "runs", "Mei Lin: act 2", CONFIG, takes, tmp_path / "takes")


def test_a_run_says_what_it_is_made_of(run, tmp_path):
    assert run.path.parent == tmp_path / "runs" / "Mei_Lin_act_2" / "small"
    assert read_config(open_run(run.path)) == CONFIG
    assert json.loads(run.data.read_text()) == [
        {"path": "b.csv", "bytes": 14, "sha256": hashlib.sha256(b"curves, longer").hexdigest()},
        {"path": "first/a.wav", "bytes": 5, "sha256": hashlib.sha256(b"sound").hexdigest()},
    ]
    environment = json.loads(run.environment.read_text())
    assert environment["packages"]["torch"]
    assert environment["cores"] >= 1
    assert (run.previews.is_dir(), run.export.is_dir(), run.checkpoints.is_dir()) == (True, True, True)


def test_two_runs_of_a_second_have_two_folders_and_the_newest_is_found(run, tmp_path, takes):
    others = [create_run(tmp_path / "runs", "Mei Lin: act 2", CONFIG, takes, tmp_path / "takes") for _ in range(2)]
    assert len({run.path, *(other.path for other in others)}) == 3
    assert newest_run(tmp_path / "runs", "Mei Lin: act 2", "small").path == others[-1].path


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(EmoTalkError, match=r"is no folder of a run: it has no config\.json"):
        open_run(tmp_path)
    with pytest.raises(EmoTalkError, match="There is no run to resume in"):
        newest_run(tmp_path, "data", "small")


def test_a_damaged_config_is_named(run):
    run.config.write_text("{}")
    with pytest.raises(EmoTalkError, match=r"config\.json cannot be read"):
        read_config(run)


def test_data_that_changed_is_refused(run, tmp_path, takes):
    check_files(run, takes, tmp_path / "takes")
    with pytest.raises(EmoTalkError, match=r"first/a\.wav is not what this run began with; start a new run"):
        check_files(run, takes[1:], tmp_path / "takes")
    takes[1].write_bytes(b"curves, LONGER")
    with pytest.raises(EmoTalkError, match=r"b\.csv is not what this run began with"):
        check_files(run, takes, tmp_path / "takes")


def test_the_log_has_every_sentence_with_its_time(run, capsys):
    run.say("two sentences")
    run.say("of the log")
    assert capsys.readouterr().out == "two sentences\nof the log\n"
    assert [line[20:] for line in run.log.read_text().splitlines()] == ["two sentences", "of the log"]


def test_what_was_logged_after_the_checkpoint_is_dropped(run):
    log = MetricsLog(run.metrics, run.events, 0)
    for step in (5, 10, 15):
        log.write(step, {"total": step / 3, "losses": {"position": 1.0}})
    log.close()
    with run.metrics.open("a") as file:
        file.write('{"step": 20, "tot')
    assert [row["step"] for row in read_metrics(run.metrics)] == [5, 10, 15]
    MetricsLog(run.metrics, run.events, 10).close()
    rows = read_metrics(run.metrics)
    assert [row["step"] for row in rows] == [5, 10]
    assert rows[1]["total"] == pytest.approx(10 / 3, rel=1e-5)
    assert run.metrics.read_text().count("\n") == 2


def test_tensorboard_shows_what_the_log_says(run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = MetricsLog(run.metrics, run.events, 0)
    log.write(5, {"total": 0.5, "losses": {"position": 0.25}})
    log.close()
    events = EventAccumulator(os.fspath(run.events)).Reload()
    assert {name: events.Scalars(name)[0].value for name in events.Tags()["scalars"]} == {
        "total": 0.5,
        "losses/position": 0.25,
    }
    assert events.Scalars("total")[0].step == 5
