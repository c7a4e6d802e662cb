"""Numbers as English speaks them; each function gives the ways in which people say it, the most usual one first."""

import re
from itertools import product
from typing import Final

Ways = tuple[str, ...]
"""Words with spaces between them; the name of a letter is the letter with a dot."""

MOST_WAYS: Final = 6

_ONES: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS: Final = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
_POWERS: Final = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_LARGEST: Final = 10**15
_ORDINALS: Final = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_CURRENCIES: Final = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yen", "yen", "", ""),
}
_SCALES: Final = {"k": "thousand", "m": "million", "bn": "billion", "b": "billion", "tn": "trillion"}
_UNITS: Final = {"%": "percent", "°": "degrees", "°c": "degrees celsius", "°f": "degrees fahrenheit"}
_ROMAN: Final = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}


def cardinal(number: int, *, british: bool = False) -> str:
    """A whole number from 0 to 10¹⁵: "one hundred (and) five"."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        return _TENS[number // 10] + (f" {_ONES[number % 10]}" if number % 10 else "")
    power, name = next((power, name) for power, name in _POWERS if number >= power)
    words = f"{cardinal(number // power, british=british)} {name}"
    rest = number % power
    joint = " and " if british and rest and (power == 100 or rest < 100) else " "
    return words + (joint + cardinal(rest, british=british) if rest else "")


def digits(text: str) -> str:
    """Digit after digit."""
    return " ".join(_ONES[int(digit)] for digit in text if digit in "0123456789")


def ordinal(words: str) -> str:
    """The ordinal of a cardinal: "twenty one" is "twenty first"."""
    head, _, last = words.rpartition(" ")
    if last in _ORDINALS:
        last = _ORDINALS[last]
    else:
        last = last.removesuffix("y") + "ieth" if last.endswith("y") else last + "th"
    return f"{head} {last}".strip()


def say_numeral(token: str) -> Ways:
    """The ways to say a token with digits in it; () if it is none that is known.

    Args:
        token: without spaces: 42, 1,961, 3.14, 1961, 1960s, 21st, 7:05, $5.50, £3m, 20%, 1/2, -4, 007, 555-0199.
    """
    text = token.casefold()
    for pattern, say in _PATTERNS:
        if found := pattern.fullmatch(text):
            return _distinct(say(found))
    return ()


def roman(token: str) -> Ways:
    """The ways to say a Roman numeral below 90, as after the name of a king; () if it is none."""
    if not re.fullmatch(r"(?=[XVIL]{2})(L?X{0,3}|XL)(IX|IV|V?I{0,3})", token):
        return ()
    values = [_ROMAN[letter] for letter in token]
    total = sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))
    return ("the " + ordinal(cardinal(total)), cardinal(total))


def _distinct(ways: list[str]) -> Ways:
    return tuple(dict.fromkeys(" ".join(way.split()) for way in ways))[:MOST_WAYS]


def _whole(text: str) -> list[str]:
    plain = text.replace(",", "")
    number = int(plain)
    if number >= _LARGEST or (len(plain) > 1 and plain.startswith("0")):
        return [digits(plain), digits(plain).replace("zero", "oh")]
    ways = [cardinal(number), cardinal(number, british=True)]
    if len(plain) == 4 and "," not in text:
        ways = _year(number) + ways
    if 100 <= number < 200:
        ways.append(ways[0].replace("one hundred", "a hundred", 1))
    if len(plain) in (3, 4):
        ways.append(digits(plain))
    if number == 0:
        ways += ["oh", "nought"]
    return [digits(plain), *ways] if len(plain) > 6 and "," not in text else ways


def _year(number: int) -> list[str]:
    high, low = divmod(number, 100)
    if not 11 <= high <= 20 or number in range(2000, 2010):
        return []
    if not low:
        return [f"{cardinal(high)} hundred"]
    tail = f"oh {cardinal(low)}" if low < 10 else cardinal(low)
    return [f"{cardinal(high)} {tail}"]


def _decimal(found: re.Match[str]) -> list[str]:
    whole, part = found["whole"], found["part"]
    ways = [f"{way} point {digits(part)}" for way in (_whole(whole or "0"))[:2]]
    if part.startswith("0"):
        ways.append(ways[0].replace("point zero", "point oh"))
    return ways if whole else [f"point {digits(part)}", *ways]


def _clock(found: re.Match[str]) -> list[str]:
    hour, minute = int(found["hour"]), int(found["minute"])
    half = {"a": " a. m.", "p": " p. m."}.get((found["half"] or "")[:1], "")
    if minute == 0:
        return [cardinal(hour) + half] if half else [f"{cardinal(hour)} o'clock", cardinal(hour)]
    ways = [f"{cardinal(hour)} {'oh ' if minute < 10 else ''}{cardinal(minute)}{half}"]
    past = {15: "quarter past", 30: "half past"}.get(minute)
    ways += [f"{past} {cardinal(hour)}"] if past else []
    ways += [f"quarter to {cardinal(hour % 12 + 1)}"] if minute == 45 else []
    return ways


def _money(found: re.Match[str]) -> list[str]:
    one, many, small_one, small_many = _CURRENCIES[found["sign"]]
    whole, part, scale = found["whole"].replace(",", ""), found["part"] or "", _SCALES.get(found["scale"] or "", "")
    amount = _whole(found["whole"])
    if scale:
        point = f" point {digits(part)}" if part else ""
        return [f"{way}{point} {scale} {many}" for way in amount[:2]]
    name = one if whole == "1" else many
    cents = int(part.ljust(2, "0")[:2]) if part else 0
    if not cents or not small_many:
        return [f"{way} {name}" for way in amount] + ([f"a {one}"] if whole == "1" else [])
    small, way = cardinal(cents), amount[0]
    return [
        f"{way} {name} {small}",
        f"{way} {name} and {small} {small_one if cents == 1 else small_many}",
        f"{way} {small}",
        f"{way} {name} {small} {small_many}",
    ]


def _ordinal(found: re.Match[str]) -> list[str]:
    return [ordinal(way) for way in _whole(found["whole"])]


def _decade(found: re.Match[str]) -> list[str]:
    ways = _year(int(found["whole"])) or _whole(found["whole"]) if len(found["whole"]) == 4 else _whole(found["whole"])
    return [re.sub("y$", "ie", way) + "s" for way in ways]


def _fraction(found: re.Match[str]) -> list[str]:
    above, below = int(found["above"]), int(found["below"])
    if below > 100 or above > 100 or not below:
        return [f"{cardinal(above)} slash {cardinal(below)}"] if max(above, below) < _LARGEST else []
    name = {2: "half", 4: "quarter"}.get(below, ordinal(cardinal(below)))
    plural = "halves" if below == 2 else f"{name}s"
    ways = [f"{cardinal(above)} {name if above == 1 else plural}", f"{cardinal(above)} over {cardinal(below)}"]
    return [f"a {name}", *ways] if above == 1 else ways


def _unit(found: re.Match[str]) -> list[str]:
    number = say_numeral(found["number"])
    return [f"{way} {_UNITS[found['unit']]}" for way in number]


def _signed(found: re.Match[str]) -> list[str]:
    words = ("minus", "negative") if found["sign"] in "-−" else ("plus",)
    return [f"{word} {way}" for way, word in product(say_numeral(found["number"])[:2], words)]


def _mixed(found: re.Match[str]) -> list[str]:
    parts = re.findall(r"\d+|[a-z]+", found[0])
    ways = [_whole(part)[0] if part.isdecimal() else part if len(part) > 2 else _letters(part) for part in parts]
    spelled = [digits(part) if part.isdecimal() else _letters(part) for part in parts]
    return [" ".join(ways), " ".join(spelled)]


def _letters(part: str) -> str:
    return " ".join(f"{letter}." for letter in part)


def _groups(found: re.Match[str]) -> list[str]:
    return [digits(found[0]), digits(found[0]).replace("zero", "oh")]


_NUMBER: Final = r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+"
_PATTERNS: Final = tuple(
    (re.compile(pattern, re.ASCII), say)
    for pattern, say in (
        (rf"(?P<whole>{_NUMBER})", lambda found: _whole(found["whole"])),
        (rf"(?P<whole>{_NUMBER})?\.(?P<part>[0-9]+)", _decimal),
        (r"(?P<hour>[01]?[0-9]|2[0-3])[:.](?P<minute>[0-5][0-9])(?P<half>[ap]\.?m\.?)?", _clock),
        (r"(?P<hour>1[0-2]|0?[1-9])(?P<minute>)(?P<half>[ap]\.?m\.?)", lambda found: _clock_hour(found)),
        (rf"(?P<sign>[$£€¥])(?P<whole>{_NUMBER})(?:\.(?P<part>[0-9]+))?(?P<scale>k|m|bn|b|tn)?", _money),
        (rf"(?P<whole>{_NUMBER})(?:st|nd|rd|th)", _ordinal),
        (r"(?P<whole>[0-9]{2}|[0-9]{4})'?s", _decade),
        (r"(?P<above>[0-9]+)/(?P<below>[0-9]+)", _fraction),
        (r"(?P<number>[^%°]+)(?P<unit>%|°[cf]?)", _unit),
        (r"(?P<sign>[-−+])(?P<number>[0-9].*)", _signed),
        (r"[0-9]+(?:-[0-9]+)+", _groups),
        (r"(?=.*[0-9])[a-z0-9]+(?:-[a-z0-9]+)*", _mixed),
    )
)


def _clock_hour(found: re.Match[str]) -> list[str]:
    return [f"{cardinal(int(found['hour']))} {found['half'][0]}. m."]
