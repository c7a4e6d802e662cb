"""Cue sheets as people write them, and as they come back."""

import csv
import json

import numpy as np
import pytest
from emotalk.dialogue.cue_sheet import ROW_LIMIT, SIZE_LIMIT, CueSheetError, read_cue_sheet, write_cue_sheet
from emotalk.dialogue.cues import Cue, CueError, parse_emotions
from emotalk.dialogue.timecode import Clock
from emotalk.face.atomic_file import TakenError
from emotalk.face.controls import CONTROLS, LINE_CONTROLS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CLOCK = Clock(24)


@pytest.fixture
def sheet(tmp_path):
    """A function that writes a sheet beside two sounds, and reads it."""
    for name in ("a.wav", "b.wav", "Grüße.wav"):
        (tmp_path / name).write_bytes(b"RIFF")

    def read(text, name="cues.csv", encoding="utf-8", clock=CLOCK, **more):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return read_cue_sheet(path, clock, **more)

    return read


def test_a_row_is_a_line(sheet, tmp_path):
    found = sheet(
        "file,start,character,emotion,intensity,level,style,text,name,model,jaw_gain,key_tolerance\n"
        'a.wav,00:00:01:12,Ann,happy 0.7 + sad .2,1.2,0.8,Crisp,"Hello, you",greeting,,1.5,0.02\n'
    )
    (cue,) = found.usable()
    assert cue == Cue(
        tmp_path / "a.wav",
        37,
        "Ann",
        "greeting",
        "Hello, you",
        "",
        {
            "happy": 0.7,
            "sad": 0.2,
            "intensity": 1.2,
            "emotion_level": 0.8,
            "personal_style": "Crisp",
            "jaw_gain": 1.5,
        },
        {"key_tolerance": 0.02},
    )
    assert not found.unused


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_common_kind_of_csv(sheet, tmp_path, delimiter, encoding):
    rows = [["WAV", " TC-In ", "Speaker", "Angry"], ["Grüße.wav", "2", "Zoë", "0.5"], ["a.wav", "3", "Bob", ""]]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    first, second = sheet(text, encoding=encoding).usable()
    assert (first.audio.name, first.start_frame, first.character, first.controls) == (
        "Grüße.wav",
        49,
        "Zoë",
        {"anger": 0.5},
    )
    assert (second.character, second.controls) == ("Bob", {})


def test_the_decimal_comma_and_the_hint_of_a_spreadsheet(sheet):
    found = sheet("sep=;\nfile;start;jaw;emotion\na.wav;1,5;1,25;happy 0,5\nb.wav;x;;\n")
    assert found.cues[0].start_frame == 37
    assert found.cues[0].controls == {"happy": 0.5, "jaw_gain": 1.25}
    assert found.complaints[3].startswith("'x' is no place")


@pytest.mark.parametrize("control", [*CONTROLS, *LINE_CONTROLS], ids=lambda control: control.name)
@pytest.mark.parametrize("attribute", ["name", "label"])
def test_every_control_is_a_column(sheet, control, attribute):
    value = "Crisp" if control.kind == "name" else control.choices[1] if control.choices else f"{control.maximum:g}"
    (cue,) = sheet(f"file,{getattr(control, attribute)}\na.wav,{value}\n").usable()
    expected = value if control.kind in ("name", "choice") else control.maximum
    assert {**cue.controls, **cue.settings} == {control.name: expected}


def test_all_bad_rows_are_told_together_and_nothing_is_used(sheet):
    found = sheet(
        "file,start,frame,emotion,jaw\n"
        "a.wav,1,,,\n"
        "\n"
        "nowhere.wav,1,,,\n"
        ",1,,,\n"
        "a.wav,soon,,,\n"
        "a.wav,1,5,,\n"
        "a.wav,1,,bored,\n"
        "a.wav,1,,happy 2,\n"
        "a.wav,1,,,9\n"
        "a.wav,1,,,1,surplus\n"
        "b.wav,,7,,\n"
    )
    with pytest.raises(CueSheetError) as caught:
        found.usable()
    for line, (row, words) in zip(
        str(caught.value).splitlines(),
        [
            (4, "There is no file"),
            (5, "The sound file is missing"),
            (6, "'soon' is no place on the timeline"),
            (7, "start and frame are both given"),
            (8, "There is no emotion 'bored'; there are: neutral, happy"),
            (9, "Happy must lie between 0 and 1"),
            (10, "Jaw must lie between 0 and 2"),
            (11, "'surplus' stands in no column"),
        ],
        strict=True,
    ):
        assert line.startswith(f"Row {row}: ")
        assert words in line
    assert [cue.start_frame for cue in found.usable(leave_out_bad=True)] == [25, 7]


