"""Characters: the face meshes, the controls and the head bone that belong to an object of the scene."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, cast

import bpy

from ..face.basis import ARKIT, FLAME, JAW_CHANNELS, Basis
from ..face.mapping import JAW_MATRIX, SHAPE_KEY, SUM, Mapping, Row, Target, say_missing
from ..face.naming_schemes import Rig, recognise
from ..inference.contract import EmoTalkError
from . import controls, drivers, nla, stored_mapping
from .actions import Animated
from .rigs import armature_of, family, rig_of, shape_keys_of

NOTHING_MORE: Final = Mapping(())
"""No control beside the shape keys that take channels as they are."""
_WITH_FLAME: Final = "; or add a head from FLAME's own file once, so that the 52 coefficients can be made of it"
_HEAD_BONE = re.compile(r"(^|[^a-z])head$", re.IGNORECASE)
_FLAME_BONES = {"root", "neck", "jaw", "left_eye", "right_eye"}
"""FLAME has no joint of the head: all above the neck turns with it."""


@dataclass(frozen=True)
class Character:
    """The target of a performance. It holds references, so it must not outlive the operator call that created it.

    Attributes:
        name: the armature's name, or the face's if there is none.
        faces: the shape keys of every mesh that moves with the face (head, teeth, tongue, lashes ...).
        shape_keys: channel of the performance's basis -> the names of its shape keys on these meshes.
        armature: the rig, or None.
        head_bone: the name of the rig's head bone, or None.
        mapping: of everything else that moves; its targets are there.
        holders: the objects of these targets by ``Target.object``.
        driven: shape keys that nothing is written to because drivers move them.
        remarks: what does not move, as sentences without full stops.
        former: data-blocks that only an earlier mapping moved, and that still have lines.
    """

    name: str
    faces: tuple[bpy.types.Key, ...]
    shape_keys: dict[str, tuple[str, ...]]
    armature: bpy.types.Object | None
    head_bone: str | None
    mapping: Mapping = NOTHING_MORE
    holders: dict[str, bpy.types.Object] = field(default_factory=dict)
    driven: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    former: tuple[Animated, ...] = ()

    @property
    def owners(self) -> tuple[Animated, ...]:
        """The data-blocks that have its keys."""
        rig = (self.armature,) if self.armature else ()
        return tuple(dict.fromkeys((*self.faces, *rig, *self.holders.values())))

    @property
    def moved_keys(self) -> set[str]:
        """The names of all shape keys that a performance moves."""
        mapped = {row.target.name for row in self.mapping.rows if row.target.kind == SHAPE_KEY}
        return mapped.union(*self.shape_keys.values())


def find_character(
    anchor: bpy.types.Object | None,
    scene: bpy.types.Scene,
    basis: Basis | None = ARKIT,
    tried: Mapping | None = None,
) -> Character:
    """The character of an object, which can be any of its meshes, its armature or their parent.

    Args:
        anchor: the object.
        scene: searched for the other parts of the character.
        basis: of the performance; what its channels move is in the mapping that is stored on the character, or else is
            recognised by the names of shape keys, bones and properties. None accepts every mesh with shape keys of any
            name.
        tried: a mapping in place of the one that is stored or recognised.

    Raises:
        EmoTalkError: nothing can be animated; the sentence says what to do.
    """
    if anchor is None:
        raise EmoTalkError("No character is selected; click a face that has shape keys, or add the sample head")
    if anchor.instance_collection is not None:
        raise EmoTalkError(
            f"{anchor.name!r} is an instance of a collection; make a library override of it "
            "(Object > Library Override > Make) or make it local to animate it here"
        )
    armature = armature_of(anchor)
    relatives = family(anchor, armature, scene)
    meshes = [(mesh, key) for mesh in relatives if (key := shape_keys_of(mesh))]
    rig = rig_of(meshes, armature, basis)
    mapping = (tried or stored_mapping.read(anchor, armature, relatives)) if basis else None
    if basis is None:
        moves_bones = armature is not None and bool(nla.lines_on(armature))
    else:
        moves_bones = mapping is not None or bool(recognise(rig, basis).mapping.rows)
    if not meshes and not moves_bones:
        raise EmoTalkError(
            f"{anchor.name} is no face: it has no shape keys; choose a face that has some, or add the sample head"
        )
    bone = head_bone_of(armature)
    editable = armature if armature is not None and armature.is_editable else None
    bone = bone if editable else None
    name = (editable or (meshes[0][0] if meshes else anchor)).name
    if basis is None:
        for mesh, key in meshes:
            _check_editable(mesh, key)
        holders = {obj.name: obj for obj in stored_mapping.holders(relatives, scene)}
        return Character(name, tuple(key for _mesh, key in meshes), {}, editable, bone, holders=holders)
    is_stored = mapping is not None
    if mapping is None:
        mapping = recognise(rig, basis).mapping
    mapping = mapping.heard(basis)
    named = {row.target.name for row in mapping.rows if row.target.kind == SHAPE_KEY}
    faces = {key: mesh for mesh, key in meshes if named.intersection(key.key_blocks.keys())}
    if not mapping.rows or not (faces or any(row.target.kind != SHAPE_KEY for row in mapping.rows)):
        raise EmoTalkError(_unlike(anchor.name, rig, basis, is_stored))
    for key, mesh in faces.items():
        _check_editable(mesh, key)
    found = _resolved(mapping, faces, armature, relatives, scene)
    if not found.rows:
        raise EmoTalkError(_no_row_left(anchor.name, found))
    plain, others = Mapping(found.rows, mapping.name).split(basis)
    moved = {row.target.name for row in found.rows if row.target.kind == SHAPE_KEY}
    kept = tuple(key for key in faces if moved.intersection(key.key_blocks.keys()) or found.driven)
    remarks = _remarks(anchor.name, Mapping(found.rows).missing(basis), basis, found)
    remarks += _remark_on_locks(anchor.name, kept, moved)
    character = Character(name, kept, plain, editable, bone, others, found.holders, found.driven, remarks)
    with_lines = [key for _mesh, key in meshes if nla.lines_on(key)] + stored_mapping.holders(relatives, scene)
    return replace(character, former=tuple(owner for owner in with_lines if owner not in character.owners))


@dataclass
class _Resolved:
    """The rows of a mapping whose targets are on a character.

    Attributes:
        rows: whose targets are there.
        holders: the objects of bones and properties.
        driven: shape keys that drivers move in a way that is not plain.
        lost: the ends of sentences about rows whose targets cannot be moved, by label.
    """

    rows: tuple[Row, ...] = ()
    holders: dict[str, bpy.types.Object] = field(default_factory=dict)
    driven: tuple[str, ...] = ()
    lost: dict[str, str] = field(default_factory=dict)


def _resolved(
    mapping: Mapping,
    faces: Iterable[bpy.types.Key],
    armature: bpy.types.Object | None,
    relatives: list[bpy.types.Object],
    scene: bpy.types.Scene,
) -> _Resolved:
    found = _Resolved()
    rows: dict[Target, Row] = {}
    driven = {key: drivers.drivers_of(key) for key in faces}
    for row in mapping.rows:
        target = row.target
        if target.kind == SHAPE_KEY:
            keys = [key for key in faces if target.name in key.key_blocks]
            curves = [driven[key].get(key.key_blocks[target.name].path_from_id("value")) for key in keys]
            if not keys:
                found.lost[target.label] = "is on no mesh of the character"
                continue
            if all(curves):
                moved = _behind(row, curves)
                if moved is None:
                    if not set(row.channels) <= set(JAW_MATRIX):  # correctives follow the jaw by themselves
                        found.driven += (target.name,)
                    continue
                owner, row = moved
                target = row.target
                found.holders[target.object] = owner
        if target.kind != SHAPE_KEY:
            holder = found.holders.get(target.object) or holder_of(target, armature, relatives, scene)
            reason = controls.why_not(target, holder)
            if not reason and holder is not None and controls.is_driven(target, holder):
                reason = "is itself moved by a driver"
            if reason or holder is None:
                found.lost[target.label] = reason
                continue
            found.holders[target.object] = holder
        both = _added(rows[target], row) if target in rows else row
        if both is None:
            found.lost[target.label] = "is moved in two ways"
            continue
        rows[target] = both
    used = {row.target.object for row in rows.values() if row.target.kind != SHAPE_KEY}
    found.holders = {name: holder for name, holder in found.holders.items() if name in used}
    found.rows = tuple(rows.values())
    return found


def _behind(row: Row, curves: Iterable[bpy.types.FCurve | None]) -> tuple[bpy.types.Object, Row] | None:
    """The row for the control that drives a shape key instead; None if that is not plain, or several controls do."""
    drives = [drivers.control_of(curve) if curve else None for curve in curves]
    first = drives[0]
    if first is None or any(drive is None or drive[1] != first[1] for drive in drives):
        return None
    owner, target, slope, offset = first
    limits = sorted((limit - offset) / slope for limit in (row.lowest, row.highest))
    return owner, replace(
        row,
        target=target,
        gain=row.gain / slope,
        offset=(row.offset - offset) / slope,
        lowest=limits[0],
        highest=limits[1],
    )


def _added(first: Row, second: Row) -> Row | None:
    """One row for a control that some channels move one way and others another way; None if they are no sums."""
    if first.combine != SUM or second.combine != SUM or first.offset or second.offset:
        return None
    weights: dict[str, float] = {}
    for row in (first, second):
        for channel, weight in row.sources:
            weights[channel] = weights.get(channel, 0) + row.gain * weight
    lowest, highest = min(first.lowest, second.lowest), max(first.highest, second.highest)
    return Row(first.target, tuple(weights.items()), lowest=lowest, highest=highest)


def holder_of(
    target: Target, armature: bpy.types.Object | None, relatives: list[bpy.types.Object], scene: bpy.types.Scene
) -> bpy.types.Object | None:
    """The object of a bone or a property: by its name, or of the character's own by what is left without a number."""
    if not target.object:
        return armature
    own = [obj for obj in (armature, *relatives) if obj is not None]
    exact = next((obj for obj in own if obj.name == target.object), scene.objects.get(target.object))
    return exact or next((obj for obj in own if obj.name.split(".")[0] == target.object.split(".")[0]), None)


