from dataclasses import replace

import numpy as np
import pytest
import torch
from emotalk.face.basis import ARKIT, FLAME
from emotalk.face.curves import FaceCurves
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.inference.models.karras import HOP, WINDOW, autocorrelation, power_spectra
from emotalk.inference.sound.log_mel import speech_level
from emotalk.training.captures.take import Labels, Take
from emotalk.training.karras.batches import draw_batch
from emotalk.training.karras.prepared_takes import (
    PHASES,
    in_blinks,
    is_quiet,
    muted_shot,
    prepare_takes,
    rest_pose,
    window_starts,
)

PLAIN = {"muted": 0.0, "noisy": 0.0, "swapped": 0.0, "tempo": 1.0, "gain": 0.0, "neutral": 0.0}


@pytest.fixture(scope="module")
def prepared(request):
    make = request.getfixturevalue("take_of")
    return prepare_takes([make("one"), make("two", 4.0, seed=1)])


@pytest.fixture(scope="module")
def muted(prepared):
    return muted_shot(rest_pose(prepared), 30.0, 300, np.random.default_rng(0))


def test_rows_of_the_emotion_vectors_follow_one_another(prepared):
    assert [take.first for take in prepared] == [0, 180]


def test_a_window_of_a_grid_is_the_window_of_its_moment(prepared, take_of):
    samples = take_of("one").speech.samples
    (phase,), (start,), (moment,) = window_starts(np.array([1.2345]))
    assert abs(moment - 1.2345) <= HOP / PHASES / SAMPLE_RATE / 2
    first = round(moment * SAMPLE_RATE) - WINDOW * HOP // 2 - HOP // 2
    wanted = power_spectra(samples, first, WINDOW, speech_level(samples))
    np.testing.assert_allclose(prepared[0].spectra[phase, start : start + WINDOW], wanted, rtol=1e-3, atol=1e-6)


def test_sound_and_values_are_shifted_alike(recipe, muted):
    """A jaw that is the energy at its moment stays so, whatever fraction of a frame the stretch begins at."""
    time = np.arange(8 * SAMPLE_RATE) / SAMPLE_RATE
    loud = np.where(time < 4.0, 0.01, 1)
    speech = Speech((loud * np.random.default_rng(0).normal(0, 0.1, len(time))).astype(np.float32))
    values = np.zeros((240, len(ARKIT)), np.float32)
    values[:, ARKIT.index["jawOpen"]] = np.arange(240) / 30  # the time itself
    take = Take("step", speech, FaceCurves(values, ARKIT, 30.0), Labels())
    batch = draw_batch(prepare_takes([take]), muted, recipe(**PLAIN, batch_size=300), np.random.default_rng(0))
    begin = batch.values[:, 0, ARKIT.index["jawOpen"]].numpy()
    # The hop at which the sound steps up is where it has to be, to a hop, for a window that begins anywhere in time.
    step = (batch.frames[:, :, 0] > 0.3).float().argmax(dim=1).numpy()
    inside = (step > 1) & (begin < 4.2)
    expected = WINDOW // 2 + (4.0 - begin[inside]) * SAMPLE_RATE / HOP
    assert inside.sum() > 5
    assert np.ptp(step[inside] - expected) < 1.2


def test_values_between_frames_are_interpolated_with_their_emotion_vectors(prepared, muted, recipe):
    batch = draw_batch(prepared, muted, recipe(**PLAIN, batch_size=20), np.random.default_rng(0))
    every = np.concatenate([take.values for take in prepared])
    rows, shares = batch.rows.numpy(), batch.shares.numpy()[..., None]
    wanted = (1 - shares) * every[rows] + shares * every[rows + 1]
    np.testing.assert_allclose(batch.values, wanted, atol=1e-5)
    times = (rows + shares[..., 0]) / 30
    np.testing.assert_allclose(np.diff(times, axis=1), 4 * HOP / SAMPLE_RATE, atol=1e-4)


