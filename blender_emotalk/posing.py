"""Poses a character through its mapping to look at it, and leaves everything as it was."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, cast

import bpy
import numpy as np

from ..face import arkit
from ..face.basis import ARKIT
from ..face.curves import FaceCurves, performance_of
from ..face.mapping import LOCATION, ROTATION, SHAPE_KEY
from ..face.mapping import Mapping as CharacterMapping
from ..face.visemes import Pose
from ..inference.contract import EmoTalkError
from .characters import Character
from .head_bones import rotation_path
from .mapped_keys import in_mode

_WIDEST: Final = 10.0
"""The widest range of a slider that Blender takes."""

_DEFORMING: Final = frozenset(
    "ARMATURE CAST CORRECTIVE_SMOOTH CURVE DISPLACE HOOK LAPLACIANDEFORM LAPLACIANSMOOTH LATTICE MESH_CACHE "
    "MESH_DEFORM SHRINKWRAP SIMPLE_DEFORM SMOOTH SURFACE_DEFORM WARP WAVE".split()
)
"""Modifiers that move the vertices that there are."""

Posing = Callable[[str], bpy.types.Depsgraph]
"""Plays a pose and gives the scene as it then looks."""


@contextlib.contextmanager
def posed(
    character: Character, layer: bpy.types.ViewLayer, poses: Mapping[str, Pose], meshes: Sequence[bpy.types.Object]
) -> Iterator[Posing]:
    """Play poses on a character: what its mapping moves stands where the pose says, all else as it is.

    At the end every value, slider and modifier is as it was before. Animation does not count meanwhile, because the
    frame stays the same.

    Args:
        character: whose controls are moved.
        layer: in which its objects are seen.
        poses: by name; "" is the neutral one.
        meshes: that are looked at; modifiers that give them other vertices are switched off meanwhile.

    Yields:
        What plays a pose by its name.

    Raises:
        EmoTalkError: one of the meshes is hidden, or has other vertices nevertheless.
    """
    names = ["", *poses]
    rows = np.stack([arkit.row(poses.get(name, {})) for name in names])
    curves = character.mapping.apply(performance_of(FaceCurves(rows, ARKIT, 1.0)))
    with contextlib.ExitStack() as undone:
        undone.callback(layer.update)
        _keep_values(character, undone)
        _keep_vertices(meshes, layer, undone)

        def play(name: str) -> bpy.types.Depsgraph:
            number = names.index(name)
            for channel, keys in character.shape_keys.items():
                for key in keys:
                    _set_key(character, key, float(rows[number, arkit.INDEX[channel]]))
            _set_controls(character, character.mapping, curves.values[number])
            layer.update()
            return cast(bpy.types.Depsgraph, layer.depsgraph)

        yield play


def _set_key(character: Character, name: str, value: float) -> None:
    for key in character.faces:
        block = key.key_blocks.get(name)
        if block is not None:
            block.value = value


def _set_controls(character: Character, mapping: CharacterMapping, values: np.ndarray) -> None:
    turns: dict[tuple[str, str], np.ndarray] = {}
    for row, value in zip(mapping.rows, values.tolist(), strict=True):
        target = row.target
        if target.kind == SHAPE_KEY:
            _set_key(character, target.name, value)
            continue
        holder: Any = character.holders[target.object]
        if target.kind == ROTATION:
            turns.setdefault((target.object, target.name), np.zeros(3))[target.axis] = value
        elif target.kind == LOCATION:
            holder.pose.bones[target.name].location[target.axis] = value
        else:
            place = holder.pose.bones[target.bone] if target.bone else holder
            place[target.name] = value
            holder.update_tag()  # a custom property tells nobody
    for (owner, name), vector in turns.items():
        bone = cast(bpy.types.Pose, character.holders[owner].pose).bones[name]
        attribute = rotation_path(bone).rpartition(".")[2]
        setattr(bone, attribute, in_mode(vector[None], bone)[0])


def _keep_values(character: Character, undone: contextlib.ExitStack) -> None:
    """Remember what is moved, and widen sliders, which cut values off."""
    moved = character.moved_keys
    for key in character.faces:
        for block in key.key_blocks:
            if block.name in moved:
                undone.callback(_restore_key, block, block.value, block.slider_min, block.slider_max)
                block.slider_min, block.slider_max = -_WIDEST, _WIDEST
    for row in character.mapping.rows:
        if row.target.kind == SHAPE_KEY:
            continue
        holder: Any = character.holders[row.target.object]
        name = row.target.bone or row.target.name
        place = holder.pose.bones[name] if row.target.bone or row.target.kind in (ROTATION, LOCATION) else holder
        if row.target.kind in (ROTATION, LOCATION):
            for attribute in ("location", rotation_path(place).rpartition(".")[2]):
                undone.callback(setattr, place, attribute, tuple(getattr(place, attribute)))
        else:
            undone.callback(holder.update_tag)
            undone.callback(place.__setitem__, row.target.name, place[row.target.name])


def _restore_key(block: bpy.types.ShapeKey, value: float, lowest: float, highest: float) -> None:
    block.value = value
    block.slider_min, block.slider_max = lowest, highest


def _keep_vertices(
    meshes: Sequence[bpy.types.Object], layer: bpy.types.ViewLayer, undone: contextlib.ExitStack
) -> None:
    for mesh in meshes:
        if not mesh.visible_get(view_layer=layer):
            raise EmoTalkError(f"{mesh.name!r} is hidden; show it to measure it")
    layer.update()
    changed = [mesh for mesh in meshes if not _has_own_vertices(mesh, layer)]
    for mesh in changed:
        for modifier in mesh.modifiers:
            if modifier.show_viewport and modifier.type not in _DEFORMING:
                undone.callback(setattr, modifier, "show_viewport", True)
                modifier.show_viewport = False
    layer.update()
    for mesh in changed:
        if not _has_own_vertices(mesh, layer):
            raise EmoTalkError(f"The modifiers of {mesh.name!r} give it other vertices; switch them off to measure it")


def _has_own_vertices(mesh: bpy.types.Object, layer: bpy.types.ViewLayer) -> bool:
    evaluated = mesh.evaluated_get(cast(bpy.types.Depsgraph, layer.depsgraph))
    counts = [len(cast(bpy.types.Mesh, each.data).vertices) for each in (mesh, evaluated)]
    return counts[0] == counts[1]
