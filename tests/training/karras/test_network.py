from dataclasses import replace

import numpy as np
import pytest
import torch
from emotalk.face.basis import ARKIT
from emotalk.face.controls import Controls
from emotalk.inference.contract import SAMPLE_RATE, ModelSpec, Speech
from emotalk.inference.models.karras import HOP, WINDOW, Karras, autocorrelation, power_spectra
from emotalk.inference.sound.log_mel import speech_level
from emotalk.training.karras.export import inference_arrays
from emotalk.training.karras.mining import Preset
from emotalk.training.karras.network import KarrasNetwork, NetworkConfig, Noise, principal_components

MOODS = ("Mood 1", "Mood 2")
SMALL = NetworkConfig((4, 5, 6, 7, 8), 12, 4, 6, 0.3, 0.4)


@pytest.fixture(scope="module")
def poses():
    return np.random.default_rng(0).uniform(0.2, 0.8, (200, 52)).astype(np.float32)


@pytest.mark.parametrize("config", [SMALL, NetworkConfig(compression=0.5)], ids=["small", "paper"])
def test_both_networks_agree(config, poses):
    torch.manual_seed(0)
    network = KarrasNetwork(config, poses).eval()
    network.output[1].weight.data *= 30
    rng = np.random.default_rng(1)
    neutral, *vectors = rng.normal(0, 1, (3, config.emotion_size)).astype(np.float32)
    presets = [Preset(name, vector, np.zeros(52)) for name, vector in zip(MOODS, vectors, strict=True)]
    spec = ModelSpec(ARKIT, SAMPLE_RATE / (2 * HOP), MOODS)
    model = Karras(inference_arrays(network, neutral, presets), {"compression": config.compression}, spec)
    samples = (rng.normal(0, 0.1, SAMPLE_RATE) * np.linspace(0, 1, SAMPLE_RATE)).astype(np.float32)
    performed = model.decode(model.encode(Speech(samples)), Controls({"Mood 1": 0.3, "Mood 2": 0.6}, MOODS)).values
    moments = len(performed)
    first, count = -WINDOW * HOP // 2 - HOP // 2, WINDOW + 2 * (moments - 1)
    frames = autocorrelation(power_spectra(samples, first, count, speech_level(samples)), config.compression)
    vector = neutral + 0.3 * (vectors[0] - neutral) + 0.6 * (vectors[1] - neutral)
    emotions = torch.from_numpy(vector).expand(1, moments, -1)
    with torch.no_grad():
        wanted = network(torch.from_numpy(frames)[None], torch.zeros(1, len(frames), 0), emotions, 2)[0].numpy()
    np.testing.assert_allclose(performed, np.clip(wanted, 0, 1), atol=1e-4)
    assert wanted.std(axis=0).max() > 5e-3


def test_the_paper_has_so_many_weights(poses):
    network = KarrasNetwork(NetworkConfig(), np.zeros((200, 37), np.float32))
    assert sum(p.numel() for p in network.formant.parameters()) == 319_387
    assert sum(p.numel() for p in network.articulation.parameters()) == 1_103_104
    with pytest.raises(ValueError, match="5 layers"):
        replace(SMALL, formant_widths=(1, 2))


def test_the_last_layer_begins_with_the_principal_components(poses):
    network = KarrasNetwork(replace(SMALL, components=150), poses)
    weight, bias = network.output[1].weight.detach().numpy(), network.output[1].bias.detach().numpy()
    np.testing.assert_allclose(bias, poses.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(weight @ weight.T, np.cov(poses.T, bias=True), atol=1e-5)


def test_fewer_components_are_those_that_vary_most():
    rng = np.random.default_rng(0)
    hidden = rng.normal(0, 1, (500, 2)) * (3, 1)
    poses = torch.from_numpy((hidden @ np.eye(2, 5)).astype(np.float32))
    _, components = principal_components(poses, 1)
    assert components.shape == (1, 5)
    assert np.argmax(np.abs(components.numpy())) == 0
    assert float(components.norm()) == pytest.approx(float(poses[:, 0].std()), rel=0.02)


def test_noise_multiplies_channels_of_a_sample_by_one_draw():
    torch.manual_seed(0)
    noise, hidden = Noise(0.4).train(), torch.ones(300, 7, 20)
    noisy = noise(hidden)
    assert torch.equal(noisy, noisy[:, :1].expand_as(noisy))
    np.testing.assert_allclose(noisy[:, 0].square().mean(dim=1), 1, atol=1e-5)
    spread = noisy[:, 0].log().std().item()
    assert spread == pytest.approx(np.log(1.4), rel=0.05)
    assert torch.equal(noise.eval()(hidden), hidden)


def test_only_the_formant_network_is_noisy_and_adjacent_moments_share_it(poses):
    network = KarrasNetwork(SMALL, poses).train()
    frames, nothing, emotions = torch.rand(2, 3, 32), torch.zeros(2, 3, 0), torch.rand(5, 4)
    torch.manual_seed(1)
    noisy = network.formants(frames[:, :1].expand(-1, 3, -1), nothing)
    assert torch.equal(noisy[:, 0], noisy[:, 2])
    assert not torch.equal(network.formants(frames, nothing), network.formants(frames, nothing))
    windows = torch.rand(5, 64, 8)
    assert torch.equal(network.poses(windows, emotions), network.poses(windows, emotions))


def test_stretches_are_their_windows(poses):
    torch.manual_seed(0)
    network = KarrasNetwork(SMALL, poses, 5).eval()
    frames, content, emotions = torch.rand(1, WINDOW + 8, 32), torch.rand(1, WINDOW + 8, 5), torch.rand(1, 3, 4)
    together = network(frames, content, emotions, 4)
    for moment in range(3):
        window = slice(4 * moment, 4 * moment + WINDOW)
        alone = network(frames[:, window], content[:, window], emotions[:, moment : moment + 1], 4)
        torch.testing.assert_close(together[:, moment : moment + 1], alone)


def test_a_sample_goes_without_some_channels_in_all_of_its_moments(poses):
    network = KarrasNetwork(replace(SMALL, dropout=0.5), poses).train()
    torch.manual_seed(0)
    mask = network._without_some(torch.ones(4000, 2, 3), 2)
    assert set(mask.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(mask[::2], mask[1::2])
    assert torch.equal(mask[:, 0], mask[:, 1])
    assert mask.mean().item() == pytest.approx(1, abs=0.1)
    windows, emotions = torch.rand(4, 64, 8), torch.rand(4, 4)
    assert not torch.equal(network.poses(windows, emotions), network.poses(windows, emotions))
    network.eval()
    assert torch.equal(network.poses(windows, emotions), network.poses(windows, emotions))


def test_content_features_are_heard_and_are_noisy_in_training(poses):
    torch.manual_seed(0)
    network = KarrasNetwork(SMALL, poses, 5).eval()
    frames, content = torch.rand(2, 3, 32), torch.rand(2, 3, 5)
    assert torch.equal(network.formants(frames, content)[:, :, 8:], content)
    noisy = network.train().formants(frames, content)[:, :, 8:]
    torch.testing.assert_close(noisy[:, 0] / content[:, 0], noisy[:, 2] / content[:, 2])
    assert not torch.allclose(noisy, content, rtol=0.01)