def _remarks(name: str, missing: tuple[str, ...], basis: Basis, found: _Resolved) -> tuple[str, ...]:
    remarks = []
    if missing and basis.regions:
        remarks.append(f"{name} has nothing for {say_missing(missing, basis)}")
    if found.lost:
        label, reason = next(iter(found.lost.items()))
        others = f", and {len(found.lost) - 1} more cannot be moved" if len(found.lost) > 1 else ""
        remarks.append(f"Of the mapping of {name}, {label} {reason}{others}")
    return tuple(remarks)


def _remark_on_locks(name: str, faces: Iterable[bpy.types.Key], moved: set[str]) -> tuple[str, ...]:
    locked = {block.name for key in faces for block in key.key_blocks if block.lock_shape and block.name in moved}
    if not locked:
        return ()
    keys = "One locked shape key is" if len(locked) == 1 else f"{len(locked)} locked shape keys are"
    return (f"{keys} keyed on {name}, too: a lock protects a shape, not its value",)


def _no_row_left(name: str, found: _Resolved) -> str:
    if found.lost and not found.driven:
        label, reason = next(iter(found.lost.items()))
        return f"Nothing that the mapping of {name!r} names can be moved: {label} {reason}; press Auto-Map"
    return f"The shape keys of {name!r} are moved by drivers of its rig; remove the drivers, or use a copy of the face"


