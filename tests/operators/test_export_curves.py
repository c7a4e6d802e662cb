"""What a character plays becomes a file, and the file plays the same again."""

import shutil

import bpy
import emotalk.api
import numpy as np
import pytest
from emotalk.blender_emotalk import flame_heads
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.flame_heads import add_flame_head
from emotalk.face.basis import ARKIT, EYES, FLAME, HEAD
from emotalk.face.curve_files import read_curves
from emotalk.face.curves import FaceCurves, Performance, still
from emotalk.face.eyes import merge_eyes
from emotalk.face.flame.arkit_shapes import solve_arkit_shapes
from emotalk.face.flame.expression_files import write_expressions
from emotalk.face.flame.model import save_model


@pytest.fixture
def animated(stage, add_armature):
    """The sample line on a face with a head bone, a key on every frame of the model; gives the engine's curves."""
    stage.parent = add_armature()
    bpy.context.view_layer.objects.active = stage
    bpy.context.scene.render.fps = 30
    line = line_to_set(bpy.context.scene)
    line.key_tolerance, line.settle_time, line.start_frame = 0, 0, 11
    line.keys_on = "Subframes"
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    return merge_eyes(emotalk.api.perform(line.audio))


@pytest.mark.parametrize(("name", "choice"), [("a.csv", "CSV"), ("a.npz", "NPZ"), ("a.json", "JSON"), ("a", "NPZ")])
def test_an_animated_line_comes_back_as_the_engine_made_it(animated, tmp_path, name, choice):
    path = tmp_path / name
    assert bpy.ops.emotalk.export_curves(filepath=str(path), frames="LINE", file_format=choice) == {"FINISHED"}
    found = read_curves(path if path.suffix else path.with_suffix(".npz"), 30)
    frames = min(found.face.frames, animated.face.frames)
    assert abs(found.face.frames - animated.face.frames) <= 1
    assert np.abs(found.face.values[:frames] - animated.face.values[:frames]).max() <= 1e-4
    assert np.abs(found.head.values[:frames] - animated.head.values[:frames]).max() <= 2e-3


def test_it_plays_the_same_on_another_character(animated, tmp_path, add_face):
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 11, 11 + animated.face.frames - 1
    bpy.ops.emotalk.export_curves(filepath=str(tmp_path / "take.npz"))
    line_to_set(scene).character = add_face("Other", list(reversed(ARKIT.channels)))
    scene.frame_set(11)
    bpy.ops.emotalk.import_curves(filepath=str(tmp_path / "take.npz"))
    take = emotalk.api.read_performance("Other", 11, 11 + animated.face.frames - 1)
    assert take.remarks == ()
    assert np.abs(take.performance.face.values - animated.face.values).max() <= 1e-4


def test_the_rate_can_be_chosen_and_the_range_is_the_scene_s(animated, tmp_path, capsys):
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 21, 50
    bpy.ops.emotalk.export_curves(filepath=str(tmp_path / "take.json"), fps=60)
    found = read_curves(tmp_path / "take.json")
    assert (found.face.fps, found.face.frames) == (60, 59)
    assert np.abs(found.face.values[::2] - animated.face.values[10:40]).max() <= 1e-4
    assert "Wrote 59 frames at 60 per second to " in capsys.readouterr().out


def test_what_cannot_be_recovered_is_said(add_face, tmp_path, capsys):
    add_face(names=["jawOpen"])
    assert bpy.ops.emotalk.export_curves(filepath=str(tmp_path / "take.csv")) == {"FINISHED"}
    assert "Nothing tells the brows, the lids, " in capsys.readouterr().out


def test_what_is_there_stays_and_what_does_not_go_is_a_sentence(add_face, tmp_path):
    with pytest.raises(RuntimeError, match="Click the character"):
        bpy.ops.emotalk.export_curves(filepath=str(tmp_path / "take.csv"))
    add_face()
    (tmp_path / "take.csv").write_text("mine")
    with pytest.raises(RuntimeError, match="exists already"):
        bpy.ops.emotalk.export_curves(filepath=str(tmp_path / "take.csv"))
    assert (tmp_path / "take.csv").read_text() == "mine"
    with pytest.raises(RuntimeError, match="There is no line in the list"):
        bpy.ops.emotalk.export_curves(filepath=str(tmp_path / "b.csv"), frames="LINE")
    line_to_set(bpy.context.scene)
    with pytest.raises(RuntimeError, match="No sound is chosen"):
        bpy.ops.emotalk.export_curves(filepath=str(tmp_path / "b.csv"), frames="LINE")
    with pytest.raises(RuntimeError, match=r"no FLAME head"):
        bpy.ops.emotalk.export_curves(filepath=str(tmp_path / "b.npz"), file_format="FLAME")
    with pytest.raises(RuntimeError, match=r"rename b\.csv"):
        bpy.ops.emotalk.export_curves(filepath=str(tmp_path / "b.csv"), file_format="FLAME")
    assert [path.name for path in tmp_path.iterdir()] == ["take.csv"]


