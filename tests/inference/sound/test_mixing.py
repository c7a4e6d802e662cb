"""Whatever the channel: a voice that is there reaches the mono sound, and ordinary mixes stay as they were."""

import numpy as np
import pytest
import soundfile
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.sound.audio import read_speech, speech_from_samples
from emotalk.inference.sound.mixing import Held, mono_weights
from emotalk.inference.sound.wav import open_wav

RATE = 16_000
RNG = np.random.default_rng(11)


def voice(seed=0):
    """Two seconds of buzz with syllables, as a voice has them."""
    time = np.arange(2 * RATE) / RATE
    buzz = sum(np.sin(2 * np.pi * (110 + seed) * k * time) / k for k in range(1, 30))
    return (0.2 * buzz * np.sin(2 * np.pi * 2 * time) ** 2).astype(np.float32)


def level(samples):
    return float(np.sqrt(np.mean(samples**2)))


def mixed(*channels):
    return speech_from_samples(np.stack(channels, 1), RATE).samples


SILENCE = np.zeros(2 * RATE, np.float32)
HISS = (1e-4 * RNG.normal(size=2 * RATE)).astype(np.float32)
RUMBLE = (0.4 * np.sin(2 * np.pi * 40 * np.arange(2 * RATE) / RATE)).astype(np.float32)


@pytest.mark.parametrize("scale", [-1.0, -0.8, -1.3])
def test_channels_in_anti_phase_do_not_cancel(scale):
    assert level(mixed(voice(), scale * voice())) > 0.8 * level(voice())
    assert level(mixed(voice() + HISS, scale * voice() + 0.3, SILENCE)) > 0.5 * level(voice())


@pytest.mark.parametrize("channels", [6, 8])
@pytest.mark.parametrize("others", [SILENCE, HISS])
def test_a_voice_on_any_track_without_a_place_is_used(tmp_path, channels, others):
    for track in range(channels):
        path = tmp_path / f"{track}.wav"
        table = np.stack([voice() if i == track else others for i in range(channels)], 1)
        soundfile.write(path, table, RATE, "FLOAT")
        speech = read_speech(path)
        assert level(speech.samples) > 0.9 * level(voice()) / channels
        assert not speech.remarks


@pytest.mark.parametrize("channels", [6, 8])
def test_an_offset_does_not_make_a_voice_a_subwoofer(channels):
    table = np.stack([0.05 * voice(7 * track) for track in range(channels)], 1)
    table[:, 3] += 0.5
    np.testing.assert_allclose(mixed(*table.T), table.mean(axis=1), atol=1e-6)


def test_a_voice_on_a_named_subwoofer_is_used_where_there_is_no_other(tmp_path):
    path = tmp_path / "line.wav"
    table = np.stack([SILENCE, SILENCE, SILENCE, voice(), SILENCE, SILENCE], 1)
    soundfile.write(path, table, RATE, "PCM_24", format="WAVEX")
    assert level(read_speech(path).samples) > 0.1 * level(voice())


def test_a_named_subwoofer_is_none_of_the_voices(tmp_path):
    path = tmp_path / "line.wav"
    table = np.stack([HISS, HISS, voice(), voice(7), HISS, HISS], 1)
    soundfile.write(path, table, RATE, "PCM_24", format="WAVEX")
    speakers = open_wav(path).speakers
    assert speakers
    expected = table @ mono_weights(6, speakers)
    np.testing.assert_allclose(read_speech(path).samples, expected, atol=1e-5)


@pytest.mark.parametrize(
    "channels",
    [
        [voice(), voice()],
        [voice(), SILENCE],
        [voice(), voice(7)],
        [voice(), -0.2 * voice() + voice(3)],
        [HISS, HISS, voice(), RUMBLE, HISS, HISS],
        [voice(), voice(), voice(5), RUMBLE + HISS, HISS, HISS, HISS, HISS],
        [SILENCE, SILENCE],
    ],
)
def test_ordinary_mixes_stay_as_they_are(channels):
    table = np.stack(channels, 1)
    np.testing.assert_array_equal(mixed(*channels), table @ mono_weights(len(channels), 0))
    held = Held(len(channels))
    held.add(table)
    assert held.better_weights(mono_weights(len(channels), 0), 0, RATE) is None


def test_a_channel_can_be_chosen(tmp_path):
    path = tmp_path / "interview.wav"
    soundfile.write(path, np.stack([voice(), voice(40)], 1), RATE, "FLOAT")
    np.testing.assert_array_equal(read_speech(path, channel=2).samples, voice(40))
    with pytest.raises(EmoTalkError, match=r"interview\.wav has 2 channels; channel 3 is none of them"):
        read_speech(path, channel=3)
    with pytest.raises(EmoTalkError, match="has one channel; channel 2 is none"):
        speech_from_samples(voice(), RATE, channel=2)


@pytest.mark.parametrize("sound", [SILENCE, 1e-5 * np.sign(RUMBLE)])
def test_silence_is_remarked_on(sound):
    (remark,) = speech_from_samples(sound, RATE, "take.wav").remarks
    assert remark == "No voice was found in take.wav: it is silent"
    assert not speech_from_samples(voice(), RATE).remarks
    (remark,) = speech_from_samples(np.stack([voice(), sound], 1), RATE, "take.wav", channel=2).remarks
    assert remark == "No voice was found in channel 2 of take.wav: it is silent"


@pytest.mark.parametrize(
    ("channels", "speakers", "gains"),
    [
        (1, 0, [1]),
        (2, 0, [0.5, 0.5]),
        (2, 0x5, [0.5, 0.5]),  # left and centre
        (3, 0x7, [0.5, 0.5, 1]),
        (3, 0, [1 / 3] * 3),
        (4, 0x33, [0.25] * 4),  # quadraphony has no centre
        (4, 0xF, [0.5, 0.5, 1, 0]),
        (5, 0x7, [0.2] * 5),  # bits for three of five channels
        (6, 0, [0.5, 0.5, 1, 0, 0.25, 0.25]),
        (8, 0, [0.5, 0.5, 1, 0, 0.25, 0.25, 0.25, 0.25]),
        (8, 0x63F, [0.5, 0.5, 1, 0, 0.25, 0.25, 0.25, 0.25]),
        (7, 0, [1 / 7] * 7),
    ],
)
def test_each_place_has_its_gain(channels, speakers, gains):
    np.testing.assert_allclose(mono_weights(channels, speakers), gains, atol=1e-7)


@pytest.mark.parametrize(("hertz", "is_subwoofer"), [(40, True), (150, True), (230, True), (300, False), (1000, False)])
def test_only_low_tones_are_a_subwoofers(hertz, is_subwoofer):
    tone = (0.4 * np.sin(2 * np.pi * hertz * np.arange(2 * RATE) / RATE)).astype(np.float32)
    table = np.stack([HISS, HISS, voice(), tone, HISS, HISS], 1)
    expected = table @ mono_weights(6, 0) if is_subwoofer else table.mean(axis=1)
    np.testing.assert_allclose(mixed(*table.T), expected, atol=1e-6)
