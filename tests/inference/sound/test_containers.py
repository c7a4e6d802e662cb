"""Sound that is not all there, or longer than it says: all of it or a sentence, never half a line without a word."""

import subprocess

import imageio_ffmpeg
import numpy as np
import pytest
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.sound.audio import known_audio_format, read_speech
from emotalk.inference.sound.containers import check_complete, stated_seconds
from emotalk.inference.sound.mpeg import read_mp3
from hypothesis import given, settings
from hypothesis import strategies as st

SECONDS = 6


def ffmpeg(*words):
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *map(str, words)], check=True)


@pytest.fixture(scope="module")
def encode(tmp_path_factory):
    """A function that makes a file of six seconds that get louder and quieter, as MP3 of a variable bit rate likes."""
    folder = tmp_path_factory.mktemp("containers")
    noise = f"anoisesrc=d={SECONDS}:r=44100:a=0.3:seed=3,volume='if(lt(t,2),0.001,1)':eval=frame"

    def make(name, *options):
        path = folder / name
        if not path.exists():
            ffmpeg("-f", "lavfi", "-i", noise, *options, path)
        return path

    return make


COMPLETE = {
    "line.ogg": ("-c:a", "libvorbis"),
    "line.opus": ("-c:a", "libopus"),
    "line.flac": (),
    "line.aiff": (),
    "line.au": (),
    "line.w64": (),
    "line.caf": (),
    "line.mp3": ("-c:a", "libmp3lame", "-q:a", "5"),
    "line.m4a": ("-c:a", "aac"),
    "line.mka": ("-c:a", "aac"),
    "line.wma": (),
    "line.avi": ("-c:a", "pcm_s16le"),
}
NOT_BY_SOUNDFILE = ("m4a", "mka", "wma", "avi")


@pytest.mark.parametrize("name", COMPLETE)
def test_a_whole_file_is_complete(encode, name):
    path = encode(name, *COMPLETE[name])
    assert check_complete(path, known_audio_format(path)) == ()
    if not name.endswith(NOT_BY_SOUNDFILE):
        speech = read_speech(path)
        assert speech.seconds == pytest.approx(SECONDS, abs=0.06)
        assert speech.remarks == ()


@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.parametrize("name", COMPLETE)
def test_a_cut_file_is_refused(encode, tmp_path, name, share):
    whole = encode(name, *COMPLETE[name]).read_bytes()
    path = tmp_path / name
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(EmoTalkError, match=rf"{name} is cut off.*copy or export it again"):
        read_speech(path)


def test_next_to_nothing_missing_is_a_remark(encode, tmp_path):
    whole = encode("line.aiff").read_bytes()
    path = tmp_path / "line.aiff"
    path.write_bytes(whole[:-100])
    speech = read_speech(path)
    assert speech.seconds == pytest.approx(SECONDS, abs=0.01)
    assert speech.remarks[0].startswith("line.aiff is shorter than it says by 100 bytes")


