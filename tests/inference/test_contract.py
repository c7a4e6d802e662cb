"""A network's specification says what it heeds, and refuses what it lacks before anything is performed."""

import pytest
from emotalk.face.basis import ARKIT, FLAME
from emotalk.face.controls import CONTROLS, ControlError, Controls
from emotalk.face.emotions import EMOTIONS
from emotalk.inference.contract import ModelSpec
from emotalk.inference.registry import COMPACT_SPEC, EMOTALK_SPEC, LAUGHTALK_COMPACT_SPEC

SPEC = ModelSpec(ARKIT, 30.0, EMOTIONS[:3], ("Ann", "Bob"))


@pytest.mark.parametrize(
    ("controls", "sentence"),
    [
        ({"personal_style": "Cleo"}, "no style 'Cleo'; there are: Ann, Bob"),
        ({"second_style": "Cleo"}, "no style 'Cleo'"),
        ({"anger": 0.1}, "no emotion 'anger'; there are: neutral, happy, sad"),
        ({"anger": [0, 0, 0.1]}, "no emotion 'anger'"),
    ],
    ids=str,
)
def test_what_a_model_lacks_is_refused(controls, sentence):
    with pytest.raises(ControlError, match=sentence):
        SPEC.check(Controls(controls))


def test_what_a_model_has_is_accepted():
    SPEC.check(Controls({"personal_style": "bob", "second_style": "Ann", "sad": 1, "anger": 0}))


def test_sliders_of_regions_that_a_face_lacks_are_not_heeded():
    names = {control.name for control in ModelSpec(FLAME(10), 25.0).heeded()}
    assert {"jaw_gain", "smoothing", "blink_rate", "head_gain"} <= names
    assert not {"lip_gain", "brow_gain", "eye_gain", "clamping"} & names


TABLE = tuple(control.name for control in CONTROLS)


@pytest.mark.parametrize(
    ("spec", "missing"),
    [
        (COMPACT_SPEC, ()),
        (LAUGHTALK_COMPACT_SPEC, ("afterglow",)),
        (EMOTALK_SPEC, ("laughter", "natural_strength", "afterglow", "loudness_jaw")),
    ],
    ids=["compact", "laughs", "released"],
)
def test_a_network_heeds_its_own_controls_in_the_order_of_the_table(spec, missing):
    assert tuple(control.name for control in spec.heeded()) == tuple(name for name in TABLE if name not in missing)


def test_a_network_of_another_face_heeds_what_its_basis_and_its_row_say():
    spec = ModelSpec(FLAME(10), 25.0, ("smug", "sad"), controls=frozenset(("laughter",)))
    names = [control.name for control in spec.heeded()]
    assert names[:3] == ["smug", "sad", "laughter"]
    assert not {"happy", "intensity", "style_blend", "lip_gain", "brow_gain", "eye_gain", "clamping"} & set(names)
    rest = ["jaw_gain", "smoothing", "time_offset", "savitzky_golay", "blink_rate", "blink_kind", "gaze_gain", "seed"]
    assert [name for name in names if name in rest] == rest


def test_an_emotion_of_another_model_is_refused_and_said_to_be_none_where_there_is_none():
    smug = Controls({"smug": 0.1}, ("happy", "smug"))
    with pytest.raises(ControlError, match="no emotion 'smug'; there are: neutral, happy, sad"):
        SPEC.check(smug)
    with pytest.raises(ControlError, match="no emotion 'smug'; it has none"):
        ModelSpec(ARKIT, 30.0).check(smug)
    ModelSpec(ARKIT, 30.0, ("smug",)).check(smug)
