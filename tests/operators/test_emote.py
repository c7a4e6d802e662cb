"""EMOTE from the panel's buttons: on a head of FLAME and on one of ARKit's shapes, with blinks and head motion."""

import bpy
import emotalk
import numpy as np
import pytest
from emotalk.blender_emotalk import background, flame_heads, model_choice, runs
from emotalk.blender_emotalk.actions import active_curves
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.flame_heads import add_flame_head
from emotalk.blender_emotalk.preferences import preferences_of
from emotalk.face import arkit
from emotalk.face.basis import FLAME
from emotalk.face.flame.model import save_model, template_sha256


@pytest.fixture(autouse=True)
def own_python(torch_python, write_emote, tmp_path, monkeypatch):
    """PyTorch in a Python of one's own, EMOTE's weights at random, and no FLAME file yet."""
    write_emote()
    folder = tmp_path / "flame"
    folder.mkdir()
    monkeypatch.setattr(flame_heads, "user_folder", lambda name: folder)
    runs.close()  # a worker that runs already looks for weights elsewhere
    preferences = preferences_of(bpy.context)
    preferences.torch_python = torch_python
    model_choice.refresh()
    yield
    runs.close()
    background.close()
    preferences.torch_python = ""


def curves_of(owner):
    return {curve.data_path: curve for curve in active_curves(owner)}


def test_a_head_of_flame_and_another_one_speak_the_same_line(stage, flame_model, capsys):
    line = line_to_set(bpy.context.scene)
    bpy.ops.emotalk.choose_model(model="EMOTE")
    line.key_tolerance, line.settle_time, line.blink_rate = 0, 0, 60
    bpy.context.scene.render.fps = 25  # the network's own, so that nothing is resampled
    with pytest.raises(RuntimeError, match=r"add a head from FLAME's own file once"):
        bpy.ops.emotalk.animate()
    assert not bpy.data.actions
    path = flame_heads.user_folder("flame") / "model.npz"
    save_model(flame_model, path)
    line.sad, line.happy = 1, 0
    line.keyframe_insert("sad", frame=line.start_frame)
    line.keyframe_insert("happy", frame=line.start_frame)
    line.sad, line.happy = 0, 1
    line.keyframe_insert("sad", frame=line.start_frame + 30)
    line.keyframe_insert("happy", frame=line.start_frame + 30)
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    assert "became the 52 coefficients by FLAME 2023" in capsys.readouterr().out
    arkit_curves = curves_of(stage.data.shape_keys)
    assert len(arkit_curves) == len(arkit.CHANNELS)

    armature = add_flame_head(flame_model, path, bpy.context.scene.collection)
    keys = flame_heads.keys_of(armature)
    line.character = armature
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    flame_curves = curves_of(keys)
    names = ["Exp000", "Exp049", "jaw_x", "eyeBlinkLeft", "eyeLookOutRight"]
    for name in names:
        assert f'key_blocks["{name}"].value' in flame_curves, name
    assert 'key_blocks["Exp050"].value' not in flame_curves
    blinks = flame_curves['key_blocks["eyeBlinkLeft"].value']
    frames = np.arange(line.start_frame, line.start_frame + 40)
    assert max(blinks.evaluate(frame) for frame in frames) > 0.5
    assert any("neck" in path for path in curves_of(armature))
    shown = np.array([[flame_curves[f'key_blocks["Exp{n:03}"].value'].evaluate(f) for n in range(50)] for f in frames])
    assert np.ptp(shown, axis=0).max() > 1e-3
    # The same motion, taken back to 52 by the same file, is what the other head does.
    jaw = np.array(
        [[flame_curves[f'key_blocks["{name}"].value'].evaluate(f) for name in FLAME(50).channels[-3:]] for f in frames]
    )
    face = emotalk.face.curves.FaceCurves(np.concatenate([shown, jaw], axis=1).astype(np.float32), FLAME(50), 25.0)
    expected = flame_heads.to_arkit(face, path)[0]
    found = np.array([[arkit_curves[f'key_blocks["{c}"].value'].evaluate(f) for c in arkit.CHANNELS] for f in frames])
    mouth = arkit.indices(arkit.REGIONS["jaw"] + arkit.REGIONS["lips"])
    assert np.abs(found - expected.values)[:, mouth].max() < 1e-3
    assert expected.values[:, mouth].max() > 1e-2


def test_weights_of_another_flame_are_said_to_be(stage, flame_model, write_emote, capsys):
    line = line_to_set(bpy.context.scene)
    bpy.ops.emotalk.choose_model(model="EMOTE")
    path = flame_heads.user_folder("flame") / "model.npz"
    save_model(flame_model, path)
    sentence = "The weights belong to another FLAME than"
    assert bpy.ops.emotalk.animate() == {"FINISHED"}  # they note none
    assert sentence not in capsys.readouterr().out
    armature = add_flame_head(flame_model, path, bpy.context.scene.collection)
    for template, is_other in ((template_sha256(flame_model.template), False), ("0" * 64, True)):
        write_emote(flame_template_sha256=template)
        model_choice.refresh()
        for character, named in ((stage, "the file that was imported last"), (armature, "that of FLAME Head")):
            line.character = character
            assert bpy.ops.emotalk.animate() == {"FINISHED"}
            out = capsys.readouterr().out
            assert (f"{sentence} {named}, so" in out) == is_other
            assert (sentence in line.remarks) == is_other
