"""The mapping of a character as the animator works on it: recognised, stored, edited, calibrated."""

from dataclasses import dataclass, replace
from typing import cast

import bpy
import numpy as np

from ..face.basis import Basis
from ..face.calibration import Fit, calibrate, check_fit
from ..face.mapping import SHAPE_KEY, Mapping, Target
from ..face.naming_schemes import Recognition, recognise
from ..inference.contract import EmoTalkError
from . import stored_mapping
from .rigs import armature_of, family, rig_of, shape_keys_of


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


def check(anchor: bpy.types.Object | None, scene: bpy.types.Scene, basis: Basis) -> Fit:
    """Measure how well an object's character makes the 15 visemes. Raises EmoTalkError if it cannot be measured."""
    found = look_up(anchor, scene, basis)
    return check_fit(found.mapping, *_geometry(cast(bpy.types.Object, anchor), scene, found.mapping))


def calibrate_character(anchor: bpy.types.Object | None, scene: bpy.types.Scene, basis: Basis) -> tuple[Fit, Fit]:
    """Calibrate an object's character, and store the mapping.

    Returns:
        The fit before and after.

    Raises:
        EmoTalkError: it cannot be measured, or is linked; nothing was changed.
    """
    found = look_up(anchor, scene, basis)
    anchor = cast(bpy.types.Object, anchor)
    vertices, shapes = _geometry(anchor, scene, found.mapping)
    calibrated = calibrate(found.mapping, vertices, shapes)
    fits = check_fit(found.mapping, vertices, shapes), check_fit(calibrated, vertices, shapes)
    store(anchor, calibrated)
    return fits


def _recognise(anchor: bpy.types.Object, scene: bpy.types.Scene, basis: Basis) -> Recognition:
    armature = armature_of(anchor)
    meshes = [(mesh, key) for mesh in family(anchor, armature, scene) if (key := shape_keys_of(mesh))]
    return recognise(rig_of(meshes, armature, basis), basis)


def _geometry(
    anchor: bpy.types.Object, scene: bpy.types.Scene, mapping: Mapping
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The vertices of the mesh with most of the mapped shape keys, and their moves, as they stand in the scene."""
    names = {row.target.name for row in mapping.rows if row.target.kind == SHAPE_KEY}
    meshes = [(mesh, key) for mesh in family(anchor, armature_of(anchor), scene) if (key := shape_keys_of(mesh))]
    counted = [
        (len(names & set(key.key_blocks.keys())), len(key.key_blocks[0].data), mesh, key) for mesh, key in meshes
    ]
    if not counted or not max(counted, key=lambda each: each[:2])[0]:
        raise EmoTalkError("Only faces that move by shape keys are measured, and this one has none in its mapping")
    _count, _size, mesh, key = max(counted, key=lambda each: each[:2])
    turn = np.array(mesh.matrix_world.to_3x3())
    rest = _points(key.key_blocks[0]) @ turn.T
    shapes = {}
    for block in key.key_blocks[1:]:
        if block.name in names:
            shapes[block.name] = (_points(block) - _points(block.relative_key)) @ turn.T
    return rest, shapes


def _points(block: bpy.types.ShapeKey) -> np.ndarray:
    points = np.empty(3 * len(block.data), np.float32)
    block.data.foreach_get("co", points)
    return points.reshape(-1, 3).astype(np.float64)
