import pytest
from emotalk.training.phones import PHONES, Phone, named, with_schwas, without_gaps
from emotalk.training.visemes import ARTICULATIONS, PHASE_TARGETS


@pytest.mark.parametrize(
    ("label", "phone"), [("aa1", "AA"), ("pau", "SIL"), ("ax", "AX"), ("+SPN+", "SIL"), ("ZH", "ZH"), ("dx", "T")]
)
def test_labels_of_every_corpus_become_phones(label, phone):
    assert named(label) == phone


def test_an_unknown_label_is_refused():
    with pytest.raises(KeyError):
        named("xx")


def test_gaps_become_silence_and_silences_join():
    phones = without_gaps([Phone("SIL", 0, 0.1), Phone("SIL", 0.1, 0.2), Phone("M", 0.3, 0.4)], 1.0)
    assert phones == (Phone("SIL", 0, 0.3), Phone("M", 0.3, 0.4), Phone("SIL", 0.4, 1.0))


def test_only_short_ah_is_a_schwa():
    long, short = Phone("AH", 0, 0.1), Phone("AH", 0.1, 0.15)
    assert [phone.name for phone in with_schwas((long, short))] == ["AH", "AX"]


def test_every_phone_can_be_articulated():
    assert set(ARTICULATIONS) == set(PHONES)
    for phases in ARTICULATIONS.values():
        assert sum(phase.share for phase in phases) == pytest.approx(1)
    assert PHASE_TARGETS.min() >= 0
    assert PHASE_TARGETS.max() <= 1
