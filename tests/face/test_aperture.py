import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.aperture import lip_aperture, lip_contact
from emotalk.face.basis import ARKIT


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


@pytest.mark.parametrize(
    ("stem", "opening"),
    [
        ("jawOpen", 1.0),
        ("mouthLowerDown", 0.22),
        ("mouthUpperUp", 0.24),
        ("mouthFunnel", 0.43),
        ("mouthPress", -0.10),
        ("mouthRollLower", -0.10),
        ("mouthRollUpper", -0.10),
        ("mouthSmile", 0.0),
        ("browInnerUp", 0.0),
    ],
)
def test_each_shape_opens_the_lips_as_measured(stem, opening):
    assert lip_aperture(face(**dict.fromkeys(arkit.sides(stem), 1.0)))[0] == pytest.approx(opening, abs=1e-6)


def test_the_weights_of_the_metrics_and_of_training_give_the_same_opening():
    values = np.random.default_rng(0).random((20, 52))
    np.testing.assert_allclose(values @ ARKIT.lip_weights, lip_aperture(values), atol=1e-12)
