import json

import numpy as np
import pytest
from emotalk.face.controls import (
    CONTROL_BY_NAME,
    CONTROLS,
    LINE_CONTROLS,
    ControlError,
    Controls,
    parse_control,
)
from emotalk.face.emotions import EMOTIONS
from emotalk.face.styles import STYLE_NAMES, STYLES
from hypothesis import given
from hypothesis import strategies as st

numbers = st.sampled_from([c for c in CONTROLS if c.kind == "number"]).flatmap(
    lambda c: st.tuples(st.just(c.name), st.floats(c.minimum, c.maximum, width=32))
)


def test_every_control_is_complete_and_its_default_is_allowed():
    assert len(CONTROL_BY_NAME) == len(CONTROLS)
    for control in CONTROLS:
        assert control.kind == "name" or control.minimum <= control.default <= control.maximum
        assert control.sentence
        assert not control.sentence.endswith(".")
        assert control.name.isidentifier()


def test_there_are_24_distinct_styles():
    assert len({style.name for style in STYLES}) == len({style.sentence for style in STYLES}) == 24
    numbers_of = [tuple(vars(style).values())[2:] for style in STYLES]
    assert len(set(numbers_of)) == 24


@given(st.lists(numbers).map(dict))
def test_what_changed_survives_json(values):
    controls = Controls(values)
    assert Controls(json.loads(json.dumps(controls.changed()))) == controls


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"hapy": 1}, "no control named 'hapy'"),
        ({"happy": 1.5}, "between 0 and 1"),
        ({"happy": float("nan")}, "finite"),
        ({"happy": "much"}, "must be a number"),
        ({"happy": np.zeros((2, 2))}, "one number or one per frame"),
        ({"happy": np.zeros(0)}, "one number or one per frame"),
        ({"seed": np.zeros(3)}, "cannot change over time"),
        ({"seed": 1.5}, "whole number"),
        ({"personal_style": 3}, "must be a name"),
    ],
)
def test_a_bad_value_is_refused_with_a_sentence(values, words):
    with pytest.raises(ControlError, match=words):
        Controls(values)


def test_aliases_mean_the_emotion():
    assert Controls({"angry": 0.5})["anger"] == 0.5


def test_a_track_holds_its_last_value():
    controls = Controls({"happy": np.array([0, 0.5, 1])})
    assert controls.track("happy", 5).tolist() == [0, 0.5, 1, 1, 1]
    assert controls.track("sad", 2).tolist() == [0, 0]


@given(st.lists(st.floats(0, 1, width=32), min_size=8, max_size=8), st.floats(0, 1.5, width=32))
def test_the_emotion_mix_never_exceeds_the_intensity(weights, intensity):
    controls = Controls({**dict(zip(EMOTIONS, weights, strict=True)), "intensity": intensity})
    mix = controls.emotion_tracks(3)
    assert mix.shape == (3, 8)
    assert (mix.sum(axis=1) <= intensity * (1 + 1e-5) + 1e-9).all()


def test_neutral_pulls_the_mix_back():
    assert Controls({"happy": 1, "neutral": 1}).emotion_tracks(1)[0, EMOTIONS.index("happy")] == 0.5


def test_style_weights_blend_two_styles():
    controls = Controls({"personal_style": "Sunny", "second_style": "Dour", "style_blend": np.array([0, 0.25])})
    weights = controls.style_tracks(2, STYLE_NAMES)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    assert weights[0].argmax() == 10
    np.testing.assert_allclose(weights[1, [10, 11]], [0.75, 0.25])


def test_typed_text_becomes_a_value():
    assert parse_control(CONTROL_BY_NAME["happy"], "0.5") == 0.5
    assert parse_control(CONTROL_BY_NAME["clamping"], "off") == 1
    assert parse_control(CONTROL_BY_NAME["personal_style"], "stage actor") == "stage actor"
    with pytest.raises(ControlError, match="must be a number"):
        parse_control(CONTROL_BY_NAME["happy"], "very")


