from itertools import pairwise
from pathlib import Path

import pytest
from emotalk.face.phones import PhoneSegment, fill_gaps, parse_label
from emotalk.training.recordings.aligner import MIN_FIT, Aligner, split_words
from emotalk.training.recordings.sound_files import read_recording

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
TEXT = "I never asked for any of this. But maybe... just maybe, we were made for a moment like this one."


@pytest.fixture(scope="module")
def sound():
    return read_recording(SAMPLES / "line.wav")


def phones_that_were_spoken(seconds):
    rows = [row.split() for row in (SAMPLES / "line.phones").read_text().splitlines()]
    ends = [float(end) for end, _ in rows]
    phones = [
        PhoneSegment(parse_label(row[1]), start, end)
        for row, start, end in zip(rows, [0, *ends[:-1]], ends, strict=True)
    ]
    return fill_gaps(phones, seconds)


def test_words_are_spelled_as_in_a_dictionary():
    assert split_words("Press 1, or 25; it’s Bob's “non-stop” line!") == (
        "press one or two five it's bob's non stop line".split()
    )


def test_lip_sounds_are_found_where_they_were_spoken(sound):
    seconds = len(sound) / 16_000
    found = Aligner().align(sound, TEXT).phones
    assert found[0].start == 0
    assert found[-1].end == pytest.approx(seconds, abs=0.01)
    assert all(first.end == second.start for first, second in pairwise(found))
    expected = [p for p in phones_that_were_spoken(seconds) if p.name in "PBMFV"]
    closures = [p for p in found if p.name in "PBMFV"]
    assert [p.name for p in closures] == [p.name for p in expected]
    for phone, other in zip(closures, expected, strict=True):
        assert (phone.start + phone.end) / 2 == pytest.approx((other.start + other.end) / 2, abs=0.05)


def test_a_wrong_text_fits_worse_than_anyone_speaks(sound):
    aligner = Aligner()
    wrong = aligner.align(
        sound, "please move the boat before the storm comes in from the south and takes the pier away"
    )
    assert aligner.align(sound, TEXT).fit > MIN_FIT
    assert wrong is None or wrong.fit < MIN_FIT


def test_out_of_vocabulary_words_take_their_pronunciation_from_the_caller(sound):
    text = TEXT.replace("moment", "moughmunt").replace("maybe", "meighbee")
    sounded = {"moughmunt": "M OW M AX N T".split(), "meighbee": "M EY B IY".split()}
    assert Aligner().align(sound, text) is None
    with_help = Aligner(sounded.__getitem__).align(sound, text)
    names = [phone.name for phone in Aligner().align(sound, TEXT).phones]
    assert [phone.name for phone in with_help.phones] == names
