import numpy as np
import pytest
from emotalk.face.phones import PhoneSegment
from emotalk.inference.contract import SAMPLE_RATE
from emotalk.training.laughter.laughing_lines import LaughingLine, lasting, overlap, splice
from emotalk.training.laughter.laughs import Laugh

PHONES = (PhoneSegment("SIL", 0.0, 0.4), PhoneSegment("M", 0.4, 0.6), PhoneSegment("AA", 0.6, 1.0))


@pytest.fixture
def line():
    rng = np.random.default_rng(0)
    return LaughingLine(rng.normal(0, 0.1, SAMPLE_RATE).astype(np.float32), PHONES)


@pytest.fixture
def laugh():
    rng = np.random.default_rng(1)
    samples = rng.normal(0, 0.02, SAMPLE_RATE // 2).astype(np.float32)
    return Laugh("x", samples, ((0.1, 0.2), (0.3, 0.5)), ((0.15, 1.0), (0.4, 0.5)))


def test_a_spliced_laugh_parts_two_phones_and_none_is_cut(line, laugh):
    laughing = splice(line, laugh, 0.55, 0)
    assert [(phone.name, phone.end - phone.start) for phone in laughing.phones] == [
        ("SIL", pytest.approx(0.4)),
        ("M", pytest.approx(0.2)),
        ("SIL", pytest.approx(0.5)),
        ("AA", pytest.approx(0.4)),
    ]
    assert laughing.seconds == pytest.approx(1.5)
    assert laughing.bouts == ((pytest.approx(0.7), pytest.approx(0.8)), (pytest.approx(0.9), pytest.approx(1.1)))
    assert np.array_equal(laughing.samples[: int(0.6 * SAMPLE_RATE)], line.samples[: int(0.6 * SAMPLE_RATE)])
    assert np.array_equal(laughing.samples[int(1.1 * SAMPLE_RATE) :], line.samples[int(0.6 * SAMPLE_RATE) :])


@pytest.mark.parametrize("decibels", [-12, 0, 6])
def test_a_laugh_is_so_loud_against_the_speech(line, laugh, decibels):
    laughing = overlap(line, laugh, 0.2, decibels)
    added = (laughing.samples - line.samples)[int(0.3 * SAMPLE_RATE) : int(0.6 * SAMPLE_RATE)]
    assert 20 * np.log10(added.std() / line.samples.std()) == pytest.approx(decibels, abs=1)
    assert laughing.phones == PHONES
    assert laughing.laughs[0].calls == ((pytest.approx(0.35), 1.0), (pytest.approx(0.6), 0.5))


def test_an_earlier_laugh_stays_and_a_later_one_moves(line, laugh):
    late = overlap(line, laugh, 0.5, 0)
    both = splice(late, laugh, 0.0, 0)
    assert both.laughs[0].bouts[0][0] == pytest.approx(1.1)
    assert both.laughs[1].bouts[0][0] == pytest.approx(0.1)


def test_a_lasting_laugh_is_its_bouts_without_pauses(laugh):
    long = lasting(laugh, 1.0)
    assert long.seconds == pytest.approx(1.0)
    assert long.bouts == ((0.0, 1.0),)
    times = [time for time, _ in long.calls]
    assert times == pytest.approx([0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95])
    first, last = (round(t * SAMPLE_RATE) for t in (0.1, 0.2))
    assert np.array_equal(long.samples[: last - first], laugh.samples[first:last])
