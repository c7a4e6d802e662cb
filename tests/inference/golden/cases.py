"""Curves that must not change while the code around them does, and the script that wrote them down.

    python tests/inference/golden/cases.py    # writes curves.npz anew: only where a change of the curves is meant

Where sums are made in another order (another processor, another BLAS), the last bits differ; ``arithmetic`` tells.
"""

import hashlib
import runpy
from pathlib import Path

import numpy as np
from emotalk.face.controls import STILL_ACTING, Controls

HERE = Path(__file__).parent
CURVES = HERE / "curves.npz"
LINE = HERE.parents[2] / "samples" / "line.wav"
FRAMES = 193

MIXED = {
    "anger": 1,
    "happy": 0.3,
    "intensity": np.linspace(0, 1.4, FRAMES),
    "emotion_level": 0.8,
    "style_blend": 0.3,
    "seed": 3,
}
SHAPED = {
    "jaw_gain": 1.4,
    "lip_gain": np.linspace(0.2, 1.6, FRAMES),
    "brow_gain": 1.5,
    "eye_gain": 0.7,
    "smoothing": 60,
    "time_offset": 40,
    "savitzky_golay": "On",
    "surprise": 0.6,
}
RELEASED = {
    "clamping": "Off",
    "blink_kind": "Released demo",
    "seed": 7,
    "gaze_gain": 1.5,
    "head_gain": 1.5,
    "sad": 0.8,
    "jaw_gain": 1.8,
}
STYLES = {
    "emotalk-compact": {"personal_style": "Toothy", "second_style": "Drawl"},
    "emotalk": {"personal_style": "Actor 09", "second_style": "Actor 22"},
}
STILL = {
    name: STILL_ACTING | case
    for name, case in {"defaults": {}, "mixed": MIXED, "shaped": SHAPED, "released": RELEASED}.items()
}
"""Without the acting: these curves are older than it."""
CONTROLS = STILL | {"acting": {}, "acting mixed": MIXED}


def performances(folder):
    """Face and head of every case, by the names they have in the file."""
    from emotalk.face.curve_files import read_curves, write_curves
    from emotalk.inference.engine import Engine
    from emotalk.inference.sound.audio import read_speech

    speech = read_speech(LINE)
    arrays = {}
    for model_id, model in (("emotalk-compact", compact()), ("emotalk", emotalk(folder))):
        engine = Engine(lambda *_, model=model: model)
        for name, controls in CONTROLS.items():
            controls = controls | STYLES[model_id] if "mixed" in name else controls
            path = folder / "curves.npz"
            write_curves(path, engine.perform(speech, Controls(controls)))
            performance = read_curves(path)
            arrays[f"{model_id} {name} face"] = performance.face.values
            arrays[f"{model_id} {name} head"] = performance.head.values
    return arrays


def compact():
    """The built-in model."""
    from emotalk.inference.models.loading import load_model

    return load_model("emotalk-compact")


def emotalk(folder):
    """A small network in the released format with random weights, through import and weights file."""
    import torch
    from emotalk.inference.checkpoints.importing import convert_checkpoint
    from emotalk.inference.models.emotalk import EmoTalk
    from emotalk.inference.registry import EMOTALK_SPEC

    torch.save(runpy.run_path(str(HERE.parents[1] / "released_state.py"))["released_state"](), folder / "released.pth")
    convert_checkpoint(folder / "released.pth", folder / "released.safetensors")
    return EmoTalk.load(folder / "released.safetensors", EMOTALK_SPEC)


def arithmetic():
    """The same where NumPy and PyTorch add up in the same order."""
    import torch

    rng = np.random.default_rng(0)
    left, right = (rng.standard_normal(shape, np.float32) for shape in ((300, 384), (384, 200)))
    products = left @ right, (torch.from_numpy(left) @ torch.from_numpy(right)).numpy(), left.mean(axis=1)
    return hashlib.sha256(b"".join(product.tobytes() for product in products)).hexdigest()


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as temporary:
        np.savez_compressed(CURVES, arithmetic=np.array(arithmetic()), **performances(Path(temporary)))
