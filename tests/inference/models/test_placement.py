"""The device of a network, and the fallback when a GPU runs out of memory or PyTorch fails."""

import platform
import subprocess
import sys
import textwrap
import weakref

import numpy as np
import pytest
import torch
from emotalk.face import arkit
from emotalk.face.basis import ARKIT
from emotalk.face.controls import STILL_ACTING, Controls
from emotalk.face.curves import FaceCurves
from emotalk.inference.checkpoints.importing import import_weights
from emotalk.inference.contract import EmoTalkError, Features, ModelSpec, Speech
from emotalk.inference.devices import (
    PRECISIONS,
    available_devices,
    describe,
    find_device,
    import_torch,
    is_out_of_memory,
)
from emotalk.inference.engine import Engine
from emotalk.inference.models import placement
from emotalk.inference.models.loading import ModelChoice, load_model
from emotalk.inference.models.matrix_products import arithmetic_for
from emotalk.inference.models.placement import PlacedModel
from emotalk.inference.registry import DEFAULT_MODEL
from emotalk.inference.worker.client import WORKER
from emotalk.inference.worker.failure import sentence_for

LINE = Speech(np.full(16000, 0.1, np.float32), "line.wav")
STILL = Controls({**STILL_ACTING, **{"blink_rate": 0, "gaze_gain": 0, "head_gain": 0}})


FREES_BLOCKS = """
    import sys
    import numpy as np
    from emotalk.inference.devices import return_large_blocks

    if sys.argv[1] == "returned":
        return_large_blocks()
    np.ones(3_500_000)
    large, small = [], []
    for _ in range(20):
        large.append(np.ones(1_000_000))
        small.append(np.ones(3000))
    del large
    rows = dict(row.split(":") for row in open("/proc/self/status"))
    print(int(rows["VmRSS"].split()[0]) // 1000)
"""
"""160 MB in blocks of 8 MB with small ones between them, all the large ones given up, and the megabytes that stay."""


def by_library(precision):
    """What a result says of the arithmetic: a farm of different processors shows where numbers may differ."""
    library = arithmetic_for(torch.device("cpu"), precision).library
    assert library in ("oneDNN", "PyTorch")
    return f"{library} with {torch.backends.cpu.get_cpu_capability()}"


def cuda_out_of_memory():
    return torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


def mps_out_of_memory():
    return RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB)")


class JawModel:
    """Opens the jaw; on a GPU it runs out of memory at one of its steps, as PyTorch says it there."""

    model_id = "jaw"
    spec = ModelSpec(ARKIT, 30.0)

    def __init__(self, device, fails_at, make_error):
        self.device, self.fails_at, self.make_error = device, fails_at, make_error
        self._reach("load")

    def encode(self, speech, progress=None):
        self._reach("encode")
        return Features("jaw", 30)

    def decode(self, features, controls):
        self._reach("decode")
        values = np.zeros((features.frames, 52), np.float32)
        values[:, arkit.INDEX["jawOpen"]] = 0.25 if self.device == "cuda" else 0.5
        return FaceCurves(values, ARKIT, 30.0)

    def _reach(self, step):
        if self.device == "cuda" and step == self.fails_at:
            raise self.make_error()


@pytest.fixture
def named_gpu(monkeypatch):
    """This machine has no GPU whose name could be asked."""
    monkeypatch.setattr(placement, "device_name", lambda device: f"Test {device}")


@pytest.fixture
def loaded():
    """Every network that was loaded, in order, as long as somebody holds it."""
    return []


@pytest.fixture
def jaw_engine(named_gpu, loaded):
    """A function: an engine whose network fails at a step on the GPU."""

    def make(fails_at, make_error=cuda_out_of_memory):
        def load_on(device):
            model = JawModel(device, fails_at, make_error)
            loaded.append((device, weakref.ref(model)))
            return model

        return Engine(lambda model_id, device, precision, windowed: PlacedModel(model_id, load_on, device, precision))

    return make


ON_GPU = ModelChoice("jaw", "cuda", "bfloat16")


def test_a_gpu_with_enough_memory_is_used(jaw_engine):
    engine = jaw_engine("never")
    assert engine.perform(LINE, STILL, ON_GPU).face.channel("jawOpen").max() == 0.25
    assert engine.model(ON_GPU).runs_on == "Test cuda, bfloat16"
    assert not engine.model(ON_GPU).fell_back


