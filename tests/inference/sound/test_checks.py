"""Faults of a sound are named, and clean speech is left in peace."""

from pathlib import Path

import numpy as np
import pytest
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.inference.sound.audio import read_speech
from emotalk.inference.sound.checks import check_sound

LINE = Path(__file__).resolve().parents[3] / "samples" / "line.wav"


@pytest.fixture(scope="module")
def voice():
    """(n,) clean speech."""
    return read_speech(LINE).samples


def spoken(samples):
    return check_sound(Speech(np.asarray(samples, np.float32)))


@pytest.mark.parametrize("gain", [1.0, 0.1, 0.003])
def test_clean_speech_of_any_level(voice, gain):
    assert spoken(gain * voice) == ()


def test_a_clipped_recording(voice):
    loud = voice / np.abs(voice).max()
    assert spoken(0.98 * loud) == ()
    (sentence,) = spoken(np.clip(6 * loud, -1, 1))
    assert sentence.startswith("The sound is clipped in ")


def test_one_clipped_moment_is_no_fault(voice):
    once = 0.5 * voice / np.abs(voice).max()
    once[len(once) // 2 : len(once) // 2 + 40] = 1
    assert spoken(once) == ()


@pytest.mark.parametrize(("ratio", "is_named"), [(25, False), (5, True)])
def test_noise_under_the_voice(voice, ratio, is_named):
    noise = np.random.default_rng(0).normal(size=len(voice))
    noise *= np.sqrt(np.mean(voice**2)) * 10 ** (-ratio / 20)
    found = " ".join(spoken(voice + noise))
    assert ("dB under the voice" in found) == is_named


@pytest.mark.parametrize(("seconds", "is_named"), [(4, False), (7, True)])
def test_a_long_silence_is_found_where_it_is(voice, seconds, is_named):
    at = SAMPLE_RATE
    with_pause = np.concatenate([voice[:at], np.zeros(seconds * SAMPLE_RATE), voice[at:]])
    found = spoken(with_pause)
    assert bool(found) == is_named
    if is_named:
        first, last = (float(word) for word in found[0].removesuffix(" s").replace(" s to", "").split()[-2:])
        assert first == pytest.approx(1, abs=0.3)
        assert last == pytest.approx(1 + seconds, abs=0.3)


def test_speech_that_no_mouth_can_follow():
    time = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
    tone = np.sin(2 * np.pi * 200 * time)
    rattle = tone * (0.5 - 0.5 * np.cos(2 * np.pi * 9 * time)) ** 2
    speaking = tone * (0.5 - 0.5 * np.cos(2 * np.pi * 4 * time)) ** 2
    assert "very fast" in " ".join(spoken(0.5 * rattle))
    assert "very fast" not in " ".join(spoken(0.5 * speaking))


@pytest.mark.parametrize("samples", [0, 1, 159, 160, 16000])
def test_short_and_silent_sounds(samples):
    assert spoken(np.zeros(samples)) == ()


def test_the_worst_comes_first(voice):
    noise = np.random.default_rng(0).normal(size=len(voice)) * np.sqrt(np.mean(voice**2))
    found = spoken(np.clip(20 * (voice + noise), -1, 1))
    assert [sentence.split()[1] for sentence in found] == ["sound", "noise"]
