"""Spans of contacts and speech from phones."""

import numpy as np
import pytest
from emotalk.face.gestures import bilabial_spans, bridge_pauses, labiodental_spans, ramps, speech_spans
from emotalk.face.phones import CLOSURE_SHARE, PhoneSegment
from hypothesis import given, settings
from hypothesis import strategies as st


def segments(*phones):
    ends = np.cumsum([seconds for _, seconds in phones])
    return [PhoneSegment(name, end - seconds, end) for (name, seconds), end in zip(phones, ends, strict=True)]


def test_an_m_is_closed_throughout_and_a_p_until_its_burst():
    line = segments(("AA", 0.2), ("M", 0.1), ("AA", 0.2), ("P", 0.1), ("F", 0.1))
    np.testing.assert_allclose(bilabial_spans(line), [(0.2, 0.3), (0.5, 0.5 + 0.1 * CLOSURE_SHARE)])
    np.testing.assert_allclose(labiodental_spans(line), [(0.6, 0.7)])


def test_the_shortest_closure_still_meets_a_frame_of_video():
    (start, end), *others = bilabial_spans(segments(("AA", 0.2), ("B", 0.02), ("AA", 0.2)))
    assert not others
    assert end - start == pytest.approx(0.05)
    assert (start + end) / 2 == pytest.approx(0.2 + 0.01 * CLOSURE_SHARE)


@pytest.mark.parametrize(("pause", "spans"), [(0.2, 1), (0.3, 2)])
def test_a_short_pause_is_speech_and_a_long_one_is_not(pause, spans):
    line = segments(("SIL", 0.5), ("AA", 0.2), ("SIL", pause), ("AA", 0.2), ("SIL", 0.5))
    found = speech_spans(line)
    assert len(found) == spans
    assert found[0][0] == pytest.approx(0.5)
    assert found[-1][1] == pytest.approx(0.9 + pause)


def test_without_phones_there_is_nothing():
    for spans in (bilabial_spans([]), labiodental_spans([]), speech_spans(segments(("SIL", 1.0)))):
        assert spans.shape == (0, 2)
        assert not ramps(spans, np.arange(10) / 30, 0.04).any()


def test_short_silences_are_bridged_and_long_ones_and_those_at_the_ends_stay():
    line = segments(("SIL", 0.1), ("AA", 0.1), ("SIL", 0.1), ("T", 0.1), ("SIL", 0.3), ("AA", 0.1), ("SIL", 0.1))
    bridged = bridge_pauses(line)
    assert [phone.name for phone in bridged] == ["SIL", "AA", "T", "SIL", "AA", "SIL"]
    np.testing.assert_allclose([phone.end for phone in bridged], [0.1, 0.3, 0.4, 0.7, 0.8, 0.9])


def test_a_silence_after_closed_lips_goes_to_the_phone_after_it():
    bridged = bridge_pauses(segments(("AA", 0.2), ("B", 0.1), ("SIL", 0.1), ("AA", 0.2), ("M", 0.1), ("SIL", 0.1)))
    assert [phone.name for phone in bridged] == ["AA", "B", "AA", "M", "SIL"]
    np.testing.assert_allclose([phone.start for phone in bridged], [0, 0.2, 0.3, 0.6, 0.7])


@given(st.lists(st.tuples(st.sampled_from(("SIL", "M", "AA", "P")), st.floats(0.01, 0.4)), max_size=12))
def test_a_bridged_line_has_no_gaps_and_the_same_end(phones):
    line = segments(*phones)
    bridged = bridge_pauses(line)
    assert [phone.name for phone in bridged if phone.name != "SIL"] == [name for name, _ in phones if name != "SIL"]
    if line:
        assert (bridged[0].start, bridged[-1].end) == (line[0].start, line[-1].end)
        np.testing.assert_allclose([p.end for p in bridged[:-1]], [p.start for p in bridged[1:]])
    assert bridge_pauses(bridged) == bridged


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 3), st.floats(0.001, 1)), max_size=6),
    st.floats(0.01, 0.3),
    st.integers(0, 120),
)
def test_ramps_are_those_of_the_nearest_span(spans, ramp, frames):
    spans = np.array([(start, start + length) for start, length in spans]).reshape(-1, 2)
    times = np.arange(frames) / 30
    expected = np.zeros(frames)
    for i, time in enumerate(times):
        away = min((max(start - time, time - end, 0) for start, end in spans), default=np.inf)
        expected[i] = 0.5 + 0.5 * np.cos(np.pi * min(away / ramp, 1))
    np.testing.assert_allclose(ramps(spans, times, ramp), expected, atol=1e-6)
