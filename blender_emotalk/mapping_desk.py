"""The mapping of a character as the animator works on it: recognised, stored, edited, calibrated."""

from dataclasses import dataclass, replace
from typing import Final, cast

import bpy

from ..face.basis import ARKIT, Basis
from ..face.calibration import calibrate, changes
from ..face.fit import Fit
from ..face.mapping import SOLVE, Mapping, Target
from ..face.naming_schemes import Recognition, recognise
from ..inference.contract import EmoTalkError
from . import stored_mapping
from .characters import find_character
from .fit_check import Measured, measure
from .rigs import armature_of, family, rig_of, shape_keys_of

_ROUNDS: Final = 3
"""So often a face is calibrated and measured again: bones do not move in straight lines."""


@dataclass(frozen=True)
class CharacterMapping:
    """What is known of the mapping of a character. It holds references, so it must not outlive the call that made it.

    Attributes:
        place: the object that has it, or gets it.
        mapping: the stored one, else what is recognised.
        is_stored: which of the two.
        recognition: what is recognised by names.
    """

    place: bpy.types.Object
    mapping: Mapping
    is_stored: bool
    recognition: Recognition


def look_up(anchor: bpy.types.Object | None, scene: bpy.types.Scene, basis: Basis) -> CharacterMapping:
    """The mapping of an object's character.

    Raises:
        EmoTalkError: there is no object, or the stored mapping is damaged.
    """
    if anchor is None:
        raise EmoTalkError("No character is selected; click a face that has shape keys, or add the sample head")
    armature = armature_of(anchor)
    relatives = family(anchor, armature, scene)
    stored = stored_mapping.read(anchor, armature, relatives)
    recognition = _recognise(anchor, scene, basis)
    place = stored_mapping.place_of(anchor, armature)
    return CharacterMapping(place, recognition.mapping if stored is None else stored, stored is not None, recognition)


def auto_map(anchor: bpy.types.Object | None, scene: bpy.types.Scene, basis: Basis) -> CharacterMapping:
    """Store what is recognised on an object's character, in place of what is stored.

    Raises:
        EmoTalkError: there is no object, nothing is recognised, or the character is linked; nothing was changed.
    """
    if anchor is None:
        raise EmoTalkError("No character is selected; click a face that has shape keys, or add the sample head")
    recognition = _recognise(anchor, scene, basis)
    if not recognition.mapping.rows:
        raise EmoTalkError(
            f"None of the shape keys, bones and properties of {anchor.name!r} has a name that EmoTalk knows; "
            "load a mapping, or rename them to jawOpen, mouthSmileLeft and so on"
        )
    place = store(anchor, recognition.mapping)
    return CharacterMapping(place, recognition.mapping, True, recognition)


def store(anchor: bpy.types.Object, mapping: Mapping | None) -> bpy.types.Object:
    """Store a mapping on an object's character; None forgets it, so that it is recognised again.

    Returns:
        The object that has it.

    Raises:
        EmoTalkError: the character is linked; nothing was changed.
    """
    armature = armature_of(anchor)
    place = stored_mapping.place_of(anchor, armature)
    stored_mapping.write(place, mapping)
    for obj in {anchor, *([armature] if armature else [])} - {place}:
        if stored_mapping.text_on(obj) and obj.is_editable:
            stored_mapping.write(obj, None)
    return place


def edit_row(mapping: Mapping, index: int, target: str, gain: float, offset: float) -> Mapping:
    """A mapping whose row has another name of its target, gain and offset. Raises EmoTalkError if it cannot be."""
    rows = list(mapping.rows)
    row = rows[index]
    rows[index] = replace(row, target=_renamed(row.target, target), gain=gain, offset=offset)
    return mapping.with_rows(rows)


def _renamed(target: Target, name: str) -> Target:
    return target if target.name == name else replace(target, name=name)


def check(anchor: bpy.types.Object | None, scene: bpy.types.Scene, basis: Basis) -> tuple[Fit, str]:
    """Measure how well an object's character makes the poses of speech; nothing is changed.

    Returns:
        The fit, and what Calibrate would change; "" where that is nothing, or not possible.

    Raises:
        EmoTalkError: it cannot be measured.
    """
    found = look_up(anchor, scene, basis)
    measured = _measured(anchor, scene, basis)
    if any(row.combine == SOLVE for row in found.mapping.rows):
        return measured.fit, ""
    return measured.fit, changes(found.mapping, calibrate(found.mapping, measured.face, measured.measures))


def calibrate_character(anchor: bpy.types.Object | None, scene: bpy.types.Scene, basis: Basis) -> tuple[Fit, Fit]:
    """Calibrate an object's character, and store the mapping.

    Returns:
        The fit before and after.

    Raises:
        EmoTalkError: it cannot be measured, speaks by visemes, or is linked; nothing was changed.
    """
    found = look_up(anchor, scene, basis)
    anchor, mapping = cast(bpy.types.Object, anchor), found.mapping
    before = measured = _measured(anchor, scene, basis)
    for _round in range(_ROUNDS):
        last, mapping = mapping, calibrate(mapping, measured.face, measured.measures)
        if not changes(last, mapping):
            break
        measured = _measured(anchor, scene, basis, mapping)
    store(anchor, mapping)
    return before.fit, measured.fit


def _measured(
    anchor: bpy.types.Object | None, scene: bpy.types.Scene, basis: Basis, tried: Mapping | None = None
) -> Measured:
    if basis is not ARKIT:
        raise EmoTalkError(f"The fit is measured with ARKit's coefficients, and this model performs {basis.name}")
    return measure(find_character(anchor, scene, basis, tried), cast(bpy.types.Object, anchor), scene)


def _recognise(anchor: bpy.types.Object, scene: bpy.types.Scene, basis: Basis) -> Recognition:
    armature = armature_of(anchor)
    meshes = [(mesh, key) for mesh in family(anchor, armature, scene) if (key := shape_keys_of(mesh))]
    return recognise(rig_of(meshes, armature, basis), basis)
