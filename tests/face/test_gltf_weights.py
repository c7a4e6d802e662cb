"""Scenes of glTF 2.0, written here by the specification, come back as they were."""

import base64
import json
import struct

import numpy as np
import pytest
from emotalk.face.arkit import CHANNELS
from emotalk.face.basis import ARKIT, FLAME
from emotalk.face.curve_files import read_curve_file
from emotalk.face.errors import CurveFileError
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicHermiteSpline

FLOAT = 5126
KINDS = {5120: ("<i1", 127), 5121: ("<u1", 255), 5122: ("<i2", 32767), 5123: ("<u2", 65535), FLOAT: ("<f4", 1)}


class Scene:
    """A document that grows."""

    def __init__(self):
        self.data = bytearray()
        self.document = {
            "asset": {"version": "2.0"}, "bufferViews": [], "accessors": [], "nodes": [], "meshes": [], "animations": []
        }  # fmt: skip

    def view(self, array):
        self.data += b"\0" * (-len(self.data) % 4)
        self.document["bufferViews"].append({"buffer": 0, "byteOffset": len(self.data), "byteLength": array.nbytes})
        self.data += array.tobytes()
        return len(self.document["bufferViews"]) - 1

    def accessor(self, values, component=FLOAT, sparse=False):
        kind, most = KINDS[component]
        stored = np.asarray(values, np.float64).ravel() * most
        stored = (stored if component == FLOAT else np.round(stored)).astype(kind)
        fields = {"componentType": component, "count": len(stored), "type": "SCALAR"}
        if component != FLOAT:
            fields["normalized"] = True
        if sparse:
            at = np.flatnonzero(stored).astype("<u2")
            if not len(at):
                at = np.zeros(1, "<u2")
            fields["sparse"] = {
                "count": len(at),
                "indices": {"bufferView": self.view(at), "componentType": 5123},
                "values": {"bufferView": self.view(stored[at])},
            }
        else:
            fields["bufferView"] = self.view(stored)
        self.document["accessors"].append(fields)
        return len(self.document["accessors"]) - 1

    def mesh(self, name, names):
        targets = [{"POSITION": 0} for _name in names]
        self.document["meshes"].append({"primitives": [{"targets": targets}], "extras": {"targetNames": list(names)}})
        self.document["nodes"].append({"name": name, "mesh": len(self.document["meshes"]) - 1})
        return len(self.document["nodes"]) - 1

    def animate(self, *parts, interpolation="LINEAR", component=FLOAT, sparse=False, name="take"):
        animation = {"name": name, "channels": [], "samplers": []}
        for node, times, weights in parts:
            animation["channels"].append(
                {"sampler": len(animation["samplers"]), "target": {"node": node, "path": "weights"}}
            )
            animation["samplers"].append(
                {
                    "input": self.accessor(times),
                    "output": self.accessor(weights, component, sparse),
                    "interpolation": interpolation,
                }
            )
        self.document["animations"].append(animation)

    def save(self, path, way="glb"):
        buffer = {"byteLength": len(self.data)}
        if way == "file":
            buffer["uri"] = "some%20numbers.bin"
            (path.parent / "some numbers.bin").write_bytes(self.data)
        elif way == "text":
            buffer["uri"] = "data:application/octet-stream;base64," + base64.b64encode(self.data).decode()
        document = json.dumps({**self.document, "buffers": [buffer]}).encode()
        if way == "glb":
            document += b" " * (-len(document) % 4)
            data = self.data + b"\0" * (-len(self.data) % 4)
            chunks = struct.pack("<I4s", len(document), b"JSON") + document
            chunks += struct.pack("<I4s", len(data), b"BIN\0") + data
            document = struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks
        path.write_bytes(document)
        return path


def face(frames=50, seed=0, channels=CHANNELS):
    return np.random.default_rng(seed).uniform(0, 1, (frames, len(channels)))


def suffix(way):
    return "take.glb" if way == "glb" else "take.gltf"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("gltf")


