"""The text of a line from files as people have them."""

import pytest
from emotalk.inference.alignment.spoken_text import TextError
from emotalk.inference.alignment.texts import read_text_file, text_beside
from hypothesis import given
from hypothesis import strategies as st

SRT = (
    "1\r\n00:00:01,000 --> 00:00:03,000\r\n<i>Hello</i> there.\r\n- You too.\r\n\r\n"
    "2\r\n00:00:04,500 --> 00:00:06,000 X1:0\r\n{\\an8}ANN: Good evening.\r\n\r\n"
    "3\r\n01:00:00,000 --> 01:00:02,000\r\n♪ La la ♪\r\n"
)
VTT = (
    "WEBVTT\n\nNOTE of the editor\n\nintro\n00:01.000 --> 00:03.000 line:0\n<v Ann>Hello <b>there</b>\n\n"
    "00:04.000 --> 00:06.000\n<v.loud Bob Smith>Good evening\n"
)
FOUNTAIN = (
    "Title: A Line\n\nINT. HOUSE - DAY\n\nAnn comes in.\n\nANN\n(softly)\nHello there.\nHow are you?\n\n"
    "BOB (V.O.)\nGood [[check]] evening.\n\nShe nods.\n\n@McAvoy\nYes.\n\nANN (CONT'D)\nGood.\n"
)


def text_of(folder, name, content, *how, **named):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_text_file(path, *how, **named)


def test_plain_text_in_any_encoding(tmp_path):
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        assert text_of(tmp_path, "line.txt", "Café\r\nnoir".encode(encoding)).splitlines() == ["Café", "noir"]


def test_subtitles_of_a_stretch(tmp_path):
    assert text_of(tmp_path, "film.srt", SRT).splitlines() == ["Hello there.", "You too.", "Good evening.", "La la"]
    assert text_of(tmp_path, "film.srt", SRT, start=4, end=10) == "Good evening."
    assert text_of(tmp_path, "film.srt", SRT, start=100, end=110) == ""
    assert text_of(tmp_path, "film.srt", SRT, "ann") == "Good evening."
    assert text_of(tmp_path, "film.vtt", VTT).splitlines() == ["Hello there", "Good evening"]
    assert text_of(tmp_path, "film.vtt", VTT, "Bob Smith") == "Good evening"


def test_a_screenplay_by_name(tmp_path):
    assert text_of(tmp_path, "film.fountain", FOUNTAIN, "Ann").splitlines() == ["Hello there.", "How are you?", "Good."]
    assert text_of(tmp_path, "film.fountain", FOUNTAIN, "mcavoy") == "Yes."
    assert text_of(tmp_path, "film.txt", FOUNTAIN, "BOB").split() == ["Good", "evening."]
    assert "Hello there." in text_of(tmp_path, "film.fountain", FOUNTAIN)
    with pytest.raises(TextError, match=r"film.fountain has no line of 'Eve'; there are: ANN, BOB, McAvoy"):
        text_of(tmp_path, "film.fountain", FOUNTAIN, "Eve")


def test_lines_with_names_before_them(tmp_path):
    script = "ANN: Hello.\nBob (aside): Good evening.\nmore of it\nANN: Bye: see you.\n"
    assert text_of(tmp_path, "script.txt", script, "ann").splitlines() == ["Hello.", "Bye: see you."]
    assert text_of(tmp_path, "script.txt", script, "Bob").splitlines() == ["Good evening.", "more of it"]
    assert text_of(tmp_path, "script.txt", "ANN: Hello.\nWell: what now?\n").splitlines() == [
        "Hello.",
        "Well: what now?",
    ]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", b"PK\x03\x04", "a.txt is no plain text; save it as .txt"),
        ("a.txt", b"\0\0\0", "a.txt is no plain text"),
        ("a.srt", b"no times", "a.srt has no subtitles with times"),
        ("a.txt", b"x" * 5_000_000, "a.txt is larger than 4 MiB"),
    ],
)
def test_what_is_no_text_is_refused_in_a_sentence(tmp_path, name, content, sentence):
    with pytest.raises(TextError) as refused:
        text_of(tmp_path, name, content)
    assert str(refused.value).startswith(sentence)


@given(st.text(max_size=300), st.sampled_from(["a.txt", "a.srt", "a.vtt", "a.fountain"]), st.sampled_from(["", "ANN"]))
def test_any_content_gives_a_text_or_a_sentence(tmp_path_factory, content, name, character):
    try:
        text = text_of(tmp_path_factory.mktemp("texts"), name, content.encode("utf-8", "surrogatepass"), character)
    except TextError:
        return
    assert isinstance(text, str)


def test_the_text_beside_a_sound(tmp_path):
    assert text_beside(tmp_path / "line.wav") is None
    (tmp_path / "line.txt").write_text("hello", "utf-8")
    assert text_beside(tmp_path / "line.wav") == tmp_path / "line.txt"
