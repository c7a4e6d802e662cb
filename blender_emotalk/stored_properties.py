"""The values that a file stores for a group of properties, whatever types the properties have today."""

from collections.abc import Iterable, Mapping
from typing import Any


def stored(group: Any) -> dict[str, Any]:
    """The stored values of a group of properties, without those at their defaults; nested groups as dictionaries."""
    raw = _raw(group, create=False)
    return {name: _copied(value) for name, value in raw.items()} if raw is not None else {}


def store(group: Any, values: Mapping[str, Any]) -> None:
    """Store values in a group of properties as ``stored`` gave them; nothing is told of the change."""
    raw = _raw(group, create=True)
    for name, value in values.items():
        raw[name] = value


def forget(group: Any, names: Iterable[str]) -> None:
    """Remove stored values; those that are not stored are passed over."""
    raw = _raw(group, create=False)
    for name in names:
        if raw is not None and name in raw:
            del raw[name]


def _raw(group: Any, create: bool) -> Any:
    if hasattr(group, "bl_system_properties_get"):  # from Blender 5.0 on
        return group.bl_system_properties_get(do_create=create)
    return group


def _copied(value: Any) -> Any:
    if hasattr(value, "to_dict"):
        return value.to_dict()
    return [_copied(item) for item in value] if isinstance(value, list) else value
