"""Files that may come from anywhere: arrays are read, everything else is refused, and nothing is run."""

import contextlib
import io
import pickle
import pickletools
import struct

import numpy as np
import pytest
from emotalk.face.flame.unpickling import PickleError, read_arrays
from hypothesis import given, settings
from hypothesis import strategies as st

PROTOCOLS = range(6)


@pytest.fixture(scope="session")
def small():
    rng = np.random.default_rng(2)
    regressor = np.where(rng.random((5, 7)) < 0.4, rng.normal(size=(5, 7)), 0)
    return {
        "v_template": rng.normal(size=(7, 3)),
        "shapedirs": rng.normal(size=(7, 3, 4)),
        "posedirs": np.asfortranarray(rng.normal(size=(7, 3, 2))),
        "J_regressor": regressor,
        "f": np.array([[0, 1, 2], [2, 3, 4]], np.uint32),
        "bs_style": "lbs",
    }


def assert_same(read, content):
    assert set(read) == set(content)
    for name, values in content.items():
        if isinstance(values, np.ndarray):
            assert type(read[name]) is np.ndarray
            np.testing.assert_array_equal(read[name], values)
        else:
            assert read[name] == values


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("chumpy", [False, True])
@pytest.mark.parametrize("sparse", [False, True])
def test_every_protocol_of_python_3(synthetic, small, protocol, chumpy, sparse):
    assert_same(read_arrays(synthetic.pickled(small, protocol, chumpy, sparse)), small)


@pytest.mark.parametrize("protocol", [0, 2])
def test_what_python_2_wrote(synthetic, small, protocol):
    data = synthetic.pickled_by_python_2(small, protocol)
    if protocol == 0:
        assert b"copy_reg" in data
    read = read_arrays(data)
    assert_same({**read, "bs_style": read["bs_style"]}, small)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_scipy_and_big_endian_arrays(small, protocol):
    scipy_sparse = pytest.importorskip("scipy.sparse")
    content = {**small, "J_regressor": scipy_sparse.csc_matrix(small["J_regressor"]), "f": small["f"].astype(">u4")}
    assert_same(read_arrays(pickle.dumps(content, protocol)), small)


class Runs:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", ["os.system", "eval", "exec", "open", "getattr", "np.load"])
def test_a_call_is_refused_and_not_run(small, tmp_path, protocol, name):
    import os

    mark = tmp_path / "ran"
    calls = {
        "os.system": Runs(os.system, f"touch {mark}"),
        "eval": Runs(eval, f"open({str(mark)!r}, 'w')"),
        "exec": Runs(exec, f"open({str(mark)!r}, 'w')"),
        "open": Runs(open, str(mark), "w"),
        "getattr": Runs(getattr, np.float64, "mro"),
        "np.load": Runs(np.load, str(mark)),
    }
    data = pickle.dumps({**small, "more": calls[name]}, protocol)
    with pytest.raises(PickleError, match="nothing of it was used"):
        read_arrays(data)
    assert not mark.exists()


def names(*pairs):
    return b"".join(f"c{module}\n{name}\n".encode() for module, name in pairs)


@pytest.mark.parametrize(
    "data",
    [
        names(("numpy", "ndarray")) + b"}S'__call__'\nS'x'\ns" + b"b.",  # BUILD on a stand-in
        names(("numpy", "dtype")) + b"(S'_make'\nI1\nt" + b"b.",
        names(("numpy", "ndarray")) + b")\x81.",  # NEWOBJ of what may not be made
        names(("copy_reg", "_reconstructor")) + b"(" + names(("numpy", "ndarray"), ("__builtin__", "object")) + b"NtR.",
        b"Pthing\n.",  # a persistent name
        b"\x80\x02\x82\x01.",  # an extension code
        b"\x80\x05\x97.",  # a buffer from outside
        b"\x80\x05\x96" + struct.pack("<Q", 1 << 60) + b"x.",
        names(("numpy", "dtype")) + b"(S'O8'\nI0\nI1\ntR.",
        names(("numpy.core.multiarray", "_reconstruct")) + b"(" + names(("chumpy.ch", "Ch")) + b"(I0\ntS'b'\ntR.",
        names(("_codecs", "encode")) + b"(S'x'\nS'utf-16'\ntR.",
        names(("numpy", "ndarray.__new__")) + b".",
        b"\x80\x04\x8c\x05numpy\x8c\x11ndarray.__class__\x93.",
    ],
)
def test_tricks_are_refused(data):
    with pytest.raises(PickleError, match="nothing of it was used"):
        read_arrays(data)


