"""The phones of a line without text."""

import numpy as np
import pytest
from emotalk.face.phones import PHONE_INDEX, PHONES
from emotalk.inference.alignment.heard import hear
from hypothesis import given, settings
from hypothesis import strategies as st

from .synthetic_posteriors import posteriors_of, spoken


@given(st.lists(st.sampled_from(PHONES[1:]), min_size=1, max_size=20), st.integers(0, 1000), st.sampled_from([50, 100]))
@settings(max_examples=40, deadline=None)
def test_clear_phones_are_heard_where_they_are(names, seed, rate):
    names = [name for name, before in zip(names, ["", *names], strict=False) if name != before]
    phones, _ = spoken([[name] for name in names], seed, fastest=0.08)
    seconds = phones[-1].end
    heard = hear(posteriors_of(phones, seconds, rate, seed, mistaken=0), rate, seconds)
    assert heard.words == ()
    assert heard.origin == "heard"
    said = [phone for phone in heard.phones if phone.name != "SIL"]
    expected = [phone for phone in phones if phone.name != "SIL"]
    assert [phone.name for phone in said] == [phone.name for phone in expected]
    assert np.abs([a.start - b.start for a, b in zip(said, expected, strict=True)]).max() < 0.04


def test_a_single_frame_is_no_phone():
    posteriors = np.full((50, len(PHONES)), -9.0, np.float32)
    posteriors[:, PHONE_INDEX["AA"]] = 0
    posteriors[25] = -9
    posteriors[25, PHONE_INDEX["M"]] = 0
    assert [phone.name for phone in hear(posteriors, 50, 1.0).phones] == ["AA"]


@pytest.mark.parametrize("frames", [0, 1, 2, 3])
def test_the_shortest_sounds(frames):
    seconds = frames / 50 + 0.01
    heard = hear(posteriors_of((), frames / 50, 50), 50, seconds)
    assert heard.seconds == pytest.approx(seconds)
    assert heard.checked() is heard
