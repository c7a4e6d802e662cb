"""The mapping that an animator has made for a character, stored on its armature, or on its mesh if it has none.

A property of its own on the object, as text: it is saved and appended with the object, and a library override may have
another one.
"""

from collections.abc import Iterable
from typing import Any, Final, cast

import bpy

from ..face.mapping import Mapping
from ..face.mapping_files import from_text, to_text
from ..inference.contract import EmoTalkError
from . import nla
from .rigs import ancestors, armature_of

MAPPING: Final = "emotalk_mapping"
"""The property of an object. A group of properties would not do: Blender overrides none that the library lacks."""


def mapping_property() -> Any:
    """What ``MAPPING`` is: a mapping as JSON, "" to recognise it."""
    return bpy.props.StringProperty(name="EmoTalk Mapping", options={"HIDDEN"}, override={"LIBRARY_OVERRIDABLE"})


def place_of(anchor: bpy.types.Object, armature: bpy.types.Object | None) -> bpy.types.Object:
    """The object that has, or gets, the mapping of a character."""
    return armature if armature is not None and armature.is_editable else anchor


def read(
    anchor: bpy.types.Object, armature: bpy.types.Object | None, relatives: Iterable[bpy.types.Object]
) -> Mapping | None:
    """The stored mapping of a character; None if there is none.

    Raises:
        EmoTalkError: it is damaged.
    """
    for obj in dict.fromkeys((armature, anchor, *ancestors(anchor), *relatives)):
        text = text_on(obj) if obj is not None else ""
        if obj is not None and text:
            try:
                return from_text(text)
            except EmoTalkError as error:
                raise EmoTalkError(
                    f"The mapping stored on {obj.name!r} cannot be read: {error}; press Auto-Map"
                ) from None
    return None


def text_on(obj: bpy.types.Object) -> str:
    """The mapping that is stored on this very object, as text; "" for none."""
    return str(getattr(obj, MAPPING, ""))


def mapping_on(anchor: bpy.types.Object) -> str:
    """The mapping that is stored on an object or on its armature, as text; "" for none."""
    return next((text for obj in (armature_of(anchor), anchor) if obj is not None and (text := text_on(obj))), "")


def write(obj: bpy.types.Object, mapping: Mapping | None) -> None:
    """Store a mapping on an object; None removes it.

    Raises:
        EmoTalkError: the object is linked.
    """
    if not obj.is_editable:
        raise EmoTalkError(
            f"{obj.name!r} is linked from another file; make a library override of it "
            "(Object > Library Override > Make), or make it local"
        )
    setattr(obj, MAPPING, "" if mapping is None else to_text(mapping))


def holders(relatives: Iterable[bpy.types.Object], scene: bpy.types.Scene) -> list[bpy.types.Object]:
    """The objects with lines of a character beside its armature: its meshes, and whatever drives their shape keys."""
    found = dict.fromkeys(relatives)
    for mesh in list(found):
        key = cast(bpy.types.Mesh, mesh.data).shape_keys
        for curve in key.animation_data.drivers if key is not None and key.animation_data else ():
            for variable in curve.driver.variables if curve.driver else ():
                target = variable.targets[0].id
                if isinstance(target, bpy.types.Object) and target.name in scene.objects:
                    found[target] = None
    return [obj for obj in found if nla.lines_on(obj)]
