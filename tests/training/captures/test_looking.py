"""``emotalk captures init`` finds what is there, and says what it guessed."""

import importlib.util
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from emotalk.command_line.main import main
from emotalk.face.errors import EmoTalkError
from emotalk.training.captures import looking
from emotalk.training.captures.labels_from_names import guess, guess_labels
from emotalk.training.captures.looking import write_project
from emotalk.training.captures.project import read_project, read_takes
from emotalk.training.captures.take import SPLITS
from hypothesis import given
from hypothesis import strategies as st

_spec = importlib.util.spec_from_file_location("studio", Path(__file__).with_name("studio.py"))
studio = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(studio)


@pytest.fixture(scope="module")
def acted():
    return [studio.act(seed, seconds=12.0) for seed in range(4)]


def test_a_folder_of_live_link_face_becomes_a_project_that_reads(tmp_path, acted):
    names = ("happy_01", "Happy_02", "sad_01", "AngryTake3")
    for name, take in zip(names, acted, strict=True):
        studio.write_take(tmp_path, name, take)
    (tmp_path / "frame_log.csv").write_text("frame,x\n0,1\n1,2\n", "utf-8")
    written = write_project(tmp_path, actor="Ada")
    assert written.takes == 4
    assert written.left_out == (("frame_log.csv", "has no sound of the same name"),)
    project = read_project(written.path)
    assert (project.actor, project.path) == ("Ada", tmp_path / "project.toml")
    read = read_takes(project)
    assert read.left_out == ()
    assert {take.name: take.labels.emotion for take in read.takes} == {
        "happy_01": "happy",
        "Happy_02": "happy",
        "sad_01": "sad",
        "AngryTake3": "anger",
    }
    assert {take.name: take.labels.content for take in read.takes if take.labels.content} == {
        "happy_01": "01",
        "sad_01": "01",
    }
    assert sorted(take.labels.split for take in read.takes) == ["train"] * 3 + ["validation"]


def test_sounds_in_another_folder_and_rates_that_files_do_not_state(tmp_path, acted):
    """3D-ETF has curves and sounds apart, and no rates; FACEGOOD puts a word before the name."""
    (tmp_path / "curves").mkdir()
    (tmp_path / "audio").mkdir()
    for name, take in zip("ab", (acted[0], studio.act(9, 12.0, 25.0)), strict=True):
        studio.write_take(tmp_path / "audio", name, take)
        (tmp_path / "audio" / f"{name}.csv").unlink()
        np.save(tmp_path / "curves" / f"{'bs_value_' if name == 'b' else ''}{name}.npy", take.curves.values)
    project = read_project(write_project(tmp_path).path)
    assert [(entry.name, entry.fps) for entry in project.entries] == [("a", 30.0), ("bs_value_b", 25.0)]
    assert read_takes(project).left_out == ()


def test_columns_of_facegood_get_their_mapping_and_a_strange_rig_its_own_basis(tmp_path, acted):
    from emotalk.training.captures.channel_mapping import read_mapping

    for folder, names in (("facegood", read_mapping("facegood_116", Path()).needed), ("rig", ("c_jaw", "c_brow"))):
        (tmp_path / folder).mkdir()
        studio.write_take(tmp_path / folder, "one", acted[0])
        jaw = acted[0].curves.channel("jawOpen")
        table = np.stack([jaw if name in ("mouth_stretch_c", "c_jaw") else 0 * jaw for name in names], axis=1)
        path = tmp_path / folder / "one.csv"
        np.savetxt(path, table, delimiter=",", header=",".join(names), comments="")
        project = read_project(write_project(tmp_path / folder).path)
        assert project.entries[0].mapping == ("facegood_116" if folder == "facegood" else "")
        assert project.basis.channels[0] == ("browDownLeft" if folder == "facegood" else "c_jaw")
        (take,) = read_takes(project).takes
        np.testing.assert_allclose(take.curves.channel("jawOpen" if folder == "facegood" else "c_jaw"), jaw, atol=1e-6)


def test_a_project_elsewhere_points_to_its_files(tmp_path, acted):
    (tmp_path / "captures").mkdir()
    (tmp_path / "work").mkdir()
    studio.write_take(tmp_path / "captures", 'a "quoted" näme', acted[0])
    written = write_project(tmp_path / "captures", tmp_path / "work" / "ada.toml")
    assert tomllib.loads(written.path.read_text("utf-8"))["takes"][0]["sound"].startswith("../captures/")
    assert [take.name for take in read_takes(read_project(written.path)).takes] == ['a "quoted" näme']


