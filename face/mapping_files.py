"""Character mappings as JSON: the presets that animators keep and share, and the naming schemes that come with us."""

import json
import math
from collections.abc import Mapping as Names
from pathlib import Path
from typing import Any, Final

from .arkit import sides
from .atomic_file import replacing
from .mapping import (
    AXES,
    COMBINE_RULES,
    LOCATION,
    PROPERTY,
    ROTATION,
    SHAPE_KEY,
    SOLVE,
    SUM,
    Mapping,
    MappingError,
    Row,
    Target,
)
from .visemes import POSES

VERSION: Final = 1
SUFFIX: Final = ".json"
SIZE_LIMIT: Final = 2**22
"""Bytes of a file."""
MARK: Final = "emotalk_mapping"

_TARGETS: Final = (SHAPE_KEY, ROTATION, LOCATION, PROPERTY)
_FIELDS: Final = {
    *_TARGETS, "axis", "bone", "object", "sources", "viseme", "gain", "offset", "lowest", "highest", "combine",
}  # fmt: skip
_NUMBERS: Final = {"gain": 1.0, "offset": 0.0, "lowest": -math.inf, "highest": math.inf}


def write_mapping(path: Path, mapping: Mapping, *, overwrite: bool = False) -> None:
    """Write a mapping.

    Raises:
        PlaceError: something other than a file is there; or a file is (TakenError), and ``overwrite`` is off.
        OSError: the folder cannot be written to.
    """
    with replacing(path, overwrite=overwrite) as part:
        part.write_text(to_text(mapping, indent=1) + "\n", encoding="utf-8")


def read_mapping(path: Path) -> Mapping:
    """Read a mapping.

    Raises:
        MappingError: the file is no mapping, comes from a later version, or has a row that cannot be; the sentence says
            which.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        raise MappingError(f"{path.name} is too large for a character mapping")
    try:
        return from_text(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise MappingError(f"{path.name} is no character mapping of EmoTalk") from None
    except MappingError as error:
        raise MappingError(f"{path.name}: {error}") from None


def to_text(mapping: Mapping, indent: int | None = None) -> str:
    """A mapping as JSON; ``from_text`` gives an equal one."""
    rows = [_row_fields(row) for row in mapping.rows]
    return json.dumps({MARK: VERSION, "name": mapping.name, "rows": rows}, ensure_ascii=False, indent=indent)


def from_text(text: str) -> Mapping:
    """The mapping of a JSON text. Raises MappingError if it is none, with the reason."""
    fields = read_fields(text)
    return Mapping(tuple(read_row(row, f"row {n}") for n, row in enumerate(fields["rows"], 1)), fields["name"])


def read_fields(text: str) -> dict[str, Any]:
    """The checked outer fields of a mapping: ``name`` and the list ``rows``. Raises MappingError."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        fields = None
    version = fields.get(MARK) if isinstance(fields, dict) else None
    if not isinstance(fields, dict) or not isinstance(version, int) or isinstance(version, bool):
        raise MappingError("this is no character mapping of EmoTalk")
    if version != VERSION:
        raise MappingError("the mapping was saved by a later version of EmoTalk; update the extension to load it")
    fields.setdefault("name", "")
    if not isinstance(fields["name"], str) or not isinstance(fields.get("rows"), list):
        raise MappingError("a character mapping needs a name and a list of rows")
    return fields


def read_row(fields: Any, place: str) -> Row:
    """A row. Raises MappingError with the place in the sentence if it cannot be one."""
    if not isinstance(fields, dict):
        raise MappingError(f"{place} is no object with fields")
    unknown = sorted(map(str, set(fields) - _FIELDS))
    if unknown:
        raise MappingError(f"{place} has an unknown field {unknown[0]!r}")
    kinds = [kind for kind in _TARGETS if kind in fields]
    if len(kinds) != 1:
        raise MappingError(f"{place} needs exactly one target: {', '.join(_TARGETS)}")
    texts = {name: fields.get(name, "") for name in (kinds[0], "bone", "object")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise MappingError(f"{place}: the names of targets are texts")
    axis = fields.get("axis", "x")
    if axis not in tuple(AXES):
        raise MappingError(f"{place}: an axis is x, y or z, not {axis!r}")
    try:
        target = Target(kinds[0], texts[kinds[0]], AXES.index(axis), texts["bone"], texts["object"])
        numbers = {name: _number(fields.get(name, value), f"{place}: {name}") for name, value in _NUMBERS.items()}
        sources, rule = read_sources(fields, place)
        return Row(target, sources, combine=rule, **numbers)
    except MappingError as error:
        raise error if place in str(error) else MappingError(f"{place}: {error}") from None


def read_sources(fields: Names[str, Any], place: str) -> tuple[tuple[tuple[str, float], ...], str]:
    """The sources of a row and their rule; ``viseme`` stands for the pose of that name. Raises MappingError."""
    rule = fields.get("combine", SUM)
    if rule not in COMBINE_RULES:
        raise MappingError(f"{place}: sources are combined by {', '.join(COMBINE_RULES)}, not {rule!r}")
    if "viseme" in fields:
        if fields["viseme"] not in POSES:
            raise MappingError(f"{place}: there is no viseme {fields['viseme']!r}; there are {', '.join(POSES)}")
        pose = POSES[fields["viseme"]]
        return tuple((channel, value) for stem, value in pose.items() for channel in sides(stem)), SOLVE
    sources = fields.get("sources", {})
    if not isinstance(sources, dict):
        raise MappingError(f"{place}: sources are channels with their weights")
    return tuple((str(name), _number(weight, f"{place}: {name}")) for name, weight in sources.items()), rule


def _number(value: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise MappingError(f"{place} must be a number, not {value!r}")
    return float(value)


def _row_fields(row: Row) -> dict[str, Any]:
    target = row.target
    fields: dict[str, Any] = {target.kind: target.name}
    if target.kind in (ROTATION, LOCATION):
        fields["axis"] = AXES[target.axis]
    fields |= {name: value for name, value in (("bone", target.bone), ("object", target.object)) if value}
    fields["sources"] = dict(row.sources)
    fields |= {name: getattr(row, name) for name, value in _NUMBERS.items() if getattr(row, name) != value}
    if row.combine != SUM:
        fields["combine"] = row.combine
    return fields
