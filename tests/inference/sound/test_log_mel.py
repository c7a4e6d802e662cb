import numpy as np
import pytest
from emotalk.inference.contract import SAMPLE_RATE
from emotalk.inference.sound.log_mel import (
    BANDS,
    HOP,
    MEL_CENTRES,
    PITCH_BINS,
    compressed,
    expanded,
    log_mel,
    pitch_salience,
    relative_loudness,
    spectral_offset,
    speech_level,
)
from hypothesis import given, settings
from hypothesis import strategies as st


def tone(hertz, seconds=1.0, loud=0.3):
    return (loud * np.sin(2 * np.pi * hertz * np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE)).astype(np.float32)


def babble(seconds=2.0, seed=0):
    rng = np.random.default_rng(seed)
    swell = np.repeat(rng.uniform(0, 1, int(seconds * 10) + 1), SAMPLE_RATE // 10)[: int(seconds * SAMPLE_RATE)]
    return (0.2 * swell * rng.normal(0, 1, len(swell))).astype(np.float32)


@pytest.mark.parametrize("hertz", [300, 1000, 3000, 6000])
def test_a_tone_is_loudest_in_the_band_that_is_nearest_to_it(hertz):
    sound = tone(hertz)
    frames = log_mel(sound, speech_level(sound), 20, 80)
    assert abs(MEL_CENTRES[frames.mean(axis=0).argmax()] / hertz - 1) < 0.06


def test_frames_stand_at_absolute_times():
    sound = np.zeros(SAMPLE_RATE, np.float32)
    sound[5000:5100] = 0.5
    frames = log_mel(sound, speech_level(sound), 0, SAMPLE_RATE // HOP + 1)
    assert frames.mean(axis=1).argmax() == pytest.approx(5050 / HOP, abs=1)


@given(start=st.integers(-50, 250), length=st.integers(1, 100))
@settings(max_examples=25, deadline=None)
def test_any_stretch_is_the_same_as_in_one_pass(start, length):
    sound = babble()
    level = speech_level(sound)
    whole = log_mel(sound, level, -60, 400)
    np.testing.assert_allclose(log_mel(sound, level, start, start + length), whole[start + 60 :][:length], atol=1e-5)
    pitches = pitch_salience(sound, level, -60, 400)
    stretch = pitch_salience(sound, level, start, start + length)
    np.testing.assert_allclose(stretch, pitches[start + 60 :][:length], atol=1e-5)


@pytest.mark.parametrize("gain", [0.1, 0.5, 4.0])
def test_a_louder_copy_gives_the_same_frames(gain):
    sound = babble()
    copy = sound * np.float32(gain)
    first, second = (log_mel(x, speech_level(x), 0, 200) for x in (sound, copy))
    np.testing.assert_allclose(first, second, atol=1e-3)


def test_near_silence_is_not_amplified():
    whisper_of_noise = babble() * np.float32(1e-5)
    assert speech_level(whisper_of_noise) == speech_level(np.zeros(100, np.float32))
    assert log_mel(whisper_of_noise, speech_level(whisper_of_noise), 0, 100).mean() < -1


@pytest.mark.parametrize("count", [0, 1, 2, 159, 161])
def test_very_short_sounds_can_be_heard(count):
    sound = np.full(count, 0.1, np.float32)
    level = speech_level(sound)
    assert log_mel(sound, level, 0, 3).shape == (3, BANDS)
    assert pitch_salience(sound, level, 0, 3).shape == (3, PITCH_BINS)
    assert np.isfinite(log_mel(sound, level, -2, 3)).all()


@pytest.mark.parametrize("hertz", [100, 160, 250])
def test_pitch_salience_peaks_at_the_pitch(hertz):
    sound = sum(tone(hertz * k, loud=0.1 / k) for k in range(1, 6))
    salience = pitch_salience(sound, speech_level(sound), 5, 20).mean(axis=0)
    pitches = np.geomspace(70, 420, PITCH_BINS)
    assert salience.max() > 0.7
    # A harmonic sound is also periodic at an octave below, never more so above.
    assert abs(np.log2(pitches[np.flatnonzero(salience > 0.9 * salience.max()).max()] / hertz)) < 0.12


@given(st.floats(1e-4, 1e3))
def test_compression_can_be_undone(power):
    assert expanded(compressed(np.array([power], np.float32)))[0] == pytest.approx(power, rel=1e-2, abs=2e-6)


def test_loudness_rises_with_the_sound_and_knows_no_gain():
    time = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
    noise = np.random.default_rng(0).normal(0, 1, len(time)).astype(np.float32)
    sound = 0.1 * noise * 10 ** (time - 3)
    levels = [relative_loudness(log_mel(s, speech_level(s), 0, 300)) for s in (sound, 0.1 * sound)]
    assert np.abs(levels[0] - levels[1]).max() < 1e-3
    smooth = np.convolve(levels[0], np.ones(50) / 50, "valid")
    assert (np.diff(smooth) > -1e-3).all()
    assert levels[0][:10].max() == 0
    assert levels[0][-30:].mean() > 0.6


LONG_TERM_AVERAGE = np.linspace(1, -1, BANDS, dtype=np.float32)


def through_a_microphone(sound, decibels):
    """Treble louder or softer than it was, by so many decibels from the lowest to the highest band."""
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    gains = np.interp(hertz, MEL_CENTRES, np.linspace(0, decibels, BANDS))
    return np.fft.irfft(np.fft.rfft(sound) * 10 ** (gains / 20), len(sound)).astype(np.float32)


@pytest.mark.parametrize("decibels", [-25, -10, 12])
def test_spectral_mean_normalisation_makes_microphones_alike(decibels):
    frames, normalised = [], []
    for sound in (babble(6), through_a_microphone(babble(6), decibels)):
        level = speech_level(sound)
        mel = log_mel(sound, level, 0, 600)
        frames.append(mel)
        normalised.append(mel - spectral_offset(sound, level, LONG_TERM_AVERAGE))
    apart, near = (np.abs(first - second).mean() for first, second in (frames, normalised))
    assert near < 0.35 * apart


def test_the_offset_is_the_mean_of_the_loud_frames_however_long_the_sound(monkeypatch):
    sound = np.concatenate([np.zeros(SAMPLE_RATE, np.float32), babble(8), np.zeros(4 * SAMPLE_RATE, np.float32)])
    level = speech_level(sound)
    offset = spectral_offset(sound, level, LONG_TERM_AVERAGE)
    mel = log_mel(sound, level, 0, len(sound) // HOP + 1)
    weights = relative_loudness(mel) ** 2
    expected = (weights @ mel + 30 * LONG_TERM_AVERAGE) / (weights.sum() + 30) - LONG_TERM_AVERAGE
    np.testing.assert_allclose(offset, expected, atol=1e-4)
    monkeypatch.setattr("emotalk.inference.sound.log_mel._SPECTRUM_CHUNK", 77)
    np.testing.assert_allclose(spectral_offset(sound, level, LONG_TERM_AVERAGE), offset, atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, 100, 16000])
def test_silence_has_no_offset(count):
    silence = np.zeros(count, np.float32)
    assert np.abs(spectral_offset(silence, speech_level(silence), LONG_TERM_AVERAGE)).max() < 1e-6


def test_a_short_sound_has_a_smaller_offset_than_a_long_one():
    sizes = [
        np.abs(spectral_offset(sound, speech_level(sound), LONG_TERM_AVERAGE)).mean()
        for sound in (babble(0.2), babble(8))
    ]
    assert sizes[0] < 0.8 * sizes[1]


def test_pitch_salience_is_the_normalised_autocorrelation_at_each_pitch():
    """Computed anew, one frame and one lag at a time."""
    sound = babble(1) + sum(tone(140 * k, loud=0.1 / k) for k in range(1, 4))
    level = speech_level(sound)
    salience = pitch_salience(sound, level, 3, 6)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(400) + 0.5) / 400)

    def correlation(first, lag):
        return float(first[: 400 - lag] @ first[lag:])

    def decayed(frame, lag):
        """At 8 kHz; the window makes long lags smaller, which is corrected."""
        return correlation(frame, lag) / correlation(window, lag) * correlation(window, 0)

    for row, number in zip(salience, (3, 4, 5), strict=True):
        around = sound[640 * number - 400 : 640 * number + 400].astype(float)
        frame = (around[::2] + around[1::2]) * window
        for value, hertz in zip(row, np.geomspace(70, 420, PITCH_BINS), strict=True):
            lag = 8000 / hertz
            below = int(lag)
            between = decayed(frame, below) * (1 - lag + below) + decayed(frame, below + 1) * (lag - below)
            silence = 10 ** (level / 10) * 1e-2 * 800
            assert value == pytest.approx(between / (correlation(frame, 0) + silence), abs=2e-3)


