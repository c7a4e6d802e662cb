"""Reads pickled arrays without running anything: every name in the file is looked up in a fixed table of stand-ins.

NumPy's arrays, chumpy's arrays and SciPy's sparse matrices become plain arrays; neither chumpy nor SciPy is imported.
Any other name, and any attempt to change a stand-in, ends the reading.
"""

import io
import pickle
import struct
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

import numpy as np

from ..errors import EmoTalkError
from ..pickled_call import PickledCall

_KINDS: Final = "fiub"
"""Kinds of numbers that arrays may hold; objects would be references."""
_LARGEST_ARRAY: Final = 1 << 29
"""Bytes of the largest array that is made from a sparse matrix, whose size need not show in the file."""


class PickleError(EmoTalkError):
    """A pickle that is not read; the message is a sentence."""


def read_arrays(data: bytes) -> dict[str, Any]:
    """The dictionary in a pickle of protocol 0 to 5, of Python 2 or 3; arrays are plain ``np.ndarray``.

    Args:
        data: the whole file.

    Returns:
        By key: arrays, numbers and strings; None for everything else that may stand there.

    Raises:
        PickleError: the pickle is damaged, is no dictionary, or holds anything else; nothing in it was run.
    """
    try:
        content = _Reader(data).load()
    except PickleError:
        raise
    except Exception:  # damaged bytes can make an unpickler raise anything
        raise PickleError("The file is damaged or not a pickle of arrays; download it again") from None
    if not isinstance(content, dict):
        raise PickleError("The file holds no dictionary of arrays; choose a model file")
    return {str(key): _plain(value) for key, value in content.items()}


class _Building:
    """A stand-in whose content comes with the BUILD opcode, once."""

    __slots__ = ("content",)

    def __init__(self) -> None:
        self.content: Any = None

    def build(self, state: Any) -> None:
        raise NotImplementedError


class _Number(_Building):
    """``numpy.dtype``; content: the dtype."""

    __slots__ = ()

    def __init__(self, code: Any, *_: Any) -> None:
        super().__init__()
        dtype = np.dtype(_text(code))
        if dtype.kind not in _KINDS:
            raise _refused(f"values of the kind {dtype.kind!r}")
        self.content = dtype

    def build(self, state: Any) -> None:
        _version, order, subtype, names, fields, *_rest = state
        if subtype is not None or names or fields:
            raise _refused("structured values")
        self.content = self.content.newbyteorder(_text(order))


class _Array(_Building):
    """``numpy.ndarray``; content: the array."""

    __slots__ = ()

    def build(self, state: Any) -> None:
        _version, shape, number, is_fortran, data = state
        self.content = _array(_bytes(data), number, shape, "F" if is_fortran else "C")


class _Chumpy(_Building):
    """``chumpy.ch.Ch``: an array with a graph around it; content: the array."""

    __slots__ = ()

    def build(self, state: Any) -> None:
        self.content = _plain(state["x"])


class _Sparse(_Building):
    """``scipy.sparse.csc_matrix``; content: the matrix as a dense array."""

    __slots__ = ()

    def build(self, state: Any) -> None:
        shape = state.get("_shape", state.get("shape"))
        rows, columns = (int(size) for size in shape)
        values, indices, starts = (np.asarray(_plain(state[name])) for name in ("data", "indices", "indptr"))
        if not (rows > 0 and columns > 0 and rows * columns * 8 <= _LARGEST_ARRAY):
            raise _refused("a sparse matrix that is too large")
        counts = np.diff(starts)
        if len(starts) != columns + 1 or starts[0] != 0 or (counts < 0).any() or starts[-1] != len(values):
            raise _refused("a damaged sparse matrix")
        if len(indices) != len(values) or (len(indices) and not 0 <= indices.min() <= indices.max() < rows):
            raise _refused("a damaged sparse matrix")
        self.content = np.zeros((rows, columns))
        np.add.at(self.content, (indices, np.repeat(np.arange(columns), counts)), values)


def _reconstruct(kind: Any, *_: Any) -> _Array:
    if kind is not _NDARRAY:
        raise _refused("an array of an unknown class")
    return _Array()


def _from_buffer(data: Any, number: Any, shape: Any, order: Any = "C") -> _Array:
    array = _Array()
    array.content = _array(_bytes(data), number, shape, _text(order))
    return array


def _reconstructor(kind: Any, base: Any, state: Any) -> _Building:
    if kind not in (_CHUMPY, _SPARSE) or base is not _OBJECT or state is not None:
        raise _refused("an object of an unknown class")
    made: _Building = kind()
    return made


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise _refused("text in another encoding")
    return _bytes(text)


