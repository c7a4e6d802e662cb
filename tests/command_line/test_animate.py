"""``emotalk animate`` as a user meets it: files, statuses, sentences."""

import functools
import os
import pty
import shutil
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from emotalk.command_line.main import main
from emotalk.command_line.outputs import expand, plan
from emotalk.face.controls import Controls
from emotalk.face.curve_files import read_curves
from emotalk.face.eyes import merge_eyes
from emotalk.inference.checkpoints.safetensors_file import bundled_weights, read_safetensors, write_safetensors
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.engine import Engine
from emotalk.inference.models.loading import ModelChoice
from emotalk.inference.registry import DEFAULT_MODEL
from emotalk.inference.sound.audio import read_speech
from emotalk.inference.worker.client import WorkerClient

COMMAND = (sys.executable, "-m", "emotalk.command_line.main")


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """Three lines of a second of speech, and a file that is none."""
    folder = tmp_path_factory.mktemp("lines")
    voice = read_speech(Path(__file__).parents[2] / "samples" / "line.wav").samples
    for number, rate in enumerate((16000, 44100, 22050)):
        places = np.arange(rate) / rate * 16000
        second = np.interp(places, np.arange(16000), voice[16000 * (number + 1) :][:16000])
        soundfile.write(folder / f"line{number}.wav", second, rate)
    (folder / "broken.wav").write_bytes((folder / "line0.wav").read_bytes()[:9000])
    return folder


def run(*words):
    return main([str(word) for word in words])


def usage(*words):
    """The status of words that are no options."""
    try:
        return run(*words)
    except SystemExit as ended:
        return ended.code


def test_one_line_to_one_file(lines, tmp_path, capsys):
    output = tmp_path / "new" / "line.npz"
    assert run("animate", lines / "line0.wav", "-o", output) == 0
    assert capsys.readouterr() == (f"{output}\n", "")
    with np.load(output, allow_pickle=False) as arrays:
        assert arrays["values"].shape == (30, 52)
        assert arrays["values"].dtype == np.float32
    expected = merge_eyes(Engine().perform(read_speech(lines / "line0.wav"), Controls()))
    np.testing.assert_allclose(read_curves(output).face.values, expected.face.values, atol=1e-6)


@pytest.mark.parametrize("kind", ["npz", "json", "csv"])
def test_every_format_by_name_and_by_option(lines, tmp_path, kind):
    assert run("animate", lines / "line0.wav", "-o", tmp_path / f"named.{kind}") == 0
    assert run("animate", lines / "line0.wav", "-o", tmp_path, "--format", kind) == 0
    assert (tmp_path / f"named.{kind}").read_bytes() == (tmp_path / f"line0.{kind}").read_bytes()


def test_many_lines_into_a_folder_and_a_bad_one_among_them(lines, tmp_path, capsys):
    names = ["line0.wav", "broken.wav", "line1.wav", "nowhere.wav", "line2.wav"]
    folder = tmp_path / "curves"
    assert run("animate", *(lines / name for name in names), "-o", folder, "--format", "csv") == 1
    out, err = capsys.readouterr()
    assert sorted(path.name for path in folder.iterdir()) == ["line0.csv", "line1.csv", "line2.csv"]
    assert out.splitlines() == [str(folder / f"line{number}.csv") for number in range(3)]
    first, second, last = err.splitlines()
    assert first.startswith("emotalk: broken.wav is cut off")
    assert second == f"emotalk: There is no file {lines / 'nowhere.wav'}"
    assert last == "emotalk: 2 of 5 lines failed"


def test_nothing_is_overwritten_unasked(lines, tmp_path, capsys):
    output = tmp_path / "line0.npz"
    output.write_text("precious")
    assert run("animate", lines / "line0.wav", lines / "line1.wav", "-o", tmp_path) == 1
    assert output.read_text() == "precious"
    assert (tmp_path / "line1.npz").exists()
    assert f"{output} exists already; --overwrite replaces it" in capsys.readouterr().err
    assert run("animate", lines / "line0.wav", "-o", tmp_path, "--overwrite") == 0
    assert read_curves(output).face.frames == 30


