"""Printing never ends the work: terminals without a character, closed pipes, full disks."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
from emotalk.command_line.complaints import UsageError, finish_printing, status_of
from emotalk.command_line.main import main
from emotalk.command_line.streams import PatientStream
from emotalk.inference.contract import EmoTalkError

COMMAND = (sys.executable, "-m", "emotalk.command_line.main")


@pytest.fixture
def lines(tmp_path, line_wav):
    """Two short lines, one with a name that few encodings have."""
    samples, rate = soundfile.read(line_wav)
    names = [tmp_path / name for name in ("台.wav", "b.wav")]
    for name in names:
        soundfile.write(name, samples[: rate // 2], rate)
    return names


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_a_name_that_the_terminal_lacks(lines, tmp_path, encoding):
    variables = {**os.environ, "PYTHONIOENCODING": encoding}
    words = [*COMMAND, "animate", *lines, tmp_path / "nowhere 台.wav", "-o", tmp_path / "out"]
    done = subprocess.run(words, env=variables, capture_output=True)
    assert done.returncode == 1
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"台.npz", "b.npz"}
    shown = "台" if encoding == "utf-8" else r"\u53f0"
    assert [Path(line).name for line in done.stdout.decode(encoding).splitlines()] == [f"{shown}.npz", "b.npz"]
    complaint, summary = done.stderr.decode(encoding).splitlines()
    assert complaint == f"emotalk: There is no file {tmp_path}/nowhere {shown}.wav"
    assert summary == "emotalk: 1 of 3 lines failed"


def test_a_reader_who_has_seen_enough(lines, tmp_path):
    for stream in ("stdout", "stderr"):
        near, far = os.pipe()
        os.close(near)
        folder = tmp_path / stream
        words = [*COMMAND, "animate", tmp_path / "nowhere.wav", *lines, "-o", folder]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: far}
        done = subprocess.run(words, text=True, check=False, **pipes)
        os.close(far)
        assert done.returncode == 1  # because of the first file, and nothing else
        assert len(list(folder.iterdir())) == 2
        assert "Traceback" not in (done.stderr or "")
        assert "Exception ignored" not in (done.stderr or "")


@pytest.mark.parametrize("words", [["controls"], ["weights", "list"], ["--help"], ["controls", "--help"]])
def test_nobody_reads_the_answer(words):
    near, far = os.pipe()
    os.close(near)
    done = subprocess.run([*COMMAND, *words], stdout=far, stderr=subprocess.PIPE, text=True)
    os.close(far)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no disk that is always full")
def test_an_answer_that_was_lost_is_no_success():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*COMMAND, "controls"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == "emotalk: not everything could be printed: No space left on device\n"


def test_streams_that_are_closed_or_missing(lines, tmp_path, monkeypatch):
    closed = io.StringIO()
    closed.close()
    for number, stream in enumerate((None, closed)):
        monkeypatch.setattr(sys, "stdout", stream)
        assert main(["animate", *map(str, lines), "-o", str(tmp_path / str(number))]) == 0
        assert sys.stdout is stream
        assert len(list((tmp_path / str(number)).iterdir())) == 2


def test_a_patient_stream_is_the_stream_otherwise(capsys):
    stream = PatientStream(sys.stdout)
    assert stream.write("text") == 4
    stream.flush()
    assert stream.isatty() == sys.stdout.isatty()
    assert stream.encoding == sys.stdout.encoding
    assert capsys.readouterr().out == "text"
    assert stream.loss is None


class Breaking(io.StringIO):
    """A stream that fails once it has taken a line, as often as it is asked."""

    def __init__(self, error):
        super().__init__()
        self.error, self.tries = error, 0

    def write(self, text):
        self.tries += 1
        if self.tries > 1:
            raise self.error
        return super().write(text)

    def fileno(self):
        raise ValueError("a stream without a file")


@pytest.mark.parametrize(
    ("error", "is_missed"),
    [
        (OSError(errno.ENOSPC, "No space left"), True),
        (OSError(errno.EIO, "Broken"), True),
        (BrokenPipeError(errno.EPIPE, "Nobody reads"), False),
        (OSError(errno.EINVAL, "Nobody reads, on Windows"), False),
        (ValueError("closed"), False),
    ],
)
def test_after_a_failure_nothing_more_is_tried(error, is_missed):
    behind = Breaking(error)
    stream = PatientStream(behind)
    assert [stream.write(text) for text in ("first", "second!", "third")] == [5, 7, 5]
    stream.flush()
    assert (behind.getvalue(), behind.tries) == ("first", 2)
    assert stream.loss is (error if is_missed else None)


@pytest.mark.parametrize(("status", "lost", "expected"), [(0, False, 0), (0, True, 1), (2, True, 2), (1, False, 1)])
def test_what_was_lost_changes_only_a_good_status(capsys, status, lost, expected):
    stream = PatientStream(io.StringIO())
    if lost:
        stream.loss = OSError(errno.ENOSPC, "No space left on device")
    assert finish_printing(status, stream) == expected
    said = "emotalk: not everything could be printed: No space left on device\n" if lost else ""
    assert capsys.readouterr().err == said
    assert finish_printing(status, None) == status


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "emotalk: interrupted\n"),
        (UsageError("Give a\nfile"), 2, "emotalk: Give a file\n"),
        (EmoTalkError("The line is empty"), 1, "emotalk: The line is empty\n"),
    ],
)
@pytest.mark.parametrize("verbose", [False, True])
def test_each_end_has_its_status(capsys, error, status, said, verbose):
    def work():
        raise error

    assert status_of(work, verbose=verbose) == status
    err = capsys.readouterr().err
    assert err.startswith(said)
    assert ("Traceback" in err) == (verbose and status != 130)
    assert status_of(lambda: 7) == 7
