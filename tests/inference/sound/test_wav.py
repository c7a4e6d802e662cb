"""The WAV reader against independent writers, and against files that are damaged in every way that happens."""

import io
import struct
import wave

import numpy as np
import pytest
import soundfile
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.sound.audio import read_speech
from emotalk.inference.sound.wav import open_wav
from hypothesis import given, settings
from hypothesis import strategies as st

SUBTYPES = ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")
PCM_TAIL = bytes.fromhex("000000001000800000aa00389b71")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("wav")


def chunk(name, data, order="<"):
    return name + struct.pack(order + "I", len(data)) + data + b"\0" * (len(data) % 2)


def fmt(code=1, channels=1, rate=16000, sample_bytes=2, bits=None, order="<"):
    frame = channels * sample_bytes
    return chunk(
        b"fmt ",
        struct.pack(order + "HHIIHH", code, channels, rate, rate * frame, frame, bits or 8 * sample_bytes),
        order,
    )


def extensible(code=1, channels=2, rate=48000, sample_bytes=2, bits=None, speakers=3, tail=PCM_TAIL[2:]):
    frame = channels * sample_bytes
    bits = bits or 8 * sample_bytes
    return chunk(
        b"fmt ",
        struct.pack("<HHIIHHHHI", 0xFFFE, channels, rate, rate * frame, frame, 8 * sample_bytes, 22, bits, speakers)
        + struct.pack("<HH", code, 0)
        + tail,
    )


def riff(*chunks, form=b"RIFF", size=None, order="<"):
    body = b"WAVE" + b"".join(chunks)
    return form + struct.pack(order + "I", len(body) if size is None else size) + body


def samples_of(path):
    return np.concatenate([np.zeros((0, open_wav(path).channels), np.float32), *open_wav(path).blocks()])


def written(folder, content):
    path = folder / "line.wav"
    path.write_bytes(content)
    return path


@settings(deadline=None, max_examples=120)
@given(
    subtype=st.sampled_from(SUBTYPES),
    container=st.sampled_from(("WAV", "WAVEX", "RF64")),
    endian=st.sampled_from(("LITTLE", "BIG")),
    rate=st.integers(4000, 384000),
    shape=st.tuples(st.integers(0, 300), st.integers(1, 9)),
    seed=st.integers(0, 999),
)
def test_reads_what_libsndfile_writes(folder, subtype, container, endian, rate, shape, seed):
    endian = endian if container == "WAV" else "FILE"
    values = np.random.default_rng(seed).uniform(-1, 1, shape)
    path = folder / "theirs.wav"
    soundfile.write(path, values, rate, subtype, endian, container)
    wav = open_wav(path)
    assert (wav.rate, wav.frames, wav.channels) == (rate, *shape)
    expected = soundfile.read(path, dtype="float32", always_2d=True)[0]
    np.testing.assert_allclose(samples_of(path), expected, atol=1e-7)


@given(
    values=st.lists(st.integers(-(2**15), 2**15 - 1), max_size=50),
    channels=st.integers(1, 4),
    rate=st.integers(4000, 384000),
)
def test_reads_what_the_standard_library_writes(folder, values, channels, rate):
    values = np.array(values[: len(values) // channels * channels], "<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(values.tobytes())
    path = written(folder, buffer.getvalue())
    assert open_wav(path).rate == rate
    np.testing.assert_array_equal(samples_of(path).ravel(), values.astype(np.float32) / 2**15)


def test_extremes_of_every_whole_number(folder):
    for sample_bytes, low, high in ((2, -(2**15), 2**15 - 1), (3, -(2**23), 2**23 - 1), (4, -(2**31), 2**31 - 1)):
        data = b"".join(v.to_bytes(sample_bytes, "little", signed=True) for v in (low, -1, 0, 1, high))
        samples = samples_of(written(folder, riff(fmt(sample_bytes=sample_bytes), chunk(b"data", data))))
        unit = 2.0 ** (1 - 8 * sample_bytes)
        np.testing.assert_allclose(samples[:, 0], np.array([low, -1, 0, 1, high]) * unit, atol=1e-7)
    samples = samples_of(written(folder, riff(fmt(sample_bytes=1), chunk(b"data", bytes([0, 128, 255])))))
    np.testing.assert_array_equal(samples[:, 0], [-1, 0, 127 / 128])


def test_fewer_valid_bits_than_bytes_are_the_upper_ones(folder):
    data = struct.pack("<hh", 0x4000, -0x8000)
    plain = written(folder, riff(fmt(bits=12), chunk(b"data", data)))
    np.testing.assert_array_equal(samples_of(plain)[:, 0], [0.5, -1])
    data = struct.pack("<ii", 0x40000000, -0x80000000)
    wide = written(folder, riff(extensible(channels=1, sample_bytes=4, bits=24), chunk(b"data", data)))
    np.testing.assert_array_equal(samples_of(wide)[:, 0], [0.5, -1])


@given(
    names=st.lists(st.sampled_from((b"LIST", b"junk", b"JUNK", b"bext", b"fact", b"cue ", b"\0\0\0\0")), max_size=4),
    sizes=st.lists(st.integers(0, 9), min_size=4, max_size=4),
    before=st.integers(0, 4),
)
def test_unknown_chunks_of_odd_length_are_passed_over(folder, names, sizes, before):
    others = [chunk(name, b"x" * size) for name, size in zip(names, sizes, strict=False)]
    sound = [*others[:before], fmt(), *others[before:]]
    path = written(folder, riff(*sound, chunk(b"data", struct.pack("<hh", 1, -1)), chunk(b"LIST", b"odd")))
    np.testing.assert_array_equal(samples_of(path)[:, 0] * 2**15, [1, -1])


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000])
@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_streamed_files_run_to_their_end(folder, length, size):
    data = struct.pack("<hhh", 5, 6, 7)
    path = written(folder, riff(fmt(), b"data" + struct.pack("<I", length) + data, size=size))
    np.testing.assert_array_equal(samples_of(path)[:, 0] * 2**15, [5, 6, 7])