def test_controls_reach_the_performance(lines, tmp_path):
    def perform(*words):
        output = tmp_path / "line.npz"
        assert run("animate", lines / "line0.wav", "-o", output, "--overwrite", *words) == 0
        return read_curves(output)

    def expect(**values):
        return merge_eyes(Engine().perform(read_speech(lines / "line0.wav"), Controls(values)))

    for words, values in (
        (("--emotion", "Angry", "--intensity", "0.8"), {"anger": 1, "intensity": 0.8}),
        (("--emotion", "sad", "--sad", "0.4", "--happy", "0.2"), {"sad": 0.4, "happy": 0.2}),
        (("--emotion", "fear=0.3"), {"fear": 0.3}),
        (("--personal-style", "Stage actor", "--blink-rate", "0"), {"personal_style": "Stage actor", "blink_rate": 0}),
        (("--time-offset", "-80", "--seed", "7", "--smoothing=40"), {"time_offset": -80, "seed": 7, "smoothing": 40}),
    ):
        performance, expected = perform(*words), expect(**values)
        np.testing.assert_allclose(performance.face.values, expected.face.values, atol=1e-6)
        np.testing.assert_allclose(performance.head.values, expected.head.values, atol=1e-5)


@pytest.mark.parametrize("fps", ["23.976", "60", "120"])
def test_other_frame_rates(lines, tmp_path, fps):
    assert run("animate", lines / "line0.wav", "-o", tmp_path, "--fps", fps) == 0
    performance = read_curves(tmp_path / "line0.npz")
    assert performance.face.fps == performance.head.fps == float(fps)
    assert performance.face.frames == pytest.approx(float(fps), abs=3)


def test_patterns_that_no_shell_filled_in(lines, tmp_path, capsys):
    assert run("animate", f"{lines}/line?.wav", "-o", tmp_path) == 0
    assert len(list(tmp_path.iterdir())) == 3
    assert run("animate", f"{lines}/*.opus", "-o", tmp_path) == 2
    assert capsys.readouterr().err == f"emotalk: No file matches {lines}/*.opus\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["a/line.wav", "b/Line.wav", "-o", "out"], "a/line.wav and b/Line.wav would both become out/Line.npz"),
        (["a/line.wav", "a/line.flac", "-o", "out/"], "a/line.wav and a/line.flac would both become out/line.npz"),
        (["a.wav", "b.wav", "-o", "out.csv"], "out.csv is one file, but there are 2 lines; give a folder"),
        (["a.wav", "-o", "out.csv", "--format", "npz"], "out.csv cannot be written as npz"),
        (["a.wav", "-o", "out.xls"], "out.xls should end in .npz, .json or .csv"),
    ],
)
def test_words_that_make_no_sense_together(tmp_path, monkeypatch, capsys, words, sentence):
    monkeypatch.chdir(tmp_path)
    assert run("animate", *words) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"emotalk: {sentence}")
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--happy", "3"], "Happy must lie between 0 and 1"),
        (["--happy", "very"], "Happy must be a number, not 'very'"),
        (["--happy", "nan"], "Happy must be a finite number"),
        (["--seed", "1.5"], "Seed must be a whole number"),
        (["--personal-style", "Cowboy"], "Personal Style: the model has no style 'Cowboy'"),
        (["--emotion", "hungry"], "There is no emotion 'hungry'"),
        (["--fps", "0"], "the frame rate must be between 1 and 1000"),
        (["--model", "nobody"], "invalid choice: 'nobody'"),
        (["--hap", "1"], "unrecognized arguments: --hap"),
        (["--format", "xls"], "invalid choice: 'xls'"),
    ],
)
def test_words_that_are_no_options(capsys, words, sentence):
    assert usage("animate", "a.wav", "-o", "out", *words) == 2
    err = capsys.readouterr().err
    assert sentence in err
    assert err.count("\n") == 1


def test_no_words_at_all(capsys):
    assert usage() == 2
    assert usage("animate") == 2
    assert usage("animate", "a.wav") == 2
    assert usage("dance") == 2
    assert capsys.readouterr().err.count("\n") == 4


