"""One Blender for all tests that need one: the bpy wheel here, or the Blender that runs pytest (run_in_blender.py)."""

import dataclasses
import importlib.util
import json
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

TESTS = Path(__file__).parent
BLENDER_ROOMS = ("blender_emotalk", "demo", "operators", "panels")
HAS_BLENDER = "bpy" in sys.modules or importlib.util.find_spec("bpy") is not None

collect_ignore = [] if HAS_BLENDER else list(BLENDER_ROOMS)
_exit_status = 0

_user_folders = {"EMOTALK_WEIGHTS": tempfile.mkdtemp(prefix="emotalk-weights-")}  # nobody's own weights take part
if "bpy" not in sys.modules:  # the wheel reads this once, when it is imported; each process of the tests has its own
    _user_folders["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp(prefix="emotalk-tests-")
os.environ.update(_user_folders)
# PyTorch's threads wait for each other in a loop: networks as small as those of the tests are slower in two of them,
# and many times so where others use the cores too.
os.environ["OMP_NUM_THREADS"] = "1"


@pytest.fixture(scope="session")
def extension():
    """The extension, enabled once; a real Blender has enabled the installed one already."""
    import bpy

    if not hasattr(bpy.types.Scene, "emotalk"):
        import emotalk

        bpy.context.preferences.addons.new().module = "emotalk"
        emotalk.register()
    return bpy


@pytest.fixture(autouse=True)
def fresh_file(request):
    """Every test of a Blender room starts in an empty file, which also ends the run of the one before."""
    room = request.path.relative_to(TESTS).parts[0]
    if room not in BLENDER_ROOMS:
        yield
        return
    bpy = request.getfixturevalue("extension")
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    yield


@pytest.fixture(autouse=True)
def one_thread():
    """A training in this process sets PyTorch's threads for good; no test passes them on to the next."""
    yield
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)


def pytest_sessionfinish(session, exitstatus):
    """Not later: pytest-xdist ends its processes while they are unconfigured."""
    global _exit_status
    _exit_status = int(exitstatus)
    close = getattr(sys.modules.get("emotalk.blender_emotalk.runs"), "close", None)
    if close and not sys.modules["bpy"].app.binary_path:
        close()
    for folder in _user_folders.values():
        shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """The wheel may hang or crash when the interpreter ends after sound was used, so it does not get to end."""
    bpy = sys.modules.get("bpy")
    if bpy is None or bpy.app.binary_path:
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_exit_status)


@pytest.fixture
def add_face():
    """A function that adds a small mesh with shape keys, below an armature with a head bone if one is given."""
    import bpy
    from emotalk.face.arkit import CHANNELS

    def add(name="Face", names=CHANNELS, armature=None):
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 0, 1)], [], [(0, 1, 2)])
        face = bpy.data.objects.new(name, mesh)
        bpy.context.scene.collection.objects.link(face)
        face.parent = armature
        if names:
            face.shape_key_add(name="Basis")
        for number, key_name in enumerate(names):
            block = face.shape_key_add(name=key_name)
            block.value = 0
            block.data[1].co.y = 0.01 * number
        bpy.context.view_layer.objects.active = face
        return face

    return add


@pytest.fixture
def add_armature():
    """A function that adds an armature with a head bone, which points up along Z if nothing else is said."""
    import bpy

    def add(name="Rig", up=(0, 0.1, 1)):
        armature = bpy.data.objects.new(name, bpy.data.armatures.new(name))
        bpy.context.scene.collection.objects.link(armature)
        bpy.context.view_layer.objects.active = armature
        bpy.ops.object.mode_set(mode="EDIT")
        bone = armature.data.edit_bones.new("head")
        bone.head, bone.tail = (0, 0, 0), up
        bpy.ops.object.mode_set(mode="OBJECT")
        return armature

    return add


@pytest.fixture
def performance():
    """A function that makes a performance of pseudo-random, smooth curves: the same for the same seed."""
    from emotalk.face import arkit
    from emotalk.face.basis import ARKIT, EYES, HEAD
    from emotalk.face.curves import FaceCurves, Performance, still

    def make(frames=90, fps=30.0, seed=0):
        def smooth(columns):
            noise = np.random.default_rng(seed).normal(size=(frames + 14, columns))
            return np.stack([np.convolve(column, np.hanning(15) / 7, "valid") for column in noise.T], axis=1)

        face = np.clip(0.3 + 0.3 * smooth(len(arkit.CHANNELS)), 0, 1).astype(np.float32)
        head = (5 * smooth(3)).astype(np.float32)
        return Performance(FaceCurves(face, ARKIT, fps), FaceCurves(head, HEAD, fps), still(EYES, frames, fps))

    return make


