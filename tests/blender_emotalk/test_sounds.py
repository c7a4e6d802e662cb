"""Sound that Blender decodes: in the background, kept, the same as on the command line; and the window stays alive."""

import time
from pathlib import Path

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import runs, sounds
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.lines import SAMPLE_LINE
from emotalk.blender_emotalk.sounds import LineSound, Preparation
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.sound.audio import read_speech
from emotalk.inference.sound.wav import open_wav

aud = pytest.importorskip("aud", reason="this Blender is built without Audaspace")
CODECS = {"flac": (aud.CONTAINER_FLAC, aud.CODEC_FLAC), "ogg": (aud.CONTAINER_OGG, aud.CODEC_VORBIS)}
MP3 = (aud.CONTAINER_MP3, aud.CODEC_MP3)


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """The folder of temporary files, which holds no decoded sound when the test begins or when it has ended."""
    sounds.forget_decoded()
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    yield folder
    runs.cancel()
    sounds.forget_decoded()
    until = time.monotonic() + 10
    while (left := list(folder.glob("emotalk-*"))) and time.monotonic() < until:
        time.sleep(0.01)
    assert not left


def encoded(path, sound=None, kind="flac", rate=16000, channels=1):
    container, codec = MP3 if kind == "mp3" else CODECS[kind]
    sound = sound or aud.Sound(str(SAMPLE_LINE))
    sound.write(str(path), rate, channels, aud.FORMAT_S16, container, codec, 64000)
    return path


def samples_of(prepared):
    return np.concatenate(list(open_wav(Path(prepared.request["audio"])).blocks()))


def prepare(path, section=None):
    return Preparation(LineSound(path, 1, section)).result()


def noise(seconds, rate=16000, channels=1):
    samples = np.random.default_rng(3).uniform(-0.3, 0.3, (int(seconds * rate), channels)).astype(np.float32)
    return aud.Sound.buffer(samples, rate)


@pytest.mark.parametrize("large", [0, 1 << 30], ids=["pieces", "whole"])
@pytest.mark.parametrize("kind", CODECS)
def test_what_is_decoded_is_what_blender_decodes(tmp_path, monkeypatch, kind, large):
    monkeypatch.setattr(sounds, "_LARGE_BYTES", large)
    path = encoded(tmp_path / f"line.{kind}", noise(3.21, 44100, 2), kind, 44100, 2)
    expected = aud.Sound(str(path)).data()
    decoded = samples_of(prepare(path))
    assert decoded.shape == expected.shape
    assert np.abs(decoded - expected).max() < 1e-4


def test_the_next_time_nothing_is_decoded_until_the_file_changes(tmp_path):
    path = encoded(tmp_path / "line.flac")
    first = prepare(path)
    again = Preparation(LineSound(path, 5))
    assert again.done
    assert again.result() == first
    encoded(path, noise(1))
    changed = Preparation(LineSound(path, 1))
    assert not changed.done
    assert changed.result().seconds < 2


def test_a_trimmed_strip_is_decoded_to_its_minute(tmp_path):
    path = encoded(tmp_path / "scene.flac", noise(200))
    part = prepare(path, (3.0, 5.0))
    assert part.seconds == 5
    assert part.request["section"] == (3.0, 5.0)
    assert len(samples_of(part)) == 60 * 16000
    whole = aud.Sound(str(path)).data()
    speech = read_speech(part.request["audio"], part.request["section"], source=part.request["source"])
    assert np.abs(speech.samples - whole[48000:128000, 0]).max() < 1e-4
    assert Preparation(LineSound(path, 1, (20.0, 30.0))).done
    assert len(samples_of(prepare(path, (50.0, 20.0)))) == 120 * 16000


@pytest.mark.parametrize("kind", CODECS)
def test_a_cut_file_is_refused_as_on_the_command_line(tmp_path, kind):
    path = encoded(tmp_path / f"line.{kind}", kind=kind)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(EmoTalkError, match=rf"line\.{kind} is cut off: .* missing; copy or export it again"):
        prepare(path)


@pytest.mark.parametrize("magic", [b"fLaC", b"OggS", b"ID3\4", b"\0\0\0\x20ftypM4A "])
def test_sound_in_name_only_does_not_take_blender_down(tmp_path, magic):
    path = tmp_path / "line.mp3"
    path.write_bytes(magic + b"nothing else" * 9)
    with pytest.raises(EmoTalkError, match=r"Blender cannot read line\.mp3.*convert it to WAV"):
        prepare(path)


