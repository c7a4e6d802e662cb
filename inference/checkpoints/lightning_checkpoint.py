"""Reads the weights out of a checkpoint of PyTorch Lightning, which holds objects of many libraries beside them.

Lightning's callbacks, options and loggers are pickled by the names of their classes, so PyTorch's ``weights_only``
reader refuses the file. Here every name is looked up in a fixed table: tensors, dictionaries and types of numbers have
stand-ins of our own there, and every other name stands for ``Nothing``, which takes whatever is done to it and does
nothing. No module is imported and no object of the file's making is called.
"""

import io
import pickle
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

import torch
from torch import Tensor

from ...face.pickled_call import PickledCall
from .checkpoint_file import LARGEST_TABLE

MARK: Final = "pytorch-lightning_version"
"""The entry by which such a checkpoint is known."""

_LOCAL_HEADER: Final = struct.Struct("<26xHH")
_DTYPES: Final = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


class Nothing:
    """What stands for everything in the file that is no weight."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *_: Any, **__: Any) -> "Nothing":
        """Make nothing of whatever is given."""
        return Nothing(self.name)

    def __setitem__(self, _key: Any, _value: Any) -> None:
        pass

    def append(self, _value: Any) -> None:
        """Take a value of a list."""

    def extend(self, _values: Any) -> None:
        """Take the values of a list."""

    def add(self, _value: Any) -> None:
        """Take a value of a set."""


def read_lightning(path: Path) -> dict[str, Any] | None:
    """The content of an archive of PyTorch Lightning, ``Nothing`` where it is no weight and no plain value.

    Args:
        path: an archive that ``checkpoint_file.check_archive`` has looked into.

    Returns:
        Tensors lie in the file, which is mapped; nothing of them is known yet. None if it is no such checkpoint.

    Raises:
        Exception: of any kind, where the file is damaged.
    """
    with zipfile.ZipFile(path) as archive:
        records = {record.filename: record for record in archive.infolist()}
        table = next(name for name in records if name == "data.pkl" or name.endswith("/data.pkl"))
        folder = table.removesuffix("data.pkl")
        order = records.get(f"{folder}byteorder")
        if order is not None and archive.read(order) != b"little":
            raise pickle.UnpicklingError("numbers of another byte order")
        if records[table].file_size > LARGEST_TABLE:
            raise pickle.UnpicklingError("a table that is too large")
        data = archive.read(table)
    whole = torch.UntypedStorage.from_file(str(path), False, path.stat().st_size)
    with path.open("rb") as file:

        def storage_at(key: str) -> torch.UntypedStorage:
            record = records[f"{folder}data/{key}"]
            file.seek(record.header_offset)
            begin = record.header_offset + _LOCAL_HEADER.size + sum(_LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size)))
            storage: torch.UntypedStorage = whole[begin : begin + record.file_size]
            return storage

        content = _Reader(data, storage_at).load()
    return content if isinstance(content, dict) and MARK in content else None


def _dictionary(pairs: Any = ()) -> dict[Any, Any]:
    return dict(pairs)


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> Tensor:
    if not isinstance(storage, Tensor):
        raise pickle.UnpicklingError("a tensor without numbers")
    return torch.empty(0, dtype=storage.dtype).set_(storage.untyped_storage(), offset, size, stride)


def _parameter(data: Any, *_: Any) -> Tensor:
    if not isinstance(data, Tensor):
        raise pickle.UnpicklingError("a parameter without numbers")
    return data


_KNOWN: Final[Mapping[tuple[str, str], Any]] = {
    ("collections", "OrderedDict"): PickledCall(_dictionary),
    ("torch._utils", "_rebuild_tensor_v2"): PickledCall(_tensor),
    ("torch._utils", "_rebuild_parameter"): PickledCall(_parameter),
    **{("torch", name): dtype for name, dtype in _DTYPES.items()},
}

_PythonUnpickler: Any = pickle._Unpickler
"""Unlike the unpickler in C it keeps no array that a number in the file could inflate; the stubs hide its parts."""


class _Reader(_PythonUnpickler):  # type: ignore[misc]
    """Reads with the table, and leaves out what could reach beyond it."""

    dispatch: ClassVar[dict[int, Callable[..., None]]] = dict(_PythonUnpickler.dispatch)

    def __init__(self, data: bytes, storage_at: Callable[[str], torch.UntypedStorage]) -> None:
        super().__init__(io.BytesIO(data))
        self._bytes, self._storage_at = len(data), storage_at
        self._storages: dict[str, Tensor] = {}

    def find_class(self, module: str, name: str) -> Any:
        """The stand-in for a name."""
        return _KNOWN.get((module, name)) or Nothing(f"{module}.{name}")

    def persistent_load(self, reference: Any) -> Any:
        """The numbers that a tensor refers to, as a tensor of one dimension."""
        kind, dtype, key, *_ = reference
        if kind != "storage" or not isinstance(dtype, torch.dtype) or not isinstance(key, str):
            return Nothing("a reference")
        if key not in self._storages:
            self._storages[key] = torch.empty(0, dtype=dtype).set_(self._storage_at(key))
        return self._storages[key]

    def _build(self) -> None:
        self.stack.pop()  # what only objects have, such as the versions of an ordered dictionary's modules

    def _new(self) -> None:
        self.stack.pop()
        kind = self.stack.pop()
        self.append(kind() if isinstance(kind, (Nothing, PickledCall)) else Nothing("an object"))

    def _new_with_names(self) -> None:
        self.stack.pop()
        self._new()

    def _refuse(self) -> None:
        raise pickle.UnpicklingError("references to something outside the file")

    def _reduce(self) -> None:
        arguments = self.stack.pop()
        function = self.stack[-1]
        if not isinstance(function, (Nothing, PickledCall)) or not isinstance(arguments, tuple):
            raise pickle.UnpicklingError("a call of what cannot be called")
        self.stack[-1] = function(*arguments)

    def _bytearray(self) -> None:
        (size,) = struct.unpack("<Q", self.read(8))
        if size > self._bytes:
            raise pickle.UnpicklingError("an array longer than the file")
        self.append(bytearray(self.read(size)))


for _opcode in (
    *(pickle.EXT1, pickle.EXT2, pickle.EXT4, pickle.NEXT_BUFFER, pickle.READONLY_BUFFER, pickle.INST, pickle.OBJ),
):
    _Reader.dispatch[_opcode[0]] = _Reader._refuse
_Reader.dispatch[pickle.BUILD[0]] = _Reader._build
_Reader.dispatch[pickle.REDUCE[0]] = _Reader._reduce
_Reader.dispatch[pickle.NEWOBJ[0]] = _Reader._new
_Reader.dispatch[pickle.NEWOBJ_EX[0]] = _Reader._new_with_names
_Reader.dispatch[pickle.BYTEARRAY8[0]] = _Reader._bytearray