def test_a_folder_that_cannot_be_made(lines, tmp_path, capsys):
    (tmp_path / "taken").write_text("a file")
    assert run("animate", lines / "line0.wav", "-o", tmp_path / "taken" / "line.npz") == 1
    assert "taken" in capsys.readouterr().err


def test_verbose_says_where_an_error_came_from(lines, tmp_path, capsys):
    assert run("animate", lines / "broken.wav", "-o", tmp_path, "--verbose") == 1
    err = capsys.readouterr().err
    assert err.startswith("emotalk: broken.wav is cut off")
    assert "Traceback (most recent call last)" in err
    assert run("animate", lines / "broken.wav", "-o", tmp_path) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_two_processes_write_the_same_bytes(lines, tmp_path):
    words = ["animate", lines / "line1.wav", "--emotion", "fear", "--seed", "3", "-o"]
    for name in ("first.npz", "second.npz"):
        done = subprocess.run([*COMMAND, *words, tmp_path / name], capture_output=True, text=True, check=True)
        assert (done.stdout, done.stderr) == (f"{tmp_path / name}\n", "")
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "second.npz").read_bytes()


def test_ctrl_c_leaves_nothing_half_written(lines, tmp_path):
    folder = tmp_path / "curves"
    soundfile.write(tmp_path / "long.wav", np.random.default_rng(0).normal(0, 0.1, 16000 * 400), 16000)
    words = ["animate", lines / "line0.wav", tmp_path / "long.wav", "-o", folder, "--format", "json"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    # Shells have their background jobs ignore Ctrl-C, and so would every process of a suite that runs as one.
    heeding = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen([*COMMAND, *words], **pipes, preexec_fn=heeding) as process:
        process.stdout.readline()  # the first line is written
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "emotalk: interrupted\n"
    assert [path.name for path in folder.iterdir()] == ["line0.json"]


def test_a_terminal_sees_a_progress_bar(lines, tmp_path):
    terminal, end = pty.openpty()
    termios.tcsetwinsize(end, (24, 100))
    words = ["animate", lines / "line0.wav", lines / "broken.wav", "-o", tmp_path]
    process = subprocess.Popen([*COMMAND, *words], stdout=subprocess.DEVNULL, stderr=end)
    os.close(end)
    shown = b""
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # how Linux says that the other end was closed
            break
        if not piece:
            break
        shown += piece
    os.close(terminal)
    assert process.wait() == 1
    assert b"line0.wav: Encoding" in shown
    assert b"emotalk: broken.wav is cut off" in shown


def test_reading_the_words_imports_nothing_heavy():
    script = (
        "import sys; from emotalk.command_line.main import build_parser; build_parser()\n"
        "print(*{'bpy', 'torch', 'scipy', 'soundfile', 'tqdm', 'PIL'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_two_runs_on_one_file(lines, tmp_path):
    """Both find the place free; one writes it, and the other says so."""
    output = tmp_path / "line.npz"
    starting = [*COMMAND, "animate"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    runs = [subprocess.Popen([*starting, lines / f"line{n}.wav", "-o", output], **pipes) for n in (0, 1, 2)]
    complaints = [run.communicate()[1] for run in runs]
    assert sorted(run.returncode for run in runs) == [0, 1, 1]
    assert sorted(complaints)[1:] == [f"emotalk: {output} exists already; --overwrite replaces it\n"] * 2
    winner = next(number for number, run in enumerate(runs) if run.returncode == 0)
    assert run_bytes(lines / f"line{winner}.wav", tmp_path / "again.npz") == output.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.npz", "line.npz"]


def run_bytes(line, output, **variables):
    """What a process with these environment variables writes."""
    words = [*COMMAND, "animate", line, "-o", output]
    subprocess.run(words, env={**os.environ, **variables}, check=True, capture_output=True)
    return output.read_bytes()


def test_what_is_no_file_is_not_replaced(lines, tmp_path, capsys):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "real.csv").chmod(0o600)
    (tmp_path / "link.csv").symlink_to("real.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    assert run("animate", lines / "line0.wav", "-o", tmp_path / "link.csv") == 1
    assert run("animate", lines / "line0.wav", "-o", tmp_path / "link.csv", "--overwrite") == 0
    assert (tmp_path / "link.csv").is_symlink()
    assert read_curves(tmp_path / "real.csv", 30).face.frames == 30
    assert (tmp_path / "real.csv").stat().st_mode & 0o777 == 0o600
    for words in ([], ["--overwrite"]):
        assert run("animate", lines / "line0.wav", "-o", tmp_path / "pipe.csv", *words) == 1
        assert "pipe.csv is a pipe or a device, not a file; choose another name" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["npz", "json", "csv"])
def test_weights_that_give_no_numbers_write_nothing(lines, tmp_path, user_weights, capsys, kind):
    """They were copied into the folder by hand, which no import has checked."""
    arrays, metadata = read_safetensors(bundled_weights(DEFAULT_MODEL))
    arrays["face.bias"][17] = np.nan
    user_weights.mkdir()
    write_safetensors(user_weights / "actor.safetensors", arrays, metadata)
    output = tmp_path / f"line.{kind}"
    assert run("animate", lines / "line0.wav", "-o", output, "--model", "actor") == 1
    assert "The model actor gives values that are not numbers" in capsys.readouterr().err
    assert not output.exists()


def test_the_number_of_threads_changes_no_byte(line_wav, tmp_path):
    """A minute of speech, by the command and by a worker, whatever somebody has set."""
    samples, rate = soundfile.read(line_wav)
    minute = tmp_path / "minute.wav"
    soundfile.write(minute, np.resize(samples, 60 * rate), rate)
    written = [run_bytes(minute, tmp_path / f"{count}.npz", OPENBLAS_NUM_THREADS=count) for count in ("1", "2", "4")]
    client = WorkerClient()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENBLAS_NUM_THREADS", "2")
        client.submit({"verb": "animate", "audio": str(minute), "output": str(tmp_path / "worker.npz")})
    while client.busy:
        time.sleep(0.05)
    client.close()
    assert len({*written, (tmp_path / "worker.npz").read_bytes()}) == 1


def test_a_channel_is_chosen(lines, tmp_path, capsys):
    left, rate = soundfile.read(lines / "line0.wav")
    soundfile.write(tmp_path / "two.wav", np.stack([0.1 * np.random.default_rng(0).normal(size=rate), left], 1), rate)
    assert run("animate", tmp_path / "two.wav", "-o", tmp_path / "two.npz", "--channel", "2") == 0
    assert run("animate", lines / "line0.wav", "-o", tmp_path / "one.npz") == 0
    expected = read_curves(tmp_path / "one.npz").face.values
    np.testing.assert_array_equal(read_curves(tmp_path / "two.npz").face.values, expected)
    assert run("animate", tmp_path / "two.wav", "-o", tmp_path / "x.npz", "--channel", "3") == 1
    assert "two.wav has 2 channels; channel 3 is none of them" in capsys.readouterr().err
    assert usage("animate", "a.wav", "-o", "out", "--channel", "left") == 2
    assert "the channel must be a whole number from 0 on, not 'left'" in capsys.readouterr().err


def test_what_is_odd_about_a_sound_is_a_remark(lines, tmp_path, capsys):
    soundfile.write(tmp_path / "silent.wav", np.zeros(16000), 16000)
    (tmp_path / "short.wav").write_bytes((lines / "line0.wav").read_bytes()[:-2])
    words = [tmp_path / "silent.wav", tmp_path / "short.wav", lines / "line1.wav", "-o", tmp_path / "out"]
    assert run("animate", *words) == 0
    first, second = capsys.readouterr().err.splitlines()
    assert first == "emotalk: No voice was found in silent.wav: it is silent"
    assert second.startswith("emotalk: short.wav is shorter than it says by less than 0.01 seconds")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes with a path")
def test_a_pipe_does_not_hang(tmp_path, capsys):
    os.mkfifo(tmp_path / "line.wav")
    assert run("animate", tmp_path / "line.wav", "-o", tmp_path / "out.npz") == 1
    assert "line.wav is a pipe; write the sound to a file and give that" in capsys.readouterr().err


def test_remarks_are_those_of_the_model(lines, tmp_path, user_weights, monkeypatch):
    user_weights.mkdir()
    shutil.copyfile(bundled_weights(DEFAULT_MODEL), user_weights / "actor.safetensors")
    used = []
    model = Engine.model
    monkeypatch.setattr(Engine, "model", lambda engine, choice: used.append(choice.model_id) or model(engine, choice))
    assert run("animate", lines / "line0.wav", "-o", tmp_path / "line.npz", "--model", "actor") == 0
    assert set(used) == {"actor"}


def test_the_network_runs_where_and_as_it_is_asked_to(lines, tmp_path, monkeypatch):
    asked = []

    def model(_engine, choice):
        asked.append(choice)
        raise EmoTalkError("enough")

    monkeypatch.setattr(Engine, "model", model)
    choice = ("--model", "emotalk-compact", "--device", "cpu", "--precision", "bfloat16", "--windowed")
    assert run("animate", lines / "line0.wav", "-o", tmp_path, *choice) != 0
    assert run("animate", lines / "line0.wav", "-o", tmp_path) != 0
    assert asked == [ModelChoice("emotalk-compact", "cpu", "bfloat16", True), ModelChoice()]


def test_kept_features_are_used_by_the_next_command(lines, tmp_path):
    folder, kept = tmp_path / "features", []
    for number in range(2):
        assert run("animate", lines / "line0.wav", "-o", tmp_path / f"{number}.npz", "--features", folder) == 0
        kept.append([(path.name, path.stat().st_ino) for path in folder.iterdir()])
    assert len(kept[0]) == 1
    assert kept[0] == kept[1]
    assert (tmp_path / "0.npz").read_bytes() == (tmp_path / "1.npz").read_bytes()


@pytest.mark.parametrize(("fell_back", "shrunk"), [(False, False), (True, False), (False, True)])
def test_another_device_than_the_one_asked_for_is_named(lines, tmp_path, capsys, monkeypatch, fell_back, shrunk):
    model = Engine.model

    def on_a_small_gpu(engine, choice=ModelChoice()):  # noqa: B008 - as in the engine
        placed = model(engine, choice)
        placed.fell_back, placed.shrunk = fell_back, shrunk
        return placed

    monkeypatch.setattr(Engine, "model", on_a_small_gpu)
    assert run("animate", lines / "line0.wav", "-o", tmp_path) == 0
    said = capsys.readouterr().err
    assert said.startswith("emotalk: computed on CPU, float32") == (fell_back or shrunk)
    assert said.count("\n") == int(fell_back or shrunk)


def test_a_single_line_that_fails_is_not_counted(lines, tmp_path, capsys):
    assert run("animate", lines / "broken.wav", "-o", tmp_path) == 1
    assert "failed" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("output", "chosen", "expected"),
    [
        ("out", None, ["out/a.npz"]),
        ("out/", "csv", ["out/a.csv"]),
        ("out.d/", None, ["out.d/a.npz"]),
        ("existing.json", "json", ["existing.json/a.json"]),
        ("a.JSON", None, ["a.JSON"]),
        ("b.csv", "csv", ["b.csv"]),
    ],
)
def test_what_an_output_means(tmp_path, monkeypatch, output, chosen, expected):
    monkeypatch.chdir(tmp_path)
    Path("existing.json").mkdir()
    assert plan([Path("sounds/a.wav")], output, chosen) == [Path(path) for path in expected]


def test_one_file_twice_is_no_clash_of_names(tmp_path):
    first, second = Path("a.wav"), Path("b.wav")
    assert plan([first, second], f"{tmp_path}/", None) == [tmp_path / "a.npz", tmp_path / "b.npz"]


def test_a_file_with_the_name_of_a_pattern_is_that_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("take[1].wav", "take1.wav", "take2.wav"):
        Path(name).touch()
    assert expand(["take[1].wav"]) == [Path("take[1].wav")]
    assert expand(["take[2-9].wav", "none.wav"]) == [Path("take2.wav"), Path("none.wav")]
    assert expand(["take?.wav"]) == [Path("take1.wav"), Path("take2.wav")]