@pytest.fixture
def line_wav():
    """A line of dialogue."""
    return TESTS.parent / "samples" / "line.wav"


@pytest.fixture
def stage(add_face, line_wav):
    """A scene in which Animate can be pressed; gives the face."""
    import bpy
    from emotalk.blender_emotalk.desk import line_to_set

    face = add_face()
    line_to_set(bpy.context.scene).audio = str(line_wav)
    return face


@pytest.fixture
def as_version_0_1_0():
    """A function that stores the first line of a scene as version 0.1.0 did: in the scene, which had no list."""
    from emotalk.blender_emotalk import stored_properties

    def store(scene, **values):
        desk = scene.emotalk
        line = {name: value for name, value in stored_properties.stored(desk.lines[0]).items() if name != "state"}
        desk.lines.clear()
        stored_properties.forget(desk, stored_properties.stored(desk))
        stored_properties.store(desk, {**line, **values})

    return store


@pytest.fixture
def key_bytes():
    """A function that gives all keys of a face's shape keys, handles included, as bytes."""
    from emotalk.blender_emotalk.actions import active_curves

    def read(face):
        buffers = []
        for curve in active_curves(face.data.shape_keys):
            for attribute in ("co", "handle_left", "handle_right"):
                numbers = np.empty(2 * len(curve.keyframe_points), np.float32)
                curve.keyframe_points.foreach_get(attribute, numbers)
                buffers.append(numbers.tobytes())
        return b"".join(buffers)

    return read


@pytest.fixture
def everything():
    """A function that gives all of the open file that an animator could miss, to be compared.

    The scenes' own EmoTalk lines, which remember failures, are left out.
    """
    import bpy

    coordinates = {"vertices", "edges", "loops", "polygons", "attributes", "points", "data", "color_attributes"}
    left_out = {"rna_type", "emotalk", "asset_data", "loop_triangles", "loop_triangle_polygons", "corner_normals"}

    def told(value, depth):
        if isinstance(value, bpy.types.ID):
            return value.name_full
        if isinstance(value, bpy.types.bpy_struct):
            return walk(value, depth + 1) if depth < 5 else value.rna_type.identifier
        if isinstance(value, bpy.types.bpy_prop_collection):
            return [told(item, depth) for item in value]
        return tuple(map(repr, value)) if hasattr(value, "__len__") and not isinstance(value, str) else repr(value)

    def walk(struct, depth=0):
        names = [prop.identifier for prop in struct.bl_rna.properties if prop.identifier not in left_out | coordinates]
        found = {name: told(getattr(struct, name), depth) for name in names if hasattr(struct, name)}
        if isinstance(struct, bpy.types.ShapeKey):
            points = np.empty(3 * len(struct.data), np.float32)
            struct.data.foreach_get("co", points)
            found["points"] = points.tobytes()
        if isinstance(struct, bpy.types.ID):
            found["own properties"] = {name: repr(struct[name]) for name in struct.keys()}  # noqa: SIM118
        return found

    def read():
        kinds = ("objects", "shape_keys", "actions", "armatures", "collections", "libraries")
        found = {kind: {each.name_full: walk(each) for each in getattr(bpy.data, kind)} for kind in kinds}
        meshes = {mesh.name_full: [group.name for group in mesh.attributes] for mesh in bpy.data.meshes}
        scenes = {s.name: (s.frame_current, s.frame_subframe, s.frame_start, s.frame_end) for s in bpy.data.scenes}
        layer = bpy.context.view_layer
        chosen = layer.objects.active and layer.objects.active.name, [obj.name for obj in layer.objects.selected]
        return {**found, "meshes": meshes, "scenes": scenes, "chosen": chosen}

    return read


@pytest.fixture
def released_state():
    """A state dict of a small EmoTalk with the released names and random numbers."""
    return runpy.run_path(str(TESTS / "released_state.py"))["released_state"]()


@pytest.fixture(scope="session")
def small_encoder():
    """Dimensions of a wav2vec 2.0 that takes milliseconds; tests are skipped in a Python without PyTorch."""
    pytest.importorskip("torch", reason="this Python has no PyTorch, which the tables of shapes need")
    from emotalk.inference.models.wav2vec2 import BASE

    return dataclasses.replace(
        BASE,
        hidden_size=64,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=64,
        conv_dim=16,
        num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=4,
    )


