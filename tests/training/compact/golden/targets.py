"""What a seed gives: targets of the teacher and a batch, which must not change while the code around them does.

    python tests/training/golden/targets.py    # writes targets.npz anew: only where a change of the training is meant

Numbers are stored in thousandths. A recipe with its seed promises the same training.
"""

from pathlib import Path

import numpy as np
from emotalk.face.phones import PHONES, PhoneSegment
from emotalk.face.styles import STYLES
from emotalk.training.compact.batches import draw_batch
from emotalk.training.compact.corpus import make_line
from emotalk.training.compact.prosody import measure_accents, measure_prosody
from emotalk.training.compact.teacher import Conditioning, build_score, targets_for

TARGETS = Path(__file__).with_name("targets.npz")
SHOWN = {
    "mel": np.s_[:, ::17, ::9],
    "prosody_input": np.s_[:, ::7, ::5],
    "values": np.s_[:, ::9],
    "styles": np.s_[:, 0],
}
"""Of the large tensors of a batch only a part is stored."""


def phones():
    """Six seconds of all phones and some pauses."""
    rng = np.random.default_rng(1)
    names = ["SIL", *rng.permutation(PHONES[1:]), "SIL", *rng.choice(PHONES, 20), "SIL"]
    ends = np.cumsum(rng.uniform(0.04, 0.16, len(names)))
    starts = [0.0, *ends[:-1]]
    return tuple(PhoneSegment(str(n), float(a), float(b)) for n, a, b in zip(names, starts, ends, strict=True))


def conditioning(frames):
    """Every style and every emotion, one after the other."""
    rng = np.random.default_rng(2)
    styles = np.zeros((frames, len(STYLES)), np.float32)
    styles[np.arange(frames), np.arange(frames) * len(STYLES) // frames] = 1
    emotions = np.zeros((frames, 8), np.float32)
    emotions[np.arange(frames), np.arange(frames) // 5 % 8] = rng.uniform(0, 1.4, frames)
    return Conditioning(styles, rng.random(frames).astype(np.float32), emotions, rng.random(frames))


def line():
    """A line of random features with these phones."""
    rng = np.random.default_rng(3)
    spoken = phones()
    mel = rng.normal(0, 0.5, (int(spoken[-1].end * 100) + 1, 64)).astype(np.float16)
    prosody_input = rng.random((int(spoken[-1].end * 25) + 1, 40)).astype(np.float16)
    return make_line("line", "speaker", mel, prosody_input, spoken)


def numbers():
    """All arrays, in thousandths, by the names they have in the file."""
    spoken = phones()
    frames = int(spoken[-1].end * 30)
    loudness = np.random.default_rng(4).normal(-20, 8, len(spoken))
    targets = targets_for(build_score(spoken, loudness), np.arange(frames) / 30, conditioning(frames))
    arrays = {f"teacher {name}": array for name, array in vars(targets).items()}
    arrays["teacher contacts"] = targets.with_contacts()
    prosody = measure_prosody(np.random.default_rng(5).random((120, 40)))
    arrays |= {"prosody": prosody, "accents": measure_accents(prosody)}
    batch = draw_batch([line()], 12, np.random.default_rng(6))
    arrays |= {f"batch {name}": tensor.numpy()[SHOWN.get(name, np.s_[:])] for name, tensor in vars(batch).items()}
    return {name: np.round(1000 * array).astype(np.int32) for name, array in arrays.items()}


if __name__ == "__main__":
    np.savez_compressed(TARGETS, **numbers())
