"""Heads as Blender data: an armature and one mesh for each part, with shape keys, weights and materials."""

from collections.abc import Iterable
from typing import Any

import bpy
import numpy as np

from ..face.sample_head import Bone, Material, Part, build_sample_head
from .access import scene_of, view_layer_of


def add_sample_head(collection: bpy.types.Collection, name: str = "EmoTalk Head") -> bpy.types.Object:
    """Put the built-in head into a collection of the open file; its neck ends at the origin, it looks along -Y.

    Args:
        collection: where the objects are linked to.
        name: of the armature; every part is called ``<name> <Part>``.

    Returns:
        The armature, parent of all parts. Its bones are neck, head, jaw, eye.L and eye.R; the parts carry shape
        keys named as ``face.arkit.CHANNELS``, each part those that move it.
    """
    head = build_sample_head()
    return add_head(collection, name, head.parts.values(), head.bones)


def add_head(
    collection: bpy.types.Collection, name: str, parts: Iterable[Part], bones: tuple[Bone, ...]
) -> bpy.types.Object:
    """Put a head into a collection of the open file.

    Args:
        collection: where the objects are linked to.
        name: of the armature; every part is called ``<name> <Part>``.
        parts: the meshes.
        bones: parents before children.

    Returns:
        The armature, parent of all parts.
    """
    armature = _add_armature(name, bones)
    collection.objects.link(armature)
    materials: dict[str, bpy.types.Material] = {}
    for part in parts:
        collection.objects.link(_part_object(f"{name} {part.name.title()}", part, armature, materials))
    return armature


def _add_armature(name: str, bones: tuple[Bone, ...]) -> bpy.types.Object:
    """An armature outside all collections. Bones can only be created in edit mode, hence in the view layer."""
    data = bpy.data.armatures.new(name)
    data.display_type = "STICK"
    armature = bpy.data.objects.new(name, data)
    scene, layer = scene_of(bpy.context), view_layer_of(bpy.context)
    before = layer.objects.active
    if before is not None and before.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    scene.collection.objects.link(armature)
    layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    for bone in bones:
        edit_bone = data.edit_bones.new(bone.name)
        edit_bone.head, edit_bone.tail = bone.start, bone.end
        edit_bone.parent = data.edit_bones[bone.parent] if bone.parent else None
    bpy.ops.object.mode_set(mode="OBJECT")
    layer.objects.active = before
    scene.collection.objects.unlink(armature)
    return armature


def _part_object(
    name: str, part: Part, armature: bpy.types.Object, materials: dict[str, bpy.types.Material]
) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(part.vertices.tolist(), [], [list(map(int, polygon)) for polygon in part.polygons])
    for material in part.materials:
        if material.name not in materials:
            materials[material.name] = _node_material(f"{armature.name} {material.name}", material)
        mesh.materials.append(materials[material.name])
    mesh.polygons.foreach_set("material_index", part.polygon_materials)
    mesh.polygons.foreach_set("use_smooth", np.ones(len(mesh.polygons), bool))
    mesh.update()
    part_object = bpy.data.objects.new(name, mesh)
    part_object.parent = armature
    modifier: Any = part_object.modifiers.new("Armature", "ARMATURE")
    modifier.object = armature
    _add_vertex_groups(part_object, part)
    _add_shape_keys(part_object, part)
    if mesh.shape_keys is not None:
        mesh.shape_keys.name = part_object.name
    return part_object


def _add_vertex_groups(part_object: bpy.types.Object, part: Part) -> None:
    for bone, weights in part.bone_weights.items():
        group = part_object.vertex_groups.new(name=bone)
        for weight in np.unique(weights[weights > 0]):
            group.add(np.flatnonzero(weights == weight).tolist(), float(weight), "REPLACE")


def _add_shape_keys(part_object: bpy.types.Object, part: Part) -> None:
    if not part.shapes:
        return
    part_object.shape_key_add(name="Basis", from_mix=False)
    for name, moves in part.shapes.items():
        key = part_object.shape_key_add(name=name, from_mix=False)
        key.data.foreach_set("co", (part.vertices + moves).ravel())
        key.value = 0  # Blender 5 makes new keys with value 1


def _node_material(name: str, surface: Material) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    material.diffuse_color = (*surface.colour, 1)
    material.roughness = surface.roughness
    if material.node_tree is None:  # from Blender 5.0 on every material has nodes, and asking for them is deprecated
        material.use_nodes = True
    tree: Any = material.node_tree  # the types of input values differ
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (*surface.colour, 1)
    shader.inputs["Roughness"].default_value = surface.roughness
    shader.inputs["Subsurface Weight"].default_value = surface.subsurface
    shader.inputs["Subsurface Scale"].default_value = 0.005
    return material
