"""Add > Mesh > EmoTalk: heads from files of the user's, as in the window."""

import os
import pickle

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import user_folder
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.flame_heads import keys_of
from emotalk.face.basis import ARKIT, FLAME
from emotalk.panels.heads import HeadMenu, draw_in_add_menu


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("emotalk.blender_emotalk.flame_heads.user_folder", lambda name: tmp_path / "user" / name)
    return tmp_path / "user"


@pytest.fixture(scope="session")
def flame_file(synthetic, tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "flame2023_Open.pkl"
    content = {**synthetic.arrays(150), "supr_expression_metadata": {"expr_components": "last_100"}}
    path.write_bytes(synthetic.pickled(content, 4))
    return path


def everything():
    """The names of the file's data, the corners of its meshes, and the lines."""
    kinds = (bpy.data.objects, bpy.data.meshes, bpy.data.armatures, bpy.data.materials, bpy.data.shape_keys)
    corners = {
        mesh.name: (tuple(mesh.vertices[0].co), tuple(mesh.vertices[-1].co))
        for mesh in bpy.data.meshes
        if mesh.vertices
    }
    blocks = {
        key.name: [(block.name, round(block.value, 6)) for block in key.key_blocks] for key in bpy.data.shape_keys
    }
    return [sorted(kind.keys()) for kind in kinds], corners, blocks, len(bpy.context.scene.emotalk.lines)


def undo_and_redo(operator, **arguments):
    """Run an operator, take it back, and bring it again; each time everything is as it was."""
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.ed.undo_push(message="before")
        before = everything()
        assert operator("EXEC_DEFAULT", True, **arguments) == {"FINISHED"}
        after = everything()
        assert after != before
        bpy.ops.ed.undo()
        assert everything() == before
        bpy.ops.ed.redo()
        assert everything() == after


def test_a_flame_file_becomes_the_lines_character(flame_file, own_folder):
    undo_and_redo(bpy.ops.emotalk.import_flame, filepath=str(flame_file), identities=2)
    line = line_to_set(bpy.context.scene)
    armature = line.character
    assert line.audio
    assert bpy.context.view_layer.objects.active == armature
    assert len(find_character(armature, bpy.context.scene, ARKIT).shape_keys) == 51
    assert len(find_character(armature, bpy.context.scene, FLAME(50)).shape_keys) == 53
    assert [path.suffix for path in (own_folder / "flame").iterdir()] == [".npz"]
    keys_of(armature).key_blocks["Shape001"].value = 1
    undo_and_redo(bpy.ops.emotalk.bake_identity)
    armature = bpy.context.view_layer.objects.active
    assert keys_of(armature).key_blocks["Shape001"].value == 0


class Runs:
    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call


def test_a_hostile_file_adds_nothing(synthetic, tmp_path, own_folder):
    mark, path = tmp_path / "ran", tmp_path / "flame.pkl"
    path.write_bytes(pickle.dumps({**synthetic.arrays(150), "x": Runs(os.system, (f"touch {mark}",))}))
    with pytest.raises(RuntimeError, match="nothing of it was used"):
        bpy.ops.emotalk.import_flame(filepath=str(path))
    assert not mark.exists()
    assert not own_folder.exists()
    assert not bpy.data.objects
    assert not bpy.data.meshes


def test_ict_becomes_the_lines_character(ict, tmp_path):
    ict.write(tmp_path / "FaceXModel")
    undo_and_redo(bpy.ops.emotalk.import_ict, directory=str(tmp_path))
    armature = line_to_set(bpy.context.scene).character
    face = find_character(armature, bpy.context.scene, ARKIT)
    assert len(face.shape_keys) == 51
    assert face.head_bone == "head"
    assert len(face.faces) == 5
    key = next(child for child in armature.children if child.name.endswith("Skin")).data.shape_keys
    assert "browInnerUp_L" in key.key_blocks
    moved = np.empty(3 * len(key.key_blocks[0].data), np.float32)
    key.key_blocks["jawOpen"].data.foreach_get("co", moved)
    rest = np.empty_like(moved)
    key.key_blocks[0].data.foreach_get("co", rest)
    assert np.abs(moved - rest).max() > 1e-3


def test_a_folder_without_ict_adds_nothing(tmp_path):
    with pytest.raises(RuntimeError, match="choose the folder FaceXModel"):
        bpy.ops.emotalk.import_ict(directory=str(tmp_path))
    assert not bpy.data.objects


def test_heads_are_added_in_object_mode_and_identities_baked_on_flame_heads(add_face):
    face = add_face()
    with pytest.raises(RuntimeError, match="Select a head that was added"):
        bpy.ops.emotalk.bake_identity()
    face.select_set(True)
    bpy.ops.object.mode_set(mode="EDIT")
    for name in ("import_flame", "import_ict", "bake_identity", "add_sample_head"):
        with pytest.raises(RuntimeError, match="Leave Edit Mode"):
            getattr(bpy.ops.emotalk, name)()


def test_the_menu_lists_every_head():
    drawn = []

    class Layout:
        operator_context = ""

        def operator(self, name, **_options):
            drawn.append(name)

        def separator(self):
            drawn.append("-")

        def menu(self, name, **_options):
            drawn.append(name)

    class Menu:
        layout = Layout()

    HeadMenu.draw(Menu(), bpy.context)
    assert drawn == [
        "emotalk.add_sample_head",
        "emotalk.import_flame",
        "emotalk.import_ict",
        "-",
        "emotalk.bake_identity",
    ]
    assert Menu.layout.operator_context == "INVOKE_DEFAULT"
    drawn.clear()
    draw_in_add_menu(Menu(), bpy.context)
    assert drawn == [HeadMenu.bl_idname]
    assert draw_in_add_menu in bpy.types.VIEW3D_MT_mesh_add._dyn_ui_initialize()


def test_converted_models_lie_in_the_users_own_folder():
    assert user_folder.user_folder("flame").name == "flame"