def test_a_project_file_is_only_replaced_when_asked(tmp_path, acted, capsys):
    studio.write_take(tmp_path, "one", acted[0])
    path = tmp_path / "project.toml"
    path.write_text("# mine\n", "utf-8")
    assert main(["captures", "init", str(tmp_path)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert path.read_text("utf-8") == "# mine\n"
    assert main(["captures", "init", str(tmp_path), "--overwrite", "--actor", "Ada"]) == 0
    assert tomllib.loads(path.read_text("utf-8"))["actor"] == "Ada"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["one.csv", "one.wav", "project.toml"]


def test_a_project_file_that_appears_meanwhile_stays(tmp_path, acted, monkeypatch):
    studio.write_take(tmp_path, "one", acted[0])
    path = tmp_path / "project.toml"

    def slowly(takes):
        path.write_text("# of somebody else\n", "utf-8")
        return guess_labels(takes)

    monkeypatch.setattr(looking, "guess_labels", slowly)
    with pytest.raises(EmoTalkError, match="exists already"):
        write_project(tmp_path)
    assert path.read_text("utf-8") == "# of somebody else\n"


def test_what_is_no_take_is_said(tmp_path, acted):
    with pytest.raises(EmoTalkError, match="There is no folder"):
        write_project(tmp_path / "nowhere")
    np.save(tmp_path / "a.npy", np.zeros((100, 10)))
    shutil.copy(Path(__file__).parents[3] / "samples" / "line.wav", tmp_path / "a.wav")
    with pytest.raises(EmoTalkError, match=r"holds no take, .*; a\.npy: has 10 columns without names"):
        write_project(tmp_path)
    studio.write_take(tmp_path, "good", acted[0])
    written = write_project(tmp_path)
    assert written.takes == 1
    assert "# left out: a.npy: has 10 columns" in written.path.read_text("utf-8")


def test_a_take_to_which_no_rate_fits_is_left_to_the_check(tmp_path, acted):
    """Its sound was started 0.4 s before the capture."""
    for name, take in zip("abc", acted, strict=False):
        studio.write_take(tmp_path, name, take)
        (tmp_path / f"{name}.csv").unlink()
        np.save(tmp_path / f"{name}.npy", take.curves.values)
    samples = np.concatenate([np.zeros(6400, np.float32), acted[1].speech.samples])
    soundfile.write(tmp_path / "b.wav", samples, 16000, subtype="FLOAT")
    path = write_project(tmp_path).path
    assert {entry.fps for entry in read_project(path).entries} == {30.0}
    assert [name for name, _ in read_takes(read_project(path)).left_out] == ["b"]
    assert main(["captures", "check", str(path), "--fix"]) == 0
    assert read_takes(read_project(path)).left_out == ()


@pytest.mark.parametrize(
    ("path", "emotion", "level", "rest"),
    [
        ("happy_01.csv", "happy", 0.5, "01"),
        ("M003_angry_level_3_012.npy", "anger", 1.0, "m_003_012"),
        ("surprised_lvl1_2.npy", "surprise", 0.0, "2"),
        ("Sad/take_07.csv", "sad", 0.5, "07"),
        ("SadStrong7.csv", "sad", 1.0, "7"),
        ("take_2_01.csv", "neutral", 0.5, "2_01"),
        ("sadly_happening.csv", "neutral", 0.5, "sadly_happening"),
    ],
)
def test_names_are_read_as_people_write_them(path, emotion, level, rest):
    found = guess(Path(path))
    assert (found.emotion, found.level, found.rest) == (emotion, level, rest)


@given(st.dictionaries(st.from_regex(r"\A(happy|sad|)_[0-9]{1,3}\Z"), st.floats(1, 300), min_size=1, max_size=40))
def test_most_takes_are_trained_on_and_some_held_out(lengths):
    takes = {Path(name): seconds for name, seconds in lengths.items()}
    labels = guess_labels(takes)
    assert labels.keys() == takes.keys()
    count = {split: sum(label.split == split for label in labels.values()) for split in SPLITS}
    assert count["train"] > len(takes) / 2
    assert (count["validation"] > 0) == (len(takes) >= 3)
    assert count["test"] <= count["validation"]
    assert guess_labels(takes) == labels
