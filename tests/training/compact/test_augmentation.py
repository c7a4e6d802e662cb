"""Each step of the augmentation changes the share of the lines and by the amount that it should."""

import numpy as np
import pytest
from emotalk.inference.sound.log_mel import BANDS, MEL_CENTRES, compressed, expanded
from emotalk.training.compact import augmentation
from emotalk.training.compact.augmentation import augment_mel, room_tone

LINES = 600


def speech(lines=8, frames=120, seed=0):
    """Log-mel of something with syllables: a tilted spectrum that swells four times a second."""
    rng = np.random.default_rng(seed)
    swell = 0.05 + np.sin(np.arange(frames) * np.pi * 4 / 100) ** 2
    power = swell[:, None] * (MEL_CENTRES / 500) ** -1.0 * rng.gamma(4, 0.25, (lines, frames, BANDS))
    return compressed(power.astype(np.float32))


def ones(frames=60, lines=LINES):
    """The power of lines of the same sound."""
    return np.ones((lines, frames, BANDS), np.float32)


def changed(before, after):
    """Numbers of the lines that a step changed."""
    return np.flatnonzero((np.asarray(before) != np.asarray(after)).any(axis=(1, 2)))


def decibels(power):
    return 10 * np.log10(power)


def test_lines_keep_their_shape_and_stay_finite():
    for seed in range(10):
        mel = augment_mel(speech(seed=seed), np.random.default_rng(seed))
        assert mel.shape == (8, 120, BANDS)
        assert np.isfinite(mel).all()


