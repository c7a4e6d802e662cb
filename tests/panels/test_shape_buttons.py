"""Where a head lacks face shapes, the tab offers to create them."""

import bpy
from emotalk.blender_emotalk import mapping_table
from emotalk.panels.main import MainPanel
from emotalk.panels.mapping import MappingPanel

BUTTONS = {("operator", "emotalk.mark_landmarks"), ("operator", "emotalk.create_shapes")}


def test_the_main_panel_offers_it_for_a_mesh_without_face_shapes(drawn, add_face):
    add_face("Bare", names=())
    assert set(drawn(MainPanel)) >= BUTTONS
    add_face("Other", names=("smile",))
    assert set(drawn(MainPanel)) >= BUTTONS
    add_face()
    assert not set(drawn(MainPanel)) & BUTTONS


def test_a_lamp_gets_no_shapes(drawn):
    thing = bpy.data.objects.new("It", bpy.data.lights.new("It", "POINT"))
    bpy.context.scene.collection.objects.link(thing)
    bpy.context.view_layer.objects.active = thing
    assert not set(drawn(MainPanel)) & BUTTONS


def test_the_box_mapping_offers_it_for_half_a_face(drawn, add_face):
    add_face(names=("jawOpen", "mouthClose"))
    mapping_table.fill(bpy.context)
    assert set(drawn(MappingPanel)) >= BUTTONS
    add_face("Whole")
    mapping_table.fill(bpy.context)
    assert not set(drawn(MappingPanel)) & BUTTONS