@settings(deadline=None)
@given(
    seed=st.integers(0, 99),
    frames=st.integers(1, 60),
    fps=st.sampled_from((24.0, 25.0, 30.0, 60.0)),
    first=st.sampled_from((0.0, 1 / 24, 2.5, 1000.0)),
    component=st.sampled_from(tuple(KINDS)),
    sparse=st.booleans(),
    way=st.sampled_from(("glb", "file", "text")),
)
def test_weights_come_back(folder, seed, frames, fps, first, component, sparse, way):
    scene = Scene()
    weights = face(frames, seed)
    weights[np.random.default_rng(seed).random(weights.shape) < 0.5] = 0
    order = np.random.default_rng(seed).permutation(52)
    node = scene.mesh("Head", [CHANNELS[column] for column in order])
    scene.animate((node, first + np.arange(frames) / fps, weights[:, order]), component=component, sparse=sparse)
    take = read_curve_file(scene.save(folder / suffix(way), way), fps)
    found = take.performance.face
    assert (found.basis, found.fps, found.frames) == (ARKIT, fps, frames)
    step = 0 if component == FLOAT else 0.5 / KINDS[component][1]
    assert np.abs(found.values - weights).max() <= step + 1e-6
    assert take.remarks[0] == "52 of 52 shape keys recognised (ARKit)"


@pytest.mark.parametrize("fps", [24.0, 25.0, 30.0, 60.0, 30000 / 1001])
def test_the_rate_is_that_on_which_the_keys_lie(tmp_path, fps):
    scene = Scene()
    kept = np.array([0, 1, 5, 7, 200, 1999])
    scene.animate((scene.mesh("Head", ["jawOpen"]), kept / fps, np.linspace(0, 1, 6)))
    found = read_curve_file(scene.save(tmp_path / "take.glb")).performance.face
    assert (found.fps, found.frames) == (fps, 2000)
    expected = np.interp(np.arange(2000), kept, np.linspace(0, 1, 6))
    assert np.abs(found.channel("jawOpen") - expected).max() < 1e-4


def test_steps_are_held(tmp_path):
    scene = Scene()
    scene.animate((scene.mesh("Head", ["jawOpen"]), [0, 0.1, 0.3], [0.2, 0.8, 0.5]), interpolation="STEP")
    found = read_curve_file(scene.save(tmp_path / "take.glb"), 30).performance.face.channel("jawOpen")
    np.testing.assert_allclose(found, [0.2] * 3 + [0.8] * 6 + [0.5], atol=1e-6)


@settings(deadline=None)
@given(seed=st.integers(0, 99))
def test_splines_go_as_scipy_says(folder, seed):
    generator = np.random.default_rng(seed)
    times = np.cumsum(generator.integers(1, 20, 6)) / 30
    table = generator.uniform(0.3, 0.6, (6, 3, 2))
    table[:, (0, 2)] = generator.uniform(-0.5, 0.5, (6, 2, 2))
    scene = Scene()
    node = scene.mesh("Head", ["jawOpen", "mouthClose"])
    scene.animate((node, times, table), interpolation="CUBICSPLINE")
    found = read_curve_file(scene.save(folder / "take.glb"), 30).performance.face
    at = times[0] + np.arange(found.frames) / 30
    for column, name in enumerate(("jawOpen", "mouthClose")):
        expected = np.empty(len(at))
        for first in range(5):
            inside = (at >= times[first] - 1e-9) & (at <= times[first + 1] + 1e-9)
            slopes = table[first, 2, column], table[first + 1, 0, column]
            values = table[first : first + 2, 1, column]
            expected[inside] = CubicHermiteSpline(times[first : first + 2], values, slopes)(at[inside])
        np.testing.assert_allclose(found.channel(name), expected, atol=1e-4)


def test_of_several_meshes_the_one_that_moves_counts(tmp_path):
    scene = Scene()
    weights = face(30, channels=("jawOpen",))
    parts = [
        (scene.mesh("Teeth", ["jawOpen", "jawLeft"]), np.arange(30) / 30, np.zeros((30, 2))),
        (scene.mesh("Head", ["Head.jawOpen"]), np.arange(30) / 30, weights),
    ]
    scene.animate(*parts)
    scene.animate(parts[1], name="another")
    take = read_curve_file(scene.save(tmp_path / "take.glb"))
    np.testing.assert_allclose(take.performance.face.channel("jawOpen"), weights[:, 0], atol=1e-6)
    assert "It has 2 animations, of which the first was read" in take.remarks
    assert take.remarks[0].startswith("3 of 3 shape keys recognised")


