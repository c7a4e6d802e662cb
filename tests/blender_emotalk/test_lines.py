"""The sound of a line as the timeline has it, and its controls as they change over time."""

import contextlib
import sys
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import strips
from emotalk.blender_emotalk.actions import active_curves, all_curves
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.keyframes import Timing
from emotalk.blender_emotalk.line_identity import line_name
from emotalk.blender_emotalk.lines import anchor_of, control_values, sound_of
from emotalk.blender_emotalk.sounds import LineSound, Preparation
from emotalk.blender_emotalk.strips import add_sound_strip
from emotalk.face.controls import CONTROLS, Controls
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.registry import COMPACT_SPEC
from emotalk.inference.sound.audio import read_speech


@pytest.fixture
def files():
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def strip(line_wav):
    """The line as a strip from frame 20 on."""
    strip = add_sound_strip(bpy.context.scene, "Take 3", str(line_wav), 20)
    line_to_set(bpy.context.scene).strip = strip.name
    return strip


def line():
    return line_to_set(bpy.context.scene)


def trim(strip, start, end):
    """Move the handles to these frames."""
    if bpy.app.version >= (5, 1, 0):
        strip.left_handle, strip.right_handle = start, end
    else:
        strip.frame_final_start, strip.frame_final_end = start, end


def test_a_file_is_heard_from_the_start_frame(line_wav, files):
    line().audio, line().start_frame = str(line_wav), 77
    sound = sound_of(line(), bpy.context.scene, files)
    assert (sound.path, sound.start_frame, sound.section) == (line_wav, 77, None)


def test_a_whole_strip_is_heard_where_it_lies(strip, line_wav, files):
    sound = sound_of(line(), bpy.context.scene, files)
    assert (sound.path, sound.start_frame) == (line_wav, 20)
    assert sound.section[0] == 0


@pytest.mark.parametrize(("fps", "base"), [(24, 1), (30, 1.001), (60, 1)])
def test_a_trimmed_strip_is_only_the_part_that_is_heard(strip, files, fps, base):
    bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = fps, base
    trim(strip, 32, 50)
    sound = sound_of(line(), bpy.context.scene, files)
    assert sound.start_frame == 32
    assert sound.section == pytest.approx((12 * base / fps, 18 * base / fps))


def test_a_strip_that_begins_before_its_sound_is_silent_until_then(strip, files):
    trim(strip, 14, 50)
    sound = sound_of(line(), bpy.context.scene, files)
    assert sound.start_frame == 20
    assert sound.section == pytest.approx((0, 30 / 24))


def test_the_sound_offset_of_a_strip_moves_its_sound(strip, files):
    if not hasattr(strip, "sound_offset"):
        pytest.skip("this Blender has no sound offsets")
    strip.sound_offset = 0.25
    trim(strip, 32, 50)
    sound = sound_of(line(), bpy.context.scene, files)
    assert sound.start_frame == 32
    assert sound.section == pytest.approx((12 / 24 + 0.25, 18 / 24))


def test_a_strip_of_another_speed_is_refused(line_wav, files, monkeypatch):
    retimed = SimpleNamespace(name="Take 3", type="SOUND", sound=object(), retiming_keys=(1, 50))
    monkeypatch.setattr(strips, "all_strips", lambda _scene: (retimed,))
    line().strip = "Take 3"
    with pytest.raises(EmoTalkError, match="speed of strip 'Take 3' was changed"):
        sound_of(line(), bpy.context.scene, files)


def test_a_deleted_character_does_not_count(add_face):
    chosen, other = add_face("Chosen"), add_face("Other")
    line().character = chosen
    assert anchor_of(line(), bpy.context) == chosen
    bpy.context.scene.collection.objects.unlink(chosen)
    assert line().character == chosen
    assert anchor_of(line(), bpy.context) == other


def test_packed_sound_is_unpacked_for_the_run_only(strip, line_wav, files):
    strip.sound.pack()
    sound = sound_of(line(), bpy.context.scene, files)
    assert sound.path != line_wav
    assert sound.path.read_bytes() == line_wav.read_bytes()
    files.close()
    assert not sound.path.exists()


def test_a_strip_that_is_gone_is_missed(strip, files):
    line().strip = "Take 4"
    with pytest.raises(EmoTalkError, match="no sound strip 'Take 4' any more"):
        sound_of(line(), bpy.context.scene, files)


def test_names_come_from_the_animator_the_strip_or_the_file(line_wav):
    assert line_name(line()) == "line"
    line().audio = "/somewhere/hello there.wav"
    assert line_name(line()) == "hello there"
    line().name = ""
    line().strip = "Take 3"
    assert line_name(line()) == "Take 3"
    line().name = "greeting"
    assert line_name(line()) == "greeting"


def test_untouched_controls_are_the_tables_defaults():
    values = control_values(line(), COMPACT_SPEC, Timing(1, 0.8), 30)
    assert Controls(values).changed() == {}
    assert set(values) == {control.name for control in CONTROLS}