def test_a_finished_file_of_no_samples_has_no_samples(folder):
    path = written(folder, riff(fmt(), chunk(b"data", b""), chunk(b"LIST", b"a comment, not sound")))
    assert open_wav(path).frames == 0
    with pytest.raises(EmoTalkError, match="holds no sound: it has 0 samples"):
        read_speech(path)


def test_long_files_take_their_length_from_ds64(folder):
    data = struct.pack("<hhhh", 5, 6, 7, 8)
    long_sizes = chunk(b"ds64", struct.pack("<QQQI", 0, 6, 3, 0))
    content = riff(long_sizes, fmt(), b"data\xff\xff\xff\xff" + data, form=b"RF64", size=0xFFFFFFFF)
    np.testing.assert_array_equal(samples_of(written(folder, content))[:, 0] * 2**15, [5, 6, 7])


SPEECH_LIKE = np.random.default_rng(7).integers(-9000, 9000, 16000).astype("<i2")
"""A second of sound at 16 kHz."""


@pytest.mark.parametrize(("length", "size"), [(0, 36), (4, 40), (4, 36), (3200, 3236), (0, 0)])
def test_a_header_that_its_recorder_left_behind_is_not_believed(folder, length, size):
    header = riff(fmt(), b"data" + struct.pack("<I", length), size=size)
    path = written(folder, header + SPEECH_LIKE.tobytes())
    np.testing.assert_array_equal(samples_of(path)[:, 0] * 2**15, SPEECH_LIKE)
    remarks = read_speech(path).remarks
    if size:  # both lengths 0 is what a stream has: nothing is wrong with it
        assert remarks == (
            "line.wav was not finished by what recorded it; all 1 seconds to the end of the file are used",
        )
    else:
        assert not remarks


@pytest.mark.parametrize(
    "behind",
    [chunk(b"LIST", b"x" * 9000), b"ID3\4" + b"x" * 9000, bytes(9000), b"junk"],
)
def test_what_lies_behind_a_finished_sound_is_not_read_as_sound(folder, behind):
    path = written(folder, riff(fmt(), chunk(b"data", SPEECH_LIKE.tobytes())) + behind)
    assert open_wav(path).frames == 16000
    assert not read_speech(path).remarks


@pytest.mark.parametrize("missing", [1, 100, 160])
def test_a_file_short_by_next_to_nothing_is_read_with_a_remark(folder, missing):
    content = riff(fmt(), chunk(b"data", SPEECH_LIKE.tobytes()))
    path = written(folder, content[: -2 * missing])
    np.testing.assert_array_equal(samples_of(path)[:, 0] * 2**15, SPEECH_LIKE[:-missing])
    (remark,) = read_speech(path).remarks
    much = "0.01 seconds" if missing == 160 else "less than 0.01 seconds"
    assert remark == f"line.wav is shorter than it says by {much}; what is there is used"


@pytest.mark.parametrize("subtype", ["ALAW", "ULAW"])
@pytest.mark.parametrize("container", ["WAV", "WAVEX"])
def test_telephone_codings_sound_as_libsndfile_decodes_them(folder, subtype, container):
    path = folder / "call.wav"
    soundfile.write(path, np.linspace(-1, 1, 4096).reshape(-1, 2), 8000, subtype, format=container)
    np.testing.assert_array_equal(samples_of(path), soundfile.read(path, dtype="float32", always_2d=True)[0])


@pytest.mark.parametrize("subtype", ["IMA_ADPCM", "MS_ADPCM"])
def test_other_codings_are_left_to_soundfile(folder, subtype):
    path = folder / "game.wav"
    soundfile.write(path, SPEECH_LIKE / 2**15, 16000, subtype)
    expected = soundfile.read(path, dtype="float32")[0]
    np.testing.assert_allclose(read_speech(path).samples, expected, atol=1e-7)


