"""Texts as they are written, to words as they are spoken."""

import pytest
from emotalk.inference.alignment.language import foreign_language
from emotalk.inference.alignment.spoken_text import TextError, read_text
from hypothesis import given
from hypothesis import strategies as st


def first_ways(text):
    return [" ".join(word.ways[0]) for word in read_text(text)]


def shown(text):
    return [word.text for word in read_text(text)]


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Don’t — “stop”… please!", ["don't", "stop", "please"]),
        ("Hello (laughs) there [door slams] *sighs* you {off}", ["hello", "there", "you"]),
        ("a (b (c) d) e", ["a", "e"]),
        ("Dr. Smith, Mrs. Jones", ["doctor", "smith", "missus", "jones"]),
        ("Oct. in oct", ["october", "in", "oct"]),
        ("a well-known blend-shape", ["a", "well known", "blend shape"]),
        ("salt & pepper @ 50%", ["salt", "and", "pepper", "at", "fifty percent"]),
        ("the U.S.A. and e.g. this", ["the", "u. s. a.", "and", "e. g.", "this"]),
        ("either/or", ["either", "or"]),
        ("Citroën café Łódź", ["citroen", "cafe", "lodz"]),
        ("$5.50, $1,000.", ["five dollars fifty", "one thousand dollars"]),
        ("rock ’n’ roll", ["rock", "'n", "roll"]),
        ("Tokyo 東京 calling", ["tokyo", "calling"]),
        ("at 7:05 p.m. sharp", ["at", "seven oh five", "p. m.", "sharp"]),
    ],
)
def test_words(text, spoken):
    assert first_ways(text) == spoken


def test_capitals_may_be_initials_or_a_word():
    (word,) = read_text("FBI")
    assert word.ways == (("fbi",), ("f.", "b.", "i."))
    assert read_text("STOP THE CAR")[0].ways == (("stop",),)
    assert read_text("Henry VIII")[1].ways[0] == ("the", "eighth")


def test_words_are_shown_as_they_are_written():
    assert shown("“Citroën,” said Dr. O’Neill — 1,961 times!") == [
        "Citroën",
        "said",
        "Dr",
        "O'Neill",
        "1,961",
        "times",
    ]


@given(st.text(max_size=300))
def test_any_text_gives_words_or_a_sentence(text):
    try:
        words = read_text(text)
    except TextError:
        return
    assert words
    assert all(way and all(way) for word in words for way in word.ways)
    assert all(spoken == spoken.lower() and " " not in spoken for w in words for way in w.ways for spoken in way)


@pytest.mark.parametrize(
    "text", ["(" * 50_000, "[" * 20_000 + "]" * 20_000, "a" * 100_000, "-" * 100_000, "$" * 90_000]
)
def test_hostile_texts_are_quick(text):
    with pytest.raises(TextError):
        read_text(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Ich habe das nicht gewusst, und du auch nicht", "German"),
        ("Le chat est dans la maison avec vous", "French"),
        ("que los niños no están en la casa", "Spanish"),
        ("Ask not what your country can do for you", ""),
        ("I saw La La Land in Los Angeles, and the band played", ""),
        ("Zorblax Kweeb", ""),
    ],
)
def test_languages(text, language):
    assert foreign_language([word.text for word in read_text(text)]) == language
