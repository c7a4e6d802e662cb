"""Each term of the loss answers to the error that it is there for."""

import dataclasses

import numpy as np
import pytest
import torch
from emotalk.face import arkit
from emotalk.face.basis import ARKIT
from emotalk.inference.models.compact import SIGNALS
from emotalk.training.compact.batches import CROP_FRAMES, Batch
from emotalk.training.compact.losses import losses
from emotalk.training.compact.network import CompactNetwork, PhoneHead
from emotalk.training.compact.recipe import read_recipe

LINES = 2


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return CompactNetwork(read_recipe().network).eval()


@pytest.fixture(scope="module")
def head():
    torch.manual_seed(0)
    return PhoneHead(read_recipe().network).eval()


def batch():
    rng = np.random.default_rng(0)

    def rows(*shape):
        return torch.from_numpy(rng.random((LINES, *shape)).astype(np.float32))

    return Batch(
        mel=rows(408, 64),
        prosody_input=rows(102, 40),
        emotions=rows(CROP_FRAMES, 8),
        styles=rows(CROP_FRAMES, 24),
        levels=rows(CROP_FRAMES),
        values=rows(CROP_FRAMES, 52),
        signals=rows(CROP_FRAMES, 4).round(),
        phones=torch.zeros(LINES, 204, dtype=torch.int64),
        prosody=rows(102, 2),
    )


def terms(network, head, monkeypatch, offset, signals=None):
    """The loss where the network's coefficients are the targets and an offset."""
    target = batch()
    monkeypatch.setattr(network, "decode", lambda *_inputs: target.values + offset)
    if signals is not None:
        target = dataclasses.replace(target, signals=signals)
    with torch.no_grad():
        parts = losses(network, head, target, torch.arange(CROP_FRAMES) / 30, False)
    weights = read_recipe().losses
    assert parts.keys() == weights.keys()
    return {name: weights[name] * float(part) for name, part in parts.items()}


def constant(**stems):
    return torch.from_numpy(arkit.row(stems)).expand(LINES, CROP_FRAMES, 52)


def test_no_error_costs_nothing(network, head, monkeypatch):
    parts = terms(network, head, monkeypatch, torch.zeros(1))
    assert parts["values"] == parts["speed"] == parts["aperture"] == 0
    assert min(parts[name] for name in parts.keys() - {"values", "speed", "aperture"}) > 0


@pytest.mark.parametrize("stem", ["jawOpen", "mouthLowerDown", "mouthFunnel", "mouthClose", "browInnerUp"])
def test_an_error_of_the_opening_costs_what_the_formula_says(network, head, monkeypatch, stem):
    parts = terms(network, head, monkeypatch, constant(**{stem: 0.1}))
    opened = 0.1 * ARKIT.lip_weights[arkit.indices(arkit.sides(stem))].sum()
    assert parts["aperture"] == pytest.approx(30 * opened**2, rel=1e-4, abs=1e-9)
    assert parts["speed"] == pytest.approx(0, abs=1e-9)


def test_lips_and_jaw_cost_more_than_brows(network, head, monkeypatch):
    costs = [
        terms(network, head, monkeypatch, constant(**{name: 0.1}))["values"]
        for name in ("browInnerUp", "mouthPucker", "jawOpen")
    ]
    np.testing.assert_allclose(np.array(costs) / costs[0], [1, 3, 6], rtol=1e-4)


def test_a_tremor_costs_speed(network, head, monkeypatch):
    tremor = torch.where(torch.arange(CROP_FRAMES) % 2 == 0, 0.1, -0.1)[:, None] * constant(jawOpen=1.0)
    still, trembling = (terms(network, head, monkeypatch, offset) for offset in (constant(jawOpen=0.1), tremor))
    assert trembling["values"] == pytest.approx(still["values"], rel=1e-4)
    assert trembling["speed"] > still["values"]


@pytest.mark.parametrize(("column", "name"), list(enumerate(SIGNALS)))
def test_each_signal_has_its_own_term(network, head, monkeypatch, column, name):
    plain = terms(network, head, monkeypatch, torch.zeros(1))
    signals = batch().signals
    signals[..., column] = 1 - signals[..., column]
    changed = terms(network, head, monkeypatch, torch.zeros(1), signals)
    assert {key for key in plain if abs(plain[key] - changed[key]) > 1e-6} == {name}
