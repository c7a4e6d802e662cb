from dataclasses import replace

import numpy as np
import pytest
from emotalk.face import arkit, landmarks
from emotalk.face.basis import ARKIT, FLAME, HEAD
from emotalk.face.curves import FaceCurves
from emotalk.face.errors import EmoTalkError
from emotalk.face.flame.arkit_shapes import JAW_LIMIT, LIMIT, WELL_FITTED, solve_arkit_shapes
from emotalk.face.flame.skinning import joints_of, posed
from emotalk.face.flame.solving import solve_bounded
from emotalk.face.flame.variants import FLAME_2023_NO_JAW
from emotalk.face.sample_head import build_sample_head, lip_gap_mm

MARKS = np.array(landmarks.FLAME)
LOW_FACE = ("jawOpen", "mouthFunnel", "mouthUpperUpLeft", "mouthLowerDownLeft", "mouthShrugLower", "mouthRollLower")


@pytest.fixture(scope="module")
def solved(flame_model):
    return solve_arkit_shapes(flame_model)


def vertices(model, solved, **coefficients):
    return model.template + sum(value * solved.moves[name] for name, value in coefficients.items())


def gap(model, solved, **coefficients):
    return landmarks.lip_gap_mm(vertices(model, solved, **coefficients), MARKS, 1)


def built_in_gap(**coefficients):
    row = np.zeros(52)
    row[arkit.indices(coefficients)] = list(coefficients.values())
    return lip_gap_mm(build_sample_head(), row)


def test_every_channel_but_the_tongue_has_a_shape_within_the_limits(solved):
    assert set(solved.moves) == set(arkit.CHANNELS) - {"tongueOut"}
    assert all(np.isfinite(moves).all() and np.abs(moves).max() > 1e-4 for moves in solved.moves.values())
    assert np.abs(solved.flame[:, :-3]).max() <= LIMIT + 1e-9
    assert np.abs(solved.flame[:, -3:]).max() <= JAW_LIMIT + 1e-9
    assert not solved.flame[arkit.INDEX["tongueOut"]].any()


@pytest.mark.parametrize("coefficients", [{"jawOpen": 1}, {"jawOpen": 0.4}, {"mouthFunnel": 1}])
def test_the_mouth_opens_as_on_the_built_in_head(flame_model, solved, coefficients):
    opened = gap(flame_model, solved, **coefficients) - gap(flame_model, solved)
    expected = built_in_gap(**coefficients) - built_in_gap()
    assert opened == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize("jaw", [0.2, 0.6, 1.0])
def test_mouth_close_brings_the_lips_back_at_every_jaw(flame_model, solved, jaw):
    sealed = gap(flame_model, solved, jawOpen=jaw, mouthClose=jaw * arkit.SEAL_FACTOR)
    assert sealed == pytest.approx(gap(flame_model, solved), abs=0.5)


def test_the_jaw_opens_by_turning(flame_model, solved):
    assert 0.15 < solved.flame[arkit.INDEX["jawOpen"], -3] < JAW_LIMIT
    assert solved.flame[arkit.INDEX["jawLeft"], -2] * solved.flame[arkit.INDEX["jawRight"], -2] < 0


def test_what_flame_can_express_is_made_of_it(flame_model, solved):
    """Away from the lips the shape is FLAME posed with the solved coefficients."""
    joints = joints_of(flame_model, flame_model.template)
    lips = flame_model.template[MARKS[list(landmarks.LIPS)]]
    far = np.linalg.norm(flame_model.template[:, None] - lips, axis=2).min(axis=1) > 0.03
    made = [name for name in solved.moves if name not in solved.transferred and not name.startswith("eyeLook")]
    assert set(LOW_FACE) <= set(made)
    for name in made:
        row = solved.flame[arkit.INDEX[name]]
        pose = np.zeros((5, 3))
        pose[2] = row[-3:]
        moves = posed(flame_model, None, row[:-3], pose, joints=joints) - flame_model.template
        np.testing.assert_allclose(solved.moves[name][far], moves[far], atol=1e-9)
    assert all(solved.left_over[name] > WELL_FITTED for name in solved.transferred)


