"""The sample line's words and phones, with the times that the synthesiser that spoke it has written."""

from pathlib import Path

from emotalk.face.alignment import Alignment, SpokenWord
from emotalk.face.phones import PhoneSegment, fill_gaps, parse_label

TEXT = "I never asked for any of this. But maybe, just maybe, we were made for a moment like this one."
PHONES_OF_WORDS = (1, 4, 4, 3, 3, 2, 3, 3, 4, 4, 4, 2, 2, 3, 3, 1, 6, 3, 3, 3)
SECONDS = 6.38


def alignment(origin="aligned"):
    """The alignment of the sample line."""
    phones, clock = [], 0.0
    for row in (Path(__file__).parent.parent / "samples" / "line.phones").read_text().splitlines():
        end, label = row.split()
        phones.append(PhoneSegment(parse_label(label), clock, float(end)))
        clock = float(end)
    voiced = iter([phone for phone in phones if phone.name != "SIL"])
    words = []
    for text, count in zip(TEXT.split(), PHONES_OF_WORDS, strict=True):
        own = [next(voiced) for _ in range(count)]
        words.append(SpokenWord(text, own[0].start, own[-1].end))
    return Alignment(fill_gaps(phones, SECONDS), tuple(words), origin)
