"""Whether an object can be animated, cheaply enough for panels, which ask at every redraw."""

import time
from typing import Any, Final, cast

import bpy

from ..face.basis import Basis
from ..inference.contract import EmoTalkError
from .characters import find_character
from .flame_motion import performed_basis
from .rigs import armature_of
from .stored_mapping import text_on

_SECONDS: Final = 1.0
"""For so long the answer for the same object with the same shape keys is kept."""

_known: tuple[Any, float, str] = (None, 0.0, "")


def why_no_face(anchor: bpy.types.Object, scene: bpy.types.Scene, basis: Basis) -> str:
    """Why an object's character cannot perform curves of a basis, as a sentence; empty if it can."""
    global _known
    question = (
        scene.session_uid,
        anchor.session_uid,
        anchor.name,
        basis.name,
        basis.channels,
        len(scene.objects),
        _shape_keys_of(anchor),
        _mappings_of(anchor),
    )
    asked, until, answer = _known
    if question == asked and time.monotonic() < until:
        return answer
    try:
        find_character(anchor, scene, performed_basis(anchor, scene, basis))
        answer = ""
    except EmoTalkError as error:
        answer = str(error)
    _known = question, time.monotonic() + _SECONDS, answer
    return answer


def _mappings_of(anchor: bpy.types.Object) -> tuple[str, ...]:
    return tuple(text_on(obj) for obj in (anchor, armature_of(anchor)) if obj is not None)


def _shape_keys_of(obj: bpy.types.Object) -> tuple[str, ...]:
    if obj.type != "MESH":
        return ()
    keys = cast(bpy.types.Mesh, obj.data).shape_keys
    return tuple(keys.key_blocks.keys()) if keys else ()
