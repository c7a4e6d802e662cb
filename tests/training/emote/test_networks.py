"""The twins for training against inference, with random weights that all count."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from emotalk.face.flame.skinning import posed
from emotalk.inference.contract import EmoTalkError, Speech
from emotalk.inference.models.emote import EmoteConfig
from emotalk.inference.models.flint import Flint, FlintConfig
from emotalk.inference.models.wav2vec2 import BASE
from emotalk.training.emote.audio_encoder import Convolutions, Disturbances, read_encoder
from emotalk.training.emote.flame_vertices import FlameVertices, read_flame, rotations_of
from emotalk.training.emote.flint_network import FlintDecoder, FlintEncoder
from emotalk.training.emote.losses import divergence, vertex_loss
from emotalk.training.emote.network import EmoteNetwork
from emotalk.training.emote.recipe import EncoderSizes

PRIOR = FlintConfig(expressions=10, width=16, heads=4, feed_forward=24)


def stirred(network):
    """Every weight and every running statistic away from what it begins with."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
        for name, buffer in network.named_buffers():
            if "running" in name:
                buffer.copy_(0.5 + torch.rand(buffer.shape, generator=generator))
    return network.eval()


def test_flint_is_inferences_flint():
    encoder, decoder = stirred(FlintEncoder(PRIOR)), stirred(FlintDecoder(PRIOR))
    parts = {"motion_encoder": encoder, "motion_decoder": decoder}
    arrays = {f"{part}.{name}": torch.from_numpy(a) for part, net in parts.items() for name, a in net.arrays().items()}
    flint = Flint(arrays, PRIOR)
    motion = np.random.default_rng(0).normal(size=(2, 32, PRIOR.channels)).astype(np.float32)
    with torch.no_grad():
        mean, _ = encoder(torch.from_numpy(motion))
        moved = decoder(mean)
    for item in range(2):
        latents = flint.encode(motion[item])
        np.testing.assert_allclose(mean[item], latents, atol=5e-5)
        np.testing.assert_allclose(moved[item], flint.decode(latents), atol=5e-5)


def test_a_frozen_prior_stays_as_it_is_in_training():
    decoder = FlintDecoder(PRIOR, frozen=True).train()
    before = {name: tensor.clone() for name, tensor in decoder.state_dict().items()}
    decoder(torch.randn(2, 4, PRIOR.width))
    assert not any(parameter.requires_grad for parameter in decoder.parameters())
    for name, tensor in decoder.state_dict().items():
        assert torch.equal(tensor, before[name]), name


@pytest.mark.parametrize("learns", [True, False])
def test_emote_is_inferences_emote(learns, perform):
    torch.manual_seed(0)
    encoder, weights = read_encoder("", EncoderSizes())
    config = EmoteConfig(encoder=encoder, features=16, feed_forward=24, identities=2, prior=PRIOR, period=5)
    network = stirred(EmoteNetwork(config, 0.25, Disturbances(0.1, 0.5, 0.2)))
    convolutions = Convolutions(weights, encoder)
    samples = (0.1 * np.random.default_rng(0).normal(size=24 * 640)).astype(np.float32)
    condition = np.zeros((1, config.condition), np.float32)
    condition[0, [1, 10, 12]] = 1
    with torch.no_grad():
        audio = network.hear(torch.from_numpy(convolutions.hear(Speech(samples)))[None], learns)
        motion = network.perform(audio, torch.from_numpy(condition))[0]
    np.testing.assert_allclose(motion, perform(network, convolutions, samples), atol=5e-5)