def test_keyed_controls_are_sampled_at_the_frames_of_the_model():
    line().happy, line().jaw_gain = 0, 1.5
    line().keyframe_insert("happy", frame=11)
    line().happy = 1
    line().keyframe_insert("happy", frame=31)
    curve = active_curves(bpy.context.scene)[0]
    for point in curve.keyframe_points:
        point.interpolation = "LINEAR"
    controls = Controls(control_values(line(), COMPACT_SPEC, Timing(11, 0.8), 40))
    assert controls.track("happy", 40) == pytest.approx(np.minimum(np.arange(40) * 0.8 / 20, 1), abs=1e-6)
    assert controls.constant("jaw_gain") == 1.5


def test_a_muted_curve_is_not_read():
    line().happy = 1
    line().keyframe_insert("happy", frame=1)
    line().happy = 0.25
    active_curves(bpy.context.scene)[0].mute = True
    assert control_values(line(), COMPACT_SPEC, Timing(1, 0.8), 30)["happy"] == 0.25


def test_overshooting_curves_stay_within_the_limits():
    for frame, value in ((1, 1.0), (5, 1.0), (6, 0.0), (20, 0.0)):
        line().happy = value
        line().keyframe_insert("happy", frame=frame)
    curve = active_curves(bpy.context.scene)[0]
    for point in curve.keyframe_points:
        point.handle_left_type = point.handle_right_type = "FREE"
        point.handle_right = (point.co.x + 2, point.co.y + 3)
    Controls(control_values(line(), COMPACT_SPEC, Timing(1, 0.8), 40))


def test_other_formats_are_decoded_by_blender_and_sound_the_same(line_wav, files, tmp_path):
    aud = pytest.importorskip("aud", reason="this Blender is built without Audaspace")
    path = tmp_path / "line.flac"
    aud.Sound(str(line_wav)).write(str(path), 16000, 1, aud.FORMAT_S16, aud.CONTAINER_FLAC, aud.CODEC_FLAC)
    line().audio = str(path)
    prepared = Preparation(sound_of(line(), bpy.context.scene, files)).result()
    decoded = read_speech(prepared.request["audio"], source=prepared.request["source"])
    assert decoded.source == str(path)
    expected = read_speech(line_wav)
    assert prepared.seconds == pytest.approx(expected.seconds)
    assert np.abs(decoded.samples - expected.samples).max() < 1e-4


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_the_section_of_a_line_goes_to_the_worker_in_any_format(line_wav, files, tmp_path, kind):
    path = line_wav
    if kind == "flac":
        aud = pytest.importorskip("aud", reason="this Blender is built without Audaspace")
        path = tmp_path / "line.flac"
        aud.Sound(str(line_wav)).write(str(path), 16000, 1, aud.FORMAT_S16, aud.CONTAINER_FLAC, aud.CODEC_FLAC)
    trimmed, whole = (Preparation(LineSound(path, 1, section)).result() for section in ((0.5, 1.25), None))
    assert trimmed.request["section"] == (0.5, 1.25)
    assert trimmed.seconds == 1.25
    assert "section" not in whole.request
    assert whole.seconds == pytest.approx(read_speech(line_wav).seconds)


def test_a_blender_without_a_decoder_says_so(files, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "aud", None)
    path = tmp_path / "line.ogg"
    path.write_bytes(b"OggS" + bytes(100))
    line().audio = str(path)
    with pytest.raises(EmoTalkError, match=r"only reads WAV; convert line\.ogg"):
        Preparation(sound_of(line(), bpy.context.scene, files))


def test_only_a_range_of_the_sound_gets_keys(stage):
    scene = bpy.context.scene
    scene.render.fps = 25
    bpy.ops.emotalk.animate(start_frame=11, settle_time=0)
    whole = {curve.data_path: curve for curve in all_curves(bpy.data.actions["EmoTalk line"])}
    jaw = 'key_blocks["jawOpen"].value'
    expected = [whole[jaw].evaluate(frame) for frame in range(46, 70)]
    bpy.ops.emotalk.animate(range_start=1, range_end=2.5)
    action = bpy.data.actions["EmoTalk line"]
    assert action.frame_range[0] == pytest.approx(11 + 25, abs=1)
    assert action.frame_range[1] == pytest.approx(11 + 2.5 * 25, abs=1)
    part = next(curve for curve in all_curves(action) if curve.data_path == jaw)
    found = [part.evaluate(frame) for frame in range(46, 70)]
    assert np.corrcoef(expected, found)[0, 1] > 0.9


def test_a_range_of_a_strip_begins_where_the_strip_does(stage):
    scene = bpy.context.scene
    scene.render.fps = 25
    bpy.ops.emotalk.place_sound()
    strip = bpy.context.scene.sequence_editor.strips_all[0]
    strip.frame_final_start += 25
    bpy.ops.emotalk.animate(range_start=1, range_end=2, settle_time=0)
    first, last = bpy.data.actions["EmoTalk line"].frame_range
    assert first == pytest.approx(strip.frame_final_start + 25, abs=1)
    assert last == pytest.approx(first + 25, abs=1)


def test_a_range_without_sound_is_refused(stage):
    with pytest.raises(RuntimeError, match="ends before it begins"):
        bpy.ops.emotalk.animate(range_start=2, range_end=1)
    with pytest.raises(RuntimeError, match=r"ends before|begins after|before the section"):
        bpy.ops.emotalk.animate(range_start=100, range_end=0)
    assert not bpy.data.actions
