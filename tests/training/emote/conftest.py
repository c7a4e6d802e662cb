"""FLAME and the takes of a synthetic actor, and EMOTE of inference for a network that is trained."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from emotalk.face.basis import FLAME
from emotalk.face.controls import Controls
from emotalk.inference.contract import ModelSpec, Speech
from emotalk.inference.models.emote import Emote


@pytest.fixture(scope="session")
def acting():
    """The module with synthetic takes."""
    return SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("acting.py"))))


@pytest.fixture(scope="session")
def flame(acting):
    return acting.flame()[0]


@pytest.fixture
def flame_basis():
    return FLAME(50)


@pytest.fixture
def perform():
    """A function: what inference's EMOTE makes of samples with the weights of a network in training; happy, strong."""

    def run(network, convolutions, samples):
        weights = {name: torch.from_numpy(array) for name, array in network.arrays().items()}
        weights |= {f"audio_encoder.{name}": weight for name, weight in convolutions.weights.items()}
        styles = tuple(f"Actor {number}" for number in range(network.config.identities))
        spec = ModelSpec(FLAME(network.config.prior.expressions), 25.0, styles=styles)
        model = Emote(weights, network.config, spec)
        controls = Controls({"happy": 1, "intensity": 1.5, "personal_style": styles[-1]})
        return model.decode(model.encode(Speech(samples)), controls).values

    return run
