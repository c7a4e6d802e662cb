import json
import struct

import numpy as np
import pytest
import soundfile
from emotalk.face.errors import EmoTalkError
from emotalk.inference.contract import SAMPLE_RATE
from emotalk.training.captures.project import read_project, read_take
from emotalk.training.captures.vertices import read_shapes, read_vertices, solve_table, solve_vertices

VERTICES, NAMES = 40, ("jawOpen", "smile", "pucker")


@pytest.fixture
def head(tmp_path):
    """A head with three shape keys in a file, and its path."""
    rng = np.random.default_rng(0)
    neutral = rng.normal(0, 10, (VERTICES, 3))
    shapes = neutral + rng.normal(0, 1, (3, VERTICES, 3))
    np.savez(tmp_path / "head.npz", names=np.array(NAMES), neutral=neutral, shapes=shapes)
    return tmp_path / "head.npz"


def write_pc2(path, vertices):
    header = struct.pack("<12siiffi", b"POINTCACHE2\0", 1, vertices.shape[1], 0.0, 1.0, len(vertices))
    path.write_bytes(header + vertices.astype("<f4").tobytes())


def posed(head, values):
    shapes = read_shapes(head)
    return shapes.neutral + np.tensordot(values, shapes.moves, 1)


@pytest.mark.parametrize("suffix", [".npy", ".pc2"])
def test_the_values_that_made_a_capture_are_found(head, tmp_path, suffix):
    values = np.random.default_rng(1).uniform(0, 1, (30, 3))
    values[5:9] = 0, 1, 0
    path = tmp_path / f"take{suffix}"
    if suffix == ".npy":
        np.save(path, posed(head, values))
    else:
        write_pc2(path, posed(head, values))
    table = solve_table(path, head, 25.0)
    assert table.names == NAMES
    assert table.fps == 25.0
    np.testing.assert_allclose(table.values, values, atol=2e-3)


def test_values_stay_within_the_shape_keys_limits_and_the_rest_is_solved_for_them(head):
    vertices = posed(head, np.array([[1.4, 0.5, -0.3]] * 2))
    values = solve_vertices(vertices, read_shapes(head))
    assert values.min() >= 0
    assert values.max() <= 1
    assert values[0, 0] == 1
    assert values[0, 2] == 0
    # With the other two at their limits, the best smile is a least square of one unknown.
    smile = read_shapes(head).moves[1].ravel()
    left = (vertices[0] - read_shapes(head).neutral - read_shapes(head).moves[0]).ravel()
    assert values[0, 1] == pytest.approx(smile @ left / (smile @ smile), abs=1e-3)


def test_vertices_of_another_head_are_refused(head):
    shapes, rng = read_shapes(head), np.random.default_rng(2)
    with pytest.raises(EmoTalkError, match="of the same head"):
        solve_vertices(shapes.neutral + rng.normal(0, 5, (20, VERTICES, 3)), shapes)
    with pytest.raises(EmoTalkError, match="39 vertices and the shape keys 40"):
        solve_vertices(np.zeros((2, 39, 3)), shapes)


def test_damaged_files_are_named(head, tmp_path):
    write_pc2(tmp_path / "cut.pc2", np.zeros((3, VERTICES, 3)))
    whole = (tmp_path / "cut.pc2").read_bytes()
    (tmp_path / "cut.pc2").write_bytes(whole[:-5])
    np.save(tmp_path / "flat.npy", np.zeros((3, VERTICES)))
    np.save(tmp_path / "nan.npy", np.full((3, VERTICES, 3), np.nan))
    np.savez(tmp_path / "bad.npz", names=np.array(NAMES), neutral=np.zeros((3, 3)), shapes=np.zeros((3, 4, 3)))
    np.savez(tmp_path / "still.npz", names=np.array(["a"]), neutral=np.zeros((3, 3)), shapes=np.zeros((1, 3, 3)))
    for name, reason in (
        ("cut.pc2", "cut off"),
        ("flat.npy", "frames x vertices x 3"),
        ("nan.npy", "not numbers"),
        ("no.npy", "missing"),
        ("take.abc", "no kind that holds vertices"),
    ):
        with pytest.raises(EmoTalkError, match=reason):
            read_vertices(tmp_path / name)
    with pytest.raises(EmoTalkError, match="holds no shape keys"):
        read_shapes(tmp_path / "bad.npz")
    with pytest.raises(EmoTalkError, match="a moves nothing"):
        read_shapes(tmp_path / "still.npz")
    with pytest.raises(EmoTalkError, match="holds no shape keys"):
        read_shapes(tmp_path / "flat.npy")


def test_a_project_with_shapes_reads_vertices_as_takes(head, tmp_path):
    frames, rng = 150, np.random.default_rng(3)
    values = np.zeros((frames, 3))
    values[:, 0] = np.repeat(rng.uniform(0, 1, 30), 5)
    write_pc2(tmp_path / "take.pc2", posed(head, values))
    loud = np.repeat(values[:, 0], SAMPLE_RATE // 25)
    soundfile.write(tmp_path / "take.wav", 0.1 * loud * rng.normal(0, 1, len(loud)), SAMPLE_RATE)
    path = tmp_path / "project.toml"
    head_lines = f'basis = {json.dumps(NAMES)}\nfps = 25\nshapes = "head.npz"\n'
    path.write_text(head_lines + '[[takes]]\nsound = "take.wav"\ncurves = "take.pc2"\n')
    project = read_project(path)
    take = read_take(project, project.entries[0])
    assert take.curves.channels == NAMES
    assert take.curves.fps == 25
    np.testing.assert_allclose(take.curves.values, values, atol=2e-3)
