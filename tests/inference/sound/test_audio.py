"""Sound files of every kind to speech, and a sentence for every invalid file."""

import os
import subprocess
import sys

import imageio_ffmpeg
import numpy as np
import pytest
import soundfile
from emotalk.inference.contract import SAMPLE_RATE, EmoTalkError
from emotalk.inference.sound import audio
from emotalk.inference.sound.audio import known_audio_format, read_speech, speech_from_samples
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp


def tone(rate, seconds=0.5, frequency=440.0):
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(round(rate * seconds)) / rate)


def assert_is_tone(samples, seconds=0.5, level=0.5):
    expected = level / 0.5 * tone(SAMPLE_RATE, seconds)
    assert samples.dtype == np.float32
    np.testing.assert_allclose(samples[600:-600], expected[600 : len(samples) - 600], atol=2e-3)


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000, 96000, 192000])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT"])
def test_a_tone_is_the_same_at_every_rate_and_depth(tmp_path, rate, subtype):
    path = tmp_path / "line.wav"
    soundfile.write(path, tone(rate), rate, subtype)
    speech = read_speech(path)
    assert speech.source == str(path)
    assert speech.seconds == pytest.approx(0.5, abs=1e-3)
    step = 0.01 if subtype == "PCM_U8" else 2e-3
    np.testing.assert_allclose(speech.samples[600:-600], tone(SAMPLE_RATE)[600:-600], atol=step)


@pytest.mark.parametrize(
    ("kind", "subtype"), [("flac", "PCM_16"), ("ogg", "VORBIS"), ("aiff", "PCM_16"), ("mp3", None)]
)
def test_other_formats_come_through_soundfile(tmp_path, kind, subtype):
    path = tmp_path / f"line.{kind}"
    soundfile.write(path, tone(44100), 44100, subtype, format=kind.upper())
    assert known_audio_format(path) == kind
    speech = read_speech(path)
    assert speech.seconds == pytest.approx(0.5, abs=0.06)
    assert np.sqrt(np.mean(speech.samples[1600:6400] ** 2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.03)


@pytest.mark.parametrize(("kind", "subtype"), [("flac", "PCM_16"), ("ogg", "VORBIS")])
def test_a_channel_of_other_formats_can_be_chosen(tmp_path, kind, subtype):
    path = tmp_path / f"line.{kind}"
    tones = [tone(SAMPLE_RATE), tone(SAMPLE_RATE, frequency=1000.0)]
    soundfile.write(path, np.stack(tones, 1), SAMPLE_RATE, subtype, format=kind.upper())
    for channel, expected in enumerate(tones, start=1):
        samples = read_speech(path, channel=channel).samples
        np.testing.assert_allclose(samples[600:-600], expected[600:-600], atol=0.05)


def test_without_soundfile_the_sentence_says_what_to_do(tmp_path, monkeypatch):
    path = tmp_path / "line.flac"
    soundfile.write(path, tone(16000), 16000)
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(EmoTalkError, match=r"line\.flac is flac; only WAV is read here: export it as WAV, or install"):
        read_speech(path)


def test_dialogue_keeps_its_level_in_surround_sound(tmp_path):
    path = tmp_path / "line.wav"
    silence = np.zeros_like(tone(48000))
    left, right, centre, subwoofer, back = (tone(48000) if i == 2 else silence for i in range(5))
    soundfile.write(path, np.stack([left, right, centre, subwoofer, back, back], 1), 48000, "PCM_24", format="WAVEX")
    assert_is_tone(read_speech(path).samples)
    phantom = np.stack([tone(48000), tone(48000), silence, tone(48000, frequency=50), silence, silence], 1)
    soundfile.write(path, phantom, 48000, "PCM_24")
    assert_is_tone(read_speech(path).samples)


def test_speakers_say_which_channel_is_which(tmp_path):
    path = tmp_path / "line.wav"
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "sine=440:duration=0.5:sample_rate=48000",
        "-af",
    ]
    # 3.1 with the tone in the centre only, and the subwoofer full of something else.
    subprocess.run([*command, "pan=3.1|FC=c0|LFE=c0", "-c:a", "pcm_s16le", path], check=True)
    speech = read_speech(path)
    assert np.abs(speech.samples[600:-600]).max() == pytest.approx(0.125, rel=0.02)


@pytest.mark.parametrize("channels", [2, 3, 4, 5, 7, 16, 40])
def test_channels_without_a_place_are_averaged(tmp_path, channels):
    path = tmp_path / "line.wav"
    table = np.zeros((8000, channels))
    table[:, 0] = tone(16000)
    soundfile.write(path, table, 16000, "FLOAT")
    assert_is_tone(read_speech(path).samples, level=0.5 / channels)


