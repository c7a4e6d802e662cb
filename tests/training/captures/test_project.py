"""A project reads its good takes whole, in sync and under their names, and names every bad one."""

import importlib.util
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from emotalk.face.basis import ARKIT, FLAME
from emotalk.face.errors import EmoTalkError
from emotalk.inference.contract import SAMPLE_RATE
from emotalk.training.captures.project import read_project, read_takes
from emotalk.training.captures.take import Labels

_spec = importlib.util.spec_from_file_location("studio", Path(__file__).with_name("studio.py"))
studio = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(studio)

REAL = os.environ.get("EMOTALK_CAPTURES", "")
"""A folder with the five takes of ``captures/mandarin_actor``."""


@pytest.fixture(scope="module")
def acted():
    """Two takes of the same actor."""
    return studio.act(1), studio.act(2)


@pytest.fixture
def folder(tmp_path, acted):
    """The files of both."""
    for name, take in zip(("one", "two"), acted, strict=True):
        studio.write_take(tmp_path, name, take)
    return tmp_path


def sound_of(folder, name):
    return soundfile.read(folder / f"{name}.wav", dtype="float32")[0]


def rewrite_sound(folder, name, samples):
    soundfile.write(folder / f"{name}.wav", samples, SAMPLE_RATE, subtype="FLOAT")


def rewrite_rows(folder, name, change):
    """``change`` gets the cells of the rows below the header."""
    path = folder / f"{name}.csv"
    header, *rows = (line.split(",") for line in path.read_text("utf-8").splitlines())
    path.write_text("\n".join(",".join(row) for row in [header, *change(rows)]) + "\n", "utf-8")


# --- what is good ----------------------------------------------------------------------------------------------------


def test_good_takes_come_whole_with_their_labels(folder, acted):
    path = studio.write_project(
        folder,
        studio.row("one", emotion="Happy", level=0.75, intensity=0.5, content="text_1", split="test"),
        studio.row("two"),
        head='name = "studio"\nactor = "Ada"\n',
    )
    project = read_project(path)
    assert (project.name, project.actor, project.basis, project.folder) == ("studio", "Ada", ARKIT, folder)
    takes, left_out = read_takes(project).takes, read_takes(project).left_out
    assert left_out == ()
    assert [take.name for take in takes] == ["one", "two"]
    assert takes[0].labels == Labels("happy", 0.75, 0.5, "text_1", "test")
    assert takes[1].labels == Labels("neutral", 0.5, 1.0, "", "train")
    for take, truth in zip(takes, acted, strict=True):
        assert take.curves.fps == 30
        np.testing.assert_allclose(take.curves.values, truth.curves.values, atol=1e-6)
        np.testing.assert_allclose(take.speech.samples, truth.speech.samples, atol=1e-6)


def test_a_split_is_read_alone(folder):
    project = read_project(studio.write_project(folder, studio.row("one", split="test"), studio.row("two")))
    assert [take.name for take in read_takes(project, "test").takes] == ["one"]
    assert [take.name for take in read_takes(project, "train").takes] == ["two"]
    assert read_takes(project, "validation").takes == ()


@pytest.mark.parametrize("offset", [0.73, -0.51])
def test_an_offset_makes_sound_and_curves_begin_together(folder, acted, offset):
    """The recorder of the sound was started earlier or later than the phone."""
    truth = acted[0]
    samples, cut = truth.speech.samples, round(abs(offset) * SAMPLE_RATE)
    noise = 1e-4 * np.random.default_rng(0).normal(size=cut)
    rewrite_sound(folder, "one", np.concatenate([noise, samples]) if offset > 0 else samples[cut:])
    project = read_project(studio.write_project(folder, studio.row("one", offset_seconds=offset)))
    (take,), left_out = read_takes(project).takes, read_takes(project).left_out
    assert left_out == ()
    first = truth.curves.frames - take.curves.frames
    np.testing.assert_allclose(take.curves.values, truth.curves.values[first:], atol=1e-6)
    begin = round(first / 30 * SAMPLE_RATE)
    np.testing.assert_allclose(take.speech.samples, samples[begin : begin + len(take.speech.samples)], atol=1e-6)
    assert take.speech.seconds == pytest.approx(24 - first / 30, abs=1e-3)


# --- what must not be trained on -------------------------------------------------------------------------------------


