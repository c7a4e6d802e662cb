"""Pico's voices, with phone times by forced alignment; skipped where ttspico is not installed."""

from itertools import pairwise

import numpy as np
import pytest
from emotalk.face.phones import BILABIALS, PHONES, VOWELS
from emotalk.training.recordings.aligner import Aligner
from emotalk.training.voices import pico
from scipy.signal import butter, sosfiltfilt

TEXT = "A mess. Pass us four more umbrellas, Bob."


@pytest.fixture(scope="module")
def aligner():
    pytest.importorskip("pocketsphinx")
    pytest.importorskip("ttspico")
    return Aligner()


def read_aloud(voice, aligner, text=TEXT, pace=100, pitch=100):
    return pico.speak("umbrellas", voice, text, pace, pitch, aligner)


def brightness(line, names):
    """How loud phones are above 1 kHz, where an m is quiet as well; below, it hums as loudly as a vowel."""
    bright = sosfiltfilt(butter(4, 1_000, "highpass", fs=16_000, output="sos"), line.samples.astype(float))
    spans = [(int(p.start * 16_000), int(p.end * 16_000) + 1) for p in line.phones if p.name in names]
    return np.mean([np.abs(bright[start:end]).mean() for start, end in spans])


def hertz(line):
    """The pitch of its longest vowel."""
    vowel = max((p for p in line.phones if p.name in VOWELS), key=lambda p: p.end - p.start)
    sound = line.samples[int(vowel.start * 16_000) : int(vowel.end * 16_000)].astype(float)
    likeness = np.correlate(sound, sound, "full")[len(sound) - 1 :]
    return 16_000 / (50 + likeness[50:200].argmax())


@pytest.mark.parametrize("voice", pico.VOICES)
def test_the_phones_are_those_of_the_text_and_fill_the_sound(voice, aligner):
    line = read_aloud(voice, aligner)
    assert line.speaker == f"pico-{voice}"
    assert [phone.name for phone in line.phones if phone.name in tuple("PBMFV")] == list("MPFMMBBB")
    assert {phone.name for phone in line.phones} <= set(PHONES)
    assert line.phones[0].start == 0
    assert line.phones[-1].end == pytest.approx(len(line.samples) / 16_000, abs=1e-3)
    assert all(before.start < before.end == after.start for before, after in pairwise(line.phones))


@pytest.mark.parametrize("voice", pico.VOICES)
def test_lips_close_more_quietly_than_vowels_sound(voice, aligner):
    line = read_aloud(voice, aligner)
    for closed in BILABIALS:
        assert 2 * brightness(line, {closed}) < brightness(line, VOWELS), closed


@pytest.mark.parametrize("voice", pico.VOICES)
def test_the_sound_is_loud_and_not_clipped(voice, aligner):
    peak = np.abs(read_aloud(voice, aligner).samples.astype(int)).max()
    assert 8_000 < peak < 32_767


def test_a_line_is_the_same_whatever_was_read_before_it(aligner):
    first = read_aloud("lh0", aligner)
    read_aloud("lh0", aligner, "Ah.", 120, 90)
    again = read_aloud("lh0", aligner)
    assert np.array_equal(first.samples, again.samples)
    assert first.phones == again.phones


def test_pace_shortens_a_line_and_pitch_raises_it(aligner):
    slow, fast = read_aloud("kh0", aligner, pace=80), read_aloud("kh0", aligner, pace=125)
    low, high = read_aloud("kh0", aligner, pitch=90), read_aloud("kh0", aligner, pitch=112)
    assert len(slow.samples) > 1.3 * len(fast.samples)
    assert hertz(high) > 1.1 * hertz(low)


def test_a_text_that_cannot_be_aligned_gives_no_line(aligner, monkeypatch):
    other = read_aloud("lh0", aligner, "Why would somebody dream of music?").samples
    monkeypatch.setattr(pico, "_synthesise", lambda *options: other)
    assert read_aloud("lh0", aligner) is None
