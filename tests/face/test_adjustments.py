"""Symmetry, single shapes, Lip Close and Lid Open."""

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.adjustments import CLOSING_GAP, adjust
from emotalk.face.aperture import lip_aperture, lip_contact
from emotalk.face.basis import ARKIT, FLAME
from emotalk.face.controls import ControlError, Controls
from emotalk.face.curves import FaceCurves
from emotalk.inference.engine import Engine
from emotalk.inference.sound.audio import read_speech
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def line():
    """The sample line as the built-in model performs it, before adjustments."""
    from pathlib import Path

    speech = read_speech(Path(__file__).parents[2] / "samples" / "line.wav")
    return Engine().perform(speech, Controls({"anger": 0.4, "blink_rate": 0, "gaze_gain": 0})).face


def adjusted(curves, speaking=1.0, **values):
    return adjust(curves, np.full(curves.frames, speaking, np.float32), Controls(values))


def test_nothing_set_changes_no_byte(line):
    assert adjusted(line).values.tobytes() == line.values.tobytes()
    assert adjusted(line, shapes={"jawOpen": [1, 0]}).values.tobytes() == line.values.tobytes()


@settings(max_examples=30, deadline=None)
@given(
    st.floats(0, 1),
    st.floats(-1, 1),
    st.floats(-1, 1),
    st.dictionaries(st.sampled_from(arkit.CHANNELS), st.tuples(st.floats(0, 3), st.floats(-1, 1)), max_size=6),
)
def test_no_adjustment_opens_a_contact_in_speech_or_leaves_the_limits(line, symmetry, lips, lids, shapes):
    result = adjusted(line, symmetry=symmetry, lip_close=lips, lid_open=lids, shapes=shapes)
    sealed = lip_contact(line.values) == 1
    closed = sealed & (lip_aperture(line.values) <= 0.03)
    assert closed.sum() > 10
    assert (lip_aperture(result.values)[closed] <= 0.03 + 1e-4).all()
    assert result.values.min() >= 0
    assert result.values.max() <= 1
    assert (result.channel("mouthClose") <= result.channel("jawOpen")).all()


def test_symmetry_makes_both_sides_equal_and_takes_sideways_motion_out():
    values = np.random.default_rng(0).uniform(0, 0.8, (20, 52)).astype(np.float32)
    curves = FaceCurves(values, ARKIT, 30.0)
    even = adjusted(curves, symmetry=1)
    for name in arkit.CHANNELS:
        if not name.startswith("eyeLook"):
            np.testing.assert_allclose(even.channel(name), even.channel(arkit.mirrored(name)), atol=1e-6)
    smile = (curves.channel("mouthSmileLeft") + curves.channel("mouthSmileRight")) / 2
    np.testing.assert_allclose(even.channel("mouthSmileLeft"), smile, atol=1e-6)
    np.testing.assert_allclose(even.channel("jawLeft"), np.minimum(values[:, 23], values[:, 25]), atol=1e-6)
    np.testing.assert_array_equal(even.channel("eyeLookInLeft"), curves.channel("eyeLookInLeft"))
    half = adjusted(curves, symmetry=0.5).channel("mouthSmileLeft")
    np.testing.assert_allclose(half, (curves.channel("mouthSmileLeft") + smile) / 2, atol=1e-6)


def test_a_multiplier_and_an_offset_move_one_shape_only(line):
    result = adjusted(line, shapes={"browInnerUp": [2, 0.1]})
    expected = np.minimum(2 * line.channel("browInnerUp") + 0.1, 1)
    np.testing.assert_allclose(result.channel("browInnerUp"), expected, atol=1e-6)
    moved = (result.values != line.values).any(axis=0)
    assert [arkit.CHANNELS[column] for column in np.flatnonzero(moved)] == ["browInnerUp"]


def test_an_offset_may_open_a_resting_mouth_but_not_a_spoken_p(line):
    closed = lip_contact(line.values) == 1
    table = {"jawOpen": [1, 0.3]}
    rest, speech = (adjusted(line, share, shapes=table).channel("jawOpen")[closed] for share in (0, 1))
    np.testing.assert_allclose(speech, line.channel("jawOpen")[closed], atol=1e-6)
    np.testing.assert_allclose(rest, line.channel("jawOpen")[closed] + 0.3, atol=1e-6)


def test_lip_close_takes_its_gap_off_open_lips_and_presses_closed_ones(line):
    aperture, closer = lip_aperture(line.values), adjusted(line, lip_close=1)
    opened = aperture > 0.15
    assert opened.sum() > 20
    np.testing.assert_allclose((aperture - lip_aperture(closer.values))[opened], CLOSING_GAP, atol=0.005)
    closed = aperture < 0.02
    pressed = closer.channel("mouthPressLeft")[closed] - line.channel("mouthPressLeft")[closed]
    assert pressed.min() > 0.25


def test_lips_part_at_rest_only():
    rest = np.zeros((4, 52), np.float32)
    rest[:, arkit.indices(arkit.sides("mouthPress"))] = 0.12
    curves = FaceCurves(rest, ARKIT, 30.0)
    assert lip_aperture(adjusted(curves, 0, lip_close=-1).values) == pytest.approx(0.083, abs=0.003)
    assert lip_aperture(adjusted(curves, 1, lip_close=-1).values) == pytest.approx(lip_aperture(rest), abs=1e-6)


def test_lids_open_and_shut(line):
    shut, wide = adjusted(line, lid_open=-1), adjusted(line, lid_open=1)
    for side in ("Left", "Right"):
        assert (shut.channel(f"eyeBlink{side}") == 1).all()
        assert (shut.channel(f"eyeWide{side}") == 0).all()
        assert (wide.channel(f"eyeBlink{side}") == 0).all()
        assert (wide.channel(f"eyeWide{side}") == 1).all()
    half = adjusted(line, lid_open=-0.5).channel("eyeBlinkLeft")
    np.testing.assert_allclose(half, 0.5 + 0.5 * line.channel("eyeBlinkLeft"), atol=1e-6)


def test_another_face_is_left_alone():
    curves = FaceCurves(np.full((3, 53), 0.5, np.float32), FLAME(50), 25.0)
    result = adjusted(curves, symmetry=1, lip_close=-1, lid_open=1, shapes={"jaw_x": [2, 0.5]})
    assert (result.channel("jaw_x") == 1.5).all()
    assert (np.delete(result.values, 50, axis=1) == 0.5).all()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([1], "Shapes are given as"),
        ({"jawOpen": 2}, "needs a multiplier and an offset"),
        ({"jawOpen": [1, 2, 3]}, "needs a multiplier and an offset"),
        ({"jawOpen": [4, 0]}, "'jawOpen': Multiplier must lie between 0 and 3"),
        ({"jawOpen": [1, float("nan")]}, "'jawOpen': Offset must be a finite number"),
        ({"jawOpen": [[1, 2], 0]}, "Multiplier cannot change over time"),
    ],
)
def test_a_bad_table_is_refused(table, words):
    with pytest.raises(ControlError, match=words):
        Controls({"shapes": table})


def test_the_table_is_part_of_the_controls():
    controls = Controls({"shapes": {"jawOpen": [1.5, 0], "tongueOut": (1, 0)}})
    assert controls.shapes == {"jawOpen": (1.5, 0.0)}
    assert Controls(controls.changed()) == controls
    assert controls != Controls()
