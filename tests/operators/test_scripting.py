"""Scripts in Blender: settings as arguments of operators, the API, and the examples of docs/scripting.md."""

import re
import shutil
from pathlib import Path

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import runs
from emotalk.blender_emotalk.actions import active_curves, all_curves
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.lines import BUTTON
from emotalk.blender_emotalk.own_actions import fade_of
from emotalk.face.controls import LINE_CONTROLS
from emotalk.face.curve_files import write_curves
from emotalk.face.curves import performance_of, still
from emotalk.face.emotions import EMOTIONS
from emotalk.inference.worker.client import WorkerClient

TEXT = (Path(__file__).parents[2] / "docs" / "scripting.md").read_text("utf-8")
EXAMPLES = [
    example
    for example in re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    if "import bpy" in example
]


@pytest.fixture
def api():
    """The API as a script gets it."""
    return bpy.context.window_manager.emotalk.api


@pytest.fixture
def cast(add_face):
    """Two faces; gives the first one, which is not the active object."""
    ann = add_face("Ann")
    add_face("Bob")
    return ann


def line():
    return line_to_set(bpy.context.scene)


def settings():
    """What a line has."""
    names = ("audio", "strip", "name", "start_frame", "character", "model", "personal_style", "seed")
    names += tuple(control.name for control in LINE_CONTROLS)
    return {name: getattr(line(), name) for name in (*names, *EMOTIONS)}


def action_of(face):
    data = face.data.shape_keys.animation_data
    return data and data.action


def start_of(face):
    """The frame at which the sound starts: the face comes out of rest before it."""
    return action_of(face).frame_range[0] + fade_of(action_of(face))


def test_arguments_are_set_on_the_line_first(cast, line_wav):
    controls = '{"anger": 1, "personal_style": "Crisp", "seed": 3, "clamping": "Off"}'
    result = bpy.ops.emotalk.animate(
        audio=str(line_wav), line="shot 3", character="Ann", start_frame=20, model="emotalk-compact", controls=controls
    )
    assert result == {"FINISHED"}
    assert action_of(cast).name == "EmoTalk shot 3"
    assert start_of(cast) == 20
    assert action_of(bpy.data.objects["Bob"]) is None
    assert (line().character, line().model, line().anger) == (cast, "emotalk-compact", 1)
    assert (line().personal_style, line().seed, line().clamping) == ("Crisp", 3, "Off")


def test_what_is_not_given_stays(cast, line_wav):
    line().happy, line().start_frame, line().key_tolerance = 0.25, 33, 0.02
    bpy.ops.emotalk.animate(audio=str(line_wav), character="Ann")
    before = settings()
    assert (line().happy, line().start_frame, line().name) == (0.25, 33, "line")
    bpy.ops.emotalk.animate(controls='{"sad": 0.5}', key_tolerance=0.1)
    assert settings() == before | {"sad": 0.5, "key_tolerance": pytest.approx(0.1)}
    bpy.ops.emotalk.animate(settle_time=0.2, channel=1)
    changed = {"settle_time": pytest.approx(0.2), "channel": 1}
    assert settings() == before | {"sad": 0.5, "key_tolerance": pytest.approx(0.1), **changed}


def test_a_second_press_repeats_no_argument(cast, line_wav):
    bpy.ops.emotalk.animate(audio=str(line_wav), character="Ann", start_frame=20)
    line().start_frame, line().character = 1, bpy.data.objects["Bob"]
    bpy.ops.emotalk.animate()
    assert start_of(bpy.data.objects["Bob"]) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"character": "Nobody"}, "There is no object 'Nobody' in 'Scene'"),
        ({"audio": "//none.wav"}, "There is no file"),
        ({"strip": "none"}, "There is no sound strip 'none'"),
        ({"model": "nobody"}, "The model 'nobody' is not on this computer"),
        ({"controls": "angry"}, "Controls are given as JSON, such as"),
        ({"controls": '{"boredom": 1}'}, "There is no control named 'boredom'"),
        ({"controls": '{"happy": 2}'}, "Happy must lie between 0 and 1"),
        ({"controls": '{"personal_style": "Nobody"}'}, "the model has no style 'Nobody'"),
        ({"controls": '{"intensity": [0, 1]}'}, "Intensity takes one value here; keyframe its slider"),
        ({"key_tolerance": 1.0}, "Key Tolerance must lie between 0 and 0.1"),
        ({"settle_time": -1.0}, "Settle Time must lie between 0 and 2"),
        ({"keys_on": "Ones"}, "Keys On has no choice 'Ones'; there are: Whole frames, Subframes"),
        ({"channel": -1}, "Channel must lie between 0 and 1000"),
    ],
)
def test_nothing_is_set_if_one_argument_cannot_be(stage, arguments, sentence):
    before = settings()
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.emotalk.animate(**{"start_frame": 20, "controls": '{"fear": 1}', **arguments})
    assert settings() == before
    assert not bpy.data.actions
    assert not runs.is_running()


