from itertools import pairwise

import numpy as np
import pytest
from emotalk.face.phones import PHONE_INDEX, PHONES, PhoneSegment
from emotalk.training.compact.realignment import realign
from hypothesis import given, settings
from hypothesis import strategies as st

PRIORS = np.full(len(PHONES), 1 / len(PHONES))


def scores_of(phones, seconds, certainty=0.9):
    """Log-posteriors of a network that knows the true phones."""
    times = np.arange(int(seconds * 50)) / 50
    scores = np.full((len(times), len(PHONES)), np.log((1 - certainty) / (len(PHONES) - 1)))
    for phone in phones:
        inside = (times >= phone.start) & (times < phone.end)
        scores[inside, PHONE_INDEX[phone.name]] = np.log(certainty)
    return scores


def line_of(names, lengths):
    ends = np.cumsum(lengths)
    return tuple(PhoneSegment(n, float(e - s), float(e)) for n, s, e in zip(names, lengths, ends, strict=True))


TRUE = line_of(["SIL", "M", "AA", "P", "IY", "SIL"], [0.3, 0.1, 0.2, 0.12, 0.2, 0.3])


def test_boundaries_move_to_where_the_network_finds_them():
    labels = line_of(["SIL", "M", "AA", "P", "IY", "SIL"], [0.38, 0.1, 0.1, 0.16, 0.2, 0.28])
    found = realign(labels, scores_of(TRUE, 1.22), PRIORS)
    assert [p.name for p in found] == [p.name for p in TRUE]
    for phone, true in zip(found, TRUE, strict=True):
        assert phone.start == pytest.approx(true.start, abs=0.021)


def test_a_pause_is_inserted_where_the_network_finds_one():
    spoken = line_of(["SIL", "M", "AA", "SIL", "P", "IY", "SIL"], [0.2, 0.1, 0.2, 0.2, 0.1, 0.2, 0.2])
    labels = line_of(["SIL", "M", "AA", "P", "IY", "SIL"], [0.2, 0.1, 0.3, 0.2, 0.2, 0.2])
    found = realign(labels, scores_of(spoken, 1.2), PRIORS)
    assert [p.name for p in found] == [p.name for p in spoken]


def test_no_phone_moves_farther_than_its_reach():
    elsewhere = line_of(["SIL", "M", "SIL"], [1.5, 0.2, 0.3])
    labels = line_of(["SIL", "M", "SIL"], [0.2, 0.2, 1.6])
    (lips,) = (p for p in realign(labels, scores_of(elsewhere, 2.0), PRIORS) if p.name == "M")
    assert lips.start >= 0
    assert lips.end <= 0.65


@settings(max_examples=30)
@given(st.lists(st.sampled_from(("M", "AA", "S", "UW", "SIL")), min_size=1, max_size=12), st.integers(0, 2**32 - 1))
def test_phones_keep_their_order_and_fill_the_line(names, seed):
    rng = np.random.default_rng(seed)
    labels = line_of(names, rng.uniform(0.06, 0.3, len(names)))
    scores = np.log(rng.dirichlet(np.ones(len(PHONES)), int(labels[-1].end * 50) + 1))
    found = realign(labels, scores, PRIORS)
    assert [p.name for p in found if p.name != "SIL"] == [p.name for p in labels if p.name != "SIL"]
    assert found[0].start == 0
    assert found[-1].end == labels[-1].end
    assert all(a.end == pytest.approx(b.start) for a, b in pairwise(found))