def test_missing_folder_empty_and_no_sound(tmp_path):
    with pytest.raises(EmoTalkError, match="There is no file"):
        read_speech(tmp_path / "nothing.wav")
    with pytest.raises(EmoTalkError, match="is a folder, not a sound file"):
        read_speech(tmp_path)
    (tmp_path / "empty.wav").touch()
    with pytest.raises(EmoTalkError, match=r"empty\.wav is empty"):
        read_speech(tmp_path / "empty.wav")
    for content in (b"x", b"Once upon a time", b"\x89PNG\r\n\x1a\n" * 20, b"\xff\xfe" * 40):
        (tmp_path / "story.wav").write_bytes(content)
        with pytest.raises(EmoTalkError, match=r"story\.wav is not a sound file of a known kind"):
            read_speech(tmp_path / "story.wav")


@pytest.mark.parametrize("magic", [b"fLaC", b"OggS", b"ID3\4", b"\0\0\0\x20ftypM4A "])
def test_sound_in_name_only(tmp_path, magic):
    path = tmp_path / "line.mp3"
    path.write_bytes(magic + b"nothing else" * 9)
    with pytest.raises(EmoTalkError, match="cannot be read as"):
        read_speech(path)


@pytest.mark.parametrize(
    ("value", "words"),
    [(np.nan, "not numbers"), (np.inf, "not numbers"), (1e300, "not numbers"), (1e7, "far outside -1 to 1")],
)
def test_numbers_that_are_no_sound(tmp_path, value, words):
    path = tmp_path / "line.wav"
    samples = tone(16000)
    samples[5000] = value
    soundfile.write(path, samples, 16000, "DOUBLE")
    with pytest.raises(EmoTalkError, match=words):
        read_speech(path)


def test_a_three_hour_file_is_refused_before_it_is_read(tmp_path, write_silence):
    path = write_silence(tmp_path / "audiobook.wav", 3 * 3600, 16000)
    with pytest.raises(EmoTalkError, match=r"audiobook\.wav lasts 3 hours; split it into parts of at most 2 hours"):
        read_speech(path)
    assert read_speech(path, (9000, 2)).seconds == 2


@pytest.mark.parametrize("rate", [3999, 384001])
def test_rates_outside_the_limits(rate):
    with pytest.raises(EmoTalkError, match="4000 to 384000 Hz are read"):
        speech_from_samples(np.zeros(100), rate)


