"""The inner edges of the lips as an animator marks them: two vertex groups."""

from typing import Any, Final, cast

import bpy
import numpy as np

from ..inference.contract import EmoTalkError

LIPS: Final = {"UPPER": "EmoTalk Upper Lip", "LOWER": "EmoTalk Lower Lip"}
"""Lip -> its vertex group."""


def mark(mesh: bpy.types.Object, lip: str) -> int:
    """Put the vertices that are selected in Edit Mode, and no others, into the group of a lip.

    Args:
        mesh: in Edit Mode.
        lip: of ``LIPS``.

    Returns:
        Their number.

    Raises:
        EmoTalkError: the object is no mesh in Edit Mode or is linked, or fewer than three vertices are selected;
            nothing was changed.
    """
    import bmesh  # the Python package bpy has it only once bpy is there

    if mesh.type != "MESH" or mesh.mode != "EDIT":
        raise EmoTalkError("Lips are marked in Edit Mode: select the inner edge of one lip there")
    if not mesh.is_editable:
        raise EmoTalkError(f"{mesh.name!r} is linked from another file; make it local to mark its lips")
    data = cast(bpy.types.Mesh, mesh.data)
    edited = bmesh.from_edit_mesh(data)
    chosen = {vertex.index for vertex in edited.verts if vertex.select}
    if len(chosen) < 3:
        raise EmoTalkError("Select the inner edge of the lip from corner to corner, three vertices at least")
    group = mesh.vertex_groups.get(LIPS[lip]) or mesh.vertex_groups.new(name=LIPS[lip])
    layer: Any = edited.verts.layers.deform.verify()
    edited.verts.ensure_lookup_table()
    for vertex in edited.verts:
        weights: Any = vertex[layer]
        if vertex.index in chosen:
            weights[group.index] = 1.0
        elif group.index in weights:
            del weights[group.index]
    bmesh.update_edit_mesh(data, loop_triangles=False, destructive=False)
    return len(chosen)


def marked(mesh: bpy.types.Object, lip: str) -> np.ndarray:
    """The numbers of the vertices in the group of a lip; empty if it is not marked."""
    group = mesh.vertex_groups.get(LIPS[lip])
    if group is None:
        return np.empty(0, np.int64)
    vertices = cast(bpy.types.Mesh, mesh.data).vertices
    numbers = [v.index for v in vertices if any(each.group == group.index for each in v.groups)]
    return np.array(numbers, np.int64)
