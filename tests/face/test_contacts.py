import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.aperture import lip_aperture, lip_contact
from emotalk.face.contacts import apply_contacts, rest_lips
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

faces = arrays(np.float32, (3, 52), elements=st.floats(0, 1, width=32))
ones, zeros = np.ones(3, np.float32), np.zeros(3, np.float32)


@given(faces)
def test_a_press_closes_any_mouth(face):
    closed = apply_contacts(face, ones, zeros, ones)
    assert lip_aperture(closed).max() <= 0.01
    assert (closed[:, arkit.INDEX["mouthClose"]] >= arkit.SEAL_FACTOR * closed[:, arkit.INDEX["jawOpen"]]).all()


@given(faces)
def test_a_touch_is_recognised_as_a_contact(face):
    touching = apply_contacts(face, zeros, ones, ones)
    assert lip_contact(touching).min() == 1
    assert touching[:, arkit.INDEX["jawOpen"]].max() <= 0.06 + 1e-6


@given(faces)
def test_without_contact_nothing_changes(face):
    np.testing.assert_array_equal(apply_contacts(face, zeros, zeros, ones), face)


@given(faces)
def test_the_upper_face_is_left_alone(face):
    columns = arkit.indices(arkit.REGIONS["brows"] + arkit.REGIONS["lids"] + arkit.REGIONS["gaze"])
    closed = apply_contacts(face, ones, ones, ones)
    np.testing.assert_allclose(closed[:, columns], face[:, columns], atol=1e-6)


def test_firm_speakers_press_harder():
    face = np.zeros((2, 52), np.float32)
    soft, firm = apply_contacts(face, ones[:2], zeros[:2], np.array([0.5, 1.5]))[:, arkit.INDEX["mouthPressLeft"]]
    assert firm > 2 * soft


@given(faces)
def test_nothing_opens_the_lips_while_nobody_speaks(face):
    resting = rest_lips(face, zeros)
    assert lip_aperture(resting).max() < 0
    np.testing.assert_array_equal(rest_lips(face, ones), face)


@given(faces, st.floats(0, 1, width=32))
def test_half_a_contact_is_halfway_there(face, share):
    some = share * ones
    others = [name for name in arkit.CHANNELS if name != "mouthClose"]
    for contacts in ((some, zeros), (zeros, some)):
        full = apply_contacts(face, *(track * (share > 0) / (share or 1) for track in contacts), ones)
        part = apply_contacts(face, *contacts, ones)
        columns = arkit.indices(others)
        np.testing.assert_allclose(part[:, columns], (face + share * (full - face))[:, columns], atol=1e-5)


FULL = np.full((1, 52), 0.5, np.float32)
NONE = np.zeros((1, 52), np.float32)


@pytest.mark.parametrize(
    ("bilabial", "labiodental", "face", "expected"),
    [
        (1, 0, FULL, {"jawOpen": 0.1, "mouthClose": 0.095, "mouthLowerDown": 0, "mouthUpperUp": 0, "mouthFunnel": 0.05,
                      "mouthShrugUpper": 0.15}),
        (1, 0, NONE, {"mouthPress": 0.26, "mouthRollLower": 0.13, "mouthRollUpper": 0.1}),
        (0, 1, FULL, {"jawOpen": 0.06, "mouthLowerDown": 0, "mouthFunnel": 0.15, "mouthPucker": 0.35, "mouthPress": 0,
                      "mouthRollUpper": 0, "mouthClose": 0.5}),
        (0, 1, NONE, {"mouthRollLower": 0.45, "mouthUpperUp": 0.2}),
    ],
)  # fmt: skip
def test_a_full_contact_holds_its_shapes_and_leaves_the_rest(bilabial, labiodental, face, expected):
    held = apply_contacts(face, bilabial * ones[:1], labiodental * ones[:1], ones[:1])[0]
    by_channel = {name: value for stem, value in expected.items() for name in arkit.sides(stem)}
    for name, column in arkit.INDEX.items():
        assert held[column] == pytest.approx(by_channel.get(name, face[0, column]), abs=1e-6), name


def test_lips_come_to_rest_as_speech_ends():
    talking = np.array([0, 0.25, 1], np.float32)
    resting = rest_lips(np.full((3, 52), 0.04, np.float32), talking)
    for name in ("jawOpen", "mouthFunnel", "mouthLowerDownLeft", "mouthUpperUpRight"):
        np.testing.assert_allclose(resting[:, arkit.INDEX[name]], 0.04 * talking, atol=1e-6)
    for name in arkit.sides("mouthPress"):
        np.testing.assert_allclose(resting[:, arkit.INDEX[name]], [0.12, 0.09, 0.04], atol=1e-6)
    assert resting[0, arkit.INDEX["mouthSmileLeft"]] == np.float32(0.04)
