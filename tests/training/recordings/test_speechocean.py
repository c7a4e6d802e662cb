from pathlib import Path

import pytest
import soundfile
from emotalk.training.compact.recipe import is_held_out
from emotalk.training.recordings.sound_files import read_recording
from emotalk.training.recordings.speechocean import read_lines

LINE = Path(__file__).resolve().parents[3] / "samples" / "line.wav"
TEXTS = {"1": "i never asked for any of this", "2": "i ever ask for many of his", "3": "and nobody ever asked for this"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("speechocean")
    spoken = read_recording(LINE)[:33_000]
    rows = ["file,speaker,age,gender,seconds,text"]
    for speaker, text in TEXTS.items():
        soundfile.write(folder / f"{speaker}.flac", spoken, 16_000)
        rows.append(f"{speaker}.flac,{speaker},30,f,2.06,{text}")
    (folder / "utterances.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_only_wanted_speakers_are_read(folder):
    (line,) = read_lines(folder, "ocean-1".__eq__)
    assert (line.name, line.speaker) == ("1", "ocean-1")
    assert [phone.name for phone in line.phones if phone.name in "PBMFV"] == ["V", "F", "V"]


def test_the_lines_that_fit_least_are_left_out(folder):
    every = [line.name for line in read_lines(folder)]
    assert "1" in every
    assert [line.name for line in read_lines(folder, worst_fit_share=0.99)] == ["1"]
    kept = [line.name for line in read_lines(folder, worst_fit_share=1 / len(every))]
    assert len(kept) == len(every) - 1


def test_a_share_of_speakers_is_held_out():
    held_out = [is_held_out(f"ocean-{number}", 0.2) for number in range(1000)]
    assert sum(held_out) == pytest.approx(200, abs=40)
    assert held_out == [is_held_out(f"ocean-{number}", 0.2) for number in range(1000)]
