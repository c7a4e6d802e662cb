import numpy as np
import pytest
import soundfile


@pytest.fixture
def staged_line(line_wav):
    """Ten frames of the sample line's first phrase on a small stage with a cube."""
    import bpy
    from emotalk.blender_emotalk.strips import add_sound_strip
    from emotalk.demo.stage import set_stage

    scene = bpy.context.scene
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.active_object
    cube.data.materials.append(bpy.data.materials.new("Bright"))
    scene.render.fps, scene.frame_start, scene.frame_end = 30, 1, 15
    add_sound_strip(scene, "line", str(line_wav), 1)
    set_stage(scene, [cube], size=64)
    return scene


def test_stills_show_the_subject_in_the_middle(staged_line):
    from emotalk.demo.film import render_stills

    (still,) = render_stills(staged_line, [1.5], 32)
    pixels = np.asarray(still, float)
    assert still.size == (32, 32)
    assert pixels[12:20, 12:20].mean() > pixels[:4, :4].mean() + 30


def test_the_film_has_every_frame_and_is_not_silent(staged_line, tmp_path):
    import aud
    from emotalk.demo.film import render_film

    counted = []
    film = tmp_path / "film.mp4"
    render_film(staged_line, film, counted.append)
    assert counted == list(range(1, 16))
    sound = aud.Sound(str(film)).rechannel(1).resample(16000, 3).data()
    assert 0.45 < len(sound) / 16000 < 0.65
    assert np.abs(sound).max() > 0.05


def test_production_writes_all_three_files(tmp_path, line_wav):
    import bpy
    from emotalk.demo import production
    from emotalk.face.controls import Controls

    short = tmp_path / "short.wav"
    samples, rate = soundfile.read(line_wav)
    soundfile.write(short, samples[: rate // 3], rate)
    progress = []
    made = production.produce(short, Controls({"angry": 1}), tmp_path / "out", lambda done, _: progress.append(done))
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    assert made.keys > 100
    assert made.sheet.stat().st_size > 10_000
    assert made.film.stat().st_size > 5_000
    bpy.ops.wm.open_mainfile(filepath=str(made.blend))
    scene = bpy.context.scene
    assert scene.camera
    assert [strip.type for strip in scene.sequence_editor.strips] == ["SOUND"]
    assert scene.sequence_editor.strips[0].sound.packed_file
    assert any(key.animation_data and key.animation_data.action for key in bpy.data.shape_keys)
