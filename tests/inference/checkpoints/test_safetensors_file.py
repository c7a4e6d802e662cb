"""The safetensors reader: agreement with the safetensors package, and no trust in what a file says."""

import contextlib
import json
import struct
import time

import numpy as np
import pytest
import safetensors.numpy
from emotalk.inference.checkpoints import safetensors_file
from emotalk.inference.checkpoints.safetensors_file import (
    bundled_weights,
    check_finite,
    read_safetensors,
    write_safetensors,
)
from emotalk.inference.contract import EmoTalkError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

DTYPES = ("<f8", "<f4", "<f2", "<i8", "<i4", "<i2", "|i1", "<u8", "<u4", "<u2", "|u1", "|b1")
ARRAYS = st.dictionaries(
    st.text(min_size=1, max_size=8).filter(lambda name: name != "__metadata__" and name.isprintable()),
    st.sampled_from(DTYPES).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    ),
    max_size=4,
)
METADATA = st.dictionaries(st.text(max_size=6), st.text(max_size=12), max_size=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(scope="module")
def sound_file(folder):
    path = folder / "sound.safetensors"
    generator = np.random.default_rng(1)
    arrays = {
        "layer.weight": generator.normal(size=(6, 5)).astype(np.float16),
        "layer.bias": generator.normal(size=5).astype(np.float32),
        "steps": np.arange(3),
    }
    write_safetensors(path, arrays, {"architecture": "tiny", "licence": "GPL"})
    return path


def raw_file(path, header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return path


def assert_same(first, second):
    assert first.keys() == second.keys()
    for name in first:
        assert first[name].dtype == second[name].dtype
        assert first[name].shape == second[name].shape
        assert first[name].tobytes() == second[name].tobytes()


@settings(deadline=None)
@given(arrays=ARRAYS, metadata=METADATA)
def test_round_trip_and_agreement_with_the_package(folder, arrays, metadata):
    path = folder / "round.safetensors"
    write_safetensors(path, arrays, metadata)
    read, read_metadata = read_safetensors(path)
    assert_same(read, arrays)
    assert read_metadata == metadata
    mapped, _ = read_safetensors(path, mapped=True)
    assert_same(mapped, arrays)
    assert_same(safetensors.numpy.load_file(path), arrays)


@settings(deadline=None)
@given(arrays=ARRAYS, metadata=METADATA)
def test_reads_what_the_package_writes(folder, arrays, metadata):
    path = folder / "theirs.safetensors"
    safetensors.numpy.save_file(arrays, path, metadata or None)
    read, read_metadata = read_safetensors(path)
    assert_same(read, arrays)
    assert read_metadata == metadata


def test_the_same_arrays_give_the_same_bytes(folder, sound_file):
    arrays, metadata = read_safetensors(sound_file)
    again = folder / "again.safetensors"
    write_safetensors(again, dict(reversed(arrays.items())), dict(reversed(metadata.items())))
    assert again.read_bytes() == sound_file.read_bytes()


def test_half_precision_becomes_single_on_request(sound_file):
    halves, _ = read_safetensors(sound_file)
    singles, _ = read_safetensors(sound_file, as_float32=True)
    assert halves["layer.weight"].dtype == np.float16
    assert singles["layer.weight"].dtype == np.float32
    assert singles["steps"].dtype == np.int64
    np.testing.assert_array_equal(singles["layer.weight"], halves["layer.weight"])


def test_brain_floats_become_single(folder):
    values = np.array([1.0, -2.5, 0.15625], np.float32)
    data = (values.view(np.uint32) >> 16).astype("<u2").tobytes()
    path = raw_file(folder / "bf16", {"x": {"dtype": "BF16", "shape": [3], "data_offsets": [0, 6]}}, data)
    np.testing.assert_array_equal(read_safetensors(path)[0]["x"], values)


def test_arrays_can_be_written_to(sound_file):
    arrays, _ = read_safetensors(sound_file)
    arrays["layer.bias"] += 1
    assert arrays["layer.bias"].flags.owndata or arrays["layer.bias"].base.flags.owndata


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_a_cut_file_is_refused_in_a_sentence(folder, sound_file, data):
    whole = sound_file.read_bytes()
    path = folder / "cut.safetensors"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(EmoTalkError, match=r"cut\.safetensors .*install it again$"):
        read_safetensors(path)


@settings(deadline=None, max_examples=400)
@given(data=st.data())
def test_a_corrupted_file_never_raises_anything_else(folder, sound_file, data):
    whole = bytearray(sound_file.read_bytes())
    # The header is where a wrong byte can do harm; the arrays' own bytes may be anything.
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, 330))] = data.draw(st.integers(0, 255))
    path = folder / "bad.safetensors"
    path.write_bytes(whole)
    with contextlib.suppress(EmoTalkError):
        read_safetensors(path)


@settings(deadline=None)
@given(content=st.binary(max_size=64))
def test_any_bytes_at_all(folder, content):
    path = folder / "any.safetensors"
    path.write_bytes(content)
    try:
        arrays, _ = read_safetensors(path)
    except EmoTalkError:
        return
    assert arrays == {}