def test_the_same_seed_augments_alike_and_the_line_itself_is_kept():
    mel = speech()
    kept = mel.copy()
    first, again, other = (augment_mel(mel, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert len(changed(first, other)) == len(mel)
    np.testing.assert_array_equal(mel, kept)


IN_PLACE = ("_whisper", "_compress", "_reverberate", "_mix_babble", "_band_limit", "_mask")
RETURNED = {
    "_shift_formants": lambda power, _result: power,
    "_equaliser": lambda _lines, result: np.ones_like(result),
    "_noise": lambda _shape, result: np.zeros_like(result),
}


@pytest.mark.parametrize("name", [*IN_PLACE, *RETURNED])
def test_every_step_takes_part(monkeypatch, name):
    mel = speech(60)
    whole = augment_mel(mel, np.random.default_rng(0))
    step = getattr(augmentation, name)

    def idle(given, rng):
        """Draws the same random numbers, and changes nothing."""
        result = step(given.copy() if name in IN_PLACE else given, rng)
        return None if name in IN_PLACE else RETURNED[name](given, result)

    monkeypatch.setattr(augmentation, name, idle)
    assert len(changed(whole, augment_mel(mel, np.random.default_rng(0)))) > 0


@pytest.mark.parametrize(
    ("name", "share"),
    [("_whisper", 0.10), ("_compress", 0.15), ("_reverberate", 0.30), ("_mix_babble", 0.12), ("_shift_formants", 0.85)],
)
def test_a_step_changes_its_share_of_the_lines(name, share):
    power = expanded(speech(LINES, frames=40))
    before = power.copy()
    result = getattr(augmentation, name)(power, np.random.default_rng(0))
    assert len(changed(before, power if result is None else result)) / LINES == pytest.approx(share, abs=0.05)


def test_babble_is_12_to_28_db_below_the_speech():
    power = ones()
    augmentation._mix_babble(power, np.random.default_rng(0))
    added = decibels(power[changed(ones(), power), 0, 0] - 1)
    assert added.min() > -28.1
    assert added.max() < -11.9
    assert np.ptp(added) > 10


def test_noise_comes_to_a_half_of_the_lines_8_to_45_db_below_the_speech():
    noise = augmentation._noise((LINES, 200, BANDS), np.random.default_rng(0))
    level = noise.mean(axis=(1, 2))
    assert (level > 0).mean() == pytest.approx(0.45, abs=0.06)
    noisy = decibels(level[level > 0])
    # The level of a noise changes slowly: in one line it may be some decibels off.
    assert noisy.min() > -45 - 4
    assert noisy.max() < -8 + 4
    assert np.ptp(noisy) > 25


def test_rooms_reverberate_after_a_sound_and_never_before():
    power = np.full((LINES, 120, BANDS), 1e-6, np.float32)
    power[:, 60] = 1
    before = power.copy()
    augmentation._reverberate(power, np.random.default_rng(0))
    rooms = changed(before, power)
    np.testing.assert_allclose(power[rooms, :60], 1e-6, rtol=2)
    tail = power[rooms, 61:, 0]
    assert (tail[:, 0] > 1e-3).all()
    assert (np.diff(tail, axis=1) <= 0).all()
    assert (tail[:, -1] < 0.5 * tail[:, 0]).all()


def test_microphones_differ_by_some_decibels_in_every_band_and_stay_the_same_over_a_line():
    gains = augmentation._equaliser(LINES, np.random.default_rng(0))
    assert gains.shape == (LINES, 1, BANDS)
    response = decibels(gains[:, 0])
    assert 3.5 < np.sqrt(np.mean(response**2)) < 6.5
    assert abs(response.mean()) < 0.5


def test_vocal_tracts_move_a_formant_both_ways():
    power = np.full((LINES, 2, BANDS), 1e-3, np.float32)
    power[:, :, 30] = 1
    moved = augmentation._shift_formants(power, np.random.default_rng(0))[:, 0].argmax(axis=1) - 30
    assert moved.min() <= -2
    assert moved.max() >= 2
    assert np.abs(moved).max() <= 8
    assert abs(moved.mean()) < 1


def test_compression_brings_loud_and_soft_together():
    power = ones(200)
    power[:, 100:] = 1e-2
    before = power.copy()
    augmentation._compress(power, np.random.default_rng(0))
    lines = changed(before, power)
    spread = decibels(power[lines, 90, 0] / power[lines, 190, 0])
    assert (spread < 19).all()
    assert (spread > 9).all()


def test_whispers_have_less_power_in_low_bands_and_no_steady_ones():
    power = ones(200)
    augmentation._whisper(power, np.random.default_rng(0))
    whispers = power[changed(ones(200), power)]
    low, high = (whispers[:, :, bands].mean(axis=(1, 2)) for bands in (MEL_CENTRES < 500, MEL_CENTRES > 3000))
    assert (low < high).all()
    assert (whispers[:, :, 5].std(axis=1) > 0.3 * whispers[:, :, 5].mean(axis=1)).all()


def test_narrow_bands_lose_their_ends_and_keep_their_middle():
    power = ones()
    augmentation._band_limit(power, np.random.default_rng(0))
    middle = (MEL_CENTRES > 400) & (MEL_CENTRES < 2900)
    top, bottom = power[:, 0, -1] < 1e-3, power[:, 0, 0] < 1e-2
    np.testing.assert_array_equal(power[:, :, middle], 1)
    assert top.mean() == pytest.approx(0.14, abs=0.05)
    assert bottom.mean() == pytest.approx(0.11, abs=0.05)


def test_codecs_drop_what_is_far_below_the_loudest_band():
    power = ones()
    power[:, :, 40] = 1e6
    augmentation._band_limit(power, np.random.default_rng(0))
    dropped = (power[:, :, 20] == 0).all(axis=1)
    assert dropped.mean() == pytest.approx(0.08, abs=0.04)
    assert (power[:, :, 40] == 1e6).all()


def test_masks_hide_some_bands_or_moments_of_a_line_behind_its_mean():
    mel = speech(LINES)
    before = mel.copy()
    augmentation._mask(mel, np.random.default_rng(0))
    hidden = mel != before
    bands, moments = hidden.all(axis=1).sum(axis=1), hidden.all(axis=2).sum(axis=1)
    assert (bands > 0).mean() == pytest.approx(1 - 0.6**2, abs=0.07)
    assert (moments > 0).mean() == pytest.approx(0.35, abs=0.07)
    assert bands.max() <= 20
    assert moments.max() <= 7


def test_the_level_of_the_voice_is_not_always_the_same():
    augmented = [expanded(augment_mel(speech(1, seed=seed), np.random.default_rng(seed))) for seed in range(30)]
    levels = [decibels(power.mean()) for power in augmented]
    assert np.std(levels) > 2


def test_room_tone_is_soft_noise_that_differs():
    tones = [room_tone(408, np.random.default_rng(seed)) for seed in range(20)]
    for tone in tones:
        assert tone.shape == (408, BANDS)
        assert np.isfinite(tone).all()
    levels = decibels([expanded(tone).mean() for tone in tones])
    assert np.ptp(levels) > 10
    assert max(levels) < 25