def test_a_slider_with_keys_is_not_set(stage):
    line().keyframe_insert("anger", frame=1)
    with pytest.raises(RuntimeError, match="Anger is keyframed in this scene"):
        bpy.ops.emotalk.animate(controls='{"anger": 1}')
    assert bpy.ops.emotalk.animate(controls='{"happy": 1}') == {"FINISHED"}


def test_arguments_and_keys_are_one_step_to_undo(cast, line_wav, key_bytes):
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.ed.undo_push(message="before")
        bpy.ops.emotalk.animate("EXEC_DEFAULT", True, audio=str(line_wav), character="Ann", controls='{"happy": 1}')
        written = key_bytes(cast)
        bpy.ops.ed.undo()
        assert not bpy.data.actions
        assert (line().audio, line().character, line().happy) == ("", None, 0)
        bpy.ops.ed.redo()
        assert key_bytes(bpy.data.objects["Ann"]) == written
        assert line().happy == 1


def test_the_panels_button_is_grey_where_a_script_may_call(line_wav, add_face):
    def button():
        with bpy.context.temp_override(**{BUTTON: line()}):
            return bpy.ops.emotalk.animate.poll()

    assert bpy.ops.emotalk.animate.poll()
    assert not button()
    add_face()
    assert not button()
    line().audio = str(line_wav)
    assert button()


def test_clear_takes_a_line_by_its_name(stage):
    for name, start in (("one", 1), ("two", 200)):
        bpy.ops.emotalk.animate(line=name, start_frame=start)
    with pytest.raises(RuntimeError, match="does not perform a line named 'three'; there are: one, two"):
        bpy.ops.emotalk.clear(line="three")
    assert bpy.ops.emotalk.clear(line="one") == {"FINISHED"}
    assert [action.name for action in bpy.data.actions] == ["EmoTalk two"]


def test_unknown_groups_and_models_are_refused(stage):
    line().seed = 7
    with pytest.raises(RuntimeError, match="no group of controls 'lips'; there are: emotion, style, shape, life"):
        bpy.ops.emotalk.reset_controls(group="lips")
    with pytest.raises(RuntimeError, match="'nobody' is not on this computer"):
        bpy.ops.emotalk.choose_model(model="nobody")
    assert (line().seed, line().model) == (7, "")


def test_the_api_writes_what_the_button_does(stage, api, key_bytes, line_wav):
    bpy.ops.emotalk.animate(controls='{"happy": 1}')
    expected = key_bytes(stage)
    bpy.ops.emotalk.clear()
    line().happy = 0
    shares = []
    keys = api.animate(controls={"happy": 1}, device="cpu", progress=lambda share, text: shares.append(share))
    assert key_bytes(stage) == expected
    assert keys == sum(len(curve.keyframe_points) for curve in active_curves(stage.data.shape_keys))
    assert shares


def test_the_api_animates_another_scene(stage, api, line_wav):
    other = bpy.data.scenes.new("Other")
    other.collection.objects.link(stage)
    api.animate(other, audio=line_wav, character=stage, start_frame=7)
    assert start_of(stage) == 7
    assert (other.emotalk.lines[0].start_frame, line().start_frame) == (7, 1)
    with pytest.raises(api.EmoTalkError, match="no object 'Face' in 'Empty'"):
        api.animate(bpy.data.scenes.new("Empty"), audio=line_wav, character=stage)


def test_what_interrupts_the_api_cancels_the_run(stage, api):
    def interrupt(_share, _text):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        api.animate(progress=interrupt)
    assert not runs.is_running()
    with pytest.raises(api.EmoTalkError, match="Cancelled; nothing was changed"):
        api.animate(progress=lambda _share, _text: runs.cancel())
    assert not bpy.data.actions


def test_curves_become_keys(cast, api, performance):
    keys = api.write_keys(performance(), "take", character="Ann", start_frame=11, key_tolerance=0)
    assert keys == 52 * 73
    assert api.write_keys(performance(), "take", start_frame=11, key_tolerance=0, keys_on="Subframes") == 52 * 90
    assert (action_of(cast).name, start_of(cast)) == ("EmoTalk take", 11)
    api.write_keys(performance(seed=1), "take", character=cast)
    assert start_of(cast) == 1
    with pytest.raises(api.EmoTalkError, match="no frames"):
        api.write_keys(performance_of(still(api.ARKIT, 0, 30.0)), "take")


@pytest.fixture
def folder(cast, tmp_path, monkeypatch, line_wav, performance):
    """Where the examples run, with the files that they read."""
    monkeypatch.chdir(tmp_path)
    Path("lines").mkdir()
    for target in ("line.wav", "lines/first.wav", "lines/second.wav"):
        shutil.copy(line_wav, target)
    write_curves("take.csv", performance())
    return tmp_path


