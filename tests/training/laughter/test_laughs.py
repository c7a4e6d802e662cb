import numpy as np
import pytest
from emotalk.inference.contract import SAMPLE_RATE
from emotalk.training.laughter.laughs import BOUTS, Laugh, find_calls, laugh_of, softened
from emotalk.training.sounds.nonverbal import LAUGHING, SoundClip


def noisy_calls(times, loud=None, seconds=3.0):
    """Bursts of noise of 80 ms around these times, over a quiet floor."""
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 1e-3, int(seconds * SAMPLE_RATE))
    for time, level in zip(times, loud or [0.3] * len(times), strict=True):
        first = int((time - 0.04) * SAMPLE_RATE)
        samples[first : first + 1280] += level * np.hanning(1280) * rng.normal(0, 1, 1280)
    return samples.astype(np.float32)


@pytest.mark.parametrize("spacing", [0.15, 0.21, 0.3])
def test_every_call_of_a_bout_is_found_at_its_peak(spacing):
    times = [0.5 + spacing * k for k in range(6)]
    found = find_calls(noisy_calls(times), [(0.3, 2.5)])
    assert [time for time, _ in found] == pytest.approx(times, abs=0.03)


def test_calls_outside_the_bouts_do_not_count():
    assert len(find_calls(noisy_calls([0.5, 1.0, 2.0]), [(0.9, 1.4)])) == 1
    assert find_calls(noisy_calls([0.5]), []) == ()


def test_a_softer_call_is_weaker_by_its_decibels():
    (_, first), (_, second) = find_calls(noisy_calls([0.5, 1.0], [0.3, 0.03]), [(0.3, 1.5)])
    assert first == 1
    assert second == pytest.approx(1 - 20 / 30, abs=0.1)


def test_a_soft_beginning_is_so_many_decibels_down_and_the_end_stays():
    laugh = Laugh("x", noisy_calls([0.5, 1.0, 2.0]), ((0.4, 2.2),), ())
    soft = softened(laugh, 1.0, 20.0)
    at = round(0.4 * SAMPLE_RATE)
    assert soft.samples[:at] == pytest.approx(laugh.samples[:at] * 0.1)
    assert np.array_equal(soft.samples[round(1.5 * SAMPLE_RATE) :], laugh.samples[round(1.5 * SAMPLE_RATE) :])
    strengths = [strength for _, strength in soft.calls]
    assert strengths[0] < strengths[1] < strengths[2]


def test_an_unlabelled_clip_has_bouts_by_its_loudness_and_a_labelled_one_those_of_its_label():
    samples = noisy_calls([0.5, 0.7, 0.9, 2.5, 2.7])
    spans = laugh_of(SoundClip("somebody", LAUGHING, samples, False)).bouts
    assert np.array(spans) == pytest.approx(np.array([(0.45, 0.95), (2.45, 2.75)]), abs=0.06)
    name = "laughing_4-132803-A"
    assert laugh_of(SoundClip(name, LAUGHING, samples, False)).bouts == BOUTS[name]


def test_a_moved_laugh_ends_with_its_line():
    laugh = Laugh("x", np.zeros(3 * SAMPLE_RATE, np.float32), ((0.2, 1.0), (2.0, 3.0)), ((0.5, 1.0), (2.5, 0.5)))
    moved = laugh.moved(1.0, 2.4)
    assert moved.bouts == ((1.2, 2.0),)
    assert moved.calls == ((1.5, 1.0),)
    assert laugh.moved(1.0, 3.5).bouts[-1] == (3.0, 3.5)


def test_labelled_bouts_are_in_order_and_apart():
    for spans in BOUTS.values():
        edges = np.array(spans).ravel()
        assert (np.diff(edges) > 0).all()
        assert edges[0] >= 0
        assert edges[-1] <= 5