def test_an_aiff_chunk_of_odd_length_is_padded(encode, tmp_path):
    whole = encode("line.aiff").read_bytes()
    named = b"FORM" + (len(whole) + 4).to_bytes(4, "big") + whole[8:12] + b"NAME\0\0\0\3Ann\0" + whole[12:]
    path = tmp_path / "line.aiff"
    path.write_bytes(named)
    assert read_speech(path).remarks == ()
    path.write_bytes(named[: len(named) // 2])
    with pytest.raises(EmoTalkError, match=r"line\.aiff is cut off"):
        read_speech(path)


def test_ogg_without_its_last_page_says_so(encode, tmp_path):
    whole = encode("line.ogg", *COMPLETE["line.ogg"]).read_bytes()
    path = tmp_path / "line.ogg"
    path.write_bytes(whole[: whole.rindex(b"OggS")])
    assert any("has no end mark" in remark for remark in read_speech(path).remarks)


@pytest.mark.parametrize("quality", [("-q:a", "5"), ("-q:a", "5", "-ac", "2"), ("-b:a", "64k"), ("-ar", "22050")])
@pytest.mark.parametrize("xing", ["0", "1"])
def test_mp3_is_decoded_to_its_true_end(encode, quality, xing):
    name = f"{xing}{''.join(quality)}.mp3".replace(":", "")
    path = encode(name, "-c:a", "libmp3lame", *quality, "-write_xing", xing, "-id3v2_version", "0")
    speech = read_speech(path)
    assert speech.seconds == pytest.approx(SECONDS, abs=0.08)
    assert speech.remarks == ()
    assert np.abs(speech.samples[-16000:-8000]).max() > 0.05


def test_two_mp3_files_in_one_are_as_long_as_both(encode, tmp_path):
    one = encode("line.mp3", *COMPLETE["line.mp3"]).read_bytes()
    path = tmp_path / "both.mp3"
    path.write_bytes(one + one)
    assert read_speech(path).seconds == pytest.approx(2 * SECONDS, abs=0.15)


def test_zeros_in_front_of_an_mp3(encode, tmp_path):
    path = tmp_path / "line.mp3"
    path.write_bytes(bytes(3000) + encode("line.mp3", *COMPLETE["line.mp3"]).read_bytes())
    assert known_audio_format(path) == "mp3"
    assert read_speech(path).seconds == pytest.approx(SECONDS, abs=0.08)


def test_the_decoder_does_not_chatter(encode, tmp_path, capfd):
    path = tmp_path / "line.mp3"
    whole = encode("line.mp3", *COMPLETE["line.mp3"]).read_bytes()
    path.write_bytes(whole + bytes(40000) + whole[3000:])
    assert read_speech(path).seconds > 1.9 * SECONDS
    assert capfd.readouterr() == ("", "")


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_damage_ends_in_a_number_of_frames_or_none(encode, tmp_path_factory, data):
    content = bytearray(encode("line.mp3", *COMPLETE["line.mp3"]).read_bytes()[:5000])
    for _ in range(data.draw(st.integers(0, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.mp3"
    path.write_bytes(bytes(content[: data.draw(st.integers(0, len(content)))]))
    mp3 = read_mp3(path)
    assert mp3 is None or mp3.frames >= 0


@settings(deadline=None, max_examples=300)
@given(kind=st.sampled_from([name.rpartition(".")[2] for name in COMPLETE]), data=st.data())
def test_a_damaged_head_is_no_crash(encode, tmp_path_factory, kind, data):
    name = next(name for name in COMPLETE if name.endswith("." + kind))
    whole = encode(name, *COMPLETE[name])
    kind = known_audio_format(whole)
    content = bytearray(whole.read_bytes()[: data.draw(st.integers(64, 3000))])
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(4, 63))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(bytes(content))
    try:
        check_complete(path, kind)
    except EmoTalkError:
        return


@pytest.mark.parametrize("name", COMPLETE)
def test_a_length_is_told_without_decoding_where_the_file_says_it(encode, name):
    path = encode(name, *COMPLETE[name])
    told = name.endswith(("flac", "mp3"))
    assert stated_seconds(path, known_audio_format(path)) == pytest.approx(SECONDS * told, abs=0.06)


def test_the_length_of_a_wav_is_told_and_that_of_a_damaged_file_is_not(encode, tmp_path):
    path = encode("line.wav", "-c:a", "pcm_s16le")
    assert stated_seconds(path, "wav") == pytest.approx(SECONDS, abs=1e-3)
    (tmp_path / "cut.wav").write_bytes(path.read_bytes()[:20])
    (tmp_path / "cut.flac").write_bytes(encode("line.flac").read_bytes()[:20])
    for cut in ("cut.wav", "cut.flac", "none.wav"):
        assert stated_seconds(tmp_path / cut, cut[-4:].strip(".")) == 0
