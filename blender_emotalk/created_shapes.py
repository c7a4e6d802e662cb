"""ARKit's shapes for a head of the animator's that has none: landmarks proposed, shapes created as shape keys."""

from dataclasses import dataclass
from typing import Final, cast

import bpy
import numpy as np

from ..face import arkit
from ..face.created_shapes import create_shapes, sample_face
from ..face.errors import EmoTalkError
from ..face.face_guess import FEWEST, guess_marks
from ..face.mapping import SHAPE_KEY, SOLVE
from ..face.naming_schemes import Rig, recognise
from .landmark_objects import add_landmarks, marked_face, read_landmarks
from .rigs import armature_of, family, shape_keys_of

_SMALLEST: Final = 1e-4
"""Of the head's size; a mesh that a shape moves less does not get it."""


@dataclass(frozen=True)
class Created:
    """What was added.

    Attributes:
        shapes: how many of the 52 the face got.
        others: names of further meshes that got shapes.
        skipped: name of a mesh -> why it got none.
        are_marks_guessed: whether the landmarks were not the animator's.
        lacks: what was not found: "no eyeballs", "one eyeball", "no teeth".
    """

    shapes: int
    others: tuple[str, ...]
    skipped: dict[str, str]
    are_marks_guessed: bool
    lacks: tuple[str, ...]


def face_to_shape(obj: bpy.types.Object | None) -> bpy.types.Object | None:
    """The mesh that an object stands for: itself, or the face whose landmark it is; None if it is no mesh."""
    face = marked_face(obj)
    return face if face is not None and face.type == "MESH" else None


def why_not(face: bpy.types.Object) -> str:
    """Why a mesh cannot get shape keys, as a sentence; empty if it can. Cheap enough for panels."""
    mesh = cast(bpy.types.Mesh, face.data)
    key = mesh.shape_keys
    if not face.is_editable or not mesh.is_editable or (key is not None and not key.is_editable):
        return f"{face.name!r} is linked from another file; make it local first"
    if mesh.users > 1:
        return f"The mesh of {face.name!r} has {mesh.users} users; make it single-user first (Object > Relations)"
    if key is not None and not key.use_relative:
        return f"The shape keys of {face.name!r} are absolute; turn on Relative below them first"
    if any(modifier.type == "MIRROR" for modifier in face.modifiers):
        return f"{face.name!r} is half a face; apply its Mirror modifier first"
    return ""


def why_no_face(face: bpy.types.Object) -> str:
    """Why a mesh cannot get the shapes of a face, as a sentence; empty if it can."""
    vertices = len(cast(bpy.types.Mesh, face.data).vertices)
    if vertices < FEWEST:
        return f"{face.name!r} has {vertices} vertices, too few for a face"
    return why_not(face)


def mark_landmarks(face: bpy.types.Object) -> int:
    """Put empties where the landmarks of a face seem to be; those that are there already stay.

    Returns:
        How many were added.

    Raises:
        EmoTalkError: the mesh is no face.
    """
    vertices, triangles = _geometry([face])
    return add_landmarks(face, guess_marks(sample_face(), vertices, triangles))


