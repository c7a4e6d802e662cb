"""A small actor: takes whose jaw follows the loudness of bursts, and a recipe that fits in seconds."""

import numpy as np
import pytest
from emotalk.face.basis import ARKIT
from emotalk.face.curves import FaceCurves
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.inference.sound.rms import frame_rms
from emotalk.training.captures.take import Labels, Take
from emotalk.training.karras.network import NetworkConfig
from emotalk.training.karras.recipe import KarrasRecipe

SMALL = NetworkConfig((4, 5, 6, 7, 8), 12, 4, 6, 0.3, 0.4)


def take(name, seconds=6.0, seed=0, basis=ARKIT, fps=30.0):
    """Bursts of noise with pauses; the jaw opens with them, and lids blink once."""
    rng = np.random.default_rng(seed)
    loud = np.repeat(rng.choice((0.0, 0.3, 1.0), int(seconds * 5) + 1), SAMPLE_RATE // 5)[: int(seconds * SAMPLE_RATE)]
    speech = Speech((loud * rng.normal(0, 0.1, len(loud))).astype(np.float32), f"{name}.wav")
    frames = int(seconds * fps)
    values = np.zeros((frames, len(basis)), np.float32)
    jaw = 5 * frame_rms(speech, frames, fps)
    values[:, basis.index["jawOpen" if basis is ARKIT else "jaw_x"]] = jaw
    if basis is ARKIT:
        values[:, basis.columns(("mouthLowerDownLeft", "mouthLowerDownRight"))] = 0.3 * jaw[:, None]
        values[30:36, basis.columns(("eyeBlinkLeft", "eyeBlinkRight"))] = 1
    return Take(name, speech, FaceCurves(values, basis, fps), Labels())


def recipe(**changes):
    settings = {
        "steps": 40, "batch_size": 4, "learning_rate": 2e-3, "decay_from": 30, "decay_to": 50, "ema_decay": 0.9,
        "moments": 3, "spacing": 4, "muted": 0.1, "neutral": 0.1, "noisy": 0.3, "swapped": 0.5,
        "tempo": 1.0, "gain": 2.0, "emotion_spread": 0.01, "presets": 4, "content": "", "network": SMALL,
        "losses": {"position": 1.0, "motion": 1.0, "emotion": 1.0, "lips": 1.0, "stability": 1.0},
    }  # fmt: skip
    return KarrasRecipe(**{**settings, **changes})


@pytest.fixture(name="take_of", scope="session")
def take_fixture():
    return take


@pytest.fixture(name="recipe", scope="session")
def recipe_fixture():
    return recipe
