"""The resampler against scipy, and against the sines that it should give back."""

from itertools import pairwise

import numpy as np
import pytest
import scipy.signal
from emotalk.inference.sound.resampling import resample, resampled_length
from hypothesis import given, settings
from hypothesis import strategies as st

RATES = (4000, 8000, 11025, 12000, 22050, 24000, 32000, 44100, 47952, 48000, 96000, 192000)
EDGE = 600
"""Samples at 16 kHz next to the ends, where the sound starts out of nothing."""


def sine(frequency, rate, seconds=1.0):
    return np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate).astype(np.float32)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.8, 0.87])
def test_a_tone_keeps_its_place_and_level(rate, share):
    frequency = share * min(rate, 16000) / 2
    result = resample([sine(frequency, rate)], rate, rate)
    np.testing.assert_allclose(result[EDGE:-EDGE], sine(frequency, 16000)[EDGE:-EDGE], atol=2e-3)


@pytest.mark.parametrize("rate", [r for r in RATES if r > 16000])
@pytest.mark.parametrize("frequency", [8000, 8400, 10000, 11000])
def test_what_16_khz_cannot_hold_is_gone(rate, frequency):
    if frequency < rate / 2:
        result = resample([sine(frequency, rate)], rate, rate)
        assert np.abs(result[EDGE:-EDGE]).max() < 2e-4


@pytest.mark.parametrize("rate", RATES)
def test_an_impulse_stays_at_its_time(rate):
    signal = np.zeros(2 * rate, np.float32)
    signal[rate] = 1
    result = resample([signal], rate, 2 * rate)
    assert np.argmax(result) == 16000
    np.testing.assert_allclose(result[15500:16000], result[16001:16501][::-1], atol=1e-6)


@pytest.mark.parametrize("rate", RATES)
def test_agrees_with_scipy_on_speech_like_sound(rate):
    generator = np.random.default_rng(3)
    order = scipy.signal.butter(6, 0.7 * min(rate, 16000) / rate, output="sos")
    signal = scipy.signal.sosfilt(order, generator.normal(size=rate) * 0.1).astype(np.float32)
    theirs = scipy.signal.resample_poly(signal.astype(float), 16000, rate, window=("kaiser", 8.0))
    ours = resample([signal], rate, rate)
    assert len(ours) == len(theirs)
    # scipy's filter is short and lets some of the sound's upper edge go.
    error = (ours - theirs)[EDGE:-EDGE]
    assert np.sqrt(np.mean(error**2)) < 0.05 * np.sqrt(np.mean(theirs**2))


def test_agrees_with_a_long_filter_of_scipy_closely():
    generator = np.random.default_rng(4)
    signal = scipy.signal.sosfilt(scipy.signal.butter(12, 0.2, output="sos"), generator.normal(size=48000))
    taps = scipy.signal.firwin(3 * 2 * 200 + 1, 7600 / 24000, window=("kaiser", 12))
    theirs = scipy.signal.resample_poly(signal, 1, 3, window=taps)
    ours = resample([signal.astype(np.float32)], 48000, 48000)
    np.testing.assert_allclose(ours[EDGE:-EDGE], theirs[EDGE:-EDGE], atol=2e-3 * np.abs(theirs).max())


@settings(deadline=None, max_examples=60)
@given(
    rate=st.sampled_from(RATES) | st.integers(4000, 50000),
    samples=st.integers(1, 5000),
    cuts=st.lists(st.integers(0, 5000), max_size=5),
)
def test_blocks_do_not_matter(rate, samples, cuts):
    signal = np.random.default_rng(samples).uniform(-1, 1, samples).astype(np.float32)
    whole = resample([signal], rate, samples)
    assert len(whole) == resampled_length(samples, rate) == -(-samples * 16000 // rate)
    bounds = sorted({0, samples, *(min(cut, samples) for cut in cuts)})
    pieces = resample([signal[a:b] for a, b in pairwise(bounds)], rate, samples)
    np.testing.assert_allclose(pieces, whole, atol=1e-5)


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_a_sound_that_ends_early_or_late(rate):
    signal = sine(300, rate)
    half = resample([signal[: rate // 2]], rate, rate)
    assert len(half) == 8000
    np.testing.assert_allclose(half, resample([signal[: rate // 2]], rate, rate // 2), atol=1e-5)
    more = resample([signal, signal], rate, rate)
    assert len(more) == 16000


def test_constant_sound_stays_constant():
    for rate in RATES:
        level = resample([np.full(rate, 0.25, np.float32)], rate, rate)
        np.testing.assert_allclose(level[EDGE:-EDGE], 0.25, atol=1e-5)
