import numpy as np
import pytest
from emotalk.face.arkit import SEAL_FACTOR
from emotalk.face.emotions import EMOTIONS, PROTOTYPES
from emotalk.face.sample_head import lip_gap_mm, mouth_width_mm, posed


def distance_of_lower_lip_to_upper_teeth_mm(head, coefficients):
    skin, teeth = head.parts["skin"], head.parts["teeth upper"]
    red = np.unique(np.concatenate([skin.polygons[k] for k in np.flatnonzero(skin.polygon_materials == 1)]))
    lowered = skin.shapes["mouthLowerDownLeft"] + skin.shapes["mouthLowerDownRight"]
    lower_lip = posed(skin, coefficients)[red[lowered[red, 2] < -1e-3]]
    enamel = np.flatnonzero(teeth.polygon_materials == 0)
    edges = posed(teeth, coefficients)[np.unique(np.concatenate([teeth.polygons[k] for k in enamel]))]
    return 1e3 * np.linalg.norm(lower_lip[:, None] - edges, axis=2).min()


def test_lips_are_closed_at_rest(head, posing):
    assert 0 <= lip_gap_mm(head, posing()) <= 0.8


@pytest.mark.parametrize(
    ("stem", "gap"),
    [
        ("jawOpen", 33.5),
        ("mouthFunnel", 14.5),
        ("mouthLowerDown", 7.5),
        ("mouthUpperUp", 7.9),
        ("mouthShrugUpper", 6.0),
    ],
)
def test_lips_part_as_far_as_those_of_a_scanned_head(head, posing, stem, gap):
    assert lip_gap_mm(head, posing(**{stem: 1})) == pytest.approx(gap, rel=0.15)


@pytest.mark.parametrize(("stem", "width"), [("mouthSmile", 64.8), ("mouthPucker", 41.4)])
def test_corners_go_as_far_as_those_of_a_scanned_head(head, posing, stem, width):
    assert mouth_width_mm(head, posing()) == pytest.approx(50.7, abs=1)
    assert mouth_width_mm(head, posing(**{stem: 1})) == pytest.approx(width, abs=1.5)


@pytest.mark.parametrize("jaw", np.linspace(0.1, 1, 10))
def test_mouth_close_seals_the_lips_at_every_opening_of_the_jaw(head, posing, jaw):
    skin = head.parts["skin"]
    sealed = posing(jawOpen=jaw, mouthClose=SEAL_FACTOR * jaw)
    assert abs(lip_gap_mm(head, sealed)) <= 0.5
    # Along the whole line: every vertex of the lips' red keeps its neutral distance from the one it rests on.
    red = np.unique(np.concatenate([skin.polygons[k] for k in np.flatnonzero(skin.polygon_materials == 1)]))
    rest, moved = skin.vertices[red], posed(skin, sealed)[red]
    lowered = skin.shapes["jawOpen"][red, 2] < skin.shapes["jawOpen"][head.landmarks["mouth corner left"], 2]
    pairs = np.linalg.norm(rest[lowered][:, None] - rest[~lowered], axis=2)
    partner = pairs.argmin(axis=1)
    apart = np.linalg.norm(moved[lowered] - moved[~lowered][partner], axis=1)
    touching = pairs.min(axis=1) < 1e-3
    assert touching.sum() > 20
    assert np.abs(apart - pairs.min(axis=1))[touching].max() < 1e-3


def test_phones_part_the_lips_as_on_a_scanned_head(head, phone_targets):
    for phone, target in phone_targets.items():
        gap, width = lip_gap_mm(head, target.coefficients), mouth_width_mm(head, target.coefficients)
        if target.gap is not None and target.gap > 0:
            assert gap == pytest.approx(target.gap, rel=0.25, abs=1), phone
        if target.width is not None:
            assert width == pytest.approx(target.width, abs=1.5), phone


@pytest.mark.parametrize("phone", ["P", "B", "M"])
def test_bilabials_close_the_lips(head, phone_targets, phone):
    assert lip_gap_mm(head, phone_targets[phone].coefficients) <= 0


@pytest.mark.parametrize("phone", ["F", "V"])
def test_labiodentals_bring_the_lip_to_the_teeth(head, phone_targets, phone):
    assert distance_of_lower_lip_to_upper_teeth_mm(head, phone_targets[phone].coefficients) <= 1


def test_lips_stay_off_the_teeth_at_rest(head, posing):
    assert distance_of_lower_lip_to_upper_teeth_mm(head, posing()) > 1.5


@pytest.mark.parametrize(("stem", "axis", "sign"), [("mouthLeft", 0, 1), ("mouthRight", 0, -1), ("jawForward", 1, -1)])
def test_mouth_and_jaw_slide_the_way_they_are_called(head, posing, stem, axis, sign):
    move = posed(head.parts["skin"], posing(**{stem: 1})) - head.parts["skin"].vertices
    assert sign * move[head.landmarks["lower lip"], axis] > 4e-3


def test_jaw_slides_to_the_actors_left(head, posing):
    move = posed(head.parts["teeth lower"], posing(jawLeft=1)) - head.parts["teeth lower"].vertices
    assert (move[:, 0] > 5e-3).all()


def test_smile_lifts_and_frown_drops_its_own_corner(head, posing):
    skin, corners = head.parts["skin"], ("mouth corner left", "mouth corner right")
    for stem, sign in (("mouthSmile", 1), ("mouthFrown", -1)):
        for side, corner, other in (("Left", *corners), ("Right", *reversed(corners))):
            moves = skin.shapes[stem + side][:, 2]
            assert sign * moves[head.landmarks[corner]] > 4e-3
            assert abs(moves[head.landmarks[other]]) < 1e-4


def test_tongue_comes_out_of_the_mouth(head, posing):
    tongue, skin = head.parts["tongue"], head.parts["skin"]
    out = posing(tongueOut=1)
    lips = posed(skin, out)[head.landmarks["lower lip"]]
    assert posed(tongue, out)[:, 1].min() < lips[1] - 0.008
    assert tongue.vertices[:, 1].min() > skin.vertices[head.landmarks["lower lip"], 1] + 0.008


def test_emotions_open_and_widen_the_mouth_as_meant(head):
    gap = {name: lip_gap_mm(head, row) for name, row in zip(EMOTIONS, PROTOTYPES, strict=True)}
    width = {name: mouth_width_mm(head, row) for name, row in zip(EMOTIONS, PROTOTYPES, strict=True)}
    assert gap["surprise"] == pytest.approx(14.6, rel=0.25)
    assert gap["happy"] == pytest.approx(4.1, rel=0.25)
    assert gap["fear"] == pytest.approx(8.2, rel=0.25)
    assert max(gap["sad"], gap["anger"], gap["contempt"]) < 1.2
    assert width["happy"] == pytest.approx(60, abs=2)
    assert width["fear"] == pytest.approx(57, abs=2)
