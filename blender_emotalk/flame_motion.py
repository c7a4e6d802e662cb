"""Performances of FLAME on characters that have no shape keys of FLAME's expressions: they become 52 coefficients."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import bpy

from ..face.basis import ARKIT, JAW_CHANNELS, Basis
from ..face.curves import Performance
from ..face.errors import EmoTalkError
from . import flame_heads, mapping_desk

OTHER_FLAME: Final = (
    "The weights belong to another FLAME than {}, so its expressions mean something else; "
    "add a head from the FLAME file that they were trained for"
)


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


def template_remark(anchor: bpy.types.Object | None, basis: Basis, template: str) -> str:
    """A sentence where motion of FLAME is played by another FLAME than it was made for; "" where it is not.

    Args:
        anchor: the object whose character takes the motion.
        basis: in which it takes it, see ``performed_basis``.
        template: the hash of the mean head that the weights note, ``ModelSpec.flame_template``; "" if they note none.

    Raises:
        EmoTalkError: FLAME's file is damaged.
    """
    if not template or anchor is None:
        return ""
    armature = next((each for each in (anchor, anchor.parent) if flame_heads.is_flame_head(each)), None)
    if basis is ARKIT:
        path, name = flame_heads.newest_model(), "the file that was imported last"
    elif armature is not None:
        path, name = flame_heads.model_of(armature), f"that of {armature.name}"
    else:
        return ""
    found = flame_heads.template_of(path) if path is not None else ""
    return OTHER_FLAME.format(name) if found and found != template else ""


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
