"""Prosody of sounds that are built here, so that what is in them is known."""

import time
from pathlib import Path

import numpy as np
import pytest
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.inference.sound.audio import read_speech
from emotalk.inference.sound.prosody_tracks import QUIETEST, prosody_tracks

LINE = Path(__file__).parents[3] / "samples" / "line.wav"
FPS = 30.0


def voice(notes):
    """A buzzing voice with a formant; ``notes`` are (seconds, Hz, loudness), 0 Hz is silence."""
    parts, phase = [], 0.0
    for seconds, hertz, loud in notes:
        count = int(seconds * SAMPLE_RATE)
        turns = phase + np.cumsum(np.full(count, hertz / SAMPLE_RATE))
        phase = float(turns[-1]) if count else phase
        buzz = sum(np.cos(2 * np.pi * k * turns) / k for k in range(1, 25)) if hertz else np.zeros(count)
        parts.append(loud * np.hanning(count) ** 0.5 * buzz)
    return np.concatenate(parts).astype(np.float32)


def syllables(pitches, louds=None, pause=0.6):
    louds = louds or [0.1] * len(pitches)
    notes = [(pause, 0, 0)]
    for hertz, loud in zip(pitches, louds, strict=True):
        notes += [(0.22, hertz, loud), (0.04, 0, 0)]
    return [*notes, (pause, 0, 0)]


def tracks(samples, fps=FPS):
    return prosody_tracks(Speech(samples), int(len(samples) / SAMPLE_RATE * fps), fps)


def test_phrases_begin_and_end_where_the_voice_does():
    prosody = tracks(np.concatenate([voice(syllables([120] * 6)), voice(syllables([120] * 4))]))
    ends = [edge for phrase in prosody.phrases for edge in phrase]
    assert ends == pytest.approx([0.6, 2.16, 3.36, 4.40], abs=0.12)


def test_pitch_is_in_octaves_against_the_median_at_any_height():
    for base in (90, 150, 260):
        prosody = tracks(voice(syllables([base, base, base * 1.25, base, base, base / 1.25, base])))
        peak, low = prosody.pitch.max(), prosody.pitch.min()
        assert (peak, low) == pytest.approx((np.log2(1.25), -np.log2(1.25)), abs=0.12)


@pytest.mark.parametrize("which", [1, 3, 5])
def test_the_syllable_that_is_higher_and_louder_is_the_strongest_stress(which):
    pitches, louds = [120.0] * 7, [0.08] * 7
    pitches[which], louds[which] = 165.0, 0.16
    stresses = tracks(voice(syllables(pitches, louds))).stresses
    strongest = max(stresses, key=lambda stress: stress.strength)
    assert strongest.second == pytest.approx(0.6 + 0.26 * which + 0.11, abs=0.12)
    assert len(stresses) < 7


def test_a_louder_copy_has_the_same_prosody():
    samples = voice(syllables([120, 140, 110, 170, 120], [0.1, 0.05, 0.1, 0.2, 0.1]))
    soft, loud = tracks(0.05 * samples), tracks(2 * samples)
    np.testing.assert_allclose(soft.loudness, loud.loudness, atol=0.5)
    assert [stress.second for stress in soft.stresses] == [stress.second for stress in loud.stresses]


def test_arousal_rises_where_the_voice_is_raised():
    calm, raised = syllables([120] * 8, [0.06] * 8), syllables([190] * 8, [0.3] * 8)
    arousal = tracks(voice([*calm, *raised])).arousal
    half = len(arousal) // 2
    assert arousal[half:].mean() - arousal[:half].mean() > 0.3
    assert np.abs(arousal).max() <= 1


def breath(loud):
    noise = np.random.default_rng(0).normal(0, 1, int(0.45 * SAMPLE_RATE))
    return (loud * np.hanning(len(noise)) * np.diff(noise, prepend=0)).astype(np.float32)


@pytest.mark.parametrize(("loud", "is_heard"), [(0.003, True), (0.012, True), (0.0, False)])
def test_a_breath_before_a_phrase_is_heard_and_silence_is_none(loud, is_heard):
    spoken = voice(syllables([120] * 6, pause=0.1))
    room = np.random.default_rng(1).normal(0, 1e-5, SAMPLE_RATE)
    prosody = tracks(np.concatenate([room, breath(loud), spoken]).astype(np.float32))
    assert bool(prosody.breaths) == is_heard
    if is_heard:
        start, end = prosody.breaths[0]
        assert 0.9 < start < end < 1.55
        assert prosody.phrases[0][0] == pytest.approx(1.55, abs=0.1)


def test_a_hum_before_a_phrase_is_no_breath():
    hum = 0.01 * np.sin(2 * np.pi * 100 * np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE)
    assert not tracks(np.concatenate([hum, voice(syllables([120] * 6, pause=0.1))]).astype(np.float32)).breaths


@pytest.mark.parametrize("seconds", [0, 0.001, 0.05, 2.0])
def test_silence_and_short_sounds_have_no_prosody(seconds):
    prosody = prosody_tracks(Speech(np.zeros(int(seconds * SAMPLE_RATE), np.float32)), 60, FPS)
    assert prosody.frames == 60
    assert not (prosody.phrases)
    assert not (prosody.stresses)
    assert not (prosody.breaths)
    assert not (prosody.arousal.any())
    assert (prosody.loudness <= 0).all()
    assert (prosody.loudness >= QUIETEST).all()


def test_the_tracks_of_a_line_are_finite_at_any_rate_and_cost_little():
    speech = read_speech(LINE)
    for fps in (12.0, 30.0, 59.94):
        prosody = prosody_tracks(speech, int(speech.seconds * fps), fps)
        for track in (prosody.loudness, prosody.pitch, prosody.voicing, prosody.arousal):
            assert track.dtype == np.float32
            assert np.isfinite(track).all()
        assert 3 <= len(prosody.stresses) <= 20
    start = time.process_time()
    prosody_tracks(speech, 193, FPS)
    assert time.process_time() - start < 0.02 * speech.seconds + 0.05