def test_many_bad_rows_are_counted(sheet):
    found = sheet("file\n" + "nowhere.wav\n" * 50)
    with pytest.raises(CueSheetError, match="… and 30 more"):
        found.usable()
    with pytest.raises(CueSheetError, match="Row 2: There is no file"):
        found.usable(leave_out_bad=True)
    with pytest.raises(CueSheetError, match="no row with a line"):
        sheet("file\n").usable()


def test_columns_that_mean_nothing_are_named(sheet):
    found = sheet("file,Notes,status,\na.wav,loud,done,\n")
    assert found.unused == ("Notes", "status")
    assert found.usable()


def test_a_formula_is_a_text(sheet, tmp_path):
    (cue,) = sheet('file,name,text\na.wav,=1+1,"=HYPERLINK(""http://x"")"\n').usable()
    assert (cue.name, cue.text) == ("=1+1", '=HYPERLINK("http://x")')
    write_cue_sheet(tmp_path / "out.csv", [cue])
    assert read_cue_sheet(tmp_path / "out.csv", CLOCK).cues == (cue,)


def test_windows_paths_work_everywhere(sheet, tmp_path):
    (tmp_path / "takes").mkdir()
    (tmp_path / "takes" / "c.wav").write_bytes(b"RIFF")
    (cue,) = sheet("file\ntakes\\c.wav\n").usable()
    assert cue.audio.samefile(tmp_path / "takes" / "c.wav")


@pytest.mark.parametrize("wrap", [lambda rows: rows, lambda rows: {"lines": rows}])
def test_json_says_the_same(sheet, wrap):
    rows = [
        {"audio": "a.wav", "start": 1.5, "emotion": {"joy": 0.5}, "controls": {"jaw_gain": 1.5}, "note": None},
        {"File": "b.wav", "tc": "@9", "seed": 4},
        {"file": "a.wav", "happy": True},
        {"file": "a.wav", "wav": "b.wav"},
        {"file": ["a.wav"]},
    ]
    found = sheet(json.dumps(wrap(rows)), "cues.json")
    assert [(cue.start_frame, cue.controls) for cue in found.cues] == [
        (37, {"happy": 0.5, "jaw_gain": 1.5}),
        (9, {"seed": 4}),
    ]
    assert found.unused == ("note",)
    assert found.complaints == {
        3: "True is neither a text nor a number",
        4: "file is given twice",
        5: "['a.wav'] is neither a text nor a number",
    }


def test_each_model_has_its_own_emotions(sheet):
    emotions = {"": ("happy",), "Theirs": ("Longing", "happy")}
    found = sheet(
        "file,model,emotion,Longing\na.wav,,Longing,\na.wav,Theirs,longing .5,\na.wav,Theirs,,0.25\n",
        emotions_of=lambda model: emotions[model],
    )
    assert found.complaints == {2: "There is no emotion 'Longing'; there are: happy"}
    assert [cue.controls for cue in found.cues] == [{"Longing": 0.5}, {"Longing": 0.25}]
    assert not found.unused


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "cues.csv", "no column for the sound"),
        (b"hello,world\n1,2\n", "cues.csv", "no column for the sound"),
        (b"start,emotion\n1,happy\n", "cues.csv", "no column for the sound"),
        (b"file,wav\na,b\n", "cues.csv", "two columns for the same: file and wav"),
        (b"file,file\na,b\n", "cues.csv", "two columns for the same"),
        (b"PK\x03\x04", "cues.xlsx", "is a workbook"),
        (b"file\0\n", "cues.csv", "no table of text"),
        (b"{", "cues.json", "not valid JSON"),
        (b"[" * 200_000, "cues.json", "not valid JSON"),
        (b"[1]", "cues.json", "list of objects"),
        (b'{"cues": []}', "cues.json", "list of objects"),
        (b"file\n" + b'"' + b"a" * 200_000 + b'"\n', "cues.csv", "cannot be read as a table"),
        (b"file\n" + b"a\n" * (ROW_LIMIT + 1), "cues.csv", "more than 10,000 rows"),
        (b"file\n" + b"\n" * SIZE_LIMIT, "cues.csv", "larger than 16 MiB"),
    ],
)
def test_what_is_no_sheet_is_a_sentence(sheet, data, name, words):
    with pytest.raises(CueSheetError, match=words):
        sheet(data, name)