def test_animations_of_single_meshes_are_read_together(tmp_path):
    scene = Scene()
    for name, channel in (("Head", "jawOpen"), ("Brows", "browInnerUp")):
        scene.animate((scene.mesh(name, [channel]), [0, 1], [0, 1]), name=name)
    take = read_curve_file(scene.save(tmp_path / "take.glb"))
    assert take.performance.face.channel("jawOpen")[-1] == take.performance.face.channel("browInnerUp")[-1] == 1
    assert not any("animations" in remark for remark in take.remarks)


def test_other_names_are_recognised_and_counted(tmp_path):
    scene = Scene()
    scene.animate((scene.mesh("Face", ["Mouth_Smile_L", "Jaw_Open", "Ear_Wiggle"]), [0, 1], [[0, 0, 0], [0.3, 1, 1]]))
    take = read_curve_file(scene.save(tmp_path / "take.glb"))
    assert take.performance.face.channel("jawOpen")[-1] == 1
    assert take.remarks[0].startswith("2 of 3 shape keys recognised")


def test_expressions_of_flame(tmp_path):
    scene = Scene()
    weights = np.random.default_rng(0).normal(0, 2, (10, 4))
    scene.animate(
        (scene.mesh("Face", ["Exp000", "Exp001", "Exp002", "jawOpen"]), np.arange(10) / 25, weights * (1, 1, 1, 0))
    )
    found = read_curve_file(scene.save(tmp_path / "take.glb")).performance.face
    assert found.basis is FLAME(3)
    np.testing.assert_allclose(found.values[:, :3], weights[:, :3], atol=1e-6)


def whole():
    scene = Scene()
    scene.animate((scene.mesh("Head", CHANNELS), np.arange(5) / 30, face(5)))
    return scene


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda document: document.update(animations=[]), "has no animated shape keys"),
        (lambda document: document["asset"].update(version="1.0"), "is no glTF 2.0"),
        (lambda document: document["accessors"][1].update(count=10**7), "do not fit its shape keys|is cut off"),
        (lambda document: document["accessors"][1].update(count=10**12), "keys that are no numbers"),
        (lambda document: document["accessors"][0].update(type="VEC3"), "keys that are no numbers"),
        (lambda document: document["bufferViews"][1].update(byteOffset=10**6), "is cut off"),
        (lambda document: document["bufferViews"][0].update(extensions={"EXT_meshopt_compression": {}}), "meshopt"),
        (lambda document: document["meshes"][0]["extras"].update(targetNames=list(map(str, range(52)))), "like 0, 1"),
        (lambda document: document["meshes"][0].update(extras={}), "Head target 0"),
        (lambda document: document["meshes"][0].update(primitives=[{"targets": []}]), "do not fit its shape keys"),
        (lambda document: document["animations"][0]["samplers"][0].update(interpolation="WAVY"), "WAVY"),
        (lambda document: document.pop("accessors"), "does not hold curves"),
        (lambda document: document.update(nodes=3), "does not hold curves"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_sentence(tmp_path, change, sentence):
    scene = whole()
    change(scene.document)
    with pytest.raises(CurveFileError, match=rf"^take\.glb .*({sentence})"):
        read_curve_file(scene.save(tmp_path / "take.glb"))


def test_keys_that_go_back_in_time(tmp_path):
    scene = Scene()
    scene.animate((scene.mesh("Head", ["jawOpen"]), [0, 0.5, 0.2], [0, 1, 0]))
    with pytest.raises(CurveFileError, match="keys of Head that do not fit"):
        read_curve_file(scene.save(tmp_path / "take.glb"))


def test_numbers_elsewhere(tmp_path):
    path = whole().save(tmp_path / "take.gltf", "file")
    (tmp_path / "some numbers.bin").unlink()
    with pytest.raises(FileNotFoundError):
        read_curve_file(path)
    path.write_text(path.read_text().replace("some%20numbers.bin", "https://example.org/a.bin"))
    with pytest.raises(CurveFileError, match="keeps its numbers at an address"):
        read_curve_file(path)


@settings(deadline=None)
@given(data=st.data())
def test_damage_is_a_sentence(folder, data):
    content = bytearray(whole().save(folder / "whole.glb").read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, min(len(content), 4000) - 1))] ^= data.draw(st.integers(1, 255))
    path = folder / "bad.glb"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content)
    try:
        take = read_curve_file(path)
    except (CurveFileError, OSError):
        return
    assert np.isfinite(take.performance.face.values).all()