def test_the_same_seed_draws_the_same_batch(prepared, muted, recipe):
    first, second, other = (draw_batch(prepared, muted, recipe(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert all(torch.equal(getattr(first, name), getattr(second, name)) for name in vars(first))
    assert not torch.equal(first.frames, other.frames)


def test_gain_and_noise_change_the_sound_alone(prepared, muted, recipe):
    plain, changed = (
        draw_batch(prepared, muted, recipe(**{**PLAIN, **changes}), np.random.default_rng(3))
        for changes in ({}, {"gain": 6.0})
    )
    assert torch.equal(plain.values, changed.values)
    assert not torch.allclose(plain.frames, changed.frames, rtol=0.01)
    noisy = draw_batch(prepared, muted, recipe(**{**PLAIN, "noisy": 1.0}), np.random.default_rng(3))
    assert torch.isfinite(noisy.frames).all()
    assert (noisy.frames[:, :, 0] > 0).all()


def test_other_sound_surrounds_a_stretch_and_leaves_50_ms_beside_it(prepared, muted, recipe):
    plain, swapped = (
        draw_batch(prepared, muted, recipe(**{**PLAIN, "batch_size": 40, "swapped": share}), np.random.default_rng(3))
        for share in (0.0, 1.0)
    )
    own = slice(WINDOW // 2 - 6, WINDOW // 2 + 8 + 6)
    every = np.concatenate([take.spectra[phase] for take in prepared for phase in range(PHASES)])
    known = {row.tobytes() for row in autocorrelation(every, 0.3).round(3)}
    frames = swapped.frames.numpy()
    assert all(row.tobytes() in known for row in frames[:, own].reshape(-1, 32).round(3))
    beside = np.ones(frames.shape[1], bool)
    beside[own] = False
    assert torch.equal(plain.frames[0, own], swapped.frames[0, own])
    assert (plain.frames[0] != swapped.frames[0]).any(dim=1).numpy()[beside].any()


def test_blinks_are_not_learnt(prepared, take_of):
    lids = ARKIT.columns(("eyeBlinkLeft", "eyeBlinkRight"))
    learnt = prepared[0].learnt
    assert not learnt[27:39][:, lids].any()
    assert learnt[50:][:, lids].all()
    assert learnt[:, ARKIT.index["jawOpen"]].all()
    assert not in_blinks(np.ones((5, 4), np.float32), FLAME(1), 30.0).any()


def test_silence_is_found_and_its_pose_is_the_rest(prepared, take_of):
    samples, take = take_of("one").speech.samples, prepared[0]
    times = np.arange(180) / 30
    quiet = is_quiet(take, times)
    assert 0.05 < quiet.mean() < 0.9
    for time in times[quiet]:
        around = samples[max(int((time - 0.03) * SAMPLE_RATE), 0) : int((time + 0.03) * SAMPLE_RATE)]
        assert np.abs(around).max(initial=0) == 0
    assert rest_pose(prepared)[ARKIT.index["jawOpen"]] < 0.02


def test_a_muted_shot_is_a_still_face_over_silence_and_loud_noise(prepared, muted, recipe):
    assert np.ptp(muted.values, axis=0).max() == 0
    assert muted.energy[: 3 * SAMPLE_RATE // HOP].max() < 1e-3
    assert muted.energy.max() > 0.8
    batch = draw_batch(prepared, muted, recipe(**{**PLAIN, "muted": 1.0}), np.random.default_rng(0))
    assert (batch.rows >= 300).all()
    assert (batch.values == batch.values[:1, :1]).all()


def test_the_compression_is_the_networks(prepared, muted, recipe):
    plain, flat = (
        draw_batch(prepared, muted, recipe(**PLAIN, network=network), np.random.default_rng(0))
        for network in (recipe().network, replace(recipe().network, compression=1.0))
    )
    loud = flat.frames[:, :, 0] > 0.1
    assert loud.any()
    assert (plain.frames[:, :, 0][loud] > 0.3).all()
    assert not torch.allclose(plain.frames, flat.frames)


def test_another_pace_moves_sound_and_values_alike_without_another_pitch(recipe, muted):
    """A sweep over 8 s, and a jaw that is the time: at the middle of each moment's window, both tell the same time."""
    time = np.arange(8 * SAMPLE_RATE) / SAMPLE_RATE
    sweep = np.sin(2 * np.pi * (500 * time + 200 * time**2)).astype(np.float32)
    values = np.zeros((240, len(ARKIT)), np.float32)
    values[:, ARKIT.index["jawOpen"]] = np.arange(240) / 30
    take = Take("sweep", Speech(sweep), FaceCurves(values, ARKIT, 30.0), Labels())
    prepared = prepare_takes([take])
    batch = draw_batch(prepared, muted, recipe(**PLAIN | {"tempo": 1.5, "batch_size": 60}), np.random.default_rng(0))
    jaw = batch.values[:, :, ARKIT.index["jawOpen"]].numpy()
    paces = np.diff(jaw, axis=1)[:, 0] / (4 * HOP / SAMPLE_RATE)
    assert 1 / 1.51 < paces.min() < 0.75
    assert 1.3 < paces.max() < 1.51
    frames = batch.frames.numpy()
    at = WINDOW // 2 - 1
    for moment in range(jaw.shape[1]):
        shape = frames[:, at + 4 * moment]
        told = autocorrelation(prepared[0].spectra[0], recipe().network.compression)
        distance = ((told[None, WINDOW:-WINDOW, :8] - shape[:, None, :8]) ** 2).sum(axis=2)
        heard = (distance.argmin(axis=1) + WINDOW - WINDOW // 2) * HOP / SAMPLE_RATE
        inside = (jaw[:, moment] > 0.5) & (jaw[:, moment] < 7)
        np.testing.assert_allclose(heard[inside], jaw[inside, moment], atol=0.1)
