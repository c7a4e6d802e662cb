"""The landmarks of a head as empties that the animator moves."""

from typing import Any, Final, cast

import bpy
import numpy as np
from mathutils import Vector

from ..face.errors import EmoTalkError
from ..face.face_marks import MARKS, distance_of_eyes

_NAME: Final = "emotalk_landmark"
"""Custom property of an empty: the name of the landmark that it marks."""
_SIZE: Final = 0.02
"""Radius in distances of the eyes."""


def add_landmarks(face: bpy.types.Object, places: np.ndarray) -> int:
    """Add an empty, a child of the face, for each landmark that has none; those that are there stay where they are.

    Args:
        face: the mesh object.
        places: (20, 3) in the world, in the order of ``face_marks.MARKS``.

    Returns:
        How many were added.
    """
    present = _empties(face)
    scale = float(np.abs(np.linalg.det(np.array(face.matrix_world.to_3x3()))) ** (1 / 3)) or 1.0
    added = [(name, place) for name, place in zip(MARKS, places, strict=True) if name not in present]
    for name, place in added:
        empty = bpy.data.objects.new(name, None)
        empty.empty_display_type = "SPHERE"
        empty.empty_display_size = _SIZE * distance_of_eyes(places) / scale
        empty.show_in_front = empty.show_name = True
        empty.parent = face
        empty.location = face.matrix_world.inverted_safe() @ Vector(place)
        empty[_NAME] = name
        for collection in face.users_collection:
            collection.objects.link(empty)
    return len(added)


def read_landmarks(face: bpy.types.Object) -> np.ndarray | None:
    """(20, 3) where the landmarks of a face are in the world; None if it has none.

    Raises:
        EmoTalkError: some are missing.
    """
    present = _empties(face)
    missing = [name for name in MARKS if name not in present]
    if len(missing) == len(MARKS):
        return None
    if missing:
        others = f" and {len(missing) - 1} more are" if len(missing) > 1 else " is"
        raise EmoTalkError(
            f"The landmark {missing[0]}{others} missing on {face.name!r}; press Mark Landmarks to add what is missing"
        )
    return np.array([present[name].matrix_world.translation for name in MARKS], np.float64)


def marked_face(obj: bpy.types.Object | None) -> bpy.types.Object | None:
    """The face that a landmark belongs to, or the object itself."""
    return obj.parent if obj is not None and _landmark(obj) and obj.parent is not None else obj


def _empties(face: bpy.types.Object) -> dict[str, bpy.types.Object]:
    return {_landmark(child): child for child in face.children if _landmark(child)}


def _landmark(obj: bpy.types.Object) -> str:
    holder = cast(Any, obj)
    name = holder.get(_NAME, "") if obj.type == "EMPTY" else ""
    return name if isinstance(name, str) and name in MARKS else ""