def _unlike(name: str, rig: Rig, basis: Basis, is_stored: bool) -> str:
    if is_stored:
        return f"The mapping of {name!r} moves nothing; press Auto-Map in the box Mapping, or load another one"
    if basis is ARKIT:
        if recognise(rig, FLAME(10)).mapping.rows:
            return f"The shape keys of {name!r} are those of FLAME; choose a model that performs FLAME, or another face"
        return (
            f"No shape key of {name!r} is named like an ARKit blendshape, nor in another way that EmoTalk knows; "
            "rename them to jawOpen, mouthSmileLeft and so on"
        )
    return (
        f"This model performs {basis.name}, but no shape key of {name!r} is named {basis.channels[0]} and so on; "
        f"choose a face that has such keys, or another model{_WITH_FLAME if basis.has(JAW_CHANNELS) else ''}"
    )


def _check_editable(mesh: bpy.types.Object, key: bpy.types.Key) -> None:
    if key.is_editable:
        return
    if mesh.library is None:
        raise EmoTalkError(
            f"The shape keys of {mesh.name!r} are linked from another file; make a library override of its mesh too "
            "(Outliner: right-click the mesh > Library Override > Make), or make it local"
        )
    raise EmoTalkError(
        f"{mesh.name!r} is linked from another file; make a library override of it and of its mesh "
        "(Object > Library Override > Make), or make it local"
    )


def head_bone_of(armature: bpy.types.Object | None) -> str | None:
    """The bone named head, with any prefix (mixamorig:Head, J_Bip_C_Head); control bones come first."""
    if armature is None:
        return None
    names = [bone.name for bone in cast(bpy.types.Armature, armature.data).bones]
    neck = "neck" if set(names) == _FLAME_BONES else None
    return min((name for name in names if _HEAD_BONE.search(name)), key=len, default=neck)
