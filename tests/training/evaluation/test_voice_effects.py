import numpy as np
import pytest
from emotalk.face.phones import PhoneSegment
from emotalk.inference.contract import SAMPLE_RATE
from emotalk.inference.sound.log_mel import log_mel, speech_level
from emotalk.training.evaluation.conditions import CHANNEL_CONDITIONS, CLEAN, VOICE_CONDITIONS
from emotalk.training.evaluation.voice_effects import change_prosody, shout, whisper
from scipy.signal import lfilter

FORMANTS = (600.0, 1700.0)


def vowel(hertz, seconds=1.0):
    """Pulses at a pitch through two resonances that stay where they are."""
    pulses = np.diff(np.floor(np.arange(int(seconds * SAMPLE_RATE)) * hertz / SAMPLE_RATE), prepend=0.0)
    for formant in FORMANTS:
        pole = 0.97 * np.exp(2j * np.pi * formant / SAMPLE_RATE)
        pulses = lfilter([1.0], [1, -2 * pole.real, abs(pole) ** 2], pulses)
    return (pulses / np.abs(pulses).max() * 0.5).astype(np.float32)


def pitch_of(sound):
    middle = sound[4000:12000]
    correlation = np.fft.irfft(np.abs(np.fft.rfft(middle, 32768)) ** 2)
    # Of a period and its multiples, which are nearly as good, the shortest is the pitch.
    lags = np.arange(40, 320)
    return SAMPLE_RATE / lags[(correlation[lags] * np.linspace(1, 0.7, len(lags))).argmax()]


def spectral_envelope(sound):
    """Mean log-mel, smoothed so that single harmonics do not count."""
    mean = log_mel(sound, speech_level(sound), 20, 80).mean(axis=0)
    return np.convolve(mean, np.hanning(13) / np.hanning(13).sum(), "valid")


@pytest.mark.parametrize("factor", [0.7, 1.0, 1.8])
def test_pitch_moves_and_formants_stay(factor):
    sound = vowel(140)
    other = change_prosody(sound, pitch=factor)
    assert len(other) == len(sound)
    assert pitch_of(other) == pytest.approx(140 * factor, rel=0.04)
    assert np.corrcoef(spectral_envelope(sound), spectral_envelope(other))[0, 1] > 0.93


@pytest.mark.parametrize("rate", [0.7, 1.4])
def test_rate_changes_the_length_and_keeps_the_pitch(rate):
    sound = vowel(140, 1.5)
    other = change_prosody(sound, rate=rate)
    assert len(other) == pytest.approx(len(sound) / rate, abs=2)
    assert pitch_of(other) == pytest.approx(140, rel=0.04)


def test_events_keep_their_place_in_slower_speech():
    sound = vowel(140, 2.0)
    sound[16_000:20_000] = 0
    slower = change_prosody(sound, rate=0.7)
    loud = np.sqrt(np.convolve(slower**2, np.ones(320) / 320, "same"))
    quiet = np.flatnonzero(loud < 0.2 * np.median(loud)) / SAMPLE_RATE
    assert quiet[0] == pytest.approx(1.0 / 0.7, abs=0.03)
    assert quiet[-1] == pytest.approx(1.25 / 0.7, abs=0.03)


def test_a_whisper_keeps_the_formants_and_has_no_pitch():
    sound = vowel(140)
    whispered = whisper(sound, np.random.default_rng(0))
    assert len(whispered) == len(sound)
    spectrum = np.convolve(np.abs(np.fft.rfft(whispered)) ** 2, np.ones(80), "same")
    hertz = np.fft.rfftfreq(len(whispered), 1 / SAMPLE_RATE)
    for formant in FORMANTS:
        near = (hertz > formant - 300) & (hertz < formant + 300)
        assert hertz[near][spectrum[near].argmax()] == pytest.approx(formant, abs=120)
    middle = whispered[4000:12000]
    correlation = np.fft.irfft(np.abs(np.fft.rfft(middle, 32768)) ** 2)
    assert correlation[SAMPLE_RATE // 140] < 0.35 * correlation[0]


def test_a_shout_is_higher_brighter_and_evener():
    sound = vowel(140)
    sound[8000:] *= 0.1
    shouted = shout(sound)
    assert pitch_of(shouted) > 140 * 1.2
    soft = np.std(shouted[9000:15000]) / np.std(shouted[1000:7000])
    assert soft > 0.15

    def brightness(samples):
        power = np.abs(np.fft.rfft(samples)) ** 2
        return power[len(power) // 8 :].sum() / power.sum()

    assert brightness(shouted) > 1.5 * brightness(sound)


@pytest.mark.parametrize(
    "condition", [CLEAN, *CHANNEL_CONDITIONS, *VOICE_CONDITIONS], ids=lambda condition: condition.name
)
def test_every_condition_gives_a_finite_sound_as_long_as_its_phones(condition):
    sound = vowel(170)
    sound = condition.apply(sound, np.random.default_rng(1))
    phones = condition.scale_times((PhoneSegment("AA", 0.0, 0.4), PhoneSegment("SIL", 0.4, 1.0)))
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all()
    assert phones[-1].end == pytest.approx(len(sound) / SAMPLE_RATE, abs=1e-3)
    assert phones[0].end / phones[1].end == pytest.approx(0.4)


def test_silence_stays_finite():
    silence = np.zeros(8000, np.float32)
    for condition in VOICE_CONDITIONS:
        assert np.isfinite(condition.apply(silence, np.random.default_rng(0))).all()