def test_big_endian_files(folder):
    content = riff(fmt(order=">"), chunk(b"data", struct.pack(">hh", 256, -512), ">"), form=b"RIFX", size=0, order=">")
    np.testing.assert_array_equal(samples_of(written(folder, content))[:, 0] * 2**15, [256, -512])


def test_a_part_of_a_frame_at_the_end_is_dropped(folder):
    path = written(folder, riff(fmt(channels=2), chunk(b"data", b"\1\0\2\0\3\0")))
    assert samples_of(path).shape == (1, 2)
    short = riff(fmt(channels=2), b"data" + struct.pack("<I", 8) + b"\1\0\2\0\3\0")
    with pytest.raises(EmoTalkError, match="cut off"):
        open_wav(written(folder, short))


def test_the_message_of_a_cut_file_says_how_much_is_missing(folder):
    path = folder / "take.wav"
    soundfile.write(path, np.zeros(16000 * 4), 16000, "PCM_16")
    path.write_bytes(path.read_bytes()[: 44 + 16000 * 2])
    with pytest.raises(EmoTalkError, match=r"^take\.wav is cut off: 3 of 4 seconds are missing; copy or export"):
        read_speech(path)


@settings(deadline=None, max_examples=150)
@given(keep=st.integers(0, 59))
def test_a_cut_header_is_a_sentence(folder, keep):
    whole = riff(extensible(), chunk(b"data", b"\0" * 40))
    with pytest.raises(EmoTalkError, match=r"line\.wav"):
        read_speech(written(folder, whole[:keep]))


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_a_damaged_header_raises_nothing_else(folder, data):
    content = bytearray(riff(chunk(b"LIST", b"abc"), extensible(rate=16000), chunk(b"data", b"\1\2" * 40)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, 79))] = data.draw(st.integers(0, 255))
    path = written(folder, bytes(content))
    try:
        speech = read_speech(path)
    except EmoTalkError:
        return
    assert np.isfinite(speech.samples).all()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (riff(fmt(code=7, sample_bytes=2), chunk(b"data", b"12")), "samples of 16 bits"),
        (riff(fmt(code=999), chunk(b"data", b"12")), "coded as something unknown"),
        (riff(extensible(tail=b"\0" * 12), chunk(b"data", b"1234")), "coded as something unknown"),
        (riff(fmt(code=3, sample_bytes=2), chunk(b"data", b"12")), "samples of 16 bits"),
        (riff(fmt(sample_bytes=8), chunk(b"data", b"12345678")), "samples of 64 bits"),
        (riff(fmt(channels=0), chunk(b"data", b"12")), "damaged"),
        (riff(fmt(rate=0), chunk(b"data", b"12")), "damaged"),
        (riff(fmt(bits=24), chunk(b"data", b"12")), "damaged"),
        (riff(chunk(b"fmt ", b"short"), chunk(b"data", b"12")), "damaged"),
        (riff(chunk(b"data", b"12"), fmt()), "its sound comes before its format"),
        (riff(fmt()), "ends before its sound begins"),
        (b"RIFF\0\0\0\0AVI " + b"x" * 40, "cannot be read as avi|only WAV"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(folder, content, words):
    with pytest.raises(EmoTalkError, match=words):
        read_speech(written(folder, content))


def test_a_file_that_shrinks_while_it_is_read(folder):
    path = written(folder, riff(fmt(), chunk(b"data", b"\0" * 100)))
    wav = open_wav(path)
    path.write_bytes(path.read_bytes()[:80])
    with pytest.raises(EmoTalkError, match="became shorter"):
        list(wav.blocks())


@pytest.mark.parametrize(("behind", "is_sound"), [(0.05, False), (0.2, True)])
def test_a_moment_behind_the_stated_end_is_no_sound(folder, behind, is_sound):
    """In stereo of 24 bits, where a second takes six times as many bytes as it has frames."""
    rest = b"\xff\x10\x20" * int(behind * 16000 * 2)
    sound = bytes(range(1, 7)) * 8000
    content = riff(fmt(channels=2, sample_bytes=3), chunk(b"data", sound)) + rest
    assert open_wav(written(folder, content)).frames == 8000 + is_sound * int(behind * 16000)


@pytest.mark.parametrize(("length", "size", "is_odd"), [(0, 0, False), (0, 0xFFFFFFFF, False), (3200, 0, True)])
def test_only_a_length_that_is_wrong_is_remarked_on(folder, length, size, is_odd):
    path = written(folder, riff(fmt(), b"data" + struct.pack("<I", length), size=size) + SPEECH_LIKE.tobytes())
    assert open_wav(path).frames == 16000
    assert len(open_wav(path).remarks) == is_odd