def test_a_refused_trick_leaves_the_stand_ins_as_they_were(synthetic, small):
    with pytest.raises(PickleError):
        read_arrays(names(("numpy", "ndarray")) + b"}S'_make'\nI1\nsb.")
    assert_same(read_arrays(synthetic.pickled(small, 2)), small)


def test_chumpy_that_computes_is_named():
    with pytest.raises(PickleError, match=r"chumpy computation \(chumpy\.reordering\.Select\)"):
        read_arrays(names(("chumpy.reordering", "Select")) + b")\x81.")


@pytest.mark.parametrize(
    ("shape", "data", "order"),
    [((2, 2), bytes(24), "C"), ((-1, -4), bytes(32), "C"), ((1 << 40, 1 << 40), b"", "C"), ((4,), bytes(32), "K")],
)
def test_arrays_whose_size_is_wrong(shape, data, order):
    np.testing.assert_array_equal(read_arrays(_from_buffer(bytes(32), (4,), "C"))["x"], np.zeros(4))
    with pytest.raises(PickleError, match="nothing of it was used"):
        read_arrays(_from_buffer(data, shape, order))


def _from_buffer(data, shape, order):
    arguments = pickle.dumps((data, np.dtype("f8"), shape, order), 3)[2:-1]
    return b"\x80\x03}" + b"X\x01\0\0\0x" + names(("numpy.core.numeric", "_frombuffer")) + arguments + b"Rs."


@pytest.mark.parametrize(
    "changed",
    [
        {"_shape": (1 << 20, 1 << 20)},
        {"indices": np.array([0, 1, 9], np.int32)},
        {"indices": np.array([0, 1, -1], np.int32)},
        {"indptr": np.array([0, 3, 2, 3], np.int32)},
        {"indptr": np.array([0, 1, 2, 4], np.int32)},
        {"data": np.ones(2)},
    ],
)
def test_damaged_sparse_matrices(synthetic, changed):
    content = {"J_regressor": np.eye(3)}
    damaged = synthetic.FakeSparse(np.eye(3))
    damaged.__dict__.update(changed)
    writer = synthetic.Python2Pickle(2)
    assert read_arrays(synthetic.pickled_by_python_2({**_arrays(), **content}, 2))["J_regressor"].shape == (3, 3)
    with pytest.raises(PickleError):
        read_arrays(writer.dumps({"J_regressor": damaged}))


def _arrays():
    return {name: np.ones((2, 3)) for name in ("v_template", "shapedirs", "posedirs")}


def test_no_dictionary():
    with pytest.raises(PickleError, match="no dictionary"):
        read_arrays(pickle.dumps([1, 2]))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_files_end_with_a_sentence(synthetic_pickles, data):
    original = data.draw(st.sampled_from(synthetic_pickles))
    damaged = bytearray(original)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    damaged = damaged[: data.draw(st.integers(1, len(damaged)))]
    with contextlib.suppress(PickleError):
        assert isinstance(read_arrays(bytes(damaged)), dict)


@pytest.fixture(scope="session")
def synthetic_pickles(synthetic, small):
    return [synthetic.pickled(small, protocol, chumpy=True) for protocol in PROTOCOLS] + [
        synthetic.pickled_by_python_2(small, protocol) for protocol in (0, 2)
    ]


def test_the_synthetic_files_look_like_the_real_ones(synthetic, small):
    """The names that stand in the releases, as scans of them list."""
    stream = io.BytesIO(synthetic.pickled_by_python_2(small, 2))
    found = {argument for opcode, argument, _ in pickletools.genops(stream) if opcode.name == "GLOBAL"}
    assert found == {
        "numpy.core.multiarray _reconstruct",
        "numpy ndarray",
        "numpy dtype",
        "chumpy.ch Ch",
        "scipy.sparse.csc csc_matrix",
    }