def entry(begin, end, shape=None, dtype="U8"):
    return {"dtype": dtype, "shape": [end - begin] if shape is None else shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("header", "data", "words"),
    [
        ({"a": entry(0, 4), "b": entry(2, 6)}, b"123456", "overlap"),
        ({"a": entry(0, 2), "b": entry(4, 6)}, b"123456", "gap"),
        ({"a": entry(0, 4)}, b"123456", "belong to no array"),
        ({"a": entry(0, 8)}, b"123456", "cut off"),
        ({"a": entry(4, 0, [0])}, b"1234", "cut off"),
        ({"a": entry(0, 4, [5])}, b"1234", "do not fit its shape"),
        ({"a": entry(0, 4, [2**31, 2**33])}, b"1234", "do not fit its shape"),
        ({"a": entry(0, 0, [0, 2**62, 2**62])}, b"", "does not hold"),
        ({"a": entry(0, 0, [0] * 200)}, b"", "does not describe"),
        ({"a": entry(0, 4, [-4])}, b"1234", "unreadable shape"),
        ({"a": entry(0, 4, [True, 4])}, b"1234", "unreadable shape"),
        ({"a": entry(0, 4, [4.0])}, b"1234", "unreadable shape"),
        ({"a": entry(0, 4, "4")}, b"1234", "unreadable shape"),
        ({"a": entry(0, 4, dtype="PICKLE")}, b"1234", "not read here"),
        ({"a": entry(0, 4, dtype=["F32"])}, b"1234", "not read here"),
        ({"a": [1, 2]}, b"", "does not describe"),
        ({"a": {"dtype": "U8", "shape": [0], "data_offsets": [0]}}, b"", "does not describe"),
        ({"__metadata__": {"a": 1}}, b"", "metadata"),
        ({"__metadata__": ["a"]}, b"", "metadata"),
        ([], b"", "unreadable header"),
        (b"{", b"", "unreadable header"),
        (b'{"a":1,"a":2}', b"", "unreadable header"),
        (b"\xff\xfe", b"", "unreadable header"),
        (b"[" * 100_000, b"", "unreadable header"),
        (b'{"a":' + b"9" * 5000 + b"}", b"", "unreadable header"),
    ],
)
def test_hostile_headers(folder, header, data, words):
    with pytest.raises(EmoTalkError, match=words):
        read_safetensors(raw_file(folder / "hostile.safetensors", header, data))


@pytest.mark.parametrize("length", [2**64 - 1, 2**63, 2**40, safetensors_file._LARGEST_HEADER + 1])
def test_a_giant_header_length_allocates_nothing(folder, length):
    with pytest.raises(EmoTalkError, match="not a safetensors file"):
        read_safetensors(raw_file(folder / "giant.safetensors", {}, b"", length))


def test_too_many_names_are_refused_at_once(folder):
    most = safetensors_file._MOST_ARRAYS
    path = raw_file(folder / "many.safetensors", {f"a{number}": entry(0, 0) for number in range(most + 1)})
    started = time.process_time()
    with pytest.raises(EmoTalkError, match="names 10,001 arrays, where no network has more than 10,000"):
        read_safetensors(path, mapped=True)
    assert time.process_time() - started < 2
    raw_file(path, {f"a{number}": entry(0, 0) for number in range(most)})
    assert len(read_safetensors(path, mapped=True)[0]) == most


def test_numbers_that_are_none_are_found_anywhere(folder, monkeypatch):
    monkeypatch.setattr(safetensors_file, "_VALUES_AT_ONCE", 4)
    path = folder / "damaged.safetensors"
    for place in range(10):
        array = np.zeros((2, 5), np.float16)
        array.flat[place] = np.inf
        write_safetensors(path, {"good": np.zeros(3), "bad": array, "whole": np.arange(3)})
        with pytest.raises(EmoTalkError, match="hold values in 'bad' that are not numbers"):
            check_finite(path, "actor")
    write_safetensors(path, {"good": np.zeros(()), "none": np.zeros(0, np.float32)})
    check_finite(path, "actor")


def test_missing_file_folder_and_model(folder):
    with pytest.raises(EmoTalkError, match="does not exist"):
        read_safetensors(folder / "nothing.safetensors")
    with pytest.raises(EmoTalkError, match="cannot be read"):
        read_safetensors(folder)
    with pytest.raises(EmoTalkError, match="weights of no-such-model are missing"):
        bundled_weights("no-such-model")


def test_an_interrupted_writing_leaves_the_old_file(folder):
    path = folder / "kept.safetensors"
    write_safetensors(path, {"a": np.ones(3)})
    before = path.read_bytes()
    with pytest.raises(ValueError, match="does not support"):
        write_safetensors(path, {"a": np.ones(3), "b": np.array(["text"])})
    assert path.read_bytes() == before
    assert not list(folder.glob(".kept*"))


def test_what_is_written_to_mapped_arrays_never_reaches_the_file(sound_file):
    before = sound_file.read_bytes()
    arrays, metadata = read_safetensors(sound_file, mapped=True)
    assert metadata == safetensors_file.read_metadata(sound_file)
    arrays["layer.bias"][:] = 7
    assert (arrays["layer.bias"] == 7).all()
    assert sound_file.read_bytes() == before
