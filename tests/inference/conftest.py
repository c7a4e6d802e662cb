"""What the tests of the inference room share."""

import importlib
import sys
import time
import types
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
from emotalk.inference.worker.client import WorkerClient


@pytest.fixture(scope="session")
def write_silence():
    """A function that writes hours of silence as a sparse WAV file, which takes no room on the disk."""

    def write(path, seconds, rate, channels=1):
        soundfile.write(path, [[0.0] * channels], rate, "PCM_16")
        length = seconds * rate * channels * 2
        with path.open("r+b") as file:
            file.seek(40)
            file.write(length.to_bytes(4, "little"))
            file.truncate(44 + length)
        return path

    return write


@pytest.fixture
def ask_worker():
    """A function: the last message about one request to a worker of its own, in a given Python."""

    def ask(python, request):
        client = WorkerClient()
        client.start(python)
        client.submit(request)
        while True:
            for message in client.messages():
                if message["kind"] != "progress":
                    client.close()
                    return message
            time.sleep(0.01)

    return ask


@pytest.fixture(scope="session")
def plain_emote():
    """The module with the plain arithmetic of EMOTE and FLINT."""
    return _benchmark("plain_emote")


@pytest.fixture(scope="session")
def plain_laughtalk():
    """The module with the plain arithmetic of LaughTalk."""
    return _benchmark("plain_laughtalk")


def _benchmark(name):
    sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
    try:
        return importlib.import_module(name)
    finally:
        del sys.path[0]


@pytest.fixture(scope="session")
def emote_config():
    """A small EMOTE of the first version's output: 50 expressions."""
    from emotalk.inference.models.emote import EmoteConfig
    from emotalk.inference.models.flint import FlintConfig
    from emotalk.inference.models.wav2vec2 import BASE

    encoder = replace(
        BASE,
        hidden_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=192,
        conv_dim=32,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
    )
    prior = FlintConfig(expressions=50, width=32, feed_forward=48)
    return EmoteConfig(encoder=encoder, features=32, feed_forward=64, prior=prior)


@pytest.fixture(scope="session")
def make_emote(plain_emote):
    """A function: the plain arithmetic of a network with these dimensions, with random weights that all count."""
    import torch

    def make(config):
        torch.manual_seed(0)
        network = plain_emote.PlainEmote(config, with_flame=True).eval()
        plain_emote.randomise(network)
        return network

    return make


@pytest.fixture(scope="session")
def emote_network(make_emote, emote_config):
    """The plain arithmetic of the small EMOTE."""
    return make_emote(emote_config)


@pytest.fixture
def save_lightning():
    """A function that writes weights as PyTorch Lightning 1.4.9 does, among objects of its classes."""
    import torch

    name = "pytorch_lightning.callbacks.model_checkpoint"

    class ModelCheckpoint:
        def __init__(self):
            self.dirpath = "somewhere"

    class AttributeDict(dict):
        pass

    made = {name: types.ModuleType(name) for name in ("pytorch_lightning", "pytorch_lightning.callbacks", name)}
    for each in (ModelCheckpoint, AttributeDict):
        each.__module__, each.__qualname__ = name, each.__name__
        setattr(made[name], each.__name__, each)

    def save(path, state, **more):
        options = AttributeDict(rate=1e-4)
        options.owner = ModelCheckpoint()
        content = {
            "epoch": 199,
            "global_step": 51_200,
            "pytorch-lightning_version": "1.4.9",
            "state_dict": state,
            "callbacks": {ModelCheckpoint: {"best_model_score": torch.tensor(0.1), "paths": [ModelCheckpoint()]}},
            "optimizer_states": [{"state": {0: {"step": 3, "exp_avg": torch.zeros(4)}}, "param_groups": [{}]}],
            "lr_schedulers": [],
            "hyper_parameters": options,
            "sets": {ModelCheckpoint(), 3},
            **more,
        }
        sys.modules.update(made)
        try:
            torch.save(content, path)
        finally:
            for module in made:
                del sys.modules[module]
        return path

    return save
