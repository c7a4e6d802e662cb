import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.aperture import lip_aperture, lip_contact


def face(**values: float) -> np.ndarray:
    coefficients = np.zeros((1, 52), np.float32)
    for name, value in values.items():
        coefficients[0, arkit.INDEX[name]] = value
    return coefficients


@pytest.mark.parametrize("jaw", [0.1, 0.5, 1.0])
def test_mouth_close_seals_the_open_jaw(jaw):
    assert lip_aperture(face(jawOpen=jaw, mouthClose=arkit.SEAL_FACTOR * jaw))[0] == pytest.approx(0, abs=1e-6)
    assert lip_contact(face(jawOpen=jaw, mouthClose=arkit.SEAL_FACTOR * jaw))[0] == 1


def test_open_mouths_are_free_and_labiodentals_are_contacts():
    assert lip_contact(face(jawOpen=0.3))[0] == 0
    assert lip_contact(face(jawOpen=0.3, mouthRollLower=0.45))[0] == 1