@pytest.mark.parametrize(
    ("mix", "weights"),
    [
        ("happy", {"happy": 1}),
        ("Angry", {"anger": 1}),
        ("happy 0.7 + sad .2", {"happy": 0.7, "sad": 0.2}),
        ("happy=70%, sad: 20 %", {"happy": 0.7, "sad": 0.2}),
        ("joy 1; fear 0.25", {"happy": 1, "fear": 0.25}),
        ("happy 0,7,sad", {"happy": 0.7, "sad": 1}),
    ],
)
def test_emotions_mix(mix, weights):
    assert parse_emotions(mix) == pytest.approx(weights)


@pytest.mark.parametrize("mix", ["happy + joy", "happy -1", "+", "0.7", "happy 0.7 sad"])
def test_what_is_no_mix_is_a_sentence(mix):
    with pytest.raises(CueError):
        parse_emotions(mix)


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).map(str.strip)
numbers = st.floats(0, 1, width=32)
cues = st.builds(
    lambda frame, character, name, text, happy, jaw, style, kind, tolerance: (
        frame,
        character,
        name,
        text,
        {"happy": happy, "jaw_gain": jaw, "personal_style": style, "blink_kind": kind},
        {"key_tolerance": tolerance},
    ),
    st.one_of(st.none(), st.integers(-9999, 99999)),
    words,
    words,
    st.text(st.sampled_from('abc,;"\t\n|=+-@ é😀'), max_size=12).map(str.strip),
    numbers,
    numbers,
    st.sampled_from(["Crisp", "Stage actor"]),
    st.sampled_from(["Lifelike", "Released demo"]),
    st.floats(0, float(np.float32(0.09)), width=32),
)


@pytest.mark.parametrize("suffix", ["csv", "json"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(cues, min_size=1, max_size=4))
def test_a_written_sheet_is_read_as_the_same(tmp_path, suffix, rows):
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    written = [Cue(tmp_path / "a.wav", *row[:4], "", *row[4:]) for row in rows]
    path = tmp_path / f"out.{suffix}"
    write_cue_sheet(path, written, overwrite=True)
    found = read_cue_sheet(path, CLOCK)
    assert not found.complaints
    for was, now in zip(written, found.cues, strict=True):
        assert (now.audio, now.start_frame, now.character) == (was.audio, was.start_frame, was.character)
        assert (now.name, now.text) == (was.name, was.text)
        for before, after in ((was.controls, now.controls), (was.settings, now.settings)):
            assert before.keys() == after.keys()
            for name, value in before.items():
                assert after[name] == value if isinstance(value, str) else np.float32(after[name]) == np.float32(value)


def test_a_written_sheet_is_one_that_people_can_read(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    cue = Cue(tmp_path / "a.wav", 12, "Ann", text="Hi", controls={"happy": float(np.float32(0.7)), "seed": 3.0})
    write_cue_sheet(tmp_path / "out.csv", [cue])
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["file", "frame", "character", "text", "happy", "seed"],
            ["a.wav", "12", "Ann", "Hi", "0.7", "3"],
        ]
    with pytest.raises(TakenError):
        write_cue_sheet(tmp_path / "out.csv", [cue])
