"""A flattened character leaves Blender with the weights that it had: glTF, FBX and USD, written and read again.

Read by Blender or by hand, and by EmoTalk.
"""

import json
import sys

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import baking, flattening
from emotalk.blender_emotalk.captured_curves import read_file
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.keyframes import Timing
from emotalk.face.arkit import CHANNELS
from emotalk.face.errors import CurveFileError

SMALL = ("jawOpen", "jawLeft", "mouthClose")
_TYPES = {5126: np.float32, 5121: np.uint8, 5123: np.uint16}


@pytest.fixture
def played(add_face, add_armature, performance):
    """A character of two meshes with two lines, flattened; gives each mesh's (frames, shape keys) weights by its name.

    Frame 1 of the scene is the first one.
    """
    scene = bpy.context.scene
    rig = add_armature()
    meshes = {"Head": CHANNELS, "Teeth": SMALL}
    for name, channels in meshes.items():
        mesh = add_face(name, list(channels), rig)
        for number, block in enumerate(mesh.data.shape_keys.key_blocks[1:]):
            block.data[0].co.z += 0.1 + 0.01 * number  # exporters leave out what moves no vertex
    character = find_character(bpy.data.objects["Head"], scene)
    for line, start in (("one", 13), ("two", 120)):
        settings = baking.KeySettings(0.01, settle_time=0.5)
        baking.bake(performance(seed=start), character, line, Timing.of(scene, start, 30.0), settings)
    result = flattening.flatten(character, scene)
    scene.frame_start, scene.frame_end = result.first, result.last
    weights: dict[str, list[list[float]]] = {name: [] for name in meshes}
    for frame in range(result.first, result.last + 1):
        scene.frame_set(frame)
        for name, rows in weights.items():
            rows.append([block.value for block in bpy.data.objects[name].data.shape_keys.key_blocks[1:]])
    assert result.first == 1
    scene.frame_set(1)
    assert np.ptp(weights["Teeth"]) > 0.3
    return {name: np.array(rows) for name, rows in weights.items()}


def test_gltf(played, tmp_path):
    path = tmp_path / "face.gltf"
    bpy.ops.export_scene.gltf(
        filepath=str(path),
        export_format="GLTF_SEPARATE",
        export_animation_mode="ACTIVE_ACTIONS",
        export_morph_normal=False,
    )
    document = json.loads(path.read_text())
    buffers = [(tmp_path / buffer["uri"]).read_bytes() for buffer in document["buffers"]]

    def numbers(index):
        accessor = document["accessors"][index]
        view = document["bufferViews"][accessor["bufferView"]]
        start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
        return np.frombuffer(buffers[view["buffer"]], _TYPES[accessor["componentType"]], accessor["count"], start)

    found = {}
    for animation in document["animations"]:
        for channel in animation["channels"]:
            if channel["target"]["path"] != "weights":
                continue
            node = document["nodes"][channel["target"]["node"]]
            names = document["meshes"][node["mesh"]]["extras"]["targetNames"]
            sampler = animation["samplers"][channel["sampler"]]
            frames = numbers(sampler["input"]) * 24
            weights = numbers(sampler["output"]).reshape(len(frames), len(names))
            order = [block.name for block in bpy.data.objects[node["name"]].data.shape_keys.key_blocks[1:]]
            assert names == order
            found[node["name"]] = np.stack(
                [np.interp(1 + np.arange(len(played[node["name"]])), frames, column) for column in weights.T], axis=1
            )
    assert set(found) == set(played)
    for name, weights in found.items():
        assert np.abs(weights - played[name]).max() <= 1e-4