@pytest.mark.parametrize("step", ["load", "encode", "decode"])
def test_out_of_memory_on_the_gpu_goes_on_on_the_cpu_and_says_so(jaw_engine, loaded, step):
    engine = jaw_engine(step)
    performance = engine.perform(LINE, STILL, ON_GPU)
    assert performance.face.channel("jawOpen").max() == 0.5
    assert engine.model(ON_GPU).runs_on == "CPU, bfloat16, because the GPU ran out of memory"
    assert engine.model(ON_GPU).fell_back
    held = [device for device, model in loaded if model() is not None]
    assert held == ["cpu"]
    engine.perform(Speech(LINE.samples[:8000]), STILL, ON_GPU)
    assert [device for device, _ in loaded].count("cuda") == (0 if step == "load" else 1)


class ThriftyModel(JawModel):
    """The same, with smaller steps to take; whether they help is up to ``helps``."""

    def __init__(self, device, fails_at, helps):
        self.is_small, self.helps = False, helps
        super().__init__(device, fails_at, cuda_out_of_memory)

    def shrink(self):
        was_small, self.is_small = self.is_small, True
        return not was_small

    def _reach(self, step):
        if not (self.is_small and self.helps):
            super()._reach(step)


@pytest.mark.parametrize("step", ["encode", "decode"])
@pytest.mark.parametrize(
    ("helps", "devices", "opened", "words"),
    [
        (True, ["cuda"], 0.25, "Test cuda, bfloat16, in small steps, because the GPU's memory is short"),
        (False, ["cuda", "cpu"], 0.5, "CPU, bfloat16, because the GPU ran out of memory"),
    ],
)
def test_smaller_steps_are_tried_before_the_cpu(named_gpu, step, helps, devices, opened, words):
    loads = []

    def load_on(device):
        loads.append(device)
        return ThriftyModel(device, step, helps)

    model = PlacedModel("jaw", load_on, "cuda", "bfloat16")
    assert model.decode(model.encode(LINE), STILL).channel("jawOpen").max() == opened
    assert model.runs_on == words
    assert loads == devices


@pytest.mark.parametrize("make_error", [cuda_out_of_memory, mps_out_of_memory])
def test_every_kind_of_gpu_says_it_its_own_way(jaw_engine, make_error):
    assert is_out_of_memory(make_error())
    engine = jaw_engine("encode", make_error)
    engine.perform(LINE, STILL, ON_GPU)
    assert engine.model(ON_GPU).fell_back


def test_other_errors_are_not_hidden(jaw_engine):
    with pytest.raises(RuntimeError, match="shapes"):
        jaw_engine("encode", lambda: RuntimeError("shapes do not fit")).perform(LINE, STILL, ON_GPU)


def test_too_little_memory_on_the_cpu_is_a_sentence():
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**50)
    assert sentence_for(raised.value).startswith("There is not enough memory for this line")


def test_only_one_model_is_held(jaw_engine, loaded):
    engine = jaw_engine("never")
    engine.perform(LINE, STILL, ON_GPU)
    engine.perform(LINE, STILL, ModelChoice("jaw", "cpu"))
    assert [device for device, model in loaded if model() is not None] == ["cpu"]


def test_features_of_one_device_are_not_taken_for_another_s(jaw_engine):
    engine = jaw_engine("never")
    assert engine.perform(LINE, STILL, ON_GPU).face.channel("jawOpen").max() == 0.25
    assert engine.perform(LINE, STILL, ModelChoice("jaw", "cpu")).face.channel("jawOpen").max() == 0.5


def test_auto_is_the_quickest_device_there_is():
    assert find_device("auto") == available_devices()[-1]
    assert find_device("cpu") == available_devices()[0] == "cpu"
    missing = next(device for device in ("mps", "cuda") if device not in available_devices())
    with pytest.raises(EmoTalkError, match=r"PyTorch finds no .* GPU here"):
        find_device(missing)


def test_this_python_describes_itself():
    told = describe()
    assert told["torch"] == torch.__version__
    assert told["devices"][0] == {"id": "cpu", "name": "CPU"}
    assert told["python"] == ".".join(map(str, sys.version_info[:3]))
    assert told["problem"] == ""


@pytest.mark.parametrize(
    ("device", "precision", "words"),
    [("tpu", "float32", "There is no device named 'tpu'"), ("cpu", "float3", "There is no precision named 'float3'")],
)
def test_unknown_choices(device, precision, words):
    with pytest.raises(EmoTalkError, match=words):
        load_model(DEFAULT_MODEL, device, precision)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_network_computes_where_and_how_it_is_told(user_weights, small_checkpoint, precision):
    import_weights(small_checkpoint)
    model = load_model("EmoTalk", "cpu", precision)
    assert model.runs_on == f"CPU, {precision}, by {by_library(precision)}"
    values = model.decode(model.encode(LINE), Controls()).values
    exact = load_model("EmoTalk", "cpu")
    difference = np.abs(values - exact.decode(exact.encode(LINE), Controls()).values).max()
    assert (difference == 0) == (precision == "float32")
    assert difference < 0.1


