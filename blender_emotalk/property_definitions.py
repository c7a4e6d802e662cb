"""Blender's properties on classes whose attributes keep their Python types.

Blender expects a property in place of an attribute's type: ``live: bpy.props.BoolProperty()``. Then ``live`` cannot be
annotated as a bool. Here the class has the Python types, and a decorator adds the properties.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeVar, get_origin

PROPERTY: Final = "emotalk"
"""The name of our properties, on scenes and on the window manager alike."""

_Class = TypeVar("_Class", bound=type)

_PYTHON_TYPES: Final[dict[str, type]] = {
    "BoolProperty": bool,
    "EnumProperty": str,
    "FloatProperty": float,
    "IntProperty": int,
    "StringProperty": str,
}


def properties(**definitions: Any) -> Callable[[_Class], _Class]:
    """A class decorator: define these properties, and let the annotated attributes of the class be their types.

    Attributes that are annotated as ``ClassVar`` are no properties.

    Args:
        definitions: results of ``bpy.props`` by name; names without an annotation in the class are defined as well.

    Raises:
        TypeError: an annotated attribute has no property, or one of another type.
    """

    def define(cls: _Class) -> _Class:
        for name, python_type in cls.__annotations__.items():
            origin: Any = get_origin(python_type)
            if origin is ClassVar:
                continue
            if name not in definitions:
                raise TypeError(f"{cls.__name__}.{name} is annotated, but no property defines it")
            kind = definitions[name].function.__name__
            if python_type is not _PYTHON_TYPES.get(kind, python_type):
                raise TypeError(f"{cls.__name__}.{name} is a {kind}, but annotated as {python_type}")
        cls.__annotations__ = definitions
        return cls

    return define
