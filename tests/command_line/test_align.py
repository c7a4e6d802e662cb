"""``emotalk align``, and the options of ``emotalk animate`` that say what is said."""

import shutil

import emotalk.api as emotalk
import numpy as np
import pytest
from emotalk.command_line.main import main
from emotalk.face.curve_files import read_curves
from emotalk.inference.alignment.time_files.reading import read_times
from emotalk.inference.models.placement import PlacedModel

TEXT = "I never asked for any of this. But maybe, just maybe, we were made for a moment like this one."


@pytest.fixture
def line(line_wav, tmp_path):
    """The sample line in a folder of its own."""
    return shutil.copy(line_wav, tmp_path / "line.wav")


def run(*words):
    return main([str(word) for word in words])


def usage(*words):
    try:
        return run(*words)
    except SystemExit as ended:
        return ended.code


def performed(line, folder, *words):
    output = folder / "curves.npz"
    assert run("animate", line, "-o", output, "--overwrite", *words) == 0
    return read_curves(output).face.values


def test_times_are_written_as_a_textgrid_and_as_json(line, tmp_path, capsys):
    grid, own = tmp_path / "line.TextGrid", tmp_path / "line.json"
    assert run("align", line, "--text", TEXT, "-o", grid) == 0
    assert capsys.readouterr() == (f"{grid}\n", "")
    assert run("align", line, "--text", TEXT, "-o", own) == 0
    seconds = emotalk.read_speech(line).seconds
    one, two = read_times(grid, seconds), read_times(own, seconds)
    assert [word.text for word in one.words] == [word.strip(".,") for word in TEXT.split()]
    assert [phone.name for phone in one.phones] == [phone.name for phone in two.phones]
    assert own.read_text("utf-8") == emotalk.align(line, TEXT).alignment.to_json()


def test_the_words_lie_where_the_sample_says(line, line_wav):
    labels = [row.split() for row in line_wav.with_suffix(".phones").read_text().splitlines()]
    starts = np.array([0.0, *(float(end) for end, _ in labels[:-1])])
    bilabials = [start for start, (_, name) in zip(starts, labels, strict=True) if name in ("m", "b")]
    alignment = emotalk.align(line, TEXT).alignment
    found = np.array([phone.start for phone in alignment.phones if phone.name in ("M", "B")])
    assert len(found) == len(bilabials)
    assert np.abs(found - bilabials).max() < 0.04


def test_nothing_is_overwritten_unasked(line, tmp_path, capsys):
    grid = tmp_path / "line.TextGrid"
    grid.write_text("precious", "utf-8")
    assert run("align", line, "-o", grid) == 1
    assert f"{grid} exists already; --overwrite replaces it" in capsys.readouterr().err
    assert grid.read_text("utf-8") == "precious"
    assert run("align", line, "-o", grid, "--overwrite") == 0
    assert grid.read_text("utf-8").startswith("File type")


def test_many_lines_go_into_a_folder_and_a_bad_one_is_reported(line, tmp_path, capsys):
    shutil.copy(line, tmp_path / "other.wav")
    (tmp_path / "bad.wav").write_text("no sound", "utf-8")
    (tmp_path / "other.txt").write_text(TEXT, "utf-8")
    folder = tmp_path / "times"
    assert run("align", line, tmp_path / "bad.wav", tmp_path / "other.wav", "-o", folder) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["line.TextGrid", "other.TextGrid"]
    assert len(capsys.readouterr().err.splitlines()) == 1
    words = {path.name: read_times(path, 99.0).words for path in folder.iterdir()}
    assert (len(words["line.TextGrid"]), len(words["other.TextGrid"])) == (0, len(TEXT.split()))


def test_every_way_to_tell_the_words_gives_the_same_face(line, tmp_path):
    heard = performed(line, tmp_path)
    told = performed(line, tmp_path, "--text", TEXT)
    assert not np.array_equal(told, heard)
    (tmp_path / "script.txt").write_text(f"BOB: Hello.\nANN: {TEXT}\n", "utf-8")
    by_name = ("--text-file", tmp_path / "script.txt", "--speaker", "ann")
    assert np.array_equal(performed(line, tmp_path, *by_name), told)
    run("align", line, "--text", TEXT, "-o", tmp_path / "times.json")
    assert np.abs(performed(line, tmp_path, "--times", tmp_path / "times.json") - told).max() < 0.05
    (tmp_path / "line.txt").write_text(TEXT, "utf-8")
    assert np.array_equal(performed(line, tmp_path), told)
    assert np.array_equal(performed(line, tmp_path, "--no-text"), heard)


