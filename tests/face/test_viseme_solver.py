import numpy as np
import pytest
from emotalk.face.aperture import CLOSED, lip_aperture
from emotalk.face.basis import ARKIT
from emotalk.face.viseme_solver import mouth_metric, solve_poses
from emotalk.face.visemes import POSES, VISEMES, pose_row
from scipy.optimize import minimize

POSE_ROWS = np.array([pose_row(pose) for pose in VISEMES.values()])
NAMES = list(VISEMES)
SPOKEN = POSE_ROWS[1:]  # rest is what is left


def cost(shares, face):
    rest = face - shares @ SPOKEN
    return float(rest @ mouth_metric() @ rest)


def spoken_faces(count=12, seed=1):
    """Faces between poses, as speech is, with something of each channel."""
    rng = np.random.default_rng(seed)
    mixed = rng.dirichlet(np.full(len(SPOKEN), 0.3), count) @ SPOKEN
    return np.clip(mixed + rng.normal(0, 0.02, mixed.shape), 0, 1)


def test_the_solution_is_the_best_there_is():
    faces = spoken_faces()
    is_open = lip_aperture(faces) > 2 * CLOSED
    solved = solve_poses(faces, SPOKEN)
    for face, shares in zip(faces[is_open], solved[is_open], strict=True):
        within = {"type": "ineq", "fun": lambda w: 1 - w.sum()}
        start = np.full(len(SPOKEN), 1 / len(SPOKEN))
        best = minimize(cost, start, (face,), "SLSQP", bounds=[(0, 1)] * len(SPOKEN), constraints=within, tol=1e-12)
        assert cost(shares, face) <= best.fun + 1e-3 * cost(0 * shares, face)


def test_shares_are_shares():
    shares = solve_poses(np.random.default_rng(0).random((200, 52)), SPOKEN)
    assert shares.min() >= 0
    assert shares.max() <= 1
    assert shares.sum(axis=1).max() <= 1.01


@pytest.mark.parametrize("name", ["PP", "FF", "TH", "CH", "SS", "aa", "ou", "oh"])
def test_a_clear_pose_is_found_again(name):
    shares = solve_poses(pose_row(POSES[name])[None], SPOKEN)[0]
    assert NAMES[1 + int(shares.argmax())] == name
    assert shares.max() > 0.9


def test_every_pose_looks_as_it_should():
    shares = solve_poses(POSE_ROWS, SPOKEN)
    for pose, made in zip(POSE_ROWS[1:], (shares @ SPOKEN)[1:], strict=True):
        rest = pose - made
        assert rest @ mouth_metric() @ rest < 0.05**2 * (pose @ mouth_metric() @ pose) + 1e-5


def test_a_face_at_rest_has_no_viseme():
    assert solve_poses(np.zeros((3, 52)), SPOKEN).max() < 5e-3


def test_closed_lips_stay_closed():
    faces = np.zeros((50, 52))
    rng = np.random.default_rng(2)
    jaw = rng.uniform(0, 0.5, 50)
    faces[:, ARKIT.index["jawOpen"]], faces[:, ARKIT.index["mouthClose"]] = jaw, 0.84 * jaw
    faces[:, ARKIT.columns(("mouthSmileLeft", "mouthSmileRight"))] = rng.uniform(0, 1, (50, 1))
    assert lip_aperture(faces).max() <= CLOSED
    assert lip_aperture(solve_poses(faces, SPOKEN) @ SPOKEN).max() <= CLOSED + 1e-6


def test_other_regions_do_not_disturb_the_mouth():
    faces = np.repeat(pose_row(POSES["aa"])[None], 2, axis=0)
    faces[1, ARKIT.columns(ARKIT.regions["brows"])] = 1
    first, second = solve_poses(faces, SPOKEN)
    assert first == pytest.approx(second, abs=1e-6)


def test_the_metric_is_one():
    metric = mouth_metric()
    assert metric == pytest.approx(metric.T)
    assert np.linalg.eigvalsh(metric).min() > -1e-9
    assert not metric[ARKIT.columns(ARKIT.regions["brows"])].any()
