"""The check measures what was put in, puts right what can be put right, and says all of it."""

import html.parser
import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from emotalk.command_line.main import main
from emotalk.face import arkit
from emotalk.face.basis import ARKIT
from emotalk.face.curves import FaceCurves
from emotalk.face.errors import EmoTalkError
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.inference.sound.audio import read_speech
from emotalk.training.captures.check import check_project
from emotalk.training.captures.face_figures import dead_channels, face_figures
from emotalk.training.captures.faults import faults, speaking
from emotalk.training.captures.heard import USUAL, Heard, built_in_model, listen
from emotalk.training.captures.project import read_project, read_takes
from emotalk.training.captures.repair import repairs, write_repairs
from emotalk.training.captures.report import verdict
from emotalk.training.captures.sound_figures import sound_figures
from emotalk.training.captures.sync import measure_sync
from emotalk.training.captures.take import Labels, Take

_spec = importlib.util.spec_from_file_location("studio", Path(__file__).with_name("studio.py"))
studio = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(studio)

SAMPLES = Path(__file__).resolve().parents[3] / "samples"


@pytest.fixture(scope="module")
def acted():
    return studio.act(1), studio.act(2), studio.act(4)


@pytest.fixture
def folder(tmp_path, acted):
    for name, take in zip(("one", "two", "three"), acted, strict=True):
        studio.write_take(tmp_path, name, take)
    return tmp_path


def take_of(acted, **changes):
    return replace(Take("one", acted.speech, acted.curves, Labels()), **changes)


def shift(speech, seconds):
    """The sound that much later, its end cut off."""
    samples, count = speech.samples, round(abs(seconds) * SAMPLE_RATE)
    still = np.zeros(count, np.float32)
    if seconds >= 0:
        return Speech(np.concatenate([still, samples[: len(samples) - count]]))
    return Speech(np.concatenate([samples[count:], still]))


# --- sync ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [-1.5, -0.3, -0.08, 0.0, 0.05, 0.5, 1.9])
def test_the_lag_is_the_one_that_was_put_in(acted, late):
    still = measure_sync(acted[0].speech, acted[0].curves).lag_seconds
    sync = measure_sync(shift(acted[0].speech, late), acted[0].curves)
    assert sync.lag_seconds == pytest.approx(still - late, abs=0.015)
    assert sync.belongs
    assert sync.is_in_time == (abs(late) < 0.1)


@pytest.mark.parametrize("speed", [0.996, 1.0, 1.004])
def test_the_drift_is_the_one_that_was_put_in(acted, speed):
    slow = FaceCurves(acted[0].curves.values, ARKIT, 30.0 * speed)
    assert measure_sync(acted[0].speech, slow).drift == pytest.approx(1 / speed - 1, abs=6e-4)


@pytest.mark.parametrize("other", [1, 2])
def test_another_sound_does_not_belong(acted, other):
    own, strange = (measure_sync(acted[i].speech, acted[0].curves) for i in (0, other))
    assert own.belongs
    assert own.lag_correlation > 0.8
    assert not strange.belongs


def test_a_still_face_and_a_silent_sound_are_no_error(acted):
    nothing = FaceCurves(np.zeros_like(acted[0].curves.values), ARKIT, 30.0)
    for speech, curves in ((acted[0].speech, nothing), (Speech(np.zeros(24 * SAMPLE_RATE, np.float32)), nothing)):
        sync = measure_sync(speech, curves)
        assert (sync.correlation, sync.lag_seconds, sync.drift) == (0, 0, 0)
        assert not sync.belongs


# --- figures ---------------------------------------------------------------------------------------------------------


def test_sound_figures_are_those_of_the_sound():
    """Half a second of a tone at half scale, half a second of noise 60 dB below full scale; then it is clipped."""
    times = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
    tone = 0.5 * np.sin(2 * np.pi * 200 * times)
    noise = 1e-3 * np.random.default_rng(0).choice([-1.0, 1.0], size=len(times))
    figures = sound_figures(Speech(np.concatenate([tone, noise]).astype(np.float32)))
    assert figures.seconds == 1.0
    assert figures.peak == pytest.approx(0.5, abs=1e-3)
    assert figures.clipped == 0
    assert figures.noise_floor == pytest.approx(-60, abs=0.2)
    assert figures.silence == pytest.approx(0.5, abs=0.06)
    clipped = sound_figures(Speech(np.clip(np.concatenate([4 * tone, noise]), -1, 1).astype(np.float32)))
    assert clipped.clipped == pytest.approx(0.5, abs=0.02)


