from dataclasses import replace

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.basis import ARKIT
from emotalk.face.calibration import calibrate, changes
from emotalk.face.errors import EmoTalkError
from emotalk.face.face_measures import measure_face
from emotalk.face.face_mesh import triangulated
from emotalk.face.fit import EYES_MM, VISEME_GAPS, Collisions, Fit, measure_fit
from emotalk.face.mapping import ROTATION, SHAPE_KEY, SOLVE, Mapping, Row, Target
from emotalk.face.played_face import PLAYED, SMILED, PlayedFace
from emotalk.face.sample_head import build_sample_head
from emotalk.face.visemes import VISEMES

SKIN, LANDMARKS = build_sample_head().parts["skin"], build_sample_head().landmarks
VERTICES = SKIN.vertices.astype(float)
TRIANGLES = triangulated(SKIN.polygons)
SHAPES = {name: moves.astype(float) for name, moves in SKIN.shapes.items()}
PLAIN = Mapping(tuple(Row(Target(SHAPE_KEY, name), ((name, 1.0),)) for name in ARKIT.channels))


def played(mapping=PLAIN, shapes=SHAPES, size=1.0):
    """The head in all poses, of shapes that add up."""
    moves = {}
    for name, pose in PLAYED.items():
        values = dict(zip(arkit.CHANNELS, arkit.row(pose).tolist(), strict=True))
        strengths = {row.target.name: row.gain * sum(w * values[n] for n, w in row.sources) for row in mapping.rows}
        moves[name] = size * sum(
            (strength * shapes[name] for name, strength in strengths.items() if strength and name in shapes),
            np.zeros_like(VERTICES),
        )
    return PlayedFace(size * VERTICES + 5 * (size != 1), TRIANGLES, moves)


def fit_of(face):
    return measure_fit(face, measure_face(face), Collisions())


def calibrated(mapping=PLAIN, shapes=SHAPES):
    face = played(mapping, shapes)
    return calibrate(mapping, face, measure_face(face))


def scaled(**strengths):
    return {n: moves * strengths.get(n.removesuffix("Left").removesuffix("Right"), 1) for n, moves in SHAPES.items()}


def test_lips_and_eyes_are_found_by_what_moves_them():
    face = measure_face(played())
    assert (face.upper_lip, face.lower_lip) == (LANDMARKS["upper lip"], LANDMARKS["lower lip"])
    assert face.eyes == pytest.approx(0.06, rel=0.03)
    left, right = VERTICES[list(face.corners)]
    assert left[0] == pytest.approx(-right[0], abs=1e-6)
    assert left[0] > 0.015


def test_lids_are_found_by_looking_through_the_eye():
    for lids, side in zip(measure_face(played()).lids, ("left", "right"), strict=True):
        for found, edge in ((lids.upper, "upper"), (lids.lower, "lower")):
            assert np.abs(VERTICES[found] - VERTICES[LANDMARKS[f"{edge} lid {side}"]]).max() < 2e-3
        blink = SHAPES[f"eyeBlink{side.title()}"]
        expected = VERTICES[lids.upper, 2] - VERTICES[lids.lower, 2]
        assert lids.opening == pytest.approx(expected, abs=2e-4)
        assert lids.gap(VERTICES, 0 * blink) == pytest.approx(lids.opening)
        half = lids.gap(VERTICES, 0.5 * blink)
        moved = 0.5 * (blink[lids.upper, 2] - blink[lids.lower, 2])
        assert half == pytest.approx(expected + moved, abs=3e-4)
        assert abs(lids.gap(VERTICES, blink)) < 5e-4
        assert lids.gap(VERTICES, 1.5 * blink) == pytest.approx(expected + 3 * moved, abs=2e-3)
        assert lids.gap(VERTICES, 1.5 * blink) < -0.006


def test_a_face_without_openings_of_the_eyes_says_that_lids_were_not_measured():
    face = played()
    eyes = np.abs(VERTICES[TRIANGLES].mean(axis=1) - VERTICES[LANDMARKS["upper lid left"]]).max(axis=1) < 0.04
    fit = fit_of(replace(face, triangles=TRIANGLES[~eyes]))
    assert set(fit.blinks) == {"right"}
    assert "the lids were not measured" in fit.sentence


@pytest.mark.parametrize("size", [0.01, 1, 30])
def test_measures_do_not_depend_on_the_size_of_the_head(size):
    fit, usual = fit_of(played(size=size)), fit_of(played())
    assert fit.gaps == pytest.approx(usual.gaps, rel=1e-4)
    assert fit.blinks == pytest.approx(usual.blinks, rel=1e-3)
    assert fit.widths == pytest.approx(usual.widths, rel=1e-4)


