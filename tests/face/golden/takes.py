"""Blinks, glances and head motion that must not change while the code around them does: a seed promises the same take.

    python tests/face/golden/takes.py    # writes takes.npz anew: only where a change of the motion is meant

Numbers are stored in thousandths.
"""

from pathlib import Path

import numpy as np
from emotalk.face import arkit
from emotalk.face.basis import ARKIT
from emotalk.face.controls import Controls
from emotalk.face.curves import FaceCurves
from emotalk.face.liveliness import liven

TAKES = Path(__file__).with_name("takes.npz")
LIDS = arkit.indices(name for name in arkit.CHANNELS if name.startswith(("eyeBlink", "eyeWide")))
SECONDS = 75
CASES = {
    "varied": (30.0, {"seed": 2}),
    "defaults": (30.0, {"eye_variety": 0}),
    "lively": (
        25.0,
        {
            "seed": 5,
            "eye_variety": 0,
            "blink_rate": 50,
            "gaze_gain": 1.7,
            "head_gain": 1.3,
            "time_offset": -130,
            "anger": 0.7,
            "contempt": 0.4,
            "intensity": np.linspace(0.3, 1.2, 25 * SECONDS),
        },
    ),
    "released": (24.0, {"blink_kind": "Released demo", "seed": 9, "clamping": "Off", "sad": 0.8, "time_offset": 60}),
}


def loudness(fps):
    """Phrases of uneven syllables, and pauses from a tenth of a second to two seconds."""
    rng = np.random.default_rng(2)
    level = np.full(round(fps * SECONDS), 1e-3)
    now = 0.4
    while now < SECONDS - 5:
        for _ in range(int(rng.integers(2, 14))):
            times = (np.arange(len(level)) / fps - now) / 0.11
            level += rng.uniform(0.05, 0.4) * np.exp(-0.5 * times**2)
            now += rng.uniform(0.15, 0.3)
        now += rng.choice([0.2, 0.35, 1.0, 2.0])
    return level


def takes():
    """Eyes, head and lids of every case, in thousandths, by the names they have in the file."""
    arrays = {}
    for name, (fps, controls) in CASES.items():
        level = loudness(fps)
        values = np.zeros((len(level), 52), np.float32)
        values[:, LIDS] = 0.5
        take = liven(FaceCurves(values, ARKIT, fps), level, Controls(controls))
        parts = {"eyes": take.eyes.values, "head": take.head.values, "lids": take.face.values[:, LIDS]}
        arrays |= {f"{name} {part}": np.round(1000 * numbers).astype(np.int16) for part, numbers in parts.items()}
    return arrays


if __name__ == "__main__":
    np.savez_compressed(TAKES, **takes())
