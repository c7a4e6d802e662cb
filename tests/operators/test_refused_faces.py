"""Faces on which Animate cannot work: one sentence before anything is written, and no change.

Those on which part of it can be seen are animated, and the sentence says what is not; tests/blender_emotalk/
test_hidden_motion.py has what Repair helps with.
"""

import bpy
import pytest
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.face.arkit import CHANNELS


def face():
    return bpy.data.objects["Face"]


def blocks():
    return face().data.shape_keys.key_blocks[1:]


def state():
    return bpy.context.window_manager.emotalk


def wrong_names():
    for number, block in enumerate(blocks()):
        block.name = f"Shape {number}"


def no_keys():
    face().shape_key_clear()


def all_driven():
    for block in blocks():
        block.driver_add("value").driver.expression = "sin(frame)"


def muted_half_and_locked_half():
    for number, block in enumerate(blocks()):
        block.mute, block.lock_shape = number % 2 == 0, number % 2 == 1


def muted_and_empty():
    basis = [point.co.copy() for point in face().data.shape_keys.key_blocks[0].data]
    for block in blocks():
        block.mute = block.name != "jawOpen"
    for point, co in zip(blocks()[CHANNELS.index("jawOpen")].data, basis, strict=True):
        point.co = co


def tweaked_strip():
    key = face().data.shape_keys
    key.key_blocks["jawOpen"].keyframe_insert("value", frame=1)
    data = key.animation_data
    action = data.action
    track = data.nla_tracks.new()
    track.strips.new("Own", 1, action)
    data.action = None
    track.select = True
    data.use_tweak_mode = True


def damaged_mapping():
    face().emotalk_mapping = "{"


def library(tmp_path):
    collection = bpy.data.collections.new("Ann")
    collection.objects.link(face())
    path = tmp_path / "library.blend"
    bpy.data.libraries.write(str(path), {collection}, fake_user=True)
    bpy.data.objects.remove(face())
    bpy.data.collections.remove(collection)
    with bpy.data.libraries.load(str(path), link=True) as (_source, target):
        target.collections = ["Ann"]
    return target.collections[0]


def linked(tmp_path):
    bpy.context.scene.collection.children.link(library(tmp_path))
    line_to_set(bpy.context.scene).character = face()


def instance(tmp_path):
    empty = bpy.data.objects.new("Ann", None)
    empty.instance_type, empty.instance_collection = "COLLECTION", library(tmp_path)
    bpy.context.scene.collection.objects.link(empty)
    line_to_set(bpy.context.scene).character = empty


def linked_mesh(tmp_path):
    found = library(tmp_path)
    bpy.context.scene.collection.children.link(found)
    override = found.override_hierarchy_create(bpy.context.scene, bpy.context.view_layer, do_fully_editable=True)
    mesh = next(obj for obj in override.all_objects if obj.type == "MESH")
    bpy.context.scene.collection.children.unlink(found)
    if mesh.name not in bpy.context.scene.objects:
        bpy.context.scene.collection.objects.link(mesh)
    line_to_set(bpy.context.scene).character = mesh


REFUSED = {
    "wrong names": (wrong_names, "No shape key of 'Face' is named like an ARKit blendshape.*; rename them to jawOpen"),
    "no shape keys": (no_keys, "Face is no face: it has no shape keys; choose a face that has some"),
    "driven": (
        all_driven,
        "The shape keys of 'Face' are moved by drivers of its rig; remove the drivers",
    ),
    "muted and locked": (muted_half_and_locked_half, "Nothing would move, because the shape keys of Face are"),
    "muted but an empty one": (muted_and_empty, "Nothing would move, because the shape keys of Face have the same"),
    "a strip being edited": (tweaked_strip, "An NLA strip of .* is being edited; leave tweak mode"),
    "a damaged mapping": (damaged_mapping, "The mapping stored on 'Face' cannot be read: .*; press Auto-Map"),
    "an instance": (instance, "'Ann' is an instance of a collection; make a library override of it"),
    "a linked library": (linked, "'Face' is linked from another file; make a library override of it"),
    "a linked mesh": (linked_mesh, "are linked from another file; make a library override of its mesh too"),
}


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("case", REFUSED)
def test_a_sentence_and_no_change(stage, tmp_path, everything, case, again):
    prepare, sentence = REFUSED[case]
    if again:
        if case in ("an instance", "a linked library", "a linked mesh", "no shape keys", "a strip being edited"):
            pytest.skip("the keys of an earlier line are on what is replaced here")
        bpy.ops.emotalk.animate()
    prepare(tmp_path) if prepare in (linked, instance, linked_mesh) else prepare()
    bpy.context.view_layer.update()
    before = everything()
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.emotalk.animate()
    assert everything() == before
    assert state().failed
    assert not state().running


def half():
    for block in blocks():
        if not block.name.startswith("jaw"):
            face().shape_key_remove(block)


def partly_muted():
    for block in blocks()[:10]:
        block.mute = True


def partly_locked():
    for block in blocks()[:10]:
        block.lock_shape = True


def partly_driven():
    for block in blocks()[:10]:
        block.driver_add("value").driver.expression = "0.5"


ANIMATED = {
    "half the shapes": (half, "Face has nothing for the brows, the lids"),
    "some muted keys": (partly_muted, "Face speaks"),
    "some locked keys": (partly_locked, "10 locked shape keys are keyed on Face, too: a lock protects a shape"),
    "some driven keys": (partly_driven, "Face speaks"),
}


@pytest.mark.parametrize("case", ANIMATED)
def test_what_can_be_seen_is_animated_and_the_rest_is_left_as_it_is(stage, case):
    prepare, sentence = ANIMATED[case]
    prepare()

    def switches():
        key = face().data.shape_keys
        drivers = [curve.data_path for curve in key.animation_data.drivers] if key.animation_data else []
        return [(block.name, block.mute, block.lock_shape) for block in blocks()], key.use_relative, drivers

    before = switches()
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    assert sentence in state().message
    assert switches() == before
