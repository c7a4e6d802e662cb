"""FaceFormer's decoder frame by frame against PyTorch's decoder layer with full masks."""

import numpy as np
import pytest
import torch
from emotalk.inference.models.faceformer_decoder import FaceFormerDecoder, head_slopes, periodic_encoding
from emotalk.inference.models.laughtalk import LaughTalkConfig

CONFIG = LaughTalkConfig(features=16, heads=4, feed_forward=24, period=5, channels=7)


@pytest.fixture(scope="module")
def plain(plain_laughtalk):
    """One half's decoder in plain arithmetic, without its encoder; weights at which every layer shows."""
    torch.manual_seed(0)
    half = plain_laughtalk.PlainHalf(CONFIG, CONFIG.talk_encoder, encoder=False).eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in half.parameters():
            parameter.mul_(1.5).add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return half


@pytest.fixture(scope="module")
def weights(plain_laughtalk, plain):
    return {name: weight.numpy() for name, weight in plain_laughtalk.decoder_weights(plain).items()}


def memory(frames, seed=0):
    return np.random.default_rng(seed).normal(size=(frames, CONFIG.features)).astype(np.float32)


def performed(plain, rows):
    with torch.no_grad():
        return plain.perform(torch.from_numpy(rows)[None]).numpy()


@pytest.mark.parametrize("frames", [1, 2, 4, 5, 6, 61])
def test_kept_keys_and_values_give_what_full_attention_gives(plain, weights, frames):
    decoder = FaceFormerDecoder(weights, CONFIG.heads, CONFIG.period)
    rows = memory(frames)
    motion = decoder.perform(rows)
    assert motion.shape == (frames, CONFIG.channels)
    np.testing.assert_allclose(motion, performed(plain, rows), atol=2e-5)


def test_given_what_it_performed_the_whole_line_at_once_is_the_same(plain, weights):
    """Teacher forcing with one's own motion is free running."""
    rows = memory(40)
    motion = torch.from_numpy(FaceFormerDecoder(weights, CONFIG.heads, CONFIG.period).perform(rows))
    with torch.no_grad():
        seen = torch.cat([plain.start[None], plain.motion_map(motion[:-1])])[None]
        forced = plain.decode(seen, torch.from_numpy(rows)[None])[0]
    np.testing.assert_allclose(forced, motion, atol=2e-5)


@pytest.mark.parametrize(("most", "frames"), [(6, 5), (6, 6), (6, 7), (6, 12), (6, 13), (6, 50), (1, 9)])
def test_beyond_the_bound_only_the_last_frames_are_looked_at(plain, weights, most, frames):
    decoder = FaceFormerDecoder(weights, CONFIG.heads, CONFIG.period, most_keys=most)
    rows = memory(frames)
    np.testing.assert_allclose(decoder.perform(rows), bounded(plain, rows, most), atol=2e-5)


def bounded(plain, rows, most):
    """The naive loop in which keys further behind are forbidden."""
    wanted, original = rows, plain.bias
    try:
        plain.bias = lambda frames: original(frames).masked_fill(
            torch.arange(frames)[:, None] - torch.arange(frames)[None] >= most, -torch.inf
        )
        return performed(plain, wanted)
    finally:
        plain.bias = original


def test_the_memory_of_the_past_does_not_grow(weights):
    decoder = FaceFormerDecoder(weights, CONFIG.heads, CONFIG.period, most_keys=10)
    held = []
    original = decoder._attend

    def attend(row, past):
        held.append(past._rows.nbytes)
        return original(row, past)

    decoder._attend = attend
    decoder.perform(memory(500))
    assert set(held) == {2 * 4 * 20 * 4 * 4}


def test_what_comes_later_changes_nothing_before(weights):
    decoder = FaceFormerDecoder(weights, CONFIG.heads, CONFIG.period)
    rows, other = memory(30), memory(30)
    other[20:] = memory(10, seed=1)
    apart = np.abs(decoder.perform(rows) - decoder.perform(other)).max(axis=1)
    assert apart[:20].max() == 0 < apart[20]


def test_two_runs_are_the_same_bytes_and_progress_rises(weights):
    decoder, shares = FaceFormerDecoder(weights, CONFIG.heads, CONFIG.period), []
    assert decoder.perform(memory(150), shares.append).tobytes() == decoder.perform(memory(150)).tobytes()
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_slopes_and_positions_are_the_published_ones():
    assert head_slopes(4).tolist() == [2**-2, 2**-4, 2**-6, 2**-8]
    assert head_slopes(8).tolist() == [2.0**-k for k in range(1, 9)]
    encoding = periodic_encoding(30, 64)
    assert encoding.shape == (30, 64)
    np.testing.assert_allclose(encoding[7, [0, 1]], [np.sin(7), np.cos(7)], rtol=1e-6)
    np.testing.assert_allclose(encoding[7, 40], np.sin(7 / 10_000 ** (40 / 64)), rtol=1e-5)