def test_wav_in_a_coding_that_is_not_read_here_goes_to_blender(tmp_path, monkeypatch):
    path = tmp_path / "game.wav"
    content = bytearray(SAMPLE_LINE.read_bytes())
    content[20] = 17  # IMA ADPCM, which this is not: that Blender is asked is what counts
    path.write_bytes(content)
    asked = []
    monkeypatch.setattr(Preparation, "_run_decoder", lambda self, way, wav, until: asked.append(way))
    with pytest.raises(EmoTalkError):
        prepare(path)
    assert asked == ["whole"]


def test_an_hour_of_mp3_does_not_hold_the_window(add_face, tmp_path):
    add_face()
    minute = encoded(tmp_path / "minute.mp3", noise(60, 44100), "mp3", 44100).read_bytes()
    path = tmp_path / "hour.mp3"
    path.write_bytes(minute * 60)
    line_to_set(bpy.context.scene).audio = str(path)
    runs.close()
    started = time.thread_time()
    run = runs.start(bpy.context)
    took = time.thread_time() - started
    longest = 0.0
    for _ in range(100):
        started = time.thread_time()
        assert not run.look()
        longest = max(longest, time.thread_time() - started)
        time.sleep(0.01)
    assert bpy.context.window_manager.emotalk.message == "Decoding"
    run.cancel()
    assert took < 0.25  # 0.01 s, and the start of the worker's process
    assert longest < 0.25


def test_a_decoded_line_is_animated_with_keyed_controls_and_its_remarks(add_face, tmp_path):
    face = add_face()
    path = encoded(tmp_path / "silent.flac", aud.Sound.silence(16000).limit(0, 2))
    line = line_to_set(bpy.context.scene)
    line.audio = str(path)
    for frame, value in ((1, 0), (40, 1)):
        line.anger = value
        line.keyframe_insert("anger", frame=frame)
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    assert face.data.shape_keys.animation_data.action.name == "EmoTalk silent"
    message = bpy.context.window_manager.emotalk.message
    assert message.endswith(". No voice was found in silent.flac: it is silent")


def test_the_channel_of_the_line_is_used(add_face, tmp_path):
    add_face()
    path = encoded(tmp_path / "one.flac")
    line = line_to_set(bpy.context.scene)
    line.audio, line.channel = str(path), 2
    with pytest.raises(RuntimeError, match=r"one\.flac has one channel; channel 2 is none of them"):
        bpy.ops.emotalk.animate()


def test_a_failure_to_decode_is_shown(add_face, tmp_path):
    add_face()
    path = tmp_path / "line.ogg"
    path.write_bytes(b"OggS" + b"nothing else" * 9)
    line_to_set(bpy.context.scene).audio = str(path)
    with pytest.raises(RuntimeError, match=r"Blender cannot read line\.ogg"):
        bpy.ops.emotalk.animate()
    assert bpy.context.window_manager.emotalk.failed
    assert not runs.is_running()


def test_a_scene_that_is_deleted_while_its_sound_is_decoded(add_face, tmp_path):
    add_face()
    line_to_set(bpy.context.scene).audio = str(encoded(tmp_path / "line.flac"))
    run = runs.start(bpy.context)
    scene = bpy.context.scene
    bpy.context.window.scene = bpy.data.scenes.new("Other")
    bpy.data.scenes.remove(scene)
    run.wait()
    with pytest.raises(EmoTalkError, match="'Scene' was deleted while"):
        run.write()


def test_what_is_odd_about_a_decoded_file_is_said_every_time(tmp_path):
    path = encoded(tmp_path / "line.ogg", kind="ogg")
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(b"OggS")])
    for _ in range(2):
        (remark,) = prepare(path).remarks
        assert remark.startswith("line.ogg has no end mark")


def test_a_decoded_sound_says_where_it_came_from_and_a_wav_is_itself(tmp_path):
    path = encoded(tmp_path / "line.flac")
    decoded, plain = prepare(path), prepare(SAMPLE_LINE)
    assert decoded.request.keys() == {"audio", "source"}
    assert decoded.request["source"] == str(path)
    assert plain.request == {"audio": str(SAMPLE_LINE)}
    assert decoded.seconds == pytest.approx(plain.seconds, abs=0.01)


def test_only_so_many_decoded_sounds_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(sounds, "_MOST_KEPT", 2)
    paths = [encoded(tmp_path / f"{number}.flac", noise(1 + number)) for number in range(3)]
    kept = [Path(prepare(path).request["audio"]) for path in paths[:2]]
    assert Preparation(LineSound(paths[0], 1)).done  # used again, so the other one goes first
    third = Path(prepare(paths[2]).request["audio"])
    assert [path.exists() for path in (*kept, third)] == [True, False, True]
    monkeypatch.setattr(sounds, "_MOST_KEPT_BYTES", 1)
    last = Path(prepare(paths[1]).request["audio"])
    assert [path.exists() for path in (*kept, third, last)] == [False, False, False, True]