def test_a_long_sound_takes_little_more_memory_than_its_result(tmp_path, write_silence):
    path = write_silence(tmp_path / "long.wav", 1200, 48000, channels=2)
    # Not the process's ru_maxrss, which on Linux begins with that of whoever started it: these tests, with PyTorch.
    script = (
        "import re, sys; from pathlib import Path; from emotalk.inference.sound.audio import read_speech\n"
        "assert read_speech(sys.argv[1]).seconds == 1200\n"
        "print(int(re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())[1]) // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 170  # 73 MB of them are the samples


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_a_section_alone_is_read(tmp_path, kind):
    path = tmp_path / f"scene.{kind}"
    noise = np.random.default_rng(0).normal(0, 0.1, 4 * 48000)
    soundfile.write(path, np.stack([noise, -noise], 1), 48000)  # read twice, because a plain mix would be silent
    whole, part = read_speech(path), read_speech(path, (1.25, 0.5))
    assert len(part.samples) == SAMPLE_RATE // 2
    np.testing.assert_allclose(part.samples[300:-300], whole.samples[20300:27700], atol=1e-5)
    assert read_speech(path, (3.5, 10.0)).seconds == pytest.approx(0.5)
    assert read_speech(path, (-1.0, 2.0)).seconds == pytest.approx(1.0)
    with pytest.raises(EmoTalkError, match=rf"begins after the end of scene\.{kind}, which lasts 4\.00 seconds"):
        read_speech(path, (4.0, 1.0))
    with pytest.raises(EmoTalkError, match="0 samples"):
        read_speech(path, (1.0, 0.0))


def test_a_section_of_samples(tmp_path):
    samples = np.arange(16000, dtype=np.float32) / 16000
    np.testing.assert_array_equal(speech_from_samples(samples, 16000, "", (0.5, 0.25)).samples, samples[8000:12000])


@settings(deadline=None)
@given(
    samples=hnp.arrays(
        st.sampled_from((np.float32, np.float64)),
        hnp.array_shapes(min_dims=1, max_dims=2, max_side=40),
        elements=st.floats(-1, 1, width=32),
    ),
    rate=st.sampled_from((8000, 16000, 44100, 48000)),
)
def test_any_samples_are_speech(samples, rate):
    speech = speech_from_samples(samples, rate)
    assert speech.samples.shape == (-(-len(samples) * 16000 // rate),)
    assert np.isfinite(speech.samples).all()


def test_whole_number_samples_are_scaled():
    speech = speech_from_samples(np.array([-(2**15), 0, 2**14], np.int16), 16000)
    np.testing.assert_array_equal(speech.samples, [-1, 0, 0.5])


def test_samples_are_not_shared_with_the_caller():
    samples = np.full(10, 0.5, np.float32)
    speech = speech_from_samples(samples, 16000)
    samples[:] = 0
    np.testing.assert_array_equal(speech.samples, 0.5)


@pytest.mark.parametrize(
    ("samples", "rate", "words"),
    [
        (np.zeros(0), 16000, "holds no sound: it has 0 samples"),
        (np.zeros((0, 2)), 16000, "holds no sound: it has 0 samples"),
        (np.zeros((4, 0)), 16000, "is not an array of sound"),
        (np.zeros((2, 2, 2)), 16000, "is not an array of sound"),
        (np.array(["a"]), 16000, "is not an array of sound"),
        (np.zeros(4), 16000.5, "a whole number is needed"),
        (np.zeros(4), float("nan"), "a whole number is needed"),
        (np.full(4, np.nan), 16000, "not numbers"),
    ],
)
def test_arrays_that_are_no_sound(samples, rate, words):
    with pytest.raises(EmoTalkError, match=words):
        speech_from_samples(samples, rate)


@pytest.mark.parametrize(
    ("extension", "arguments", "kind"),
    [
        ("wav", ["-c:a", "pcm_s16le"], "wav"),
        ("mp3", ["-c:a", "libmp3lame", "-id3v2_version", "0", "-write_xing", "0"], "mp3"),
        ("aac", ["-c:a", "aac"], "aac"),
        ("m4a", ["-c:a", "aac"], "mp4"),
        ("mkv", ["-c:a", "flac"], "matroska"),
        ("opus", ["-c:a", "libopus"], "ogg"),
        ("au", [], "au"),
        ("caf", [], "caf"),
        ("w64", [], "w64"),
        ("wma", [], "asf"),
        ("avi", ["-c:a", "pcm_s16le"], "avi"),
    ],
)
def test_first_bytes_tell_what_a_file_is(tmp_path, extension, arguments, kind):
    path = tmp_path / f"sound.{extension}"
    source = ["-f", "lavfi", "-i", "sine=440:duration=0.1"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, *arguments, path], check=True)
    assert known_audio_format(path) == kind


@given(content=st.binary(min_size=1, max_size=40))
def test_any_first_bytes_are_answered(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    assert known_audio_format(path) in {None, "wav", "avi", "aiff", "mp4", "aac", *audio._MAGIC}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes with a path")
def test_a_pipe_is_refused_before_it_is_opened(tmp_path):
    path = tmp_path / "line.wav"
    os.mkfifo(path)
    with pytest.raises(EmoTalkError, match=r"line\.wav is a pipe; write the sound to a file and give that"):
        read_speech(path)
    with pytest.raises(EmoTalkError, match="/dev/zero is a device, not a sound file"):
        read_speech("/dev/zero")


@pytest.mark.parametrize("rate", [4000, 384000])
def test_the_lowest_and_the_highest_rate_are_read(rate):
    assert speech_from_samples(np.zeros(rate // 100), rate).seconds == pytest.approx(0.01)


@pytest.mark.parametrize(("kind", "largest"), [(np.int8, 2**7), (np.int16, 2**15), (np.int32, 2**31)])
def test_whole_numbers_of_any_width_are_shares_of_their_range(kind, largest):
    samples = np.array([-largest, largest // 2, 0], np.int64).astype(kind)
    np.testing.assert_allclose(speech_from_samples(samples, 16000).samples, [-1, 0.5, 0])
    with pytest.raises(EmoTalkError, match="The sound is not an array of sound"):
        speech_from_samples(samples.astype(np.uint16), 16000)


def test_a_table_of_samples_is_mixed_cut_and_named():
    table = np.stack([np.arange(8000), np.arange(8000) * 3], 1).astype(np.float32) / 32000
    mixed = speech_from_samples(table, 16000, "/takes/a.flac", (0.25, 10))
    np.testing.assert_allclose(mixed.samples, 2 * np.arange(4000, 8000) / 32000, atol=1e-6)
    assert mixed.source == "/takes/a.flac"
    with pytest.raises(EmoTalkError, match=r"^The line begins after the end of a\.flac, which lasts 0\.50 seconds$"):
        speech_from_samples(table, 16000, "/takes/a.flac", (0.5, 1))
    with pytest.raises(EmoTalkError, match=r"^a\.flac has a sample rate of 0\.5 Hz"):
        speech_from_samples(table, 0.5, "/takes/a.flac")


def test_remarks_about_the_file_come_before_those_about_the_sound(tmp_path):
    path = tmp_path / "line.wav"
    soundfile.write(path, np.zeros(16000), 16000, "PCM_16")
    path.write_bytes(path.read_bytes()[:-2])
    first, second = read_speech(path).remarks
    assert first.startswith("line.wav is shorter than it says")
    assert second == "No voice was found in line.wav: it is silent"
