"""Numbers as English speaks them, read back by an independent reader of number words."""

import pytest
from emotalk.inference.alignment.numerals import MOST_WAYS, cardinal, digits, ordinal, roman, say_numeral
from hypothesis import given
from hypothesis import strategies as st

_UNITS = dict(zip("zero one two three four five six seven eight nine".split(), range(10), strict=True))
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_UNITS |= dict(zip(_TEENS, range(10, 20), strict=True))
_UNITS |= dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
_POWERS = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}


def value_of(words):
    total = part = 0
    for word in words.split():
        if word in _UNITS:
            part += _UNITS[word]
        elif word == "hundred":
            part *= 100
        elif word in _POWERS:
            total, part = total + part * _POWERS[word], 0
        else:
            assert word == "and"
    return total + part


@given(st.integers(0, 10**15 - 1), st.booleans())
def test_cardinals_are_read_back(number, british):
    assert value_of(cardinal(number, british=british)) == number


@given(st.integers(0, 10**12))
def test_the_first_way_of_a_number_with_commas_is_its_cardinal(number):
    assert value_of(say_numeral(f"{number:,}")[0]) == number or number < 10_000


@pytest.mark.parametrize(
    ("token", "ways"),
    [
        ("1961", ("nineteen sixty one", "one thousand nine hundred sixty one")),
        ("2005", ("two thousand five", "two thousand and five")),
        ("1905", ("nineteen oh five",)),
        ("1900", ("nineteen hundred",)),
        ("1960s", ("nineteen sixties",)),
        ("42", ("forty two",)),
        ("101", ("one hundred one", "one hundred and one", "a hundred one")),
        ("3.14", ("three point one four",)),
        (".5", ("point five",)),
        ("21st", ("twenty first",)),
        ("12th", ("twelfth",)),
        ("100th", ("one hundredth",)),
        ("7:05", ("seven oh five",)),
        ("10:00", ("ten o'clock", "ten")),
        ("3:30", ("three thirty", "half past three")),
        ("11:45", ("eleven forty five", "quarter to twelve")),
        ("7pm", ("seven p. m.",)),
        ("$1", ("one dollar", "a dollar")),
        ("$5.50", ("five dollars fifty", "five dollars and fifty cents", "five fifty")),
        ("£3m", ("three million pounds",)),
        ("€1.01", ("one euro and one cent",)),
        ("20%", ("twenty percent",)),
        ("-4", ("minus four", "negative four")),
        ("1/2", ("a half", "one half")),
        ("3/4", ("three quarters", "three over four")),
        ("007", ("zero zero seven", "oh oh seven")),
        ("555-0199", ("five five five oh one nine nine",)),
        ("20°C", ("twenty degrees celsius",)),
        ("3D", ("three d.",)),
        ("R2-D2", ("r. two d. two",)),
    ],
)
def test_usual_ways(token, ways):
    assert set(ways) <= set(say_numeral(token))


@given(st.text("0123456789.,:/$£€%°-+abcdmkstnrh'", max_size=40))
def test_no_token_gives_too_much_or_fails(token):
    ways = say_numeral(token)
    assert len(ways) <= MOST_WAYS
    assert all(way and way == " ".join(way.split()) and not any(c.isdigit() for c in way) for way in ways)


def test_ordinals_of_tens_and_digits():
    assert [ordinal(cardinal(n)) for n in (1, 2, 3, 20, 30, 55)] == [
        "first",
        "second",
        "third",
        "twentieth",
        "thirtieth",
        "fifty fifth",
    ]
    assert digits("40") == "four zero"


@pytest.mark.parametrize(("token", "number"), [("VIII", 8), ("XIV", 14), ("XL", 40), ("II", 2), ("LXXXIX", 89)])
def test_roman_numerals(token, number):
    assert roman(token)[1] == cardinal(number)


@pytest.mark.parametrize("token", ["I", "MIX", "VX", "", "IIII", "CIVIL"])
def test_what_is_no_roman_numeral(token):
    assert roman(token) == ()
