"""``blender -b … -c emotalk``: the same results as the button, and correct exit statuses."""

import shutil

import bpy
import pytest
from emotalk.blender_emotalk import runs
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.strips import add_sound_strip
from emotalk.command_line.main import BLENDER_COMMANDS, main
from emotalk.inference.checkpoints.library import place_for, remove_weights
from emotalk.inference.checkpoints.safetensors_file import bundled_weights
from emotalk.inference.registry import DEFAULT_MODEL
from emotalk.inference.worker.client import WorkerClient


def run(*words):
    return main([str(word) for word in words], BLENDER_COMMANDS)


def test_it_does_what_the_button_does_and_saves(add_face, line_wav, tmp_path, capsys):
    add_face("Ann")
    add_face("Bob")
    target = tmp_path / "result.blend"
    words = ["--audio", line_wav, "--character", "Ann", "--start", 40, "--emotion", "angry", "--style-blend", 0.5]
    assert run("animate", *words, "--personal-style", "Crisp", "--seed", 7, "-o", target) == 0
    assert "Ann speaks 'line'" in capsys.readouterr().out
    bpy.ops.wm.open_mainfile(filepath=str(target))
    line = line_to_set(bpy.context.scene)
    assert (line.anger, line.happy, line.personal_style, line.seed) == (1, 0, "Crisp", 7)
    action = bpy.data.objects["Ann"].data.shape_keys.animation_data.action
    assert action.name == "EmoTalk line"
    assert action.frame_range[0] == 40 - 12  # half a second in which the face comes out of rest
    assert bpy.data.objects["Bob"].data.shape_keys.animation_data is None


def test_what_is_not_given_stays_as_the_file_has_it(stage, tmp_path):
    line_to_set(bpy.context.scene).happy = 0.25
    path = tmp_path / "scene.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    assert run("animate") == 0
    bpy.ops.wm.open_mainfile(filepath=str(path))
    assert line_to_set(bpy.context.scene).happy == 0.25
    assert "EmoTalk line" in bpy.data.actions


@pytest.fixture
def my_actor():
    """Weights of one's own, where the worker that runs already looks for them."""
    shutil.copy(bundled_weights(DEFAULT_MODEL), place_for("My actor"))
    yield "My actor"
    remove_weights("My actor")


def test_the_model_can_be_chosen(stage, my_actor, tmp_path, capsys):
    target = tmp_path / "result.blend"
    assert run("animate", "--model", my_actor, "-o", target) == 0
    bpy.ops.wm.open_mainfile(filepath=str(target))
    assert line_to_set(bpy.context.scene).model == my_actor
    with pytest.raises(SystemExit):
        run("animate", "--model", "nobody", "-o", target)
    assert "invalid choice: 'nobody'" in capsys.readouterr().err


def test_device_and_precision_are_those_of_the_words_once(stage, tmp_path, monkeypatch):
    asked = []
    submit = WorkerClient.submit
    monkeypatch.setattr(
        WorkerClient, "submit", lambda client, request: (asked.append(request), submit(client, request))[1]
    )
    target = tmp_path / "result.blend"
    assert run("animate", "--device", "cpu", "--precision", "int8", "--windowed", "-o", target) == 0
    assert run("animate", "-o", target) == 0
    placements = [(request["device"], request["precision"], request["windowed"]) for request in asked]
    assert placements == [("cpu", "int8", True), ("auto", "float32", False)]


def test_failures_are_one_sentence_and_status_1(stage, tmp_path, capsys):
    target = tmp_path / "result.blend"
    assert run("animate", "--audio", tmp_path / "none.wav", "-o", target) == 1
    error = capsys.readouterr().err
    assert error.startswith("emotalk: There is no file")
    assert error.count("\n") == 1
    assert not target.exists()


def test_wrong_words_are_status_2(stage, capsys):
    assert run("animate") == 2
    assert "the file to save with -o" in capsys.readouterr().err
    assert run("animate", "-o", "x.blend", "--character", "Nobody") == 2
    assert "no object 'Nobody'" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        run("animate", "--happy", "very")


def saved(path):
    """The open file, saved there."""
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path.read_bytes()


@pytest.fixture
def no_work(monkeypatch):
    """Fails if a line is animated."""

    def start(*_arguments, **_options):
        raise AssertionError("the line is animated before the target was checked")

    monkeypatch.setattr("emotalk.blender_emotalk.runs.start", start)


def test_an_existing_file_is_only_replaced_if_asked(stage, tmp_path, capsys):
    other = tmp_path / "other.blend"
    before = saved(other)
    saved(tmp_path / "scene.blend")
    assert run("animate", "-o", other) == 1
    assert capsys.readouterr().err == f"emotalk: {other} exists already; --overwrite replaces it\n"
    assert other.read_bytes() == before
    assert run("animate", "-o", tmp_path / "scene.blend") == 0
    assert run("animate", "-o", other, "--overwrite") == 0
    assert other.read_bytes() != before


