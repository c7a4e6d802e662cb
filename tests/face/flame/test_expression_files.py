"""FLAME's expression and jaw as .npz, in the names that research code uses."""

import numpy as np
import pytest
from emotalk.face.basis import ARKIT, EYES, FLAME, HEAD
from emotalk.face.curve_files import read_curve_file, read_curves
from emotalk.face.curves import FaceCurves, Performance, performance_of, still
from emotalk.face.errors import CurveFileError
from emotalk.face.flame.expression_files import write_expressions
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation


def made(frames=20, expressions=50, fps=25.0, seed=0):
    generator = np.random.default_rng(seed)
    face = generator.normal(0, 2, (frames, expressions + 3)).astype(np.float32)
    head = generator.uniform(-60, 60, (frames, 3)).astype(np.float32)
    return Performance(FaceCurves(face, FLAME(expressions), fps), FaceCurves(head, HEAD, fps), still(EYES, frames, fps))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("flame")


@settings(deadline=None)
@given(
    frames=st.integers(0, 50),
    expressions=st.integers(1, 100),
    fps=st.sampled_from((24.0, 25.0, 30000 / 1001)),
    seed=st.integers(0, 99),
)
def test_round_trip(folder, frames, expressions, fps, seed):
    performance = made(frames, expressions, fps, seed)
    write_expressions(folder / "line.npz", performance)
    content = (folder / "line.npz").read_bytes()
    take = read_curve_file(folder / "line.npz")
    assert take.performance.face.basis is performance.face.basis
    assert take.performance.face.fps == fps
    np.testing.assert_array_equal(take.performance.face.values, performance.face.values)
    np.testing.assert_allclose(take.performance.head.values, performance.head.values, atol=1e-4)
    write_expressions(folder / "line.npz", performance)
    assert (folder / "line.npz").read_bytes() == content


def test_the_file_is_what_others_expect(folder):
    performance = made()
    write_expressions(folder / "line.npz", performance)
    with np.load(folder / "line.npz", allow_pickle=False) as arrays:
        assert set(arrays) == {"expression", "jaw_pose", "neck_pose", "fps"}
        assert (arrays["expression"].shape, arrays["jaw_pose"].shape) == ((20, 50), (20, 3))
        # FLAME's x to the actor's left, y up, z forward: a positive angle about x bends the head down.
        pitch, yaw, roll = performance.head.values.T
        turned = Rotation.from_euler("YXZ", np.stack([yaw, pitch, -roll], axis=1), degrees=True)
        np.testing.assert_allclose(arrays["neck_pose"], turned.as_rotvec(), atol=1e-5)


NINE = np.full((20, 3), 9.0)
JAW = np.random.default_rng(1).normal(0, 0.2, (20, 3))
EXPRESSION = np.random.default_rng(2).normal(0, 1, (20, 50))


@pytest.mark.parametrize(
    "arrays",
    [
        {"expression": EXPRESSION, "jaw_pose": JAW, "fps": 25},
        {"exp": EXPRESSION[:, None], "jaw": JAW[:, None], "fps": np.array([25])},
        {"expr": EXPRESSION, "pose": np.concatenate([NINE, JAW], axis=1), "mocap_framerate": 25.0},
        {"EXPRESSION_PARAMS": EXPRESSION[None], "Jaw_Pose": JAW[None], "frame_rate": 25},
        {"expcode": EXPRESSION, "pose": JAW, "framerate": 25},
        {"exp": EXPRESSION, "pose": np.concatenate([0 * JAW, 0 * JAW, JAW, NINE, NINE], axis=1), "fps": 25},
        {"expressions": EXPRESSION, "poses": np.concatenate([np.zeros((20, 66)), JAW, np.ones((20, 96))], axis=1),
         "mocap_frame_rate": 25, "betas": np.zeros(300), "model": np.array("smplx2020"), "gender": np.array("neutral")},
    ],
)  # fmt: skip
def test_names_of_others(folder, arrays):
    np.savez(folder / "take.npz", **arrays)
    take = read_curve_file(folder / "take.npz")
    assert (take.performance.face.fps, take.remarks) == (25, ())
    np.testing.assert_allclose(take.performance.face.values[:, :50], EXPRESSION, rtol=1e-6)
    np.testing.assert_allclose(take.performance.face.values[:, 50:], JAW, rtol=1e-6)
    assert not take.performance.head.values.any()


def test_without_a_jaw_it_stays_shut_and_that_is_said(folder):
    np.savez(folder / "take.npz", expression=EXPRESSION)
    take = read_curve_file(folder / "take.npz", 30)
    assert not take.performance.face.values[:, 50:].any()
    assert take.remarks == ("There is no jaw in it, so the jaw stays shut",)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"expression": EXPRESSION, "jaw": JAW}, "does not say its frame rate; give it"),
        ({"expression": EXPRESSION, "fps": 0}, "has fps that is no frame rate"),
        ({"expression": EXPRESSION, "fps": np.array("fast")}, "has fps that is no frame rate"),
        ({"expression": np.zeros((5, 101)), "fps": 25}, "has 101 expression coefficients; FLAME has 1 to 100"),
        ({"expression": np.zeros((5, 0)), "fps": 25}, "has 0 expression coefficients"),
        ({"expression": np.zeros(5), "fps": 25}, "has expression that is no table of numbers"),
        ({"expression": np.array([["a"]]), "fps": 25}, "has expression that is no table of numbers"),
        ({"expression": EXPRESSION, "jaw_pose": JAW[:-1], "fps": 25}, "has jaw_pose of 19 × 3 numbers; .*, 20 × 3"),
        ({"expression": EXPRESSION, "jaw": np.tile(np.eye(3), (20, 1, 1)), "fps": 25}, "has jaw that is no table"),
        ({"expression": EXPRESSION * np.nan, "fps": 25}, "holds values that are not numbers"),
        ({"shape": EXPRESSION}, "holds neither EmoTalk's curves nor FLAME's expression; it has shape"),
        ({"expression": np.array([print], object), "fps": 25}, "does not hold curves"),
    ],
)  # fmt: skip
def test_bad_files_are_a_sentence(folder, arrays, sentence):
    np.savez(folder / "bad.npz", **arrays)
    with pytest.raises(CurveFileError, match=rf"^bad\.npz {sentence}"):
        read_curves(folder / "bad.npz")


def test_only_flame_is_written(tmp_path):
    with pytest.raises(CurveFileError, match="These curves are ARKit, not FLAME's"):
        write_expressions(tmp_path / "line.npz", performance_of(still(ARKIT, 3, 25.0)))
    broken = made()
    broken.face.values[2, 1] = np.nan
    with pytest.raises(CurveFileError, match=r"not numbers; line\.npz was not written"):
        write_expressions(tmp_path / "line.npz", broken)
    assert not list(tmp_path.iterdir())