def test_usd(played, tmp_path):
    if hasattr(bpy.utils, "expose_bundled_modules"):
        bpy.utils.expose_bundled_modules()
    usd = pytest.importorskip("pxr.Usd")
    skeletons = pytest.importorskip("pxr.UsdSkel")
    path = tmp_path / "face.usda"
    bpy.ops.wm.usd_export(filepath=str(path), export_animation=True, export_shapekeys=True)
    stage = usd.Stage.Open(str(path))
    assert stage.GetTimeCodesPerSecond() == 24
    found = {}
    for prim in stage.Traverse():
        animation = skeletons.Animation(prim)
        if not animation or not animation.GetBlendShapeWeightsAttr().GetNumTimeSamples():
            continue
        names = list(animation.GetBlendShapesAttr().Get())
        attribute = animation.GetBlendShapeWeightsAttr()
        owner = next(name for name in played if name in str(prim.GetPath()).split("/"))
        order = [block.name for block in bpy.data.objects[owner].data.shape_keys.key_blocks[1:]]
        columns = [names.index(name) for name in order]
        found[owner] = np.array([attribute.Get(1 + frame) for frame in range(len(played[owner]))])[:, columns]
    assert set(found) == set(played)
    for name, weights in found.items():
        assert np.abs(weights - played[name]).max() <= 1e-4


def assert_same(take, played):
    """What was read is what the head played; the teeth play the same in three of its channels."""
    face = take.performance.face
    assert (face.fps, face.frames) == (24, len(played["Head"]))
    assert np.abs(face.values - played["Head"]).max() <= 1e-4
    assert take.remarks[0] == "52 of 52 shape keys recognised (ARKit)"


@pytest.mark.parametrize("kind", ["GLTF_SEPARATE", "GLB"])
@pytest.mark.parametrize("optimise", [True, False])
def test_gltf_comes_back_as_curves(played, tmp_path, kind, optimise):
    path = tmp_path / ("face.glb" if kind == "GLB" else "face.gltf")
    bpy.ops.export_scene.gltf(
        filepath=str(path),
        export_format=kind,
        export_animation_mode="ACTIVE_ACTIONS",
        export_morph_normal=False,
        export_optimize_animation_size=optimise,
    )
    assert_same(read_file(path, None), played)


@pytest.mark.parametrize("suffix", ["usda", "usdc", "usd", "usdz"])
def test_usd_comes_back_as_curves(played, tmp_path, suffix):
    if hasattr(bpy.utils, "expose_bundled_modules"):
        bpy.utils.expose_bundled_modules()
    pytest.importorskip("pxr.Usd")
    path = tmp_path / f"face.{suffix}"
    bpy.ops.wm.usd_export(filepath=str(path), export_animation=True, export_shapekeys=True)
    assert_same(read_file(path, None), played)


def test_usd_that_is_none_is_a_sentence(tmp_path):
    if hasattr(bpy.utils, "expose_bundled_modules"):
        bpy.utils.expose_bundled_modules()
    usd = pytest.importorskip("pxr.Usd")
    path = tmp_path / "face.usda"
    path.write_text("no scene")
    with pytest.raises(CurveFileError, match=r"^face\.usda is damaged or no USD file$"):
        read_file(path, None)
    usd.Stage.CreateNew(str(tmp_path / "empty.usda")).Save()
    with pytest.raises(CurveFileError, match=r"^empty\.usda has no animated shape keys$"):
        read_file(tmp_path / "empty.usda", None)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "gone.usda", None)


def test_without_the_module_for_usd_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pxr", None)
    (tmp_path / "face.usda").write_text("#usda 1.0\n")
    with pytest.raises(
        CurveFileError, match=r"^face\.usda is USD, which this Python cannot read; use an official build"
    ):
        read_file(tmp_path / "face.usda", None)


def test_fbx(played, tmp_path):
    path = str(tmp_path / "face.fbx")
    bpy.ops.export_scene.fbx(
        filepath=path,
        bake_anim_use_nla_strips=False,
        bake_anim_use_all_actions=False,
        bake_anim_simplify_factor=0,
        use_mesh_modifiers=False,
    )
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.context.scene.render.fps = 24
    bpy.ops.import_scene.fbx(filepath=path, anim_offset=0)
    for name, expected in played.items():
        blocks = bpy.data.objects[name].data.shape_keys.key_blocks
        rows = []
        for frame in range(1, 1 + len(expected)):
            bpy.context.scene.frame_set(frame)
            rows.append([block.value for block in blocks[1:]])
        assert np.abs(np.array(rows) - expected).max() <= 1e-4
