"""FLINT against its plain arithmetic, with random weights."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from emotalk.inference.checkpoints.emote_converter import convert_flint
from emotalk.inference.checkpoints.safetensors_file import write_safetensors
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.models.biased_attention import bias_by_distance
from emotalk.inference.models.flint import Flint, FlintConfig
from emotalk.inference.registry import FLINT_SPEC


@pytest.fixture(scope="module", params=[50, 100])
def config(request, emote_config):
    return replace(emote_config.prior, expressions=request.param)


@pytest.fixture(scope="module")
def network(plain_emote, config):
    torch.manual_seed(0)
    network = plain_emote.PlainFlint(config).eval()
    plain_emote.randomise(network)
    return network


@pytest.fixture(scope="module")
def flint(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("flint") / "FLINT.safetensors"
    conversion = convert_flint(network.state_dict(), "flint.ckpt", FLINT_SPEC)
    write_safetensors(path, conversion.arrays, {"model": "flint", "config": json.dumps(conversion.config)})
    return Flint.load(path)


def motion_of(frames, config):
    return np.random.default_rng(0).normal(size=(frames, config.channels)).astype(np.float32)


@pytest.mark.parametrize("frames", [8, 32, 1000])
def test_latents_and_motion_are_the_released_ones(plain_emote, network, flint, config, frames):
    motion = motion_of(frames, config)
    with plain_emote.plain_layers(), torch.no_grad():
        mean, logvar = network.motion_encoder(torch.from_numpy(motion)[None])
        exact = network.motion_decoder(mean)[0]
    latents = flint.encode(motion)
    assert latents.shape == (frames // 8, 32)
    np.testing.assert_allclose(latents, mean[0], atol=2e-5)
    with torch.inference_mode():
        np.testing.assert_allclose(flint._encoder.forward(torch.from_numpy(motion))[1], logvar[0], atol=2e-5)
    np.testing.assert_allclose(flint.decode(latents), exact, atol=2e-5)


@pytest.mark.parametrize("frames", [1, 7, 9])
def test_the_last_frame_is_repeated_until_all_have_a_latent(flint, config, frames):
    motion = motion_of(frames, config)
    filled = np.concatenate([motion, np.repeat(motion[-1:], -frames % 8, axis=0)])
    assert flint.encode(motion).tobytes() == flint.encode(filled).tobytes()


def test_the_bias_is_symmetric_and_halves_from_head_to_head():
    bias = bias_by_distance(100, 8, 30, torch.device("cpu"))
    assert bias.shape == (8, 199)
    torch.testing.assert_close(bias, bias.flip(1))
    assert not bias[:, 99 - 29 : 99 + 30].any()
    torch.testing.assert_close(bias[:, 99 + 60], torch.tensor([-2 * 2.0 ** -(h + 1) for h in range(8)]))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{}", "lack|do not fit"),
        ("[", "says nothing usable"),
        (json.dumps({"width": 30}), "30 columns, which 8 heads"),
        (json.dumps({"expressions": 0}), "says that it has 0 expressions"),
    ],
)
def test_a_header_that_cannot_be_is_refused(tmp_path, text, says):
    path = tmp_path / "x.safetensors"
    write_safetensors(path, {"a": np.zeros(1, np.float32)}, {"model": "flint", "config": text})
    with pytest.raises(EmoTalkError, match=says):
        Flint.load(path)
    write_safetensors(path, {"a": np.zeros(1, np.float32)}, {"model": "emote"})
    with pytest.raises(EmoTalkError, match="not FLINT's"):
        Flint.load(path)


def test_the_published_sizes():
    assert (FlintConfig().frames_per_latent, FlintConfig().channels) == (8, 103)