def flame_take(path, expressions, frames=12):
    """Write a take of FLAME; gives its curves."""
    generator = np.random.default_rng(0)
    values = generator.normal(0, 0.5, (frames, expressions + 3)).astype(np.float32)
    values[:, -3:] *= 0.2
    face = FaceCurves(values, FLAME(expressions), 24.0)
    write_expressions(path, Performance(face, still(HEAD, frames, 24.0), still(EYES, frames, 24.0)))
    return face


def test_flame_plays_on_a_flame_head_and_leaves_it_again(flame_model, tmp_path):
    save_model(flame_model, tmp_path / "model.npz")
    armature = add_flame_head(flame_model, tmp_path / "model.npz", bpy.context.scene.collection)
    bpy.context.view_layer.objects.active = armature
    face = flame_take(tmp_path / "take.npz", 50)
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, face.frames
    line_to_set(bpy.context.scene).key_tolerance = 0
    assert bpy.ops.emotalk.import_curves(filepath=str(tmp_path / "take.npz")) == {"FINISHED"}
    bpy.ops.emotalk.export_curves(filepath=str(tmp_path / "back.npz"), file_format="FLAME")
    with np.load(tmp_path / "back.npz") as arrays:
        assert np.abs(arrays["expression"][:, :50] - face.values[:, :50]).max() <= 1e-4
        assert not arrays["expression"][:, 50:].any()
        assert np.abs(arrays["jaw_pose"] - face.values[:, 50:]).max() <= 1e-4


def test_flame_becomes_the_52_on_another_head(flame_model, add_face, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "flame"
    folder.mkdir()
    monkeypatch.setattr(flame_heads, "user_folder", lambda name: folder)
    add_face()
    face = flame_take(tmp_path / "take.npz", 50)
    line_to_set(bpy.context.scene).key_tolerance = 0
    with pytest.raises(RuntimeError, match="add a head from FLAME's own file once"):
        bpy.ops.emotalk.import_curves(filepath=str(tmp_path / "take.npz"))
    assert not bpy.data.actions
    save_model(flame_model, folder / "model.npz")
    assert bpy.ops.emotalk.import_curves(filepath=str(tmp_path / "take.npz")) == {"FINISHED"}
    assert "became the 52 coefficients by FLAME 2023" in capsys.readouterr().out
    expected = solve_arkit_shapes(flame_model).to_arkit(face).values
    found = emotalk.api.read_performance(start=1, end=face.frames).performance.face.values
    assert np.abs(found - expected).max() <= 1e-4
    assert expected.max() > 0.1


@pytest.mark.parametrize("kind", ["glb", "usda"])
def test_what_exporters_of_blender_write_is_imported(animated, tmp_path, kind, capsys):
    for number, block in enumerate(bpy.data.objects["Face"].data.shape_keys.key_blocks[1:]):
        block.data[0].co.z += 0.1 + 0.01 * number  # exporters leave out what moves no vertex
    scene = bpy.context.scene
    bpy.ops.emotalk.flatten()
    scene.frame_start, scene.frame_end = 11, 11 + animated.face.frames - 1
    path = str(tmp_path / f"take.{kind}")
    if kind == "glb":
        bpy.ops.export_scene.gltf(filepath=path, export_animation_mode="ACTIVE_ACTIONS", export_morph_normal=False)
    else:
        if hasattr(bpy.utils, "expose_bundled_modules"):
            bpy.utils.expose_bundled_modules()
        pytest.importorskip("pxr.Usd")
        bpy.ops.wm.usd_export(filepath=path, export_animation=True, export_shapekeys=True)
    bpy.ops.emotalk.clear(all_lines=True)
    scene.frame_set(11)
    assert bpy.ops.emotalk.import_curves(filepath=path) == {"FINISHED"}
    assert "52 of 52 shape keys recognised (ARKit)" in capsys.readouterr().out
    found = emotalk.api.read_performance(start=11, end=11 + animated.face.frames - 1).performance.face.values
    assert np.abs(found - animated.face.values).max() <= 1e-4


@pytest.mark.parametrize("kind", ["npz", "csv"])
def test_a_line_and_its_sound_are_a_take_to_learn_from(animated, tmp_path, line_wav, kind):
    pytest.importorskip("soundfile")
    from emotalk.training.captures.project import read_project, read_take

    shutil.copy(line_wav, tmp_path / "take.wav")
    bpy.ops.emotalk.export_curves(filepath=str(tmp_path / f"take.{kind}"), frames="LINE")
    (tmp_path / "project.toml").write_text(
        f'name = "mine"\nfps = 30\n[[takes]]\nname = "take"\nsound = "take.wav"\ncurves = "take.{kind}"\n'
    )
    project = read_project(tmp_path / "project.toml")
    take = read_take(project, project.entries[0])
    assert abs(take.curves.frames / take.curves.fps - take.speech.seconds) < 0.05
    frames = min(take.curves.frames, animated.face.frames)
    assert frames > 180
    assert np.abs(take.curves.values[:frames] - animated.face.values[:frames]).max() <= 1e-4