def test_one_word_in_a_silent_take_is_the_speech(acted):
    """A second of 24; the face stands still before and after it, which is no fault."""
    times = np.arange(len(acted[0].speech.samples)) / SAMPLE_RATE
    first, hiss = 10.0, 1e-5 * np.random.default_rng(0).normal(size=len(times))
    inside = (times >= first) & (times < first + 1)
    frames = (acted[0].curves.times >= first) & (acted[0].curves.times < first + 1)
    take = take_of(
        acted[0],
        speech=Speech((acted[0].speech.samples * inside + hiss).astype(np.float32)),
        curves=acted[0].curves.with_values(acted[0].curves.values * frames[:, None]),
    )
    assert 0.5 < speaking(take.speech).sum() / 100 < 1.2
    assert list(faults(take, measure_sync(take.speech, take.curves))) == []


def test_face_figures_find_what_was_spoilt(acted):
    curves = acted[0].curves
    values = curves.values.copy()
    values[:, arkit.INDEX["mouthUpperUpLeft"]] = 0
    values[:, arkit.INDEX["tongueOut"]] = 0
    raw = values.astype(np.float64)
    raw[10, 0], raw[20, 1] = 1.4, -0.3
    figures = face_figures(take_of(acted[0], curves=curves.with_values(values)), raw, 7)
    assert figures.frames == 720
    assert figures.dropped == 7
    assert figures.outside == pytest.approx(2 / raw.size)
    assert (figures.highest[0], figures.lowest[1]) == (1.4, -0.3)
    assert figures.uneven == ("mouthUpperUpLeft and mouthUpperUpRight",)
    assert not figures.is_symmetric
    assert figures.blinks == 8  # one every three seconds in 24
    assert figures.closures > 0
    assert figures.rest < 0.1
    assert "tongueOut" in dead_channels(ARKIT, figures.lowest, figures.highest)
    assert "jawOpen" not in dead_channels(ARKIT, figures.lowest, figures.highest)


def test_a_mouth_that_is_open_and_moves_in_silence_is_measured(acted):
    curves, rng = acted[0].curves, np.random.default_rng(0)
    jaw = curves.channel("jawOpen")
    values = curves.values.copy()
    values[:, arkit.INDEX["jawOpen"]] = np.maximum(jaw, 0.3 + 0.1 * rng.random(len(jaw)))
    before = face_figures(take_of(acted[0]), curves.values, 0)
    after = face_figures(take_of(acted[0], curves=curves.with_values(values)), values, 0)
    assert after.rest > 0.1 + before.rest
    assert before.rest_motion < 0.25
    assert after.rest_motion > 0.25 + before.rest_motion


def test_symmetric_curves_are_told(acted):
    values = acted[0].curves.values.copy()
    for left, right in ARKIT.mirrored.items():
        if left.endswith("Left"):
            values[:, ARKIT.index[right]] = values[:, ARKIT.index[left]]
    assert face_figures(take_of(acted[0], curves=acted[0].curves.with_values(values)), values, 0).is_symmetric


# --- what the built-in model hears -----------------------------------------------------------------------------------


def test_contacts_are_heard_and_their_closures_seen():
    """The sample line, against its own phones: the heard bilabials are near their number, and seen where lips close."""
    speech = read_speech(SAMPLES / "line.wav")
    phones = [line.split()[-1] for line in (SAMPLES / "line.phones").read_text("utf-8").splitlines() if line.strip()]
    spoken = sum(phone.upper().rstrip("012") in ("P", "B", "M") for phone in phones)
    frames = round(speech.seconds * 30)
    open_face = np.zeros((frames, 52), np.float32)
    open_face[:, arkit.INDEX["jawOpen"]] = 0.5
    model = built_in_model()
    opened = listen(model, speech, FaceCurves(open_face, ARKIT, 30.0))
    closed = listen(model, speech, FaceCurves(np.zeros_like(open_face), ARKIT, 30.0))
    assert opened.bilabials == closed.bilabials == pytest.approx(spoken, abs=2)
    assert (opened.seen, closed.seen) == (0, closed.bilabials)
    assert closed.vowels.sum() < speech.seconds
    assert 0 < closed.coverage < 1


def test_coverage_counts_usual_cells_and_takes_add_up():
    seconds = np.zeros(USUAL.shape)
    seconds[0, 0], seconds[4, 4], seconds[1, 1] = 0.3, 9.0, 0.2
    one = Heard(3, 2, 1, seconds)
    assert one.coverage == pytest.approx(1 / USUAL.sum())  # [4, 4] is not usual, [1, 1] too short
    both = one + one
    assert (both.bilabials, both.seen, both.labiodentals) == (6, 4, 2)
    assert both.coverage == pytest.approx(2 / USUAL.sum())
    assert (one + Heard(1, None, 0, seconds)).seen is None


# --- projects --------------------------------------------------------------------------------------------------------


