"""EMOTE from the panel's buttons: on a head of FLAME and on one of ARKit's shapes, with blinks and head motion."""

import json
from dataclasses import asdict, replace

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
from emotalk.face.flame.model import save_model
from emotalk.inference.checkpoints.safetensors_file import write_safetensors
from emotalk.inference.registry import EMOTE_SPEC, spec_metadata


@pytest.fixture(autouse=True)
def own_python(torch_python, user_weights, tmp_path, monkeypatch):
    """PyTorch in a Python of one's own, EMOTE's weights at random, and no FLAME file yet."""
    from emotalk.inference.models.emote import EmoteConfig, weight_shapes
    from emotalk.inference.models.flint import FlintConfig
    from emotalk.inference.models.wav2vec2 import BASE

    encoder = replace(
        BASE,
        hidden_size=64,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=64,
        conv_dim=16,
        num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=4,
    )
    config = EmoteConfig(encoder=encoder, features=32, prior=FlintConfig(expressions=50, width=32))
    rng = np.random.default_rng(0)
    arrays = {
        name: (1 if name.endswith("running_var") else 0.2) * rng.random(shape, np.float32) - (shape[-1] > 5) * 0.1
        for name, shape in weight_shapes(config).items()
    }
    arrays = {name: np.abs(array) if name.endswith("running_var") else array for name, array in arrays.items()}
    user_weights.mkdir()
    spec = replace(EMOTE_SPEC, basis=FLAME(50))
    metadata = {"model": "emote", "config": json.dumps(asdict(config)), **spec_metadata(spec)}
    write_safetensors(user_weights / "EMOTE.safetensors", arrays, metadata)
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