def test_a_model_that_only_listens_leaves_the_text_beside_the_sound_alone(line, tmp_path, monkeypatch):
    heard = performed(line, tmp_path)
    (tmp_path / "line.txt").write_text(TEXT, "utf-8")
    monkeypatch.setattr(PlacedModel, "hears_phones", False)
    assert np.array_equal(performed(line, tmp_path), heard)


def test_what_lies_beside_a_sound_and_is_no_text_stops_nothing(line, tmp_path, capsys):
    heard = performed(line, tmp_path)
    (tmp_path / "line.txt").write_bytes(b"PK\x03\x04")
    assert np.array_equal(performed(line, tmp_path), heard)
    sentence = "emotalk: line.txt is no plain text; save it as .txt. The line was left to listening"
    assert capsys.readouterr().err.splitlines() == [sentence]
    assert run("animate", line, "-o", tmp_path / "out.npz", "--text-file", tmp_path / "line.txt") == 1


def test_a_pronunciation_of_ones_own_is_heeded(line, tmp_path):
    (tmp_path / "names.txt").write_text("maybe  F UW F UW\n", "utf-8")
    own = ("--pronunciations", tmp_path / "names.txt")
    assert not np.array_equal(
        performed(line, tmp_path, "--text", TEXT, *own), performed(line, tmp_path, "--text", TEXT)
    )


def test_what_was_not_found_is_said(line, tmp_path, capsys):
    written = TEXT.replace("never asked for", "thoroughly elucidated chrysanthemums")
    performed(line, tmp_path, "--text", written)
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "words were not found in the sound and were left to listening: " in sentence
    assert "chrysanthemums" in sentence
    performed(line, tmp_path, "--text", "Ich habe das nicht gewusst")
    assert "The text seems to be German" in capsys.readouterr().err
    performed(line, tmp_path, "--text", "Zebras graze. Judges frown. Ships shine. Goats chew. Kings zigzag.")
    assert "words of the text were found in the sound" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--text", "a", "--text-file", "b"), "not allowed with argument"),
        (("--text", "a", "--no-text"), "not allowed with argument"),
        (("--text", "a", "--speaker", "Ann"), "--speaker chooses lines of a file with text"),
    ],
)
@pytest.mark.parametrize("command", ["animate", "align"])
def test_contradictions_are_wrong_usage(line, tmp_path, capsys, command, words, sentence):
    output = tmp_path / {"animate": "out.npz", "align": "out.json"}[command]
    assert usage(command, line, "-o", output, *words) == 2
    assert sentence in capsys.readouterr().err
    assert not output.exists()


def test_one_text_is_for_one_line(line, tmp_path, capsys):
    assert usage("animate", line, line, "-o", tmp_path / "many", "--text", "a") == 2
    assert "--text is for one line, but there are 2; put LINE.txt beside each LINE.wav" in capsys.readouterr().err


@pytest.mark.parametrize("output", ["out.npz", "out.wav"])
def test_times_have_two_formats(line, tmp_path, capsys, output):
    assert usage("align", line, "-o", tmp_path / output) == 2
    assert f"{output} must end in .TextGrid or .json" in capsys.readouterr().err


def test_a_file_that_cannot_be_used_is_one_sentence(line, tmp_path, capsys):
    (tmp_path / "times.json").write_text("{}", "utf-8")
    assert run("animate", line, "-o", tmp_path / "out.npz", "--times", tmp_path / "times.json") == 1
    assert capsys.readouterr().err.startswith("emotalk: times.json: This JSON has no times")
    assert run("animate", line, "-o", tmp_path / "out.npz", "--text-file", tmp_path / "nowhere.txt") == 1
    assert "nowhere.txt cannot be used" in capsys.readouterr().err
    assert not (tmp_path / "out.npz").exists()