def test_the_level_is_the_mean_power_of_the_loud_blocks():
    """Blocks of 10 ms whose difference signal is within 25 dB of the loudest hundredth."""
    rng = np.random.default_rng(3)
    gains = np.repeat(10 ** (rng.uniform(-60, 0, 400) / 20), 160)
    sound = (gains * rng.normal(0, 0.3, 64_000)).astype(np.float32)
    sharpened = np.diff(sound.astype(float), prepend=sound[0]) + 0.05 * sound
    decibels = 10 * np.log10(np.mean(sharpened.reshape(400, 160) ** 2, axis=1))
    loud = decibels > np.percentile(decibels, 99) - 25
    assert 0.1 < loud.mean() < 0.9
    expected = 10 * np.log10(np.mean(10 ** (decibels[loud] / 10)))
    assert speech_level(sound) == pytest.approx(expected, abs=0.01)


def test_log_mel_is_the_power_in_triangles_on_the_mel_scale():
    sound = babble(1)
    level = speech_level(sound)
    frames = log_mel(sound, level, 10, 13)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(400) + 0.5) / 400)
    mels = np.linspace(2595 * np.log10(1 + 60 / 700), 2595 * np.log10(1 + 7600 / 700), BANDS + 2)
    corners = 700 * (10 ** (mels / 2595) - 1)
    hertz = np.arange(257) * 16000 / 512
    for row, number in zip(frames, (10, 11, 12), strict=True):
        around = sound[160 * number - 200 : 160 * number + 200] * window
        power = np.abs(np.fft.rfft(around, 512)) ** 2
        for band in range(20, BANDS):  # the lower ones are narrower than the spectrum's lines
            triangle = np.interp(hertz, corners[band : band + 3], [0, 1, 0])
            mean = power @ triangle / triangle.sum() / np.sum(window**2) / 10 ** (level / 10)
            assert row[band] == pytest.approx((np.log10(mean + 1e-5) + 1) / 2, abs=1e-3)


@pytest.mark.parametrize(("mean", "loudness"), [(-1.5, 0), (-0.9, 0), (-0.2, 0.5), (0.5, 1), (1.0, 1)])
def test_loudness_counts_from_25_db_below_loud_speech_up_to_it(mean, loudness):
    frames = np.full((2, BANDS), mean, np.float32)
    frames[:, ::2] += 0.25
    frames[:, 1::2] -= 0.25
    np.testing.assert_allclose(relative_loudness(frames), loudness, atol=1e-6)