def test_without_torch_a_sentence_says_how_to_get_it(user_weights, small_checkpoint, monkeypatch):
    import_weights(small_checkpoint)
    monkeypatch.setitem(sys.modules, "torch", None)
    for ask in (lambda: load_model("EmoTalk"), lambda: import_weights(small_checkpoint, "again")):
        with pytest.raises(EmoTalkError, match=r"PyTorch.*does not have; press Set Up.*pip install 'emotalk\[torch\]'"):
            ask()
    assert describe()["torch"] is None
    assert load_model(DEFAULT_MODEL, "cuda").runs_on == "CPU, float32"


def test_a_broken_torch_is_told_from_a_missing_one(tmp_path, monkeypatch):
    (tmp_path / "torch.py").write_text('raise OSError("libtorch.so: file too short\\nand more")')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "torch")
    with pytest.raises(EmoTalkError, match=r"EmoTalk needs PyTorch, .* cannot load \(libtorch.so: file too short\)"):
        import_torch("EmoTalk")


@pytest.fixture
def python_without_torch(tmp_path):
    """An interpreter in which importing torch, or anything else that Blender's Python lacks, fails."""
    script = tmp_path / "without_torch.py"
    script.write_text(
        textwrap.dedent(f"""
        import runpy, sys
        class Refusal:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in ("torch", "scipy", "soundfile", "tqdm", "transformers"):
                    raise ImportError(f"{{name}} was imported")
        sys.meta_path.insert(0, Refusal())
        runpy.run_path({str(WORKER)!r}, run_name="__main__")
        """)
    )
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{script}"\n')
    python.chmod(0o755)
    return python


def test_the_built_in_model_never_imports_torch(python_without_torch, ask_worker, line_wav, tmp_path):
    request = {"verb": "animate", "audio": str(line_wav), "output": str(tmp_path / "x.npz"), "device": "cuda"}
    last = ask_worker(python_without_torch, request)
    assert last["kind"] == "result"
    assert last["device"] == "CPU, float32"
    assert last["speed"] > 1
    told = ask_worker(python_without_torch, {"verb": "describe"})
    assert told["torch"] is None
    assert "torch was imported" in told["problem"]


def test_a_worker_performs_with_imported_weights(ask_worker, user_weights, small_checkpoint, line_wav, tmp_path):
    import_weights(small_checkpoint, "My actor")
    request = {"verb": "animate", "audio": str(line_wav), "output": str(tmp_path / "x.npz"), "model": "My actor"}
    last = ask_worker(sys.executable, {**request, "device": "cpu", "precision": "bfloat16"})
    assert (last["kind"], last["device"]) == ("result", f"CPU, bfloat16, by {by_library('bfloat16')}")
    last = ask_worker(sys.executable, {**request, "device": "abacus"})
    assert last["sentence"] == "There is no device named 'abacus'; there are: auto, cpu, cuda, mps"


def test_listing_weights_and_devices_imports_no_torch():
    script = (
        "import sys; from emotalk.inference.checkpoints import importing; from emotalk.inference.worker import jobs\n"
        "from emotalk.inference.models import loading\n"
        "loading.load_model('emotalk-compact'); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_windows_are_chosen_and_said(user_weights, small_checkpoint):
    import_weights(small_checkpoint, "windowed")
    assert load_model("windowed", "cpu", windowed=True).runs_on == f"CPU, float32, windowed, by {by_library('float32')}"
    speech = Speech(np.random.default_rng(0).normal(size=300_000).astype(np.float32))
    whole, windows = (load_model("windowed", "cpu", windowed=w).encode(speech) for w in (False, True))
    assert windows.frames == whole.frames
    assert np.abs(windows.arrays["fused"] - whole.arrays["fused"]).max() > 1e-6


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries return memory as they like")
def test_large_blocks_go_back_to_the_system():
    command = [sys.executable, "-c", textwrap.dedent(FREES_BLOCKS)]
    kept, returned = (
        int(subprocess.run([*command, way], capture_output=True, text=True, check=True).stdout)
        for way in ("kept", "returned")
    )
    assert returned < kept - 100
