"""The class says the Python type of a property, and Blender gets the property itself."""

from typing import ClassVar

import bpy
import pytest
from emotalk import registration
from emotalk.blender_emotalk.property_definitions import properties


def test_blender_finds_the_definitions_and_readers_the_types():
    @properties(loud=bpy.props.BoolProperty(default=True), gain=bpy.props.FloatProperty(default=0.5))
    class Sound(bpy.types.PropertyGroup):
        loud: bool

    bpy.utils.register_class(Sound)
    try:
        kinds = {name: prop.type for name, prop in Sound.bl_rna.properties.items() if name in ("loud", "gain")}
    finally:
        bpy.utils.unregister_class(Sound)
    assert kinds == {"loud": "BOOLEAN", "gain": "FLOAT"}  # what a table generates needs no annotation


def test_what_belongs_to_the_class_is_no_property():
    @properties(loud=bpy.props.BoolProperty())
    class Sound:
        suffix: ClassVar[str] = ".wav"
        loud: bool

    assert Sound.suffix == ".wav"
    assert list(Sound.__annotations__) == ["loud"]


def test_an_attribute_without_a_definition_is_refused():
    with pytest.raises(TypeError, match=r"Sound\.name_of_file is annotated, but no property defines it"):

        @properties(loud=bpy.props.BoolProperty())
        class Sound:
            loud: bool
            name_of_file: str


def test_an_annotation_of_another_type_is_refused():
    with pytest.raises(TypeError, match=r"Sound\.loud is a BoolProperty, but annotated as <class 'float'>"):

        @properties(loud=bpy.props.BoolProperty())
        class Sound:
            loud: float


def test_our_properties_are_where_the_accessor_looks_for_them(extension):
    from emotalk.blender_emotalk import access

    assert isinstance(access.desk_of(bpy.context.scene), registration.SceneProperties)
    assert isinstance(access.run_state(bpy.context), registration.RunProperties)
    assert access.current_line(bpy.context) is None
    line = access.desk_of(bpy.context.scene).lines.add()
    assert isinstance(line, registration.LineProperties)
    assert access.active_line(bpy.context.scene) == access.current_line(bpy.context) == line
