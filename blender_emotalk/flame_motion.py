"""Performances of FLAME on characters that have no shape keys of FLAME's expressions: they become 52 coefficients."""

from collections.abc import Callable
from dataclasses import replace

import bpy

from ..face.basis import ARKIT, JAW_CHANNELS, Basis
from ..face.curves import Performance
from ..face.errors import EmoTalkError
from . import flame_heads, mapping_desk


def performed_basis(anchor: bpy.types.Object | None, scene: bpy.types.Scene, basis: Basis) -> Basis:
    """The basis in which an object's character takes performances of a basis.

    ARKit's for FLAME's where the character has nothing for FLAME's expressions, and a FLAME file was imported on this
    computer; else the same.
    """
    if anchor is None or not basis.has(JAW_CHANNELS) or flame_heads.newest_model() is None:
        return basis
    try:
        moved = mapping_desk.look_up(anchor, scene, basis).mapping.channels
    except EmoTalkError:  # the stored mapping is damaged, which whoever uses it says
        return basis
    return basis if set(basis.regions["expression"]) & set(moved) else ARKIT


def conversion_to(basis: Basis) -> Callable[[Performance], tuple[Performance, str]]:
    """A function from a performance to one of this basis and a remark; it uses no Blender data and may take seconds.

    The function raises EmoTalkError where FLAME's file has fewer expressions than the performance.
    """
    path = flame_heads.newest_model()

    def convert(performance: Performance) -> tuple[Performance, str]:
        if performance.face.basis is basis or path is None:
            return performance, ""
        face, release = flame_heads.to_arkit(performance.face, path)
        return replace(performance, face=face), f"FLAME's expression and jaw became the 52 coefficients by {release}"

    return convert
