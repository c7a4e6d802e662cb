"""A network's specification says what it heeds, and refuses what it lacks before anything is performed."""

import pytest
from emotalk.face.basis import ARKIT, FLAME
from emotalk.face.controls import ControlError, Controls
from emotalk.face.emotions import EMOTIONS
from emotalk.inference.contract import ModelSpec

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