def test_a_take_listed_twice_counts_once(folder):
    (folder / "copy.csv").write_bytes((folder / "one.csv").read_bytes())
    (folder / "copy.wav").write_bytes((folder / "one.wav").read_bytes())
    project = read_project(
        studio.write_project(folder, studio.row("one"), studio.row("copy", split="test"), studio.row("two"))
    )
    assert read_takes(project, "test").takes == ()
    assert read_takes(project).left_out == (("copy", "Its curves are those of take one"),)
    check = check_project(project)
    assert [take.entry.name for take in check.good] == ["one", "two"]


def test_minutes_splits_and_emotions_are_counted(folder):
    project = read_project(
        studio.write_project(
            folder,
            studio.row("one", emotion="happy"),
            studio.row("two", split="validation"),
            studio.row("three", split="test", fps=60.0),
        )
    )
    check = check_project(project)
    assert check.minutes == pytest.approx({("happy", "train"): 0.4, ("neutral", "validation"): 0.4})
    assert verdict(check).startswith("Not ready: 1 of the 3 takes cannot be trained on and will be left out; 2 takes")
    sentences = " ".join(finding.sentence for finding in check.findings)
    for part in ("0.4 minutes to train on", "Only 1 of the takes are happy", 'No take has the split "test"'):
        assert part in sentences
    assert 'split "validation"' not in sentences


def test_nothing_good_is_an_error(folder):
    check = check_project(read_project(studio.write_project(folder, studio.row("one", fps=60.0))))
    assert check.heard is None
    assert check.errors >= 2
    assert verdict(check) == "Not usable: none of the 1 take can be trained on"


# --- putting right ---------------------------------------------------------------------------------------------------


def late_sound(folder):
    samples = soundfile.read(folder / "one.wav", dtype="float32")[0]
    count = round(0.43 * SAMPLE_RATE)
    soundfile.write(
        folder / "one.wav", np.concatenate([np.zeros(count, np.float32), samples]), SAMPLE_RATE, subtype="FLOAT"
    )
    return studio.row("one"), {"offset_seconds": pytest.approx(0.44, abs=0.02)}


def early_sound(folder):
    samples = soundfile.read(folder / "one.wav", dtype="float32")[0]
    soundfile.write(folder / "one.wav", samples[SAMPLE_RATE:], SAMPLE_RATE, subtype="FLOAT")
    return studio.row("one"), {"offset_seconds": pytest.approx(-0.99, abs=0.02)}


def wrong_rate(folder):
    values = np.loadtxt(folder / "one.csv", delimiter=",", skiprows=1, usecols=range(2, 54))
    header = (folder / "one.csv").read_text("utf-8").split("\n", 1)[0].split(",")[2:54]
    np.savetxt(folder / "one.csv", values, delimiter=",", header=",".join(header), comments="")
    return studio.row("one", fps=25.0), {"fps": 30.0}


@pytest.mark.parametrize("spoil", [late_sound, early_sound, wrong_rate], ids=lambda spoil: spoil.__name__)
def test_fix_puts_a_take_right_and_keeps_the_rest_of_the_file(folder, spoil, capsys):
    bad, wanted = spoil(folder)
    path = studio.write_project(folder, f"{bad}# looked at by Ada\n", studio.row("two"), head="# ours\n\n")
    before = path.read_text("utf-8")
    assert main(["captures", "check", str(path)]) == 1
    assert path.read_text("utf-8") == before
    assert "--fix writes it" in capsys.readouterr().out
    assert main(["captures", "check", str(path), "--fix", "--report", str(folder / "report")]) == 0
    fields = tomllib.loads(path.read_text("utf-8"))
    assert {key: fields["takes"][0][key] for key in wanted} == wanted
    changed = {**tomllib.loads(before)["takes"][0], **{key: fields["takes"][0][key] for key in wanted}}
    assert fields["takes"] == [changed, tomllib.loads(before)["takes"][1]]
    assert "# ours" in path.read_text("utf-8")
    assert "# looked at by Ada" in path.read_text("utf-8")
    assert read_takes(read_project(path)).left_out == ()


def test_a_drift_is_put_right_with_a_rate(folder):
    """A camera at 29.88 frames per second, stated as 30."""
    rate = 29.88
    times = np.arange(int(24 * rate)) / rate
    truth = studio.act(1).curves
    values = np.stack([np.interp(times, truth.times, column) for column in truth.values.T], axis=1)
    np.save(folder / "one.npy", values)
    project = read_project(studio.write_project(folder, studio.row("one", "one.npy", fps=30.0)))
    settings = repairs(check_project(project))["one"]
    assert settings["fps"] == pytest.approx(rate, abs=0.02)
    write_repairs(project.path, {"one": settings})
    assert read_takes(read_project(project.path)).left_out == ()
    assert repairs(check_project(read_project(project.path))) == {}


