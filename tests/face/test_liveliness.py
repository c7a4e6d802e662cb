import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.basis import ARKIT
from emotalk.face.controls import Controls
from emotalk.face.curves import FaceCurves
from emotalk.face.eyes import merge_eyes
from emotalk.face.liveliness import blink_times, find_speech, liven, move_head

FPS = 30.0


def phrases(seconds: float) -> np.ndarray:
    """Loudness of three-second phrases at four syllables a second, with one-second pauses."""
    times = np.arange(int(seconds * FPS)) / FPS
    return np.where(times % 4 < 3, 0.1 + 0.1 * np.sin(2 * np.pi * 4 * times) ** 2, 0.0001)


def still(frames: int) -> FaceCurves:
    return FaceCurves(np.zeros((frames, 52), np.float32), ARKIT, FPS)


def test_off_means_off():
    loudness = phrases(20)
    controls = Controls({"blink_rate": 0, "gaze_gain": 0, "head_gain": 0})
    performance = liven(still(len(loudness)), loudness, controls)
    assert not performance.face.values.any()
    assert not performance.eyes.values.any()
    assert not performance.head.values.any()


def test_equal_input_gives_equal_bytes_and_another_seed_another_take():
    loudness = phrases(20)
    first, again, other = (liven(still(len(loudness)), loudness, Controls({"seed": seed})) for seed in (7, 7, 8))
    assert first.eyes.values.tobytes() == again.eyes.values.tobytes()
    assert first.head.values.tobytes() == again.head.values.tobytes()
    assert first.eyes.values.tobytes() != other.eyes.values.tobytes()
    assert first.head.values.tobytes() != other.head.values.tobytes()


@pytest.mark.parametrize("rate", [8, 20, 40])
def test_blinks_come_at_the_rate_asked_for(rate):
    speaking = find_speech(phrases(1200), FPS)
    counted = np.mean([len(blink_times(speaking, FPS, rate, seed)) / 20 for seed in range(3)])
    assert counted == pytest.approx(rate, rel=0.25)


def test_blinks_gather_at_phrase_ends():
    speaking = find_speech(phrases(1200), FPS)
    seconds = np.array([second for second, _ in blink_times(speaking, FPS, 20, 0)])
    near_end = np.abs((seconds - 3.05 + 2) % 4 - 2) < 0.2
    by_chance = 0.4 / 4
    assert near_end.mean() > 1.5 * by_chance


def test_a_blink_closes_both_lids_and_takes_the_wide_eye_back():
    loudness = phrases(60)
    wide = still(len(loudness)).values.copy()
    wide[:, arkit.indices(arkit.sides("eyeWide"))] = 0.6
    face = merge_eyes(liven(FaceCurves(wide, ARKIT, FPS), loudness, Controls())).face
    lids = face.channel("eyeBlinkLeft")
    assert (lids == face.channel("eyeBlinkRight")).all()
    assert lids.max() > 0.8
    assert face.channel("eyeWideLeft")[lids.argmax()] < 0.15
    assert (face.channel("eyeWideLeft")[lids == 0] == np.float32(0.6)).all()


def test_short_pauses_stay_part_of_the_phrase():
    loudness = np.full(60, 0.1)
    loudness[30:33] = 0
    assert find_speech(loudness, FPS).all()
    loudness[30:40] = 0
    assert not find_speech(loudness, FPS)[30:40].any()


def test_silence_has_no_nods_and_no_speech():
    assert not find_speech(np.zeros(90), FPS).any()
    assert np.abs(move_head(np.zeros(90), np.zeros(90, bool), FPS, Controls())).max() < 5


def test_head_motion_is_bounded_smooth_and_follows_the_gain():
    loudness = phrases(60)
    speaking = find_speech(loudness, FPS)
    full, half = (move_head(loudness, speaking, FPS, Controls({"head_gain": g, "anger": 1})) for g in (1, 0.5))
    assert np.abs(full).max() <= 12
    assert np.abs(np.diff(full, axis=0)).max() * FPS < 120
    unclipped = np.abs(full) < 12
    np.testing.assert_allclose(half[unclipped], 0.5 * full[unclipped], atol=1e-4)


@pytest.mark.parametrize("frames", [0, 1, 2, 5])
def test_very_short_lines_live_too(frames):
    performance = liven(still(frames), np.full(frames, 0.1), Controls())
    assert performance.face.values.shape == (frames, 52)
    assert performance.head.values.shape == (frames, 3)
    assert np.isfinite(performance.head.values).all()
