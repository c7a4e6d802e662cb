import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk.heads import add_sample_head
from emotalk.face import arkit
from emotalk.face.sample_head import build_sample_head, posed


@pytest.fixture
def armature():
    build_sample_head()  # modelled once in a session; what is timed and tested here is Blender's side
    return add_sample_head(bpy.context.scene.collection)


def mesh_of(armature, part):
    return next(child for child in armature.children if child.name.endswith(part.title()))


def evaluated_vertices(mesh):
    evaluated = mesh.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    points = np.empty(3 * len(evaluated.vertices), np.float32)
    evaluated.vertices.foreach_get("co", points)
    return points.reshape(-1, 3)


def test_every_part_becomes_a_mesh_below_the_armature(armature):
    assert armature.type == "ARMATURE"
    assert armature.name == "EmoTalk Head"
    parts = build_sample_head().parts
    assert {child.name for child in armature.children} == {f"EmoTalk Head {name.title()}" for name in parts}
    for child in armature.children:
        assert child.users_collection == (bpy.context.scene.collection,)
        assert child.modifiers["Armature"].object == armature
        assert all(polygon.use_smooth for polygon in child.data.polygons)


def test_bones_stand_as_modelled(armature):
    for bone in build_sample_head().bones:
        made = armature.data.bones[bone.name]
        np.testing.assert_allclose(made.head_local, bone.start, atol=1e-6)
        np.testing.assert_allclose(made.tail_local, bone.end, atol=1e-6)
        assert (made.parent.name if made.parent else None) == bone.parent


def test_no_bone_is_drawn_over_the_face(armature):
    """Sticks within the head: the bones of the eyes end inside the eyeballs, and none is drawn before the meshes."""
    assert armature.data.display_type == "STICK"
    assert not armature.show_in_front
    for side, name in (("left", "eye.L"), ("right", "eye.R")):
        front = build_sample_head().parts[f"eye {side}"].vertices[:, 1].min()
        assert front < armature.data.bones[name].tail_local.y < armature.data.bones[name].head_local.y


def test_shape_keys_bear_arkit_names_and_rest_at_zero(armature):
    names = [key.name for key in mesh_of(armature, "skin").data.shape_keys.key_blocks]
    assert names == ["Basis", *arkit.CHANNELS]
    for child in armature.children:
        keys = child.data.shape_keys
        for key in keys.key_blocks[1:] if keys else ():
            assert key.name in arkit.CHANNELS
            assert key.value == 0


@pytest.mark.parametrize("part", ["skin", "teeth lower", "tongue", "eye left", "brows", "lashes"])
def test_blender_poses_a_part_as_numpy_does(armature, part):
    coefficients = np.random.default_rng(1).random(len(arkit.CHANNELS))
    mesh = mesh_of(armature, part)
    for key in mesh.data.shape_keys.key_blocks[1:]:
        key.value = coefficients[arkit.INDEX[key.name]]
    np.testing.assert_allclose(
        evaluated_vertices(mesh), posed(build_sample_head().parts[part], coefficients), atol=1e-5
    )


def test_the_jaw_bone_carries_the_lower_teeth_and_the_lower_lip(armature):
    before = {part: evaluated_vertices(mesh_of(armature, part)) for part in ("teeth lower", "teeth upper", "skin")}
    armature.pose.bones["jaw"].rotation_mode = "XYZ"
    armature.pose.bones["jaw"].rotation_euler.x = 0.2
    bpy.context.view_layer.update()
    moved = {
        part: np.linalg.norm(evaluated_vertices(mesh_of(armature, part)) - before[part], axis=1) for part in before
    }
    assert moved["teeth lower"].min() > 1e-3
    assert moved["teeth upper"].max() < 1e-6
    landmarks = build_sample_head().landmarks
    assert moved["skin"][landmarks["lower lip"]] > 10 * moved["skin"][landmarks["upper lip"]]


def test_an_eye_bone_turns_its_eyeball_in_place(armature):
    eye = mesh_of(armature, "eye left")
    before = evaluated_vertices(eye)
    armature.pose.bones["eye.L"].rotation_mode = "XYZ"
    armature.pose.bones["eye.L"].rotation_euler.x = 0.3
    bpy.context.view_layer.update()
    after = evaluated_vertices(eye)
    assert np.linalg.norm(after - before, axis=1).max() > 2e-3
    np.testing.assert_allclose(after.max(axis=0)[0], before.max(axis=0)[0], atol=5e-4)


def test_materials_show_the_same_colour_in_every_engine(armature):
    materials = {slot.material for child in armature.children for slot in child.material_slots}
    assert len(materials) == 21
    for material in materials:
        shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
        np.testing.assert_allclose(shader.inputs["Base Color"].default_value, material.diffuse_color, atol=1e-6)


def test_two_heads_share_nothing_and_keep_the_selection(armature):
    cube = bpy.data.objects.new("Cube", bpy.data.meshes.new("Cube"))
    bpy.context.scene.collection.objects.link(cube)
    bpy.context.view_layer.objects.active = cube
    group = bpy.data.collections.new("Cast")
    bpy.context.scene.collection.children.link(group)
    second = add_sample_head(group, "Twin")
    assert bpy.context.view_layer.objects.active == cube
    assert set(second.children).isdisjoint(armature.children)
    assert {child.data.name for child in second.children} == {child.name for child in second.children}
    assert set(group.objects) == {second, *second.children}


def test_a_collection_outside_the_view_layer_will_do(armature):
    hidden = bpy.data.collections.new("Elsewhere")
    assert len(add_sample_head(hidden, "Away").children) == len(armature.children)


def test_each_part_has_the_materials_it_was_modelled_with(armature):
    parts = build_sample_head().parts
    for name, part in parts.items():
        mesh = mesh_of(armature, name).data
        assert [material.name for material in mesh.materials] == [
            f"EmoTalk Head {each.name}" for each in part.materials
        ]
        assert [polygon.material_index for polygon in mesh.polygons] == list(part.polygon_materials)
        for material, surface in zip(mesh.materials, part.materials, strict=True):
            shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
            values = {name: shader.inputs[name].default_value for name in ("Roughness", "Subsurface Weight")}
            assert values == pytest.approx({"Roughness": surface.roughness, "Subsurface Weight": surface.subsurface})
            assert tuple(material.diffuse_color) == pytest.approx((*surface.colour, 1))
            assert material.roughness == pytest.approx(surface.roughness)


def test_bones_move_the_vertices_that_they_were_given(armature):
    for name, part in build_sample_head().parts.items():
        mesh = mesh_of(armature, name)
        groups = {group.name: group.index for group in mesh.vertex_groups}
        assert set(groups) == set(part.bone_weights)
        for number, vertex in enumerate(mesh.data.vertices):
            given = {bone: float(weights[number]) for bone, weights in part.bone_weights.items() if weights[number] > 0}
            held = {each.group: each.weight for each in vertex.groups}
            assert held == pytest.approx({groups[bone]: weight for bone, weight in given.items()}, abs=1e-6)


def test_a_head_can_be_added_while_something_is_edited(add_face):
    face = add_face()
    bpy.ops.object.mode_set(mode="EDIT")
    head = add_sample_head(bpy.context.scene.collection)
    assert len(head.data.bones) == 5
    assert bpy.context.view_layer.objects.active == face
    assert bpy.context.mode == "OBJECT"


def test_shape_keys_are_called_after_their_part(armature):
    keyed = [child for child in armature.children if child.data.shape_keys]
    assert len(keyed) > 5
    assert all(child.data.shape_keys.name == child.name for child in keyed)
