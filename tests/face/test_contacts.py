import numpy as np
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
