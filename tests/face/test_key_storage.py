"""Curves come back from their bytes within the stated steps, and other bytes are refused."""

import zlib

import numpy as np
import pytest
from emotalk.face.key_reduction import SparseKeys, reduce_keys
from emotalk.face.key_storage import FRAME, SLOPE, VALUE, pack, unpack
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays


@st.composite
def curves(draw):
    count = draw(st.integers(1, 40))
    steps = draw(arrays(float, count, elements=st.floats(0.01, 5000)))
    numbers = st.floats(-30, 30)
    slopes = draw(st.none() | arrays(float, count, elements=numbers))
    frames = draw(st.floats(-100_000, 100_000)) + np.cumsum(steps)
    return SparseKeys(frames, draw(arrays(float, count, elements=numbers)), slopes)


@settings(max_examples=80, deadline=None)
@given(st.lists(curves(), max_size=6))
def test_a_round_trip_keeps_every_number_within_half_a_step(given_curves):
    labelled = [([number, 'key_blocks["Mund\\"öffnen"].value'], keys) for number, keys in enumerate(given_curves)]
    back = unpack(pack(labelled))
    assert [label for label, _keys in back] == [label for label, _keys in labelled]
    for (_label, keys), (_same, read) in zip(labelled, back, strict=True):
        assert np.abs(read.frames - keys.frames).max() <= FRAME / 2
        assert np.abs(read.values - keys.values).max() <= VALUE / 2
        assert (read.slopes is None) == (keys.slopes is None)
        if keys.slopes is not None:
            assert np.abs(read.slopes - keys.slopes).max() <= SLOPE / 2


def test_a_line_takes_few_bytes():
    frames = np.arange(204)
    rng = np.random.default_rng(0)
    labelled = [
        (f'key_blocks["channel{number}"].value', reduce_keys(0.4 + 0.3 * np.sin(frames * rng.uniform(0.1, 0.5)), 0.01))
        for number in range(52)
    ]
    keys = sum(len(curve.frames) for _label, curve in labelled)
    assert keys > 1500
    assert len(pack(labelled)) < 7 * keys


@pytest.mark.parametrize("data", [b"", b"no", pack([("a", SparseKeys(np.zeros(1), np.zeros(1)))])[:-3]])
def test_other_bytes_are_refused(data):
    with pytest.raises(ValueError, match="no curves"):
        unpack(data)


def test_a_head_that_does_not_fit_is_refused():
    for head in (b"5\n", b'[["a",3,true]]\n', b'[["a",-1,false]]\n', b'[["a",1]]\n' + bytes(8), b"[]\n" + bytes(4)):
        with pytest.raises(ValueError, match="no curves"):
            unpack(zlib.compress(head))