_NDARRAY: Final = PickledCall(_Array)
_CHUMPY: Final = PickledCall(_Chumpy)
_SPARSE: Final = PickledCall(_Sparse)
_OBJECT: Final = PickledCall(lambda: None)
_ALLOWED: Final[Mapping[tuple[str, str], PickledCall]] = {
    **{(f"numpy.{core}.multiarray", "_reconstruct"): PickledCall(_reconstruct) for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): PickledCall(_from_buffer) for core in ("core", "_core")},
    ("numpy", "ndarray"): _NDARRAY,
    ("numpy", "dtype"): PickledCall(_Number),
    ("chumpy.ch", "Ch"): _CHUMPY,
    **{(module, "csc_matrix"): _SPARSE for module in ("scipy.sparse", "scipy.sparse.csc", "scipy.sparse._csc")},
    **{(module, "_reconstructor"): PickledCall(_reconstructor) for module in ("copy_reg", "copyreg")},
    **{(module, "object"): _OBJECT for module in ("__builtin__", "builtins")},
    **{(module, "set"): PickledCall(lambda values=(): set(values)) for module in ("__builtin__", "builtins")},
    ("_codecs", "encode"): PickledCall(_encode),
}
_ALLOWED_KINDS: Final = (_CHUMPY, _SPARSE)
"""What the NEWOBJ opcode may make."""


_PythonUnpickler: Any = pickle._Unpickler
"""Unlike the unpickler in C it keeps no array that a number in the file could inflate; the stubs hide its parts."""


class _Reader(_PythonUnpickler):  # type: ignore[misc]
    """Reads with the table, and leaves out what could reach beyond it."""

    dispatch: ClassVar[dict[int, Callable[..., None]]] = dict(_PythonUnpickler.dispatch)

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data), encoding="latin1")
        self._bytes = len(data)

    def find_class(self, module: str, name: str) -> Any:
        """The stand-in for a name."""
        if (module, name) not in _ALLOWED:
            if module.split(".")[0] == "chumpy":
                raise PickleError(
                    f"The file holds a chumpy computation ({module}.{name}), not plain arrays; choose FLAME's own file"
                )
            raise _refused(f"{module}.{name}")
        return _ALLOWED[module, name]

    def _refuse(self) -> None:
        raise _refused("references to something outside it")

    def _build(self) -> None:
        state = self.stack.pop()
        if not isinstance(self.stack[-1], _Building):
            raise _refused("changes to what is none of its own")
        self.stack[-1].build(state)

    def _new(self) -> None:
        arguments = self.stack.pop()
        kind = self.stack.pop()
        if kind not in _ALLOWED_KINDS or arguments:
            raise _refused("an object of an unknown class")
        self.append(kind())

    def _bytearray(self) -> None:
        (size,) = struct.unpack("<Q", self.read(8))
        if size > self._bytes:
            raise _refused("an array longer than the file")
        self.append(bytearray(self.read(size)))


for _opcode in (pickle.PERSID, pickle.BINPERSID, pickle.EXT1, pickle.EXT2, pickle.EXT4, pickle.NEXT_BUFFER):
    _Reader.dispatch[_opcode[0]] = _Reader._refuse
_Reader.dispatch[pickle.BUILD[0]] = _Reader._build
_Reader.dispatch[pickle.NEWOBJ[0]] = _Reader._new
_Reader.dispatch[pickle.NEWOBJ_EX[0]] = _Reader._refuse
_Reader.dispatch[pickle.BYTEARRAY8[0]] = _Reader._bytearray


def _refused(what: str) -> PickleError:
    return PickleError(f"The file contains {what}, which no model file needs, so nothing of it was used")


def _array(data: bytes, number: Any, shape: Any, order: str) -> np.ndarray:
    if not isinstance(number, _Number) or order not in ("C", "F"):
        raise _refused("an array of an unknown class")
    sizes = tuple(int(size) for size in shape)
    array = np.frombuffer(data, number.content)
    if min(sizes, default=0) < 0 or array.size != int(np.prod(sizes, dtype=object)):
        raise _refused("an array whose size is wrong")
    return array.reshape(sizes, order=order)  # type: ignore[call-overload]


def _plain(value: Any) -> Any:
    if isinstance(value, _Building):
        if value.content is None:
            raise _refused("an array without content")
        return value.content
    return value if isinstance(value, (int, float, str)) else None


def _bytes(data: Any) -> bytes:
    """Python 2 wrote bytes as text."""
    if isinstance(data, str):
        return data.encode("latin1")
    if isinstance(data, (bytes, bytearray)):
        return bytes(data)
    raise _refused("an array without bytes")


def _text(value: Any) -> str:
    return value.decode("latin1") if isinstance(value, bytes) else str(value)