@pytest.fixture
def write_emote(small_encoder, user_weights):
    """A function that writes weights of a small EMOTE at random, EMOTE, with more in their header if you like."""
    from dataclasses import asdict, replace

    from emotalk.face.basis import FLAME
    from emotalk.inference.checkpoints.safetensors_file import write_safetensors
    from emotalk.inference.models.emote import EmoteConfig, weight_shapes
    from emotalk.inference.models.flint import FlintConfig
    from emotalk.inference.registry import EMOTE_SPEC, spec_metadata

    def write(**header):
        config = EmoteConfig(encoder=small_encoder, features=32, prior=FlintConfig(expressions=50, width=32))
        rng = np.random.default_rng(0)
        arrays = {
            name: (1 if name.endswith("running_var") else 0.2) * rng.random(shape, np.float32) - (shape[-1] > 5) * 0.1
            for name, shape in weight_shapes(config).items()
        }
        arrays = {name: np.abs(array) if name.endswith("running_var") else array for name, array in arrays.items()}
        spec = replace(EMOTE_SPEC, basis=FLAME(50))
        metadata = {"model": "emote", "config": json.dumps(asdict(config)), **spec_metadata(spec), **header}
        user_weights.mkdir(exist_ok=True)
        write_safetensors(user_weights / "EMOTE.safetensors", arrays, metadata)

    return write


@pytest.fixture(scope="session")
def torch_python():
    """A Python that has PyTorch: this one, or, inside a real Blender, the one that runs tests/run_in_blender.py."""
    return os.environ.get("EMOTALK_TEST_PYTHON", sys.executable)


@pytest.fixture(scope="session")
def checkpoint_bytes(torch_python, tmp_path_factory):
    """A checkpoint in the released format with one name that nothing needs."""
    path = tmp_path_factory.mktemp("checkpoint") / "EmoTalk.pth"
    subprocess.run([torch_python, str(TESTS / "released_state.py"), str(path)], check=True)
    return path.read_bytes()


@pytest.fixture
def small_checkpoint(checkpoint_bytes, tmp_path):
    """The same as a file."""
    path = tmp_path / "EmoTalk.pth"
    path.write_bytes(checkpoint_bytes)
    return path


@pytest.fixture
def user_weights(tmp_path, monkeypatch):
    """A folder for weights of one's own, empty."""
    folder = tmp_path / "own weights"
    monkeypatch.setenv("EMOTALK_WEIGHTS", str(folder))
    return folder


@pytest.fixture
def ear(small_encoder, user_weights):
    """The file of a network with random weights that hears emotions; it is installed as "ear"."""
    from emotalk.inference.checkpoints.safetensors_file import write_safetensors
    from emotalk.inference.models.speech_emotion import SpeechEmotionConfig, weight_shapes
    from emotalk.inference.registry import SPEECH_EMOTION_SPEC, spec_metadata

    config = SpeechEmotionConfig(("neutral", "happy", "anger", "sad"), small_encoder, head_width=16)
    rng = np.random.default_rng(0)
    arrays = {name: rng.random(shape, np.float32) - 0.4 for name, shape in weight_shapes(config).items()}
    metadata = {
        "model": "speech-emotion",
        "config": json.dumps(dataclasses.asdict(config)),
        **spec_metadata(SPEECH_EMOTION_SPEC),
    }
    user_weights.mkdir()
    path = user_weights / "ear.safetensors"
    write_safetensors(path, arrays, metadata)
    return path


@pytest.fixture(scope="session")
def write_wheel():
    """A function that writes a wheel with one module into a folder."""

    def write(folder, name, version, code):
        info = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}/__init__.py", code)
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")

    return write


@pytest.fixture(scope="session")
def base_python(torch_python, tmp_path_factory):
    """A Python that makes one environment, and copies it whenever it is asked for one: pip takes seconds to unpack."""
    folder = tmp_path_factory.mktemp("base python")
    subprocess.run([torch_python, "-I", "-m", "venv", "--clear", str(folder / "venv")], check=True)
    program = folder / "python"
    program.write_text(
        "#!/bin/sh\n"
        'if [ "$1 $2 $3 $4 $#" = "-I -m venv --clear 5" ]; then\n'
        f"""    rm -rf "$5" && exec cp -a '{folder / "venv"}' "$5"\n"""
        f"""fi\nexec '{torch_python}' "$@"\n"""
    )
    program.chmod(0o755)
    return program


@pytest.fixture(scope="session")
def synthetic():
    """Arrays and pickles of FLAME's size and layout, made by code."""
    return SimpleNamespace(**runpy.run_path(str(TESTS / "synthetic_flame.py")))


@pytest.fixture(scope="session")
def flame_model(synthetic):
    """The model of these arrays."""
    from emotalk.face.flame.model import model_from
    from emotalk.face.flame.variants import FLAME_2023

    return model_from(synthetic.arrays(), FLAME_2023, "0" * 64)


@pytest.fixture(scope="session")
def ict():
    """A function that writes a folder in the layout of ICT-FaceKit."""
    return SimpleNamespace(**runpy.run_path(str(TESTS / "synthetic_ict.py")))