def test_styles_are_found_by_name_whatever_their_letters():
    assert Controls({"personal_style": "stage ACTOR"}).style("personal_style", STYLE_NAMES) == 3
    assert Controls().style("personal_style", STYLE_NAMES) == 0
    with pytest.raises(ControlError, match="no style 'Nobody'; there are: Ann, Bob"):
        Controls({"personal_style": "Nobody"}).style_tracks(1, ("Ann", "Bob"))


def test_emotions_of_a_model_s_own_take_part_in_the_mix():
    controls = Controls({"smug": 1, "happy": 1}, emotions=("happy", "smug"))
    np.testing.assert_allclose(controls.emotion_tracks(1, ("smug", "happy", "sad")), [[0.5, 0.5, 0]])
    with pytest.raises(ControlError, match="no control named 'smug'"):
        Controls({"smug": 1})
    assert Controls(controls.changed(), controls.emotions) == controls


def test_a_models_own_emotions_share_the_mix():
    names = (*EMOTIONS, "smug")
    tracks = Controls({"happy": 1, "smug": 1, "sad": 0.5}, names).emotion_tracks(2, names)
    np.testing.assert_allclose(tracks[0, [names.index(name) for name in ("happy", "smug", "sad")]], [0.4, 0.4, 0.2])


def test_a_model_without_emotions_has_an_empty_mix():
    controls = Controls({"laughter": 0.5}, emotions=())
    assert controls.emotion_mix(5, ()).shape == (5, 0)
    assert not controls.emotion_tracks(5).any()


def test_what_changes_over_time_can_be_keyed_and_what_cannot_is_constant():
    moving = (*EMOTIONS, "intensity", "emotion_level", "laughter", "style_blend", "jaw_gain", "smoothing")
    constant = ("personal_style", "second_style", "time_offset", "savitzky_golay", "clamping", "blink_rate", "seed")
    assert all(CONTROL_BY_NAME[name].animatable for name in moving)
    assert not any(CONTROL_BY_NAME[name].animatable for name in (*constant, "blink_kind", "gaze_gain", "head_gain"))
    assert not any(control.animatable for control in LINE_CONTROLS)
    for name in moving:
        low, high = CONTROL_BY_NAME[name].minimum, CONTROL_BY_NAME[name].maximum
        assert Controls({name: [low, high]}).track(name, 3).tolist() == pytest.approx([low, high, high])
    for name in constant[2:]:
        with pytest.raises(ControlError, match="cannot change over time; give one number"):
            Controls({name: [0, 0]})


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"clamping": "Sometimes"}, "Clamping has no choice 'Sometimes'; there are: On, Off"),
        ({"clamping": 2}, "Clamping must lie between 0 and 1"),
        ({"clamping": 0.5}, "Clamping must be a whole number"),
        ({"jaw_gain": -0.1}, "Jaw must lie between 0 and 2"),
        ({"smoothing": 201}, "Smoothing must lie between 0 and 200"),
        ({"jaw_gain": [1, 2.5]}, "Jaw must lie between 0 and 2"),
        ({"jaw_gain": [1, float("inf")]}, "Jaw must be a finite number"),
    ],
)
def test_each_limit_has_its_sentence(values, sentence):
    with pytest.raises(ControlError) as raised:
        Controls(values)
    assert str(raised.value) == sentence


@pytest.mark.parametrize("control", [control for control in CONTROLS if control.kind != "name"], ids=lambda c: c.name)
def test_both_ends_of_the_limits_are_allowed(control):
    for value in (control.minimum, control.maximum):
        assert Controls({control.name: value}).constant(control.name) == pytest.approx(value)


def test_a_mix_that_does_not_fill_is_not_filled_up():
    mix = Controls({"happy": 0.25, "sad": 0.5}).emotion_tracks(1)[0]
    np.testing.assert_allclose(mix, [0, 0.25, 0.5, 0, 0, 0, 0, 0], atol=1e-7)
    strong = Controls({"happy": 0.25, "intensity": 1.2}).emotion_tracks(1)[0]
    assert strong[1] == pytest.approx(0.3)