def run(number):
    exec(compile(EXAMPLES[number], f"example {number}", "exec"), {"__name__": "__main__"})


def test_example_of_a_line(folder, cast, capsys):
    run(0)
    assert re.fullmatch(r"\d+ keys in EmoTalk line\n", capsys.readouterr().out)
    assert (start_of(cast), line().anger) == (20, 1)


def test_example_of_a_folder(folder, cast):
    run(1)
    first, second = (bpy.data.actions[f"EmoTalk {name}"] for name in ("first", "second"))
    fade = fade_of(first)
    assert fade > 0
    assert first.frame_range[0] + fade == 1
    assert second.frame_range[0] + fade_of(second) == int(first.frame_range[1]) + 12


def test_example_of_curves(folder, cast):
    run(2)
    assert (action_of(cast).name, start_of(cast)) == ("EmoTalk take", 101)
    jaw = next(curve for curve in active_curves(cast.data.shape_keys) if "jawOpen" in curve.data_path)
    assert np.ptp([curve.co[1] for curve in jaw.keyframe_points]) > 0.1


def test_example_of_what_is_played(folder, cast, api, capsys):
    api.write_keys(api.read_curves("take.csv"), "take", character=cast)
    run(3)
    played = api.read_curves("ann.csv", 60)
    assert (played.face.frames, played.face.fps) == (1 + int(99 * 60 / 24), 60)
    assert np.ptp(played.face.channel("jawOpen")) > 0.1
    assert capsys.readouterr().out == "\n"


def test_another_scene_is_read_at_its_own_rate(cast, api, performance):
    other = bpy.data.scenes.new("Other")
    other.render.fps, other.frame_start, other.frame_end = 30, 11, 40
    other.collection.objects.link(cast)
    made = performance(30)
    api.write_keys(made, "take", character=cast, start_frame=11, key_tolerance=0, scene=other)
    curves = api.read_performance("Ann", scene=other)
    assert curves.performance.face.fps == 30
    assert np.abs(curves.performance.face.values - made.face.values).max() <= 1e-4
    assert bpy.context.scene != other


def test_every_example_is_run():
    assert len(EXAMPLES) == 4


def test_curves_go_to_the_scene_the_frame_and_the_track_that_are_asked_for(cast, api, performance):
    other = bpy.data.scenes.new("Other")
    other.render.fps = 60
    other.collection.objects.link(cast)
    key = cast.data.shape_keys
    key.keyframe_insert('key_blocks["jawOpen"].value', frame=1)
    mine = key.animation_data.action
    keys = api.write_keys(
        performance(), "take", character="Ann", start_frame=11, key_tolerance=0.05, own_track=True, scene=other
    )
    assert action_of(cast) == mine
    (strip,) = key.animation_data.nla_tracks[0].strips
    assert (strip.action.name, strip.frame_start, strip.frame_end) == ("EmoTalk take", 11, 11 + 89 * 2)
    assert keys < 52 * 90 / 4
    assert keys == sum(len(curve.keyframe_points) for curve in all_curves(strip.action))
    with pytest.raises(api.EmoTalkError, match="no object 'Bob' in 'Other'"):
        api.write_keys(performance(), "take", character="Bob", scene=other)


def test_curves_move_the_lines_character_else_the_active_object(cast, api, performance):
    api.write_keys(performance(), "take")
    assert action_of(bpy.data.objects["Bob"]).name == "EmoTalk take"
    line().character = cast
    api.write_keys(performance(), "take")
    assert action_of(cast).name.startswith("EmoTalk take")


def test_the_api_sets_what_it_is_given(cast, api, line_wav, monkeypatch):
    asked = []
    submit = WorkerClient.submit
    monkeypatch.setattr(
        WorkerClient, "submit", lambda client, request: (asked.append(request), submit(client, request))[1]
    )
    placement = {"device": "cpu", "precision": "int8", "windowed": True}
    api.animate(
        audio=line_wav, line="shot", character=cast, start_frame=9, model="emotalk-compact", controls={"sad": 0.5},
        key_tolerance=0.05, settle_time=0.25, channel=1, keys_on="Subframes", hand_edits="Set aside", **placement,
    )  # fmt: skip
    expected = {"name": "shot", "audio": str(line_wav), "character": cast, "start_frame": 9, "model": "emotalk-compact"}
    expected |= {"sad": 0.5, "key_tolerance": pytest.approx(0.05), "settle_time": 0.25, "channel": 1}
    expected |= {"keys_on": "Subframes", "hand_edits": "Set aside"}
    assert {name: settings()[name] for name in expected} == expected
    assert {name: asked[0][name] for name in placement} == placement
    api.animate()
    assert (asked[1]["precision"], asked[1]["windowed"]) == ("float32", False)
