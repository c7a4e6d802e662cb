"""The meshes of a character, and characters that cannot be animated."""

import bpy
import pytest
from emotalk.blender_emotalk.characters import find_character
from emotalk.inference.contract import EmoTalkError


def find(anchor):
    return find_character(anchor, bpy.context.scene)


def meshes_of(character):
    return {key.user.name for key in character.faces}


def link(obj):
    bpy.context.scene.collection.objects.link(obj)
    return obj


def test_every_mesh_of_the_armature_moves_with_the_face(add_face, add_armature):
    rig, other_rig = add_armature("Ann"), add_armature("Bob")
    head, teeth = add_face("Head", armature=rig), add_face("Teeth", ["jawOpen"])
    teeth.modifiers.new("Armature", "ARMATURE").object = rig
    add_face("Shirt", [], rig)
    add_face("Other Head", armature=other_rig)
    for anchor in (rig, head, teeth):
        character = find(anchor)
        assert character.name == "Ann"
        assert meshes_of(character) == {"Head", "Teeth"}
        assert (character.armature, character.head_bone) == (rig, "head")
    assert meshes_of(find(other_rig)) == {"Other Head"}


def test_without_an_armature_those_under_the_same_parent_do(add_face):
    root = link(bpy.data.objects.new("Ann", None))
    head, tongue = add_face("Head", armature=root), add_face("Tongue", ["tongueOut"], root)
    add_face("Stranger")
    for anchor in (root, head, tongue):
        assert meshes_of(find(anchor)) == {"Head", "Tongue"}
    assert find(head).armature is None


def test_without_an_armature_a_character_is_named_after_the_mesh_that_was_given(add_face):
    root = link(bpy.data.objects.new("Ann", None))
    head, tongue = add_face("Head", armature=root), add_face("Tongue", ["tongueOut"], root)
    assert [find(anchor).name for anchor in (root, head, tongue)] == ["Head", "Head", "Tongue"]
    assert find(tongue).faces == (tongue.data.shape_keys, head.data.shape_keys)


def test_each_spelling_is_found_and_meshes_may_differ(add_face, add_armature):
    rig = add_armature()
    add_face("Head", ["JawOpen", "Mouth_Smile_L"], rig)
    add_face("Teeth", ["jaw_open"], rig)
    assert find(rig).shape_keys == {"jawOpen": ("JawOpen", "jaw_open"), "mouthSmileLeft": ("Mouth_Smile_L",)}


def test_what_stands_before_all_names_is_counted_over_all_meshes(add_face, add_armature):
    rig = add_armature()
    add_face("Head", ["facs_bs_jawOpen", "facs_bs_mouthClose", "facs_bs_mouthPucker"], rig)
    add_face("Tongue", ["facs_bs_tongueOut"], rig)
    assert find(rig).shape_keys["tongueOut"] == ("facs_bs_tongueOut",)


@pytest.mark.parametrize(
    ("names", "head"),
    [
        (["mixamorig:Head", "mixamorig:HeadTop_End"], "mixamorig:Head"),
        (["DEF-head", "ORG-head", "head", "Forehead"], "head"),
        (["J_Bip_C_Head"], "J_Bip_C_Head"),
        (["forehead", "header"], None),
    ],
)
def test_the_head_bone_is_found_under_the_names_of_common_rigs(add_face, names, head):
    rig = link(bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig")))
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    for name in names:
        rig.data.edit_bones.new(name).tail = (0, 0, 1)
    bpy.ops.object.mode_set(mode="OBJECT")
    add_face(armature=rig)
    assert find(rig).head_bone == head


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ((), "Face is no face: it has no shape keys"),
        (("smile",), "No shape key of 'Face' is named like an ARKit blendshape"),
    ],
)
def test_faces_without_arkit_keys_are_refused(add_face, names, sentence):
    with pytest.raises(EmoTalkError, match=sentence):
        find(add_face(names=names))


def test_a_light_is_no_character():
    with pytest.raises(EmoTalkError, match="Lamp is no face: it has no shape keys"):
        find(link(bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "POINT"))))
    with pytest.raises(EmoTalkError, match="No character is selected"):
        find(None)


def test_shape_keys_that_a_rig_drives_are_refused_only_where_all_are(add_face):
    face = add_face(names=["jawOpen", "mouthPucker"])
    key = face.data.shape_keys
    key.key_blocks["jawOpen"].driver_add("value")
    assert find(face)
    key.key_blocks["mouthPucker"].driver_add("value")
    with pytest.raises(EmoTalkError, match="moved by drivers"):
        find(face)


@pytest.fixture
def library(add_face, tmp_path):
    """A .blend with a collection that holds a face."""
    collection = bpy.data.collections.new("Ann")
    collection.objects.link(add_face("Head"))
    path = tmp_path / "library.blend"
    bpy.data.libraries.write(str(path), {collection}, fake_user=True)
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    with bpy.data.libraries.load(str(path), link=True) as (_source, target):
        target.collections = ["Ann"]
    return target.collections[0]


def test_linked_faces_are_refused_until_they_are_overridden(library):
    scene = bpy.context.scene
    scene.collection.children.link(library)
    with pytest.raises(EmoTalkError, match="'Head' is linked from another file; make a library override"):
        find(library.objects["Head"])
    override = library.override_hierarchy_create(scene, bpy.context.view_layer, do_fully_editable=True)
    head = next(obj for obj in override.all_objects if obj.type == "MESH")
    with pytest.raises(EmoTalkError, match="make a library override of its mesh too"):
        find(head)
    head.data.override_create(remap_local_usages=True)
    assert find(head).faces == (head.data.shape_keys,)


def test_an_instance_of_a_linked_collection_is_refused(library):
    empty = link(bpy.data.objects.new("Ann", None))
    empty.instance_type, empty.instance_collection = "COLLECTION", library
    with pytest.raises(EmoTalkError, match="'Ann' is an instance of a collection"):
        find(empty)
