import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
import soundfile
from emotalk.training.recordings.aligner import Aligner
from emotalk.training.recordings.prompts import read_lines, read_table
from emotalk.training.recordings.sound_files import read_recording

LINE = Path(__file__).resolve().parents[3] / "samples" / "line.wav"
TEXT = "I never asked for any of this. But maybe... just maybe, we were made for a moment like this one."


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sounds" / "menu").mkdir(parents=True)
    soundfile.write(tmp_path / "sounds" / "menu" / "moment.flac", read_recording(LINE), 16_000)
    soundfile.write(tmp_path / "sounds" / "noise.wav", np.random.default_rng(0).normal(0, 0.1, 32_000), 16_000)
    (tmp_path / "sounds.txt").write_text(
        f"menu/moment.wav: {TEXT}\nabsent: Nobody recorded this: never.\nnoise: Please hold the line.\n\nempty:\n"
    )
    return tmp_path


def test_the_table_says_what_is_said(folder):
    assert read_table(folder) == {
        "menu/moment": TEXT,
        "absent": "Nobody recorded this: never.",
        "noise": "Please hold the line.",
    }


def test_a_folder_without_a_table_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="transcript"):
        read_table(tmp_path)


def test_only_sounds_that_hold_their_texts_are_read(folder):
    (line,) = read_lines(folder, "someone", Aligner())
    assert (line.name, line.speaker) == ("menu/moment", "someone")
    np.testing.assert_array_equal(line.samples, read_recording(LINE))
    assert line.phones[-1].end == pytest.approx(len(line.samples) / 16_000, abs=0.01)


def test_telephone_sounds_are_read_at_their_wide_band(tmp_path, monkeypatch):
    (tmp_path / "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    tone = np.sin(2 * np.pi * 5000 * np.arange(16_000) / 16_000)
    soundfile.write(tmp_path / "tone.wav", 0.5 * tone, 16_000)
    path = tmp_path / "tone.g722"
    encode(tmp_path / "tone.wav", path)
    spectrum = np.abs(np.fft.rfft(read_recording(path)[2000:14_000]))
    assert np.argmax(spectrum) / 12_000 * 16_000 == pytest.approx(5000, abs=3)


def encode(sound, path):
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(sound), "-f", "g722", str(path)], check=True)


def test_a_missing_decoder_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "tone.g722").write_bytes(b"\0" * 100)
    with pytest.raises(RuntimeError, match="ffmpeg"):
        read_recording(tmp_path / "tone.g722")
