"""Plays the poses of speech on a character as the scene shows it, and measures how well it makes them."""

from dataclasses import dataclass
from typing import Final, cast

import bpy
import numpy as np

from ..face.face_measures import FaceMeasures, measure_face
from ..face.fit import Fit, measure_fit
from ..face.played_face import PLAYED, SINGLE, PlayedFace
from ..inference.contract import EmoTalkError
from . import hidden_motion, lip_marks
from .characters import Character
from .collisions import collisions_of
from .posing import Posing, posed
from .rigs import armature_of, family, shape_keys_of

_NO_TEETH: Final = "the teeth were not measured: no visible mesh and no material is named Teeth"


@dataclass(frozen=True)
class Measured:
    """A character that was played.

    Attributes:
        face: its mesh with the lips.
        measures: of that mesh.
        fit: how well it makes the poses.
    """

    face: PlayedFace
    measures: FaceMeasures
    fit: Fit


def measure(character: Character, anchor: bpy.types.Object, scene: bpy.types.Scene) -> Measured:
    """Play the poses on a character, measure it, and leave everything as it was.

    Args:
        character: with the mapping to be measured.
        anchor: one of its objects.
        scene: with it.

    Raises:
        EmoTalkError: it cannot be measured; the sentence says why.
    """
    hidden_motion.check(character, scene)
    layer = scene.view_layers[0] if scene != bpy.context.scene else cast(bpy.types.ViewLayer, bpy.context.view_layer)
    relatives = family(anchor, armature_of(anchor), scene)
    mesh = _mesh_with_lips(character, relatives)
    meshes = [mesh, *(each for each in relatives if each != mesh and each.visible_get(view_layer=layer))]
    names = ("", *PLAYED)
    with posed(character, layer, PLAYED, meshes) as play:
        frames = [_places(meshes, play, name) for name in names]
    places = {
        each: dict(zip(names, (frame[number] for frame in frames), strict=True)) for number, each in enumerate(meshes)
    }
    face = _played_face(mesh, places[mesh])
    measures = measure_face(face)
    collisions = collisions_of(face, measures, mesh, places)
    remarks: tuple[str, ...] = () if collisions.teeth is not None else (_NO_TEETH,)
    muted = sum(b.mute for key in character.faces for b in key.key_blocks if b.name in character.moved_keys)
    if muted:
        remarks += (f"{'one muted shape key' if muted == 1 else f'{muted} muted shape keys'} took no part",)
    return Measured(face, measures, measure_fit(face, measures, collisions, remarks))


def _mesh_with_lips(character: Character, relatives: list[bpy.types.Object]) -> bpy.types.Object:
    """The mesh whose lips are marked, else the one that most of the performance moves, else the largest.

    Raises:
        EmoTalkError: the character has no mesh.
    """
    named = character.moved_keys

    def rank(obj: bpy.types.Object) -> tuple[bool, int, int]:
        key = shape_keys_of(obj)
        is_marked = all(len(lip_marks.marked(obj, lip)) for lip in lip_marks.LIPS)
        moved = len(named & set(key.key_blocks.keys())) if key is not None else 0
        return is_marked, moved, len(cast(bpy.types.Mesh, obj.data).vertices)

    if not relatives:
        raise EmoTalkError(f"{character.name} has no mesh, so there is nothing to measure")
    return max(relatives, key=rank)


def _places(meshes: list[bpy.types.Object], play: Posing, pose: str) -> list[np.ndarray]:
    """(V, 3) vertices of each mesh in the world, in a pose."""
    depsgraph, found = play(pose), []
    for mesh in meshes:
        evaluated = mesh.evaluated_get(depsgraph)
        matrix = np.array(evaluated.matrix_world)
        found.append(_points(cast(bpy.types.Mesh, evaluated.data)) @ matrix[:3, :3].T + matrix[:3, 3])
    return found


def _played_face(mesh: bpy.types.Object, places: dict[str, np.ndarray]) -> PlayedFace:
    """The face in its poses, turned to where it looks at rest: the head may be turned by animation."""
    data = cast(bpy.types.Mesh, mesh.data)
    rest = _points(data if data.shape_keys is None else data.shape_keys.key_blocks[0])
    # Only what the face moves: the neck does not turn as far as the head.
    weights = sum((np.linalg.norm(places[name] - places[""], axis=1) for name in SINGLE), np.zeros(len(rest)))
    turn = _rotation(places[""], rest @ _rest_matrix(mesh).T, weights)
    moves = {name: (place - places[""]) @ turn.T for name, place in places.items() if name}
    upper, lower = (lip_marks.marked(mesh, lip) for lip in ("UPPER", "LOWER"))
    data.calc_loop_triangles()
    triangles = np.empty(3 * len(data.loop_triangles), np.int32)
    data.loop_triangles.foreach_get("vertices", triangles)
    return PlayedFace(places[""] @ turn.T, triangles.reshape(-1, 3), moves, upper, lower).facing_front()


def _points(shape: bpy.types.Mesh | bpy.types.ShapeKey) -> np.ndarray:
    items = shape.vertices if isinstance(shape, bpy.types.Mesh) else shape.data
    points = np.empty(3 * len(items), np.float32)
    items.foreach_get("co", points)
    return points.reshape(-1, 3).astype(np.float64)


def _rest_matrix(mesh: bpy.types.Object) -> np.ndarray:
    """(3, 3) how a mesh stands in the world while its armature rests."""
    parent = mesh.parent
    if parent is None or mesh.parent_type != "BONE" or parent.type != "ARMATURE":
        return np.array(mesh.matrix_world.to_3x3())
    bone = cast(bpy.types.Armature, parent.data).bones.get(mesh.parent_bone)
    rest = parent.matrix_world.to_3x3()
    if bone is not None:
        rest = rest @ bone.matrix_local.to_3x3()
    return np.array(rest @ mesh.matrix_parent_inverse.to_3x3() @ mesh.matrix_basis.to_3x3())


def _rotation(points: np.ndarray, onto: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(3, 3) the rotation that brings (V, 3) points closest to others by weights (V,): Kabsch's algorithm."""
    if not weights.any():
        return np.eye(3)
    start, end = (each - np.average(each, axis=0, weights=weights) for each in (points, onto))
    left, _sizes, right = np.linalg.svd((start * weights[:, None]).T @ end)
    sign = np.sign(np.linalg.det(left @ right))
    return np.asarray((left @ np.diag([1.0, 1.0, sign]) @ right).T)
