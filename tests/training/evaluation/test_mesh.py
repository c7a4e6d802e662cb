"""Captured and predicted curves on a mesh, against cases that are computed by hand."""

import numpy as np
import pytest
from emotalk.face.basis import ARKIT
from emotalk.face.curves import FaceCurves
from emotalk.inference.contract import SAMPLE_RATE, EmoTalkError, Speech
from emotalk.training.evaluation.mesh import MESH_FIGURES, mesh_figures, mesh_title, read_mesh, sample_head_mesh

SPEECH = Speech(np.zeros(SAMPLE_RATE, np.float32))


def curves(**channels):
    """A second at 30 frames per second."""
    values = np.zeros((30, len(ARKIT)), np.float32)
    for name, track in channels.items():
        values[:, ARKIT.index[name]] = track
    return FaceCurves(values, ARKIT, 30.0)


def figures(mesh, captured, predicted, speech=SPEECH):
    return dict(zip(MESH_FIGURES, mesh_figures(mesh, speech, captured, predicted), strict=True))


@pytest.fixture
def file(tmp_path):
    """Two lips, the lower one on the jaw; a brow and a lid; a chin that belongs to none of both. Up is y."""
    neutral = np.array([[0, 1, 0], [0, 0, 0], [1, 5, 0], [1, 4, 0], [0, -4, 0]], float)
    moves = np.zeros((4, 5, 3))
    moves[0, 1:5:3, 1] = -2
    moves[1, 0, 2] = moves[2, 1, 2] = 1
    moves[3, 2, 1] = moves[3, 3, 1] = 1
    arrays = {
        "names": np.array(["jawOpen", "mouthRollUpper", "mouthRollLower", "browInnerUp"]),
        "neutral": neutral,
        "shapes": neutral + moves,
    }
    path = tmp_path / "face.npz"
    np.savez(path, **arrays)
    return path


def test_distances_are_those_of_the_lips_and_of_the_upper_face(file):
    mesh = read_mesh(file, ARKIT)
    assert mesh_title(mesh) == "On face.npz, in its unit: 2 vertices of the lips, 2 of the upper face"
    found = figures(mesh, curves(jawOpen=0.5, browInnerUp=0.2), curves(jawOpen=0.25, browInnerUp=0.5))
    assert found["LVE"] == pytest.approx(0.5)
    assert found["LVE squared"] == pytest.approx(0.25)
    assert found["EVE"] == pytest.approx(0.3)
    assert found["MOD"] == pytest.approx(0.5)
    assert found["FDD"] == pytest.approx(0, abs=1e-9)


def test_a_still_upper_face_moves_less_than_the_captured_one(file):
    wave = np.where(np.arange(30) % 2, 1.0, 0.0)
    found = figures(read_mesh(file, ARKIT), curves(browInnerUp=wave), curves())
    assert found["FDD"] == pytest.approx(0.5)


def test_lips_that_follow_the_sound_a_frame_late(file):
    level = np.repeat([0.0, 1.0, 0.0, 1.0, 0.0, 1.0], 5)
    samples = np.repeat(level, SAMPLE_RATE // 30).astype(np.float32)
    loud = Speech(np.pad(samples, (0, SAMPLE_RATE - len(samples))))
    found = figures(read_mesh(file, ARKIT), curves(jawOpen=level), curves(jawOpen=np.roll(level, 1)), loud)
    assert found["captured SLCC"] == pytest.approx(1, abs=0.1)
    assert found["SLCC"] < found["captured SLCC"] - 0.1
    assert found["MTM ms"] == pytest.approx(1000 / 30)


def test_named_vertices_take_the_place_of_those_that_move(file):
    with np.load(file) as arrays:
        np.savez(file, **arrays, lips=np.array([4]), upper=np.array([2]))
    mesh = read_mesh(file, ARKIT)
    assert mesh_title(mesh).endswith("1 vertices of the lips, 1 of the upper face")
    assert figures(mesh, curves(jawOpen=0.5), curves())["LVE"] == pytest.approx(1)


@pytest.mark.parametrize("lips", [np.array([9]), np.array([-1]), np.array([0.5]), np.array([], int)])
def test_vertices_that_the_mesh_lacks_are_refused(file, lips):
    with np.load(file) as arrays:
        np.savez(file, **arrays, lips=lips, upper=np.array([2]))
    with pytest.raises(EmoTalkError, match="does not say where the lips are"):
        read_mesh(file, ARKIT)


def test_a_mesh_of_another_basis_is_refused(file):
    with np.load(file) as arrays:
        np.savez(file, **{**arrays, "names": np.array(["a", "b", "c", "d"])})
    with pytest.raises(EmoTalkError, match="no shape key of the basis"):
        read_mesh(file, ARKIT)


def test_the_built_in_head_has_lips_below_its_upper_face():
    mesh = sample_head_mesh()
    assert mesh.up == 2
    lips, upper = mesh.rest[: mesh.lips], mesh.rest[mesh.lips :]
    assert lips[:, 2].max() < upper[:, 2].min()
    assert 30 < np.ptp(lips[:, 0]) < 80
    open_jaw = figures(mesh, curves(jawOpen=1.0), curves())
    assert 15 < open_jaw["MOD"] < 60
    assert open_jaw["EVE"] < 0.01
