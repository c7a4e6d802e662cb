import numpy as np
import pytest
from emotalk.face.basis import ARKIT
from emotalk.face.calibration import VISEME_GAPS, calibrate, check_fit
from emotalk.face.errors import EmoTalkError
from emotalk.face.face_measures import measure_face
from emotalk.face.mapping import SHAPE_KEY, SOLVE, Mapping, Row, Target
from emotalk.face.sample_head import build_sample_head

SKIN, LANDMARKS = build_sample_head().parts["skin"], build_sample_head().landmarks
VERTICES = SKIN.vertices.astype(float)
SHAPES = {name: moves.astype(float) for name, moves in SKIN.shapes.items()}
PLAIN = Mapping(tuple(Row(Target(SHAPE_KEY, name), ((name, 1.0),)) for name in ARKIT.channels))
OWN = {"FF", "TH", "sil", "PP"}
"""The built-in head's own tongue and rolled lip, and openings of less than a millimetre."""


def test_lips_and_eyes_are_found_by_what_moves_them():
    face = measure_face(VERTICES, SHAPES)
    assert (face.upper_lip, face.lower_lip) == (LANDMARKS["upper lip"], LANDMARKS["lower lip"])
    assert face.eyes == pytest.approx(0.06, rel=0.03)
    left, right = VERTICES[list(face.corners)]
    assert left[0] == pytest.approx(-right[0], abs=1e-6)
    assert left[0] > 0.015


@pytest.mark.parametrize("size", [0.01, 1, 30])
def test_measures_do_not_depend_on_the_size_of_the_head(size):
    moved = {name: size * moves for name, moves in SHAPES.items()}
    fit = check_fit(PLAIN, size * VERTICES + 5, moved)
    assert fit.gaps == pytest.approx(check_fit(PLAIN, VERTICES, SHAPES).gaps, rel=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_heads_with_other_strengths_open_alike_after_calibration(seed):
    rng = np.random.default_rng(seed)
    strengths = {name: rng.uniform(0.5, 2) for name in ("jawOpen", "mouthFunnel", "mouthLowerDown", "mouthUpperUp")}
    strengths["mouthClose"] = strengths["jawOpen"]
    shapes = {n: moves * strengths.get(n.removesuffix("Left").removesuffix("Right"), 1) for n, moves in SHAPES.items()}
    calibrated = calibrate(PLAIN, VERTICES, shapes)
    after = check_fit(calibrated, VERTICES, shapes)
    for name in set(VISEME_GAPS) - OWN:
        assert after.gaps[name] == pytest.approx(VISEME_GAPS[name], rel=0.15)
    assert not after.is_contact_missed
    again = check_fit(calibrate(calibrated, VERTICES, shapes), VERTICES, shapes)
    assert again.gaps == pytest.approx(after.gaps, abs=1e-6)


def test_what_does_not_fit_is_said():
    wide = {**SHAPES, "jawOpen": 2 * SHAPES["jawOpen"]}
    fit = check_fit(PLAIN, VERTICES, wide)
    assert "aa too open" in fit.sentence
    assert "the lips do not meet in p, b and m" in fit.sentence
    through = {**SHAPES, "mouthClose": 20 * SHAPES["mouthClose"]}
    assert "the lips intersect in PP" in check_fit(PLAIN, VERTICES, through).sentence


@pytest.mark.parametrize(
    ("shapes", "sentence"),
    [
        ({}, "nothing moves for jawOpen"),
        ({**SHAPES, "eyeBlinkLeft": 0 * VERTICES}, "nothing moves for eyeBlinkLeft"),
        ({**SHAPES, "jawOpen": np.tile([0, 0, -1.0], (len(VERTICES), 1))}, "No lips were found that jawOpen parts"),
        ({**SHAPES, "eyeBlinkLeft": SHAPES["eyeBlinkRight"], "eyeBlinkRight": SHAPES["eyeBlinkLeft"]}, "along -Y"),
    ],
)
def test_a_face_that_cannot_be_measured_is_said(shapes, sentence):
    with pytest.raises(EmoTalkError, match=sentence):
        check_fit(PLAIN, VERTICES, shapes)


def test_visemes_are_not_calibrated():
    with pytest.raises(EmoTalkError, match="speaks by visemes is not calibrated"):
        calibrate(Mapping((Row(Target(SHAPE_KEY, "MBP"), (("jawOpen", 1.0),), combine=SOLVE),)), VERTICES, SHAPES)