def create(face: bpy.types.Object, scene: bpy.types.Scene, selected: list[bpy.types.Object]) -> Created:
    """Add the shapes that a face lacks, and to what belongs to it: eyes, teeth, lashes. No shape key is changed.

    Args:
        face: the mesh with the skin.
        scene: with the other meshes of the same rig or parent.
        selected: further meshes.

    Raises:
        EmoTalkError: it cannot be done; nothing was changed.
    """
    reason = why_no_face(face)
    if reason:
        raise EmoTalkError(reason)
    if not _missing(face):
        raise EmoTalkError(f"{face.name!r} has all 52 shapes")
    relatives = [obj for obj in family(face, armature_of(face), scene) if obj != face]
    relatives += [obj for obj in selected if obj.type == "MESH" and obj != face and obj not in relatives]
    reasons = {obj.name: why_not(obj) for obj in relatives}
    meshes = [face, *(obj for obj in relatives if not reasons[obj.name])]
    marks = read_landmarks(face)
    vertices, triangles = _geometry(meshes)
    are_guessed = marks is None
    if marks is None:
        marks = guess_marks(sample_face(), *_geometry([face]))
    created = create_shapes(vertices, triangles, marks)
    counts, first = {}, 0
    size = float(np.ptp(marks, axis=0).max())
    for mesh in meshes:
        last = first + len(_rest(mesh))
        own = {name: moves[first:last] for name, moves in created.moves.items()}
        counts[mesh.name] = _add_shape_keys(mesh, own, _SMALLEST * size)
        first = last
    lacks = [("no eyeballs", "one eyeball")[created.eyeballs]] if created.eyeballs < 2 else []
    lacks += [] if created.has_mouth else ["no teeth"]
    return Created(
        counts[face.name],
        tuple(name for name, count in counts.items() if count and name != face.name),
        {name: reason for name, reason in reasons.items() if reason},
        are_guessed,
        tuple(lacks),
    )


def _missing(mesh: bpy.types.Object) -> list[str]:
    """The channels that no shape key of a mesh is named after, in whatever naming scheme."""
    key = shape_keys_of(mesh)
    names = tuple(block.name for block in key.key_blocks[1:]) if key else ()
    rows = recognise(Rig((names,))).mapping.rows
    present = {c for row in rows if row.target.kind == SHAPE_KEY and row.combine != SOLVE for c in row.channels}
    return [channel for channel in arkit.CHANNELS if channel not in present and channel not in names]


def _rest(mesh: bpy.types.Object) -> np.ndarray:
    """(V, 3) float64 of the mesh at rest, in its own axes."""
    key = shape_keys_of(mesh)
    data = cast(bpy.types.Mesh, mesh.data)
    points = np.empty(3 * len(data.vertices), np.float32)
    (key.key_blocks[0].data if key else data.vertices).foreach_get("co", points)
    return points.reshape(-1, 3).astype(np.float64)


def _geometry(meshes: list[bpy.types.Object]) -> tuple[np.ndarray, np.ndarray]:
    """Vertices in the world and triangles of some meshes at rest, one after the other."""
    vertices, triangles, first = [], [], 0
    for mesh in meshes:
        data = cast(bpy.types.Mesh, mesh.data)
        matrix = np.array(mesh.matrix_world)
        points = _rest(mesh) @ matrix[:3, :3].T + matrix[:3, 3]
        data.calc_loop_triangles()
        corners = np.empty(3 * len(data.loop_triangles), np.int32)
        data.loop_triangles.foreach_get("vertices", corners)
        corners = corners.reshape(-1, 3)
        if np.linalg.det(matrix[:3, :3]) < 0:
            corners = corners[:, ::-1]
        vertices.append(points)
        triangles.append(corners + first)
        first += len(points)
    return np.concatenate(vertices), np.concatenate(triangles)


def _add_shape_keys(mesh: bpy.types.Object, moves: dict[str, np.ndarray], smallest: float) -> int:
    """Add those shapes of a mesh that it lacks and that move it; gives how many."""
    wanted = [name for name in _missing(mesh) if name in moves and np.abs(moves[name]).max(initial=0) > smallest]
    if not wanted:
        return 0
    rest = _rest(mesh)
    back = np.linalg.pinv(np.array(mesh.matrix_world.to_3x3()))
    if shape_keys_of(mesh) is None:
        mesh.shape_key_add(name="Basis", from_mix=False)
    for name in wanted:
        block = mesh.shape_key_add(name=name, from_mix=False)
        block.data.foreach_set("co", (rest + moves[name] @ back.T).astype(np.float32).ravel())
        block.value = 0  # Blender 5 makes new keys with value 1
    return len(wanted)