def test_the_eyes_look(flame_model, solved):
    """The front of an eyeball goes where the channel says; both eyes turn about their own joints."""
    joints = joints_of(flame_model, flame_model.template)
    for side, ball, joint in (("Left", slice(3931, 4477), 3), ("Right", slice(4477, 5023), 4)):
        front = ball.start + flame_model.template[ball, 2].argmax()
        to_the_left = 1 if side == "Left" else -1
        for name, axis, sign in (("Down", 1, -1), ("Up", 1, 1), ("Out", 0, to_the_left), ("In", 0, -to_the_left)):
            moves = solved.moves[f"eyeLook{name}{side}"]
            assert moves[front, axis] * sign > 5e-3
            arms = flame_model.template[ball] - joints[joint]
            np.testing.assert_allclose(
                np.linalg.norm(arms + moves[ball], axis=1), np.linalg.norm(arms, axis=1), atol=1e-9
            )


def test_the_way_back(solved):
    """A channel of the mouth comes back as itself."""
    curves = FaceCurves(np.eye(52, dtype=np.float32), ARKIT, 30.0)
    there = solved.to_flame(curves)
    assert there.basis is FLAME(100)
    back = solved.to_arkit(there)
    assert back.basis is ARKIT
    assert back.values.min() >= 0
    assert back.values.max() <= 1
    made = [name for name in arkit.CHANNELS if name.startswith(("jaw", "mouth")) and name not in solved.transferred]
    assert len(made) > 15
    rows = back.values[arkit.indices(made)]
    assert rows.argmax(axis=1).tolist() == arkit.indices(made)
    assert np.median(rows.max(axis=1)) > 0.9


def test_a_performance_comes_back(solved):
    """Many channels at once: what the mouth does is told from FLAME's coefficients alone."""
    rng = np.random.default_rng(4)
    mouth = [n for n in arkit.CHANNELS if n.startswith(("jaw", "mouth")) and n not in solved.transferred]
    values = np.zeros((40, 52), np.float32)
    values[:, arkit.indices(mouth)] = rng.uniform(0, 0.8, (40, len(mouth)))
    curves = FaceCurves(values, ARKIT, 30.0)
    error = solved.to_arkit(solved.to_flame(curves)).values - values
    assert np.sqrt((error[:, arkit.indices(mouth)] ** 2).mean()) < 0.08


def test_fewer_expressions_count_as_zero(solved):
    rng = np.random.default_rng(0)
    whole = np.zeros((4, 103), np.float32)
    whole[:, :50], whole[:, 100:] = rng.normal(size=(4, 50)), rng.normal(scale=0.1, size=(4, 3))
    fewer = np.delete(whole, range(50, 100), axis=1)
    np.testing.assert_allclose(
        solved.to_arkit(FaceCurves(fewer, FLAME(50), 25.0)).values,
        solved.to_arkit(FaceCurves(whole, FLAME(100), 25.0)).values,
        atol=1e-6,
    )


def test_other_curves_are_refused(solved, synthetic):
    head = FaceCurves(np.zeros((1, 3), np.float32), HEAD, 30.0)
    with pytest.raises(EmoTalkError, match="not FLAME's"):
        solved.to_arkit(head)
    with pytest.raises(EmoTalkError, match="not ARKit's"):
        solved.to_flame(head)
    fewer = replace(solved, back=solved.back[:, 50:])
    with pytest.raises(EmoTalkError, match="has 50"):
        fewer.to_arkit(FaceCurves(np.zeros((1, 103), np.float32), FLAME(100), 30.0))


def test_a_model_without_jaw_opens_the_mouth_by_its_expressions(flame_model):
    solved = solve_arkit_shapes(replace(flame_model, variant=FLAME_2023_NO_JAW))
    assert not solved.flame[:, -3:].any()
    assert gap(flame_model, solved, jawOpen=1) - gap(flame_model, solved) == pytest.approx(
        built_in_gap(jawOpen=1) - built_in_gap(), rel=0.15
    )


def test_limits_hold_where_the_best_answer_is_beyond_them():
    rng = np.random.default_rng(3)
    system, truth = rng.normal(size=(60, 6)), rng.normal(scale=2, size=(6, 4))
    found = solve_bounded(system, system @ truth, 1e-9, 1.0)
    assert np.abs(found).max() <= 1

    def cost(x):
        return ((system @ (x - truth)) ** 2).sum()

    for _ in range(300):
        other = np.clip(found + rng.normal(scale=0.02, size=found.shape), -1, 1)
        assert cost(found) <= cost(other) + 1e-9
    inside = solve_bounded(system, system @ truth, 1e-9, 100.0)
    np.testing.assert_allclose(inside, truth, atol=1e-6)