@pytest.mark.parametrize("name", ["line.wav", "scene", "scene.blend1", "scene.npz"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_only_a_blend_is_written(stage, tmp_path, capsys, no_work, line_wav, name, overwrite):
    target = tmp_path / name
    shutil.copy(line_wav, target)
    assert run("animate", "-o", target, *["--overwrite"][: int(overwrite)]) == 2
    assert "give a name that ends in .blend with -o" in capsys.readouterr().err
    assert target.read_bytes() == line_wav.read_bytes()


@pytest.mark.parametrize("folder", ["missing", "is a file", "/proc"])
def test_the_folder_is_checked_before_the_work(stage, tmp_path, capsys, no_work, folder):
    (tmp_path / "is a file").write_text("no folder")
    assert run("animate", "-o", tmp_path / folder / "scene.blend") == 1
    error = capsys.readouterr().err
    assert error.startswith("emotalk: Nothing can be saved in")
    assert error.count("\n") == 1


def test_a_folder_is_no_target(stage, tmp_path, capsys, no_work):
    (tmp_path / "scene.blend").mkdir()
    assert run("animate", "-o", tmp_path / "scene.blend") == 1
    assert "is a folder; give another name" in capsys.readouterr().err


def test_a_file_that_cannot_be_saved_in_the_end(stage, tmp_path, capsys, monkeypatch):
    target = tmp_path / "folder" / "scene.blend"
    target.parent.mkdir()
    wait = runs.Run.wait
    monkeypatch.setattr(runs.Run, "wait", lambda line, progress: (wait(line, progress), target.parent.rmdir()))
    assert run("animate", "-o", target) == 1
    error = capsys.readouterr().err
    assert f"{target} was not saved (" in error
    assert "make room there, or choose another folder" in error
    assert "Something went wrong" not in error


def test_every_word_reaches_the_line_and_the_keys(add_face, line_wav, tmp_path):
    other = bpy.data.scenes.new("Shot 7")
    face = add_face("Ann")
    bpy.context.scene.collection.objects.unlink(face)
    other.collection.objects.link(face)
    key = face.data.shape_keys
    key.keyframe_insert('key_blocks["jawOpen"].value', frame=1)
    mine = key.animation_data.action.name
    words = ["--scene", "Shot 7", "--audio", line_wav, "--character", "Ann", "--start", 30, "--tolerance", 0.05]
    words += ["--settle", 0.25, "--channel", 1, "--own-track", "--happy", 0.5, "--clamping", "Off"]
    target = tmp_path / "result.blend"
    assert run("animate", *words, "-o", target) == 0
    bpy.ops.wm.open_mainfile(filepath=str(target))
    (line,) = bpy.data.scenes["Shot 7"].emotalk.lines
    assert (line.start_frame, line.character, line.channel, line.existing_keys) == (
        30,
        bpy.data.objects["Ann"],
        1,
        "TRACK",
    )
    assert (line.key_tolerance, line.settle_time) == pytest.approx((0.05, 0.25))
    assert (line.happy, line.clamping) == (0.5, "Off")
    data = bpy.data.objects["Ann"].data.shape_keys.animation_data
    assert data.action.name == mine
    assert [strip.action.name for track in data.nla_tracks for strip in track.strips] == ["EmoTalk line"]
    assert 30 - 0.25 * 24 - 1 <= data.nla_tracks[0].strips[0].frame_start <= 30 - 0.25 * 24
    assert not len(bpy.data.scenes["Scene"].emotalk.lines)


def test_a_strip_is_animated_by_its_name(stage, line_wav, tmp_path):
    strip = add_sound_strip(bpy.context.scene, "Take 3", str(line_wav), 50)
    assert run("animate", "--strip", strip.name, "-o", tmp_path / "result.blend") == 0
    assert bpy.data.actions["EmoTalk Take 3"].frame_range[0] == 50 - 12
    assert run("animate", "--scene", "Nowhere", "-o", tmp_path / "other.blend") == 2


def test_emotions_that_are_not_named_are_switched_off_and_others_stay(stage, tmp_path):
    line = line_to_set(bpy.context.scene)
    line.happy, line.jaw_gain = 0.25, 1.5
    assert run("animate", "--sad", 0.5, "-o", tmp_path / "first.blend") == 0
    assert (line_to_set(bpy.context.scene).happy, line_to_set(bpy.context.scene).sad) == (0.25, 0.5)
    assert run("animate", "--emotion", "fear=0.75", "-o", tmp_path / "second.blend") == 0
    line = line_to_set(bpy.context.scene)
    assert (line.happy, line.sad, line.fear, line.jaw_gain) == (0, 0, 0.75, 1.5)
