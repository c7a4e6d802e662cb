"""Numbers of lines: what people and farms write."""

import pytest
from emotalk.dialogue.number_ranges import RangeError, parse_numbers, write_numbers
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1-3,7", (1, 2, 3, 7)),
        ("1-2", (1, 2)),
        ("3-3", (3,)),
        ("12", (12,)),
        (" 7, 1 - 2 ,", (1, 2, 7)),
        ("1-4,2-3,4", (1, 2, 3, 4)),
    ],
)
def test_numbers_ascend_and_come_once(text, numbers):
    assert parse_numbers(text) == numbers


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "No line is named"),
        (",,", "No line is named"),
        ("0", "count from 1"),
        ("5-2", "ends before it begins; write 2-5"),
        ("1..3", "'1..3' is no number"),
        ("-3", "is no number"),
        ("1-3:2", "is no number"),
        ("²", "is no number"),
        ("1-999999999", "more than 100,000 lines"),
        ("9" * 5000, "is no number"),
    ],
)
def test_everything_else_is_a_sentence(text, words):
    with pytest.raises(RangeError, match=words.replace(".", r"\.")):
        parse_numbers(text)


@given(st.sets(st.integers(1, 60), min_size=1))
def test_numbers_survive_writing(numbers):
    assert parse_numbers(write_numbers(numbers)) == tuple(sorted(numbers))


def test_runs_are_written_as_ranges():
    assert write_numbers([7, 3, 2, 1, 9, 10]) == "1-3,7,9-10"
    assert write_numbers([]) == ""
