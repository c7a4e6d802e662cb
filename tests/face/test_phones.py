import pytest
from emotalk.face.phones import PHONES, PhoneSegment, fill_gaps, mark_schwas, parse_label
from emotalk.training.compact.visemes import ARTICULATIONS, PHASE_TARGETS


@pytest.mark.parametrize(
    ("label", "phone"), [("aa1", "AA"), ("pau", "SIL"), ("ax", "AX"), ("+SPN+", "SIL"), ("ZH", "ZH"), ("dx", "T")]
)
def test_labels_of_every_corpus_become_phones(label, phone):
    assert parse_label(label) == phone


def test_an_unknown_label_is_refused():
    with pytest.raises(KeyError):
        parse_label("xx")


def test_gaps_become_silence_and_silences_join():
    phones = fill_gaps([PhoneSegment("SIL", 0, 0.1), PhoneSegment("SIL", 0.1, 0.2), PhoneSegment("M", 0.3, 0.4)], 1.0)
    assert phones == (PhoneSegment("SIL", 0, 0.3), PhoneSegment("M", 0.3, 0.4), PhoneSegment("SIL", 0.4, 1.0))


def test_only_short_ah_is_a_schwa():
    long, short = PhoneSegment("AH", 0, 0.1), PhoneSegment("AH", 0.1, 0.15)
    assert [phone.name for phone in mark_schwas((long, short))] == ["AH", "AX"]


def test_every_phone_can_be_articulated():
    assert set(ARTICULATIONS) == set(PHONES)
    for phases in ARTICULATIONS.values():
        assert sum(phase.share for phase in phases) == pytest.approx(1)
    assert PHASE_TARGETS.min() >= 0
    assert PHASE_TARGETS.max() <= 1