def wrong_rate(folder):
    values = np.loadtxt(folder / "one.csv", delimiter=",", skiprows=1, usecols=range(2, 54))
    np.savetxt(folder / "one.csv", values, delimiter=",", header=",".join(live_link_names(folder)), comments="")
    return studio.row("one", fps=25.0), "30 frames per second would fit"


def lower_rate_than_the_timecodes(folder):
    return studio.row("one", fps=25.0), "counts 30 frames a second, not 25"


def higher_rate_than_the_timecodes(folder):
    return studio.row("one", fps=60.0), "skips"


def sound_of_another_take(folder):
    shutil.copy(folder / "two.wav", folder / "one.wav")
    return studio.row("one"), "the sound of another take"


def not_a_number(folder):
    rewrite_rows(folder, "one", lambda rows: [*rows[:100], [*rows[100][:30], "nan", *rows[100][31:]], *rows[101:]])
    return studio.row("one"), "values that are not numbers"


def half_a_curve_file(folder):
    text = (folder / "one.csv").read_bytes()
    (folder / "one.csv").write_bytes(text[: len(text) // 2])
    return studio.row("one"), "cut off"


def half_the_rows(folder):
    rewrite_rows(folder, "one", lambda rows: rows[: len(rows) // 2])
    return studio.row("one"), "cut off, or of another take"


def half_a_sound_file(folder):
    data = (folder / "one.wav").read_bytes()
    (folder / "one.wav").write_bytes(data[: len(data) // 2])
    return studio.row("one"), "one.wav|the sound 12"


def half_the_sound(folder):
    """At 60 frames per second the curves would be as short; they would not follow it."""
    rewrite_sound(folder, "one", sound_of(folder, "one")[: 12 * SAMPLE_RATE])
    return studio.row("one"), "cut off, or of another take"


def ten_channels(folder):
    rows = np.loadtxt(folder / "one.csv", delimiter=",", skiprows=1, usecols=range(2, 12))
    header = (folder / "one.csv").read_text("utf-8").split("\n", 1)[0].split(",")[2:12]
    np.savetxt(folder / "one.csv", rows, delimiter=",", header=",".join(header), comments="")
    return studio.row("one"), "10 of the 52 channels"


def ten_unnamed_channels(folder):
    np.save(folder / "one.npy", np.zeros((720, 10)))
    return studio.row("one", "one.npy"), "10 columns without names"


def sound_a_second_short(folder):
    rewrite_sound(folder, "one", sound_of(folder, "one")[:-SAMPLE_RATE])
    return studio.row("one"), "23.00 s"


def sound_that_begins_a_second_late(folder):
    """Its end was filled up, so that the lengths agree."""
    samples = sound_of(folder, "one")
    rewrite_sound(folder, "one", np.concatenate([samples[SAMPLE_RATE:], samples[:SAMPLE_RATE] * 1e-3]))
    return studio.row("one"), "(0.99|1.00|1.01) s too late"


def sound_that_drifts(folder):
    """A recorder that runs at 0.6 % of another speed, whose end was cut to fit."""
    samples = sound_of(folder, "one")
    times = np.arange(len(samples)) * 1.006
    rewrite_sound(folder, "one", np.interp(times, np.arange(len(samples)), samples, right=0).astype(np.float32))
    return studio.row("one"), "drift apart"


def silent_sound(folder):
    rewrite_sound(folder, "one", np.zeros(24 * SAMPLE_RATE, np.float32))
    return studio.row("one"), "silent"


def lost_tracking(folder):
    rewrite_rows(folder, "one", lambda rows: [[*row[:2], *rows[min(i, 360)][2:]] for i, row in enumerate(rows)])
    return studio.row("one"), "frozen"


def percent(folder):
    scaled = np.loadtxt(folder / "one.csv", delimiter=",", skiprows=1, usecols=range(2, 54)) * 100
    np.savez(folder / "one.npz", **dict(zip(live_link_names(folder), scaled.T, strict=True)), fps=30.0)
    return studio.row("one", "one.npz"), "percent"


def nothing_there(folder):
    (folder / "one.csv").unlink()
    return studio.row("one"), "There is no file one.csv"


def a_pickle(folder):
    np.save(folder / "one.npy", np.array([{"a": 1}], object), allow_pickle=True)
    return studio.row("one", "one.npy"), "damaged"


def live_link_names(folder):
    header = (folder / "one.csv").read_text("utf-8").split("\n", 1)[0].split(",")[2:54]
    return [name[0].lower() + name[1:] for name in header]


def rows_that_end_early(folder):
    path = folder / "one.csv"
    path.write_text("\n".join(line[:60] if i == 300 else line for i, line in enumerate(path.read_text().splitlines())))
    return studio.row("one"), "cut off"


FAULTS = (
    wrong_rate,
    lower_rate_than_the_timecodes,
    higher_rate_than_the_timecodes,
    sound_of_another_take,
    not_a_number,
    half_a_curve_file,
    half_the_rows,
    half_a_sound_file,
    half_the_sound,
    ten_channels,
    ten_unnamed_channels,
    sound_a_second_short,
    sound_that_begins_a_second_late,
    sound_that_drifts,
    silent_sound,
    lost_tracking,
    percent,
    nothing_there,
    a_pickle,
    rows_that_end_early,
)


@pytest.mark.parametrize("spoil", FAULTS, ids=lambda spoil: spoil.__name__)
def test_a_bad_take_is_named_and_left_out(folder, spoil):
    bad, reason = spoil(folder)
    read = read_takes(read_project(studio.write_project(folder, bad, studio.row("two"))))
    assert [take.name for take in read.takes] == ["two"]
    ((name, sentence),) = read.left_out
    assert name == "one"
    assert re.search(reason, sentence), sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("takes = 3", "lists no takes"),
        ('[[takes]]\nname = "a"', "does not say its sound"),
        ('[[takes]]\nname = "a"\nsound = "a.wav"\ncurves = "a.csv"\nmood = "x"', "mood is not known in take a"),
        ('colour = 1\n[[takes]]\nname = "a"\nsound = "a.wav"\ncurves = "a.csv"', "colour is not known"),
        ('basis = "flame-101"\n[[takes]]\nsound = "a.wav"\ncurves = "a.csv"', "the basis is"),
        ('basis = ["x", "x"]\n[[takes]]\nsound = "a.wav"\ncurves = "a.csv"', "twice"),
        ('[[takes]]\nsound = "a.wav"\ncurves = "a.csv"\nsplit = "dev"', "split of take a is 'dev'"),
        ('[[takes]]\nsound = "a.wav"\ncurves = "a.csv"\nlevel = 2', "level of take a"),
        ('[[takes]]\nsound = "a.wav"\ncurves = "a.csv"\nfps = 0', "fps of take a must be above 0"),
        ('[[takes]]\nsound = "a.wav"\ncurves = "a.csv"\noffset_seconds = nan', "offset_seconds of take a"),
        ('[[takes]]\nsound = "a.wav"\ncurves = "a.csv"\n' * 2, "two takes a"),
        ("[[takes", "not a project file in TOML"),
    ],
)
def test_a_project_that_is_not_understood_gets_a_sentence(tmp_path, text, sentence):
    path = tmp_path / "project.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(EmoTalkError, match=re.escape(sentence)) as caught:
        read_project(path)
    assert str(caught.value).startswith("project.toml")


def test_a_project_states_another_basis(tmp_path):
    take = '[[takes]]\nsound = "a.wav"\ncurves = "a.npz"\n'
    path = tmp_path / "project.toml"
    path.write_text(f'basis = "flame-50"\n{take}', "utf-8")
    assert read_project(path).basis is FLAME(50)
    path.write_text(f'basis = ["jaw", "brow"]\n{take}', "utf-8")
    assert read_project(path).basis.channels == ("jaw", "brow")


@pytest.mark.slow
@pytest.mark.skipif(not REAL, reason="EMOTALK_CAPTURES is not the folder of captures/mandarin_actor")
def test_real_takes_are_read_and_the_sounds_of_others_refused(tmp_path):
    names = sorted(path.stem for path in Path(REAL).glob("take_*.csv"))

    def read(sounds):
        files = zip(names, (Path(REAL) / f"{sound}.flac" for sound in sounds), strict=True)
        takes = [f'name = "{name}"\nsound = "{sound}"\ncurves = "{Path(REAL) / name}.csv"\n' for name, sound in files]
        head = 'mapping = "facegood_116"\nfps = 30\n'
        return read_takes(read_project(studio.write_project(tmp_path, *takes, head=head)))

    assert len(names) == 5
    assert [take.name for take in read(names).takes] == names
    for moved in range(1, 5):
        others = read(names[moved:] + names[:moved])
        assert others.takes == ()
        assert [name for name, _ in others.left_out] == names


def real_rows(change):
    """Spoils the cells of the captured file below its header."""

    def spoil(folder):
        rewrite_rows(folder, "one", change)
        return studio.row("one")

    return spoil


def real_sound(change):
    """Spoils the samples of the sound."""

    def spoil(folder):
        rewrite_sound(folder, "one", change(sound_of(folder, "one"), sound_of(folder, "two")))
        return studio.row("one")

    return spoil


REAL_FAULTS = {
    "wrong rate": (lambda _: studio.row("one", fps=25.0), "30 frames per second would fit"),
    "a rate that is wrong by 1 %": (lambda _: studio.row("one", fps=29.7), "state the right fps"),
    "a rate that is wrong by 0.3 %": (lambda _: studio.row("one", fps=29.92), "drift apart|too late"),
    "sound of another take": (real_sound(lambda own, other: other[: len(own)]), "the sound of another take"),
    "sound that was reversed": (real_sound(lambda own, other: own[::-1]), "the sound of another take"),
    "not a number": (real_rows(lambda rows: [*rows[:700], ["nan"] * 37, *rows[701:]]), "not numbers|follow each other"),
    "an empty cell": (
        real_rows(lambda rows: [*rows[:700], [*rows[700][:9], "", *rows[700][10:]], *rows[701:]]),
        "cell",
    ),
    "half the curves": (real_rows(lambda rows: rows[: len(rows) // 2]), "cut off"),
    "half the sound": (real_sound(lambda own, other: own[: len(own) // 2]), "cut off"),
    "a second less sound at the end": (real_sound(lambda own, other: own[:-SAMPLE_RATE]), "48.07 s"),
    "a second less sound at the beginning": (
        real_sound(lambda own, other: own[SAMPLE_RATE:]),
        "0.9[89] s too late|1.0[012] s too late",
    ),
    "sound that begins a second late": (
        real_sound(lambda own, other: np.concatenate([own[SAMPLE_RATE:], own[:SAMPLE_RATE]])),
        "(0.9[89]|1.0[012]) s too late",
    ),
}


@pytest.mark.slow
@pytest.mark.skipif(not REAL, reason="EMOTALK_CAPTURES is not the folder of captures/mandarin_actor")
@pytest.mark.parametrize("fault", REAL_FAULTS)
def test_a_real_take_that_was_spoilt_is_left_out(tmp_path, fault):
    for name, take in (("one", "take_3_15"), ("two", "take_2_04")):
        shutil.copy(Path(REAL) / f"{take}.csv", tmp_path / f"{name}.csv")
        rewrite_sound(tmp_path, name, soundfile.read(Path(REAL) / f"{take}.flac", dtype="float32")[0])
    spoil, reason = REAL_FAULTS[fault]
    head = 'mapping = "facegood_116"\nfps = 30\n'
    read = read_takes(read_project(studio.write_project(tmp_path, spoil(tmp_path), studio.row("two"), head=head)))
    assert [take.name for take in read.takes] == ["two"]
    ((name, sentence),) = read.left_out
    assert name == "one"
    assert re.search(reason, sentence), sentence


@pytest.mark.slow
@pytest.mark.skipif(not REAL, reason="EMOTALK_CAPTURES is not the folder of captures/mandarin_actor")
def test_ten_real_channels_are_not_enough(tmp_path):
    (tmp_path / "one.flac").write_bytes((Path(REAL) / "take_3_15.flac").read_bytes())
    lines = (Path(REAL) / "take_3_15.csv").read_text("utf-8").splitlines()
    (tmp_path / "one.csv").write_text("\n".join(",".join(line.split(",")[:11]) for line in lines), "utf-8")
    take = studio.row("one").replace("one.wav", "one.flac")
    path = studio.write_project(tmp_path, take, head='mapping = "facegood_116"\nfps = 30\n')
    ((name, sentence),) = read_takes(read_project(path)).left_out
    assert name == "one"
    assert "lacks" in sentence