def test_a_file_of_hugging_face_becomes_the_encoder(tmp_path):
    transformers = pytest.importorskip("transformers")
    sizes = {"hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 96}
    options = {"conv_dim": [16] * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4}
    torch.manual_seed(0)
    theirs = transformers.Wav2Vec2Model(transformers.Wav2Vec2Config(**sizes, **options)).eval()
    torch.save({f"wav2vec2.{name}": tensor for name, tensor in theirs.state_dict().items()}, tmp_path / "model.bin")
    config, weights = read_encoder(str(tmp_path / "model.bin"), EncoderSizes())
    assert config == replace(BASE, **sizes, conv_dim=16, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4)
    network = EmoteNetwork(EmoteConfig(encoder=config, features=16, prior=PRIOR), 0.0, Disturbances()).eval()
    learnt = {name: weight for name, weight in weights.items() if not name.startswith("feature_extractor.")}
    missing = network.audio_encoder.load_state_dict(learnt, strict=False)
    assert missing.missing_keys == ["masked_spec_embed"]
    assert not missing.unexpected_keys
    rows = torch.randn(2, 30, 16)
    with torch.no_grad():
        hidden, _ = theirs.feature_projection(rows)
        expected = theirs.encoder(hidden).last_hidden_state
        np.testing.assert_allclose(network.audio_encoder(rows), expected, atol=5e-5)


def test_masks_dropout_and_left_out_layers_are_for_training_alone():
    encoder, _ = read_encoder("", EncoderSizes(num_hidden_layers=2))
    network = EmoteNetwork(EmoteConfig(encoder=encoder, features=16, prior=PRIOR), 0.25, Disturbances(0.0, 0.0, 0.3))
    rows = torch.randn(2, 40, encoder.conv_dim)
    network.train()
    torch.manual_seed(1)
    first, second = network.hear(rows, learns=True), network.hear(rows, learns=True)
    assert not torch.equal(first, second)
    assert torch.equal(network.hear(rows, learns=False), network.hear(rows, learns=False))
    assert network.audio_encoder.training
    network.hear(rows, learns=False).sum().backward()
    assert all(parameter.grad is None for parameter in network.audio_encoder.parameters())


def test_vertices_are_those_of_the_skinning(flame):
    rng = np.random.default_rng(2)
    # The joints of this FLAME lie far from its expressions; here a smile moves them.
    flame = replace(flame, regressor=np.tile(rng.dirichlet(np.ones(5023)), (5, 1)))
    motion = rng.normal(size=(4, 53)).astype(np.float32)
    motion[:, -3:] = rng.uniform(-0.6, 0.6, size=(4, 3))
    vertices = FlameVertices(flame, 50)(torch.from_numpy(motion))
    for row, found in zip(motion, vertices, strict=True):
        pose = np.zeros((5, 3))
        pose[2] = row[-3:]
        np.testing.assert_allclose(found, posed(flame, None, row[:50], pose), atol=1e-6)
    some = FlameVertices(flame, 50, [7, 5000])(torch.from_numpy(motion))
    torch.testing.assert_close(some, vertices[:, [7, 5000]])


def test_a_jaw_at_rest_has_a_gradient():
    jaw = torch.zeros(1, 3, requires_grad=True)
    rotations_of(jaw)[0, 2, 1].backward()
    np.testing.assert_allclose(jaw.grad, [[1, 0, 0]], atol=1e-5)


def test_losses_are_the_means_that_they_say():
    wanted = torch.zeros(2, 3, 4, 3)
    valid = torch.tensor([[1.0, 1, 0], [1, 1, 1]])
    moved = wanted.clone()
    moved[0, 0], moved[0, 2] = 2e-3, 100.0
    torch.testing.assert_close(vertex_loss(moved, wanted, valid), torch.tensor([2.0, 0.0]))
    normal = torch.distributions.Normal(torch.tensor([[[0.5, -1.0]]]), torch.tensor([[[0.7, 2.0]]]))
    expected = torch.distributions.kl_divergence(normal, torch.distributions.Normal(0.0, 1.0)).sum()
    torch.testing.assert_close(divergence(normal.mean, 2 * normal.stddev.log()), expected)


def test_a_file_that_is_no_flame_is_named(tmp_path, flame_basis):
    with pytest.raises(EmoTalkError, match="name your FLAME file with --set flame=FILE"):
        read_flame("", flame_basis)
    with pytest.raises(EmoTalkError, match="cannot be read"):
        read_flame(str(tmp_path / "none.pkl"), flame_basis)