def test_a_take_of_another_sound_is_not_put_right(folder):
    (folder / "one.wav").write_bytes((folder / "two.wav").read_bytes())
    assert repairs(check_project(read_project(studio.write_project(folder, studio.row("one"))))) == {}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_only_the_lines_of_the_setting_change(tmp_path, newline):
    text = (
        'name = "x"\nfps = 24.0 # of all\n[[takes]] # one\nname = "a"\nsound = "a.wav"\ncurves = "a.csv"\n'
        'offset_seconds = 0.5   # by ear\n\n[[ takes ]]\nsound = "b.wav"\ncurves = "b.csv"'
    ).replace("\n", newline)
    path = tmp_path / "project.toml"
    path.write_bytes(text.encode())
    write_repairs(path, {"a": {"offset_seconds": -0.25}, "b": {"fps": 29.97, "offset_seconds": 0.125}})
    wanted = text.replace("= 0.5   #", "= -0.25   #") + f"{newline}fps = 29.97{newline}offset_seconds = 0.125{newline}"
    assert path.read_bytes().decode() == wanted


@pytest.mark.parametrize(
    "text",
    [
        'takes = [{ name = "a", sound = "a.wav", curves = "a.csv" }]\n',
        '[[takes]]\nname = "a"\nsound = "a.wav"\ncurves = """\nfps = 3\n"""\n',
    ],
)
def test_an_unusual_layout_is_left_alone(tmp_path, text):
    path = tmp_path / "project.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(EmoTalkError, match="set this yourself: a: fps = 25"):
        write_repairs(path, {"a": {"fps": 25.0}})
    assert path.read_text("utf-8") == text


# --- the report ------------------------------------------------------------------------------------------------------


class Page(html.parser.HTMLParser):
    """The text of a page, its tags balanced, and what it would load."""

    def __init__(self):
        super().__init__()
        self.text, self.loads, self.tags = "", [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.loads += [value for key, value in attrs if key in ("src", "href")]

    def handle_data(self, data):
        self.text += data


def test_the_page_and_the_json_say_the_same(folder, capsys):
    (folder / "<b>&.csv").write_bytes((folder / "three.csv").read_bytes())
    rows = (studio.row("one"), studio.row("two", fps=60.0), studio.row("three").replace("three.csv", "<b>&.csv"))
    path = studio.write_project(folder, *(text.replace('"three"', '"<i>three"') for text in rows))
    assert main(["captures", "check", str(path)]) == 1
    said = capsys.readouterr().out
    source = (folder / "check" / "check.html").read_text("utf-8")
    figures = json.loads((folder / "check" / "check.json").read_text("utf-8"))
    page = Page()
    page.feed(source)
    assert page.loads == []
    assert "i" not in page.tags
    assert "<i>three" in page.text
    assert figures["verdict"] in page.text
    assert figures["verdict"] in said
    assert figures["errors"] == 1
    assert [take["trained_on"] for take in figures["takes"]] == [True, False, True]
    for take in figures["takes"]:
        for finding in take["findings"]:
            assert finding["sentence"] in page.text
            assert finding["sentence"] in said
    one = figures["takes"][0]
    assert one["sound"]["seconds"] == 24
    assert abs(one["sync"]["lag_seconds"]) < 0.03
    assert one["face"]["highest"]["jawOpen"] == pytest.approx(studio.act(1).curves.channel("jawOpen").max(), abs=1e-3)
    assert page.tags.count("svg") == 3 + 2 * 3
    assert not re.search(r"\bnan\b", source)


def test_a_project_of_no_good_take_has_a_report_too(folder):
    path = studio.write_project(folder, studio.row("one").replace("one.csv", "none.csv"))
    assert main(["captures", "check", str(path)]) == 1
    assert "There is no file none.csv" in (folder / "check" / "check.html").read_text("utf-8")


def test_a_missing_project_is_one_sentence(tmp_path, capsys):
    assert main(["captures", "check", str(tmp_path / "none.toml")]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_blenders_own_python_can_check(folder):
    """It has NumPy and the standard library only; the sounds are WAV."""
    path = studio.write_project(folder, studio.row("one"), studio.row("two"), studio.row("three"))
    blocked = ("bpy", "matplotlib", "PIL", "pocketsphinx", "scipy", "soundfile", "torch", "tqdm")
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({blocked!r}))\n"
        "from emotalk.command_line.main import main\n"
        f"failed = main(['captures', 'init', {str(folder)!r}, '--overwrite'])\n"
        f"sys.exit(failed or main(['captures', 'check', {str(path)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads((folder / "check" / "check.json").read_text("utf-8"))["errors"] == 0
