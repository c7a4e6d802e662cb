"""What a run asks of the worker, and where it writes the answer."""

import bpy
import pytest
from emotalk.blender_emotalk import preferences, runs
from emotalk.blender_emotalk.actions import active_curves
from emotalk.blender_emotalk.desk import line_to_set
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
    monkeypatch.setattr(runs._client, "start", lambda _python: None)
    monkeypatch.setattr(runs._client, "submit", submit)

    def ask(**placement):
        with pytest.raises(EmoTalkError, match="enough"):
            runs.start(bpy.context, placement=placement)
        return requests[-1]

    return ask


def test_the_preferences_decide_where_a_network_runs(asked, monkeypatch):
    chosen = preferences.UnsetPreferences()
    chosen.device, chosen.precision, chosen.windowed = "cuda", "bfloat16", True
    monkeypatch.setattr(runs, "preferences_of", lambda _context: chosen)
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
