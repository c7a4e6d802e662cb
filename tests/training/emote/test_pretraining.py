"""Convolutions that learn to tell the log-mel spectrum, where there are no weights of wav2vec 2.0."""

import numpy as np
import pytest
import torch
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.inference.models.emote import whole_frames
from emotalk.inference.models.wav2vec2 import zero_mean_unit_variance
from emotalk.inference.sound.log_mel import HOP, log_mel, speech_level
from emotalk.training.emote.audio_encoder import Convolutions, is_convolution, read_encoder
from emotalk.training.emote.pretraining import _draw, convolve, pretrain_convolutions
from emotalk.training.emote.recipe import EncoderSizes

SIZES = EncoderSizes(conv_dim=32)


@pytest.fixture(scope="module")
def random_filters():
    torch.manual_seed(0)
    config, weights = read_encoder("", SIZES)
    return config, {name: weight for name, weight in weights.items() if is_convolution(name)}


@pytest.fixture(scope="module")
def voices(acting):
    return [acting.act(seed, "neutral", seconds=4.0).speech for seed in range(4)]


def test_training_hears_what_inference_hears(random_filters, voices):
    config, weights = random_filters
    weights = {name: weight + 0.1 * torch.rand_like(weight) for name, weight in weights.items()}
    samples = torch.from_numpy(zero_mean_unit_variance(whole_frames(voices[0].samples).ravel()))
    rows = convolve(weights, config, samples[None])[0]
    frames = Convolutions(weights, config).hear(voices[0])
    # Resampled with aligned corners: first and last are rows of the convolutions themselves.
    np.testing.assert_allclose(frames[[0, -1]], rows[[0, -1]], rtol=1e-3, atol=1e-4)


def test_a_stretch_of_sound_has_its_own_stretch_of_the_spectrum(random_filters):
    config, _ = random_filters
    rows = 5 * config.hop * np.arange(200, dtype=np.float32)
    sound = 5 * np.arange(200 * config.hop + config.receptive_field, dtype=np.float32), np.tile(rows[:, None], (1, 3))
    samples, spectra = _draw([sound], config, np.random.default_rng(0))
    assert samples[:, 0].std() > 0
    assert (samples[:, :: config.hop][:, : spectra.shape[1]] == spectra[..., 0]).all()
    assert config.feature_count(samples.shape[1]) == spectra.shape[1]


def told(weights, config, voices):
    """The share of the variance of held-out log-mel frames that feature rows give by a linear map."""
    rows, frames = [], []
    for voice in voices:
        heard = Convolutions(weights, config).hear(voice)
        spectrum = log_mel(voice.samples, speech_level(voice.samples), 0, len(voice.samples) // HOP)
        middles = (np.arange(len(heard)) * (len(spectrum) - 2.5) / (len(heard) - 1) + 1.25).astype(int)
        rows.append(np.column_stack([heard, np.ones(len(heard))]))
        frames.append(spectrum[middles])
    known, wanted = np.concatenate(rows[:-1]), np.concatenate(frames[:-1])
    ridge = 1e-3 * len(known) * np.diag(known.var(axis=0) + 1e-6)
    given = rows[-1] @ np.linalg.solve(known.T @ known + ridge, known.T @ wanted)
    return 1 - np.square(given - frames[-1]).mean() / frames[-1].var(axis=0).mean()


def test_what_is_learnt_tells_the_spectrum_of_sounds_that_were_not_heard(random_filters, voices):
    config, weights = random_filters
    learnt = pretrain_convolutions(weights, config, voices[:-1], 80, 0)
    before, after = told(weights, config, voices), told(learnt, config, voices)
    print(before, after)
    assert after > before + 0.2


def test_the_same_sounds_and_seed_give_the_same_filters_from_short_sounds_too(random_filters):
    config, weights = random_filters
    short = Speech((0.1 * np.random.default_rng(0).normal(size=SAMPLE_RATE // 2)).astype(np.float32))
    first, again, other = (pretrain_convolutions(weights, config, [short], 2, seed) for seed in (1, 1, 2))
    assert set(first) == set(weights)
    for name, weight in first.items():
        assert torch.equal(weight, again[name]), name
        assert not torch.equal(weight, weights[name]), name
    assert not all(torch.equal(weight, other[name]) for name, weight in first.items())
