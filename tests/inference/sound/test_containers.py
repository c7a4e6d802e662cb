"""Sound that is not all there, or longer than it says: all of it or a sentence, never half a line without a word."""

import subprocess

import imageio_ffmpeg
import numpy as np
import pytest
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.sound.audio import known_audio_format, read_speech
from emotalk.inference.sound.containers import check_complete, compare, stated_seconds
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


def test_the_frames_of_an_mp3_are_counted_to_the_last_whole_one(encode, tmp_path):
    plain = encode("plain.mp3", "-c:a", "libmp3lame", "-b:a", "64k", "-write_xing", "0", "-id3v2_version", "0")
    content = plain.read_bytes()
    whole = read_mp3(plain)
    assert (whole.claimed, whole.rate, whole.frame_samples, whole.is_clean) == (None, 44100, 1152, True)
    assert whole.data == content
    path = tmp_path / "cut.mp3"
    path.write_bytes(content[:-5])
    cut = read_mp3(path)
    assert (cut.frames, cut.is_clean) == (whole.frames - 1, False)
    tag = b"ID3\4\0\0\0\0\1\1" + bytes(129)
    path.write_bytes(tag + tag + content + b"TAG" + bytes(125))
    tagged = read_mp3(path)
    assert (tagged.frames, tagged.is_clean, tagged.data[: len(content)]) == (whole.frames, False, content)
    claiming = read_mp3(encode("line.mp3", *COMPLETE["line.mp3"]))
    assert claiming.claimed == claiming.frames


@pytest.mark.parametrize("rate", [48000, 24000, 12000])
def test_each_version_of_mp3_has_its_rate_and_its_frames(encode, rate):
    path = encode(f"{rate}.mp3", "-c:a", "libmp3lame", "-b:a", "32k", "-ar", rate, "-write_xing", "0")
    mp3 = read_mp3(path)
    assert (mp3.rate, mp3.frame_samples) == (rate, 1152 if rate == 48000 else 576)
    assert mp3.frames * mp3.frame_samples / rate == pytest.approx(SECONDS, abs=0.1)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xfb\x90\x00", "mp3"),  # MPEG 1
        (b"\xff\xf3\x90\x00", "mp3"),  # MPEG 2
        (b"\xff\xe3\x90\x00", "mp3"),  # MPEG 2.5
        (b"\xff\xeb\x90\x00", None),  # a version that does not exist
        (b"\xff\xfb\x00\x00", None),  # no bit rate
        (b"\xff\xfb\xf0\x00", None),
        (b"\xff\xfb\x9c\x00", None),  # no sample rate
        (b"\xff\xf1\x50\x80", "aac"),
        (b"\xff\xf1\x74\x80", None),  # no sample rate
        (b"\xff\xe1\x50\x80", None),
        (b"\xff\x1b\x90\x00", None),
        (b"\xff\xfb", None),
        (bytes(100) + b"\xff\xfb\x90\x00", "mp3"),
        (bytes(100) + b"ID3\4", "mp3"),
        (bytes(100) + b"\xff\xf1\x50\x80", None),
        (bytes(100), None),
    ],
)
def test_mpeg_sound_is_known_by_its_first_frame(tmp_path, head, kind):
    (tmp_path / "line").write_bytes(head)
    assert known_audio_format(tmp_path / "line") == kind


@pytest.mark.parametrize(
    ("decoded", "promised", "rate", "words"),
    [
        (100, 100, 100, ""),
        (101, 100, 100, ""),
        (990, 1000, 100, "shorter than it says by 0.10 seconds"),
        (9950, 10000, 100, "shorter than it says by 0.50 seconds"),
        (9, 10, 1000, "shorter than it says by less than 0.01 seconds"),
        (980, 1000, 100, None),  # two of a hundred, and more than a tenth of a second
        (99800, 100000, 100, None),  # two seconds
        (8, 10, 1000, None),  # a fifth
        (100, 0, 100, ""),
    ],
)
def test_how_much_may_be_missing(decoded, promised, rate, words):
    if words is None:
        with pytest.raises(EmoTalkError, match=r"^line\.mp3 is cut off: "):
            compare(decoded, promised, rate, "line.mp3")
        return
    remarks = compare(decoded, promised, rate, "line.mp3")
    assert len(remarks) == bool(words)
    assert all(words in remark for remark in remarks)


def box(name, content=b"", wide=False):
    length = len(content) + (16 if wide else 8)
    if wide:
        return (1).to_bytes(4, "big") + name + length.to_bytes(8, "big") + content
    return length.to_bytes(4, "big") + name + content


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("left_out", [0, 500])
def test_the_boxes_of_an_mp4_are_counted_whatever_their_lengths_take(tmp_path, wide, left_out):
    path = tmp_path / "line.m4a"
    content = box(b"ftyp", b"M4A ") + box(b"mdat", bytes(900), wide) + box(b"moov", bytes(60))
    path.write_bytes(content[: len(content) - left_out])
    if left_out:
        with pytest.raises(EmoTalkError, match=r"line\.m4a is cut off"):
            check_complete(path, "mp4")
    else:
        assert check_complete(path, "mp4") == ()


def test_a_box_to_the_end_of_the_file_promises_nothing(tmp_path):
    path = tmp_path / "line.m4a"
    path.write_bytes(box(b"ftyp", b"M4A ") + b"\0\0\0\0mdat" + bytes(50))
    assert check_complete(path, "mp4") == ()


@pytest.mark.parametrize(
    ("length", "is_cut"),
    [
        (b"\xff", False),  # of unknown length, in one byte and in eight
        (b"\x01" + b"\xff" * 7, False),
        (b"\xe4", False),  # 100 bytes
        (b"\x40\x64", False),
        (b"\x41\x00", True),  # 256 bytes
        (b"\x01" + (300).to_bytes(7, "big"), True),
    ],
)
def test_the_length_of_a_matroska_segment_may_have_any_width(tmp_path, length, is_cut):
    path = tmp_path / "line.mka"
    path.write_bytes(b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67" + length + bytes(100))
    if is_cut:
        with pytest.raises(EmoTalkError, match=r"line\.mka is cut off"):
            check_complete(path, "matroska")
    else:
        assert check_complete(path, "matroska") == ()
