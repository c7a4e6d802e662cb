"""What a run asks of the worker, and where it writes the answer."""

import bpy
import pytest
from emotalk.blender_emotalk import preferences, runs
from emotalk.blender_emotalk.actions import active_curves
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.strips import add_sound_strip
from emotalk.face.controls import CONTROLS, Controls
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.registry import COMPACT_SPEC
from emotalk.inference.sound.audio import read_speech


@pytest.fixture
def asked(stage, monkeypatch):
    """A function that gives the request of the scene's line; nothing is sent."""

    def submit(request):
        requests.append(request)
        raise EmoTalkError("enough")

    requests = []
    monkeypatch.setattr(runs.worker_runs.client, "start", lambda _python: None)
    monkeypatch.setattr(runs.worker_runs.client, "submit", submit)

    def ask(**placement):
        with pytest.raises(EmoTalkError, match="enough"):
            runs.start(bpy.context, placement=placement)
        return requests[-1]

    return ask


def test_the_preferences_decide_where_a_network_runs(asked, monkeypatch):
    chosen = preferences.UnsetPreferences()
    chosen.device, chosen.precision, chosen.windowed = "cuda", "bfloat16", True
    monkeypatch.setattr(runs.worker_runs, "preferences_of", lambda _context: chosen)
    assert {name: asked()[name] for name in ("device", "precision", "windowed")} == {
        "device": "cuda",
        "precision": "bfloat16",
        "windowed": True,
    }
    assert asked(precision="int8")["precision"] == "int8"


def test_keyed_sliders_are_sent_for_every_frame_of_the_line(asked, line_wav):
    line = line_to_set(bpy.context.scene)
    for frame, value in ((1, 0.0), (200, 1.0)):
        line.happy = value
        line.keyframe_insert("happy", frame=frame)
    sent = asked()["controls"]["happy"]
    assert len(sent) == round(read_speech(line_wav).seconds * COMPACT_SPEC.fps) + 1


def test_a_line_begins_at_its_start_frame(stage):
    line = line_to_set(bpy.context.scene)
    line.start_frame, line.key_tolerance, line.settle_time = 41, 0, 0
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    assert {curve.keyframe_points[0].co.x for curve in active_curves(stage.data.shape_keys)} == {41}


@pytest.mark.parametrize("choice", ["KEEP", "TRACK"])
def test_the_animators_keys_stay_active_only_where_that_is_chosen(stage, choice):
    key = stage.data.shape_keys
    key.keyframe_insert('key_blocks["jawOpen"].value', frame=1)
    mine = key.animation_data.action
    line_to_set(bpy.context.scene).existing_keys = choice
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    assert (key.animation_data.action == mine) == (choice == "TRACK")


def another_value(control):
    """A value that is not the default."""
    if control.kind == "name":
        return "Crisp"
    if control.choices:
        return control.choices[-1]
    half = (control.minimum + control.maximum) / 2
    value = half if half != control.default else control.maximum / 4
    return round(value) if control.kind == "whole" else value


def test_every_slider_reaches_the_worker_under_its_own_name(asked):
    line = line_to_set(bpy.context.scene)
    plain = Controls(asked()["controls"])
    assert plain.changed() == {}
    for control in CONTROLS:
        before = getattr(line, control.name)
        setattr(line, control.name, another_value(control))
        sent = Controls(asked()["controls"])
        assert set(sent.changed()) == {control.name}
        value = sent.choice(control.name) if control.choices else sent[control.name]
        assert value == (another_value(control) if control.kind != "number" else pytest.approx(another_value(control)))
        setattr(line, control.name, before)


def test_the_sound_and_the_model_of_the_line_are_asked_for(asked, line_wav):
    line = line_to_set(bpy.context.scene)
    line.channel = 3
    request = asked()
    assert {name: request[name] for name in ("verb", "model", "audio", "channel")} == {
        "verb": "animate",
        "model": "emotalk-compact",
        "audio": str(line_wav),
        "channel": 3,
    }
    assert "section" not in request
    strip = add_sound_strip(bpy.context.scene, "Take 3", str(line_wav), 20)
    strip.frame_final_start, strip.frame_final_end = 32, 50
    line.strip = strip.name
    assert asked()["section"] == pytest.approx((0.5, 0.75))


def test_a_style_that_the_model_lacks_is_not_asked_for(asked):
    line = line_to_set(bpy.context.scene)
    line.personal_style, line.second_style = "Nobody", "cRISP"
    controls = asked()["controls"]
    assert "personal_style" not in controls
    assert controls["second_style"] == "cRISP"


def test_another_line_of_the_list_can_be_animated(stage, line_wav):
    bpy.ops.emotalk.duplicate_line()
    first, second = bpy.context.scene.emotalk.lines
    first.start_frame, second.start_frame, bpy.context.scene.frame_end = 300, 1, 1000
    run = runs.start(bpy.context, first)
    run.wait()
    sentence = run.write()
    assert [action.name for action in bpy.data.actions] == [f"EmoTalk {first.name}"]
    assert (first.state, second.state, first.key_count) == ("ANIMATED", "NEW", run.keys)
    assert sentence.startswith(f"Face speaks {first.name!r}: {run.keys:,} keys in ")
    assert run.remarks == ()
    assert not runs.is_running()


def test_a_line_that_is_removed_meanwhile_changes_nothing(stage):
    run = runs.start(bpy.context)
    run.wait()
    bpy.context.scene.emotalk.lines.remove(0)
    with pytest.raises(EmoTalkError, match="The line 'line' was removed from the list; nothing was changed"):
        run.write()
    assert not bpy.data.actions
    assert bpy.context.window_manager.emotalk.failed


def test_a_quiet_run_shows_nothing_before_its_end_and_another_one_its_steps(stage):
    state = bpy.context.window_manager.emotalk
    for quiet in (True, False):
        state.message = ""
        shown = set()
        run = runs.start(bpy.context, quiet=quiet)
        while not run.look():
            shown.add(state.message)
        assert bool(shown - {""}) != quiet
        run.write()
        assert state.message.startswith("Face speaks 'line': ")
        assert state.ran_on.startswith("CPU, float32: ")
        assert state.ran_on.endswith(" × real time")


def test_an_end_is_an_end(stage):
    run = runs.start(bpy.context)
    run.wait()
    run.write()
    message = bpy.context.window_manager.emotalk.message
    run.cancel()
    assert (run.cancelled, bpy.context.window_manager.emotalk.message) == (False, message)


def test_without_a_line_there_is_nothing_to_run(add_face):
    add_face()
    with pytest.raises(EmoTalkError, match="Add a line first: choose a sound"):
        runs.start(bpy.context)
    assert bpy.context.window_manager.emotalk.failed
