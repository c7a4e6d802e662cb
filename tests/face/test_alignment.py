"""Words and phones with times: kept as text, and refused where they are none."""

import pytest
from emotalk.face.alignment import Alignment, AlignmentError, SpokenWord
from emotalk.face.phones import PHONES, PhoneSegment
from hypothesis import given
from hypothesis import strategies as st

LINE = Alignment(
    (PhoneSegment("SIL", 0.0, 0.2), PhoneSegment("M", 0.2, 0.3), PhoneSegment("IY", 0.3, 0.6)),
    (SpokenWord("Me", 0.2, 0.6, 0.9),),
    "aligned",
)


@given(st.lists(st.tuples(st.sampled_from(PHONES), st.integers(1, 400)), min_size=1, max_size=30))
def test_an_alignment_comes_back_from_its_text(phones):
    clock, segments = 0.0, []
    for name, milliseconds in phones:
        segments.append(PhoneSegment(name, clock, round(clock + milliseconds / 1000, 4)))
        clock = segments[-1].end
    line = Alignment(tuple(segments), (SpokenWord("naïve 台", 0.0, clock, 0.5),), "edited")
    assert Alignment.from_json(line.to_json()) == line
    assert line.seconds == clock


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "[" * 100_000, '{"phones":[["M",0,"x"]],"words":[],"origin":"heard"}']
)
def test_damaged_text_is_refused_in_a_sentence(text):
    with pytest.raises(AlignmentError, match="damaged"):
        Alignment.from_json(text)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('"M"', '"XX"', "no sound 'XX'"),
        ("0.2,0.3", "0.25,0.3", "out of order"),
        ("0.2,0.3", "0.2,0.2", "out of order"),
        ("0.3,0.6]]", "0.3,NaN]]", "out of order"),
        ("0.3,0.6]]", "0.3,Infinity]]", "out of order"),
        ('"aligned"', '"guessed"', "unknown origin"),
        ('"Me",0.2,0.6', '"Me",0.6,0.2', "word 'Me'"),
    ],
)
def test_times_out_of_order_are_refused_in_a_sentence(before, after, sentence):
    text = LINE.to_json()
    assert before in text
    with pytest.raises(AlignmentError, match=sentence):
        Alignment.from_json(text.replace(before, after))
