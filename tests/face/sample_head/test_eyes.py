import numpy as np
import pytest
from emotalk.face.sample_head import eye_opening_mm, posed

BLINKS = {
    "closed": {"eyeBlink": 1},
    "half closed": {"eyeBlink": 0.5},
    "a quarter closed": {"eyeBlink": 0.25},
    "closed, looking down": {"eyeBlink": 1, "eyeLookDown": 1},
    "half closed, looking down": {"eyeBlink": 0.5, "eyeLookDown": 1},
    "closed, looking up": {"eyeBlink": 1, "eyeLookUp": 1},
    "closed in a smile": {"eyeBlink": 1, "eyeSquint": 0.25, "cheekSquint": 0.6},
    "wide": {"eyeWide": 1},
    "squinting": {"eyeSquint": 1},
}


def centre_and_radius(head, side):
    vertices = head.parts[f"eye {side}"].vertices
    centre = (vertices.max(axis=0) + vertices.min(axis=0)) / 2
    centre[1] = vertices[:, 1].max() - np.ptp(vertices[:, 0]) / 2
    return centre, np.linalg.norm(vertices - centre, axis=1).max()


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_blink_closes_the_lids(head, posing, side):
    assert eye_opening_mm(head, posing(), side) > 12
    for look in ({}, {"eyeLookDown": 1}, {"eyeLookUp": 1}):
        assert abs(eye_opening_mm(head, posing(eyeBlink=1, **look), side)) < 0.5


def test_lids_are_closed_from_corner_to_corner(head, posing):
    """Seen from in front, no ray through the eye's opening may reach the eyeball: lids leave no slit."""
    skin = posed(head.parts["skin"], posing(eyeBlink=1))
    centre, radius = centre_and_radius(head, "left")
    quads = np.asarray(head.parts["skin"].polygons)
    near = np.linalg.norm(skin[quads].mean(axis=1) - centre, axis=1) < 2 * radius
    front = near & (skin[quads].mean(axis=1)[:, 1] < centre[1] - 0.3 * radius)
    triangles = skin[np.concatenate([quads[front][:, [0, 1, 2]], quads[front][:, [0, 2, 3]]])][..., [0, 2]]
    x, z = np.meshgrid(np.linspace(-0.8, 0.8, 60), np.linspace(-0.5, 0.5, 60))
    points = np.stack([x.ravel(), z.ravel()], axis=1) * radius + centre[[0, 2]]
    covered = np.zeros(len(points), bool)
    for a, b, c in triangles:
        sides = [
            (q[0] - p[0]) * (points[:, 1] - p[1]) - (q[1] - p[1]) * (points[:, 0] - p[0])
            for p, q in ((a, b), (b, c), (c, a))
        ]
        covered |= (np.min(sides, axis=0) >= 0) | (np.max(sides, axis=0) <= 0)
    assert covered.all()


@pytest.mark.parametrize("stems", BLINKS.values(), ids=BLINKS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_eyeball_does_not_come_through_the_skin(head, posing, stems, side):
    skin = head.parts["skin"]
    centre, radius = centre_and_radius(head, side)
    moved = np.max([np.abs(moves).max(axis=1) for moves in skin.shapes.values()], axis=0) > 1e-5
    distance = np.linalg.norm(posed(skin, posing(**stems))[moved] - centre, axis=1)
    assert distance.min() > radius - 1e-3


def test_lids_have_thickness(head):
    """Skin both outside and on the eyeball, so that the edge of a lid is a ledge and not a paper's edge."""
    skin = head.parts["skin"]
    centre, radius = centre_and_radius(head, "left")
    lid = skin.vertices[head.landmarks["upper lid left"]]
    near = skin.vertices[np.linalg.norm(skin.vertices - lid, axis=1) < 4e-3]
    distance = np.linalg.norm(near - centre, axis=1) - radius
    assert distance.min() < 1.1e-3
    assert distance.max() > 1.8e-3


@pytest.mark.parametrize(
    ("name", "axis", "sign"),
    [
        ("eyeLookUpLeft", 2, 1),
        ("eyeLookDownLeft", 2, -1),
        ("eyeLookOutLeft", 0, 1),
        ("eyeLookInLeft", 0, -1),
        ("eyeLookOutRight", 0, -1),
        ("eyeLookInRight", 0, 1),
    ],
)
def test_the_pupil_goes_where_the_eye_looks(head, name, axis, sign):
    part = head.parts["eye left" if name.endswith("Left") else "eye right"]
    pupil = part.vertices[:, 1].argmin()
    move = part.shapes[name][pupil]
    assert sign * move[axis] > 5e-3


def test_lids_follow_the_gaze_and_open_wide(head, posing):
    rest = {lid: head.parts["skin"].vertices[head.landmarks[f"{lid} lid left"], 2] for lid in ("upper", "lower")}
    down = posed(head.parts["skin"], posing(eyeLookDown=1))
    assert down[head.landmarks["upper lid left"], 2] < rest["upper"] - 2e-3
    assert eye_opening_mm(head, posing(eyeWide=1), "left") > eye_opening_mm(head, posing(), "left") + 2
    assert eye_opening_mm(head, posing(eyeSquint=1), "left") < eye_opening_mm(head, posing(), "left") - 2


def test_brows_rise_and_frown(head, posing):
    brows = head.parts["brows"]
    left = brows.vertices[:, 0] > 0
    inner = left & (brows.vertices[:, 0] < 0.02)
    outer = left & (brows.vertices[:, 0] > 0.042)

    def rise(stem, where):
        return 1e3 * (posed(brows, posing(**{stem: 1})) - brows.vertices)[where, 2].mean()

    assert rise("browInnerUp", inner) > 6
    assert rise("browInnerUp", outer) < 2
    assert rise("browOuterUp", outer) > 5
    assert rise("browDown", inner) < -5


def test_lashes_point_down_from_closed_lids(head, posing):
    """Each ring of a lash is a root above, a tip and a root below; those at the corners hardly turn."""
    lashes = head.parts["lashes"]

    def rise_of_tips(coefficients):
        rings = posed(lashes, coefficients).reshape(2, -1, 3, 3)
        middle = rings[:, rings.shape[1] // 5 : rings.shape[1] * 3 // 5]
        return (middle[:, :, 1] - (middle[:, :, 0] + middle[:, :, 2]) / 2)[..., 2].mean()

    assert rise_of_tips(posing()) > 4e-4
    assert rise_of_tips(posing(eyeBlink=1)) < -1e-4