@pytest.mark.parametrize("angle", [0.7, -2.5])
def test_a_face_that_looks_elsewhere_is_turned_to_the_front(angle):
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    face = played()
    turned = replace(
        face, vertices=VERTICES @ turn.T, moves={name: moves @ turn.T for name, moves in face.moves.items()}
    )
    assert np.allclose(turned.facing_front().vertices, VERTICES, atol=1e-3)
    assert fit_of(turned.facing_front()).gaps == pytest.approx(fit_of(face).gaps, abs=1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_heads_with_other_strengths_open_alike_after_calibration(seed):
    rng = np.random.default_rng(seed)
    names = ("jawOpen", "mouthFunnel", "mouthLowerDown", "mouthUpperUp", "mouthRollLower", "mouthPucker", "tongueOut")
    strengths = {name: rng.uniform(0.5, 2) for name in names}
    shapes = scaled(**strengths, mouthClose=strengths["jawOpen"])
    mapping = calibrated(shapes=shapes)
    after = fit_of(played(mapping, shapes))
    assert not after.misses
    for name in set(VISEME_GAPS) - {"PP"}:  # how hard lips press is the head's own affair
        assert after.gaps[name] == pytest.approx(VISEME_GAPS[name], rel=0.15)
    assert after.gaps["PP"] < 0
    assert after.gaps[SMILED["PP"]] < 0
    assert after.closure == pytest.approx(arkit.SEAL_FACTOR)
    again = calibrated(mapping, shapes)
    assert fit_of(played(again, shapes)).gaps == pytest.approx(after.gaps, abs=1e-5)
    assert changes(mapping, again) == ""


def test_all_15_openings_of_the_built_in_head_agree_after_calibration_and_13_before():
    before, after = fit_of(played()), fit_of(played(calibrated()))
    assert before.misses == ("FF", "TH")
    assert after.misses == ()
    off = {name: abs(after.gaps[name] / VISEME_GAPS[name] - 1) for name in VISEMES}
    assert max(off[name] for name in set(VISEMES) - {"PP"}) < 0.02
    assert -1.3 < after.gaps["PP"] * EYES_MM < -0.9
    assert after.widths == pytest.approx({"mouthSmile": 0.2, "mouthPucker": -0.1}, rel=1e-3)


def test_lids_are_calibrated_to_close_and_no_further():
    shapes = {**scaled(), "eyeBlinkLeft": 0.6 * SHAPES["eyeBlinkLeft"], "eyeBlinkRight": 1.5 * SHAPES["eyeBlinkRight"]}
    before = fit_of(played(shapes=shapes))
    assert "the left eye does not close: 6." in before.sentence
    assert "the right eye closes too far, by " in before.sentence
    mapping = calibrated(shapes=shapes)
    after = fit_of(played(mapping, shapes))
    assert "eye" not in after.sentence
    gains = {row.target.name: row.gain for row in mapping.rows}
    assert gains["eyeBlinkLeft"] == pytest.approx(1 / 0.6, rel=0.05)
    assert gains["eyeBlinkRight"] == pytest.approx(1 / 1.5, rel=0.05)


def test_a_calibration_is_said():
    text = changes(PLAIN, calibrated(shapes=scaled(jawOpen=2)))
    assert "jawOpen × 0.47" in text
    assert text.endswith(" more")


def test_bones_are_calibrated_too_and_other_rules_are_left_alone():
    jaw = Row(Target(ROTATION, "jaw"), (("jawOpen", 0.35), ("mouthPucker", 0.01)))
    loudest = Row(Target(SHAPE_KEY, "loud"), (("jawOpen", 1.0), ("mouthFunnel", 1.0)), combine="max")
    rows = [row for row in PLAIN.rows if row.target.name != "jawOpen"]
    face = played(shapes=scaled(jawOpen=2))
    mapping = calibrate(Mapping((jaw, loudest, *rows)), face, measure_face(face))
    assert dict(mapping.rows[0].sources)["jawOpen"] == pytest.approx(0.35 * 0.467, rel=0.01)
    assert mapping.rows[1] == loudest


def test_what_does_not_fit_is_said():
    fit = fit_of(played(shapes=scaled(jawOpen=2)))
    assert "1 of 15 mouth openings fit: PP, FF, TH, DD, 10 more too open; the lips" in fit.sentence
    assert "the lips do not meet in p, b and m: 1.8 mm remain" in fit.sentence
    assert "the jaw is closed by mouthClose at 1.68 of jawOpen; 0.84 is meant" in fit.sentence
    assert not fit.is_good
    through = scaled(mouthClose=20)
    assert "the lips go through each other in PP" in fit_of(played(shapes=through)).sentence
    narrow = fit_of(played(shapes=scaled(mouthSmile=0.2)))
    assert "the mouth gets 2.1 mm wider in mouthSmile; 12.8 mm are meant" in narrow.sentence


def test_collisions_are_said_where_they_are_deep():
    gaps = {**VISEME_GAPS, **dict.fromkeys(SMILED.values(), -0.01)}
    assert Fit(gaps).is_good
    good = Collisions({"PP": 0.01}, {"FF": 0.01}, 0.02)
    assert Fit(gaps, collisions=good).is_good
    bad = Fit(gaps, collisions=Collisions({"ou": 0.05}, {"FF": 0.06}, 0.1))
    assert bad.lines[1:] == (
        "in f and v the lower lip stays 6.4 mm from the upper teeth",
        "the lips go through each other in ou",
        "the teeth go through the lips in FF",
    )
    assert "in a smile: 6.4 mm remain" in Fit({**gaps, SMILED["PP"]: 0.1}).sentence


@pytest.mark.parametrize(
    ("shapes", "sentence"),
    [
        ({}, "nothing moves for eyeBlinkLeft; mark the inner edges of the lips"),
        ({**SHAPES, "jawOpen": 0 * VERTICES}, "nothing moves for jawOpen; mark the inner edges"),
        ({**SHAPES, "jawOpen": np.tile([0, 0, -1.0], (len(VERTICES), 1))}, "No lips were found that jawOpen parts"),
        ({**SHAPES, "eyeBlinkLeft": SHAPES["eyeBlinkRight"], "eyeBlinkRight": SHAPES["eyeBlinkLeft"]}, "along -Y"),
    ],
)
def test_a_face_that_cannot_be_measured_is_said(shapes, sentence):
    with pytest.raises(EmoTalkError, match=sentence):
        fit_of(played(shapes=shapes))


def test_marked_lips_count_also_where_nothing_blinks():
    face = played(shapes={**SHAPES, "eyeBlinkLeft": 0 * VERTICES, "eyeBlinkRight": 0 * VERTICES})
    found = measure_face(played())
    near = np.linalg.norm(VERTICES - VERTICES[LANDMARKS["upper lip"]], axis=1) < 2e-3
    sides = [LANDMARKS["mouth corner left"], LANDMARKS["mouth corner right"]]
    upper = np.array([*np.flatnonzero(near & (np.abs(VERTICES[:, 0]) < 1e-4))[:1], found.upper_lip, *sides])
    marked = replace(face, upper_lip=upper, lower_lip=np.array([found.lower_lip, *sides]))
    measures = measure_face(marked)
    assert measures.lower_lip == found.lower_lip
    assert measures.lids == (None, None)
    assert measures.eyes == pytest.approx(found.eyes, rel=0.2)
    fit = fit_of(marked)
    assert "the lids were not measured" in fit.sentence
    assert fit.gaps["aa"] * measures.eyes == pytest.approx(fit_of(played()).gaps["aa"] * found.eyes, rel=0.01)


def test_marks_that_are_no_line_are_refused():
    with pytest.raises(EmoTalkError, match="The marked upper lip is one point"):
        measure_face(replace(played(), upper_lip=np.array([3, 3]), lower_lip=np.array([4])))


def test_visemes_are_not_calibrated():
    face = played()
    with pytest.raises(EmoTalkError, match="speaks by visemes is not calibrated"):
        calibrate(
            Mapping((Row(Target(SHAPE_KEY, "MBP"), (("jawOpen", 1.0),), combine=SOLVE),)), face, measure_face(face)
        )


@pytest.mark.parametrize("seed", range(12))
def test_what_is_no_face_is_measured_or_refused_in_a_sentence(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(3, 40))
    moves = {name: rng.normal(size=(count, 3)) * (rng.random(count) < 0.5)[:, None] for name in PLAYED}
    face = PlayedFace(rng.normal(size=(count, 3)), rng.integers(0, count, (count, 3)), moves)
    try:
        sentence = fit_of(face.facing_front()).sentence
    except EmoTalkError as error:
        sentence = str(error)
    assert any(part in sentence for part in ("mouth openings fit", "mark the inner edges", "along -Y"))
