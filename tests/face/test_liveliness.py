import runpy
from pathlib import Path

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.basis import ARKIT
from emotalk.face.controls import Controls
from emotalk.face.curves import FaceCurves
from emotalk.face.eyes import merge_eyes
from emotalk.face.liveliness import blink_times, find_speech, glance, liven, move_head
from emotalk.face.shaping import shift_time

FPS = 30.0
TAKES = runpy.run_path(str(Path(__file__).parent / "golden" / "takes.py"))


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


def lids_of(performance):
    return performance.eyes.channel("blinkLeft")


def blinks_in(lids):
    """How often the lids start to close."""
    return int(((lids[1:] > 0.4) & (lids[:-1] <= 0.4)).sum())


def test_speakers_blink_more_than_listeners():
    speaking, listening = (
        np.mean([len(blink_times(np.full(18000, talks), FPS, 20, seed)) for seed in range(3)])
        for talks in (True, False)
    )
    assert 1.25 * listening < speaking < 1.75 * listening


@pytest.mark.parametrize("speaks_first", [True, False])
def test_blinks_are_more_where_somebody_speaks(speaks_first):
    speaking = np.full(36000, speaks_first)
    speaking[18000:] = not speaks_first
    seconds = np.concatenate([[second for second, _ in blink_times(speaking, FPS, 20, seed)] for seed in range(3)])
    talking = int(((seconds < 600) == speaks_first).sum())
    assert 1.25 < talking / (len(seconds) - talking) < 1.75


@pytest.mark.parametrize("fps", [24.0, 60.0])
def test_the_slider_of_blinks_reaches_the_eyes_at_any_rate(fps):
    minutes = 10
    frames = int(60 * minutes * fps)
    face = FaceCurves(np.zeros((frames, 52), np.float32), ARKIT, fps)
    for rate in (8, 30):
        counted = blinks_in(lids_of(liven(face, np.full(frames, 0.1), Controls({"blink_rate": rate})))) / minutes
        # Someone who never stops speaking blinks more than the average.
        assert rate < counted < 1.6 * rate


def test_blinks_glances_and_nods_move_in_time_with_the_face():
    loudness = phrases(30)
    late = np.asarray(shift_time(loudness.astype(np.float32)[:, None], 6)[:, 0])
    plain, offset, expected = (
        liven(still(len(loudness)), sound, Controls({"time_offset": milliseconds}))
        for sound, milliseconds in ((loudness, 0), (loudness, 200), (late, 0))
    )
    np.testing.assert_array_equal(offset.eyes.values, expected.eyes.values)
    np.testing.assert_array_equal(offset.head.values, expected.head.values)
    assert (offset.head.values != plain.head.values).any()
    assert (offset.eyes.values != plain.eyes.values).any()


@pytest.mark.parametrize(
    ("emotion", "chin"),
    [("sad", 1), ("anger", 1), ("happy", -1), ("surprise", -1), ("fear", -1), ("disgust", -1), ("contempt", -1)],
)
def test_sad_and_angry_heads_look_down_and_the_others_up(emotion, chin):
    loudness = phrases(30)
    felt, calm = (liven(still(len(loudness)), loudness, Controls(values)).head for values in ({emotion: 1}, {}))
    assert chin * np.mean(felt.channel("headPitch") - calm.channel("headPitch")) > 1


def test_angry_heads_move_more_and_sad_ones_less():
    loudness = phrases(60)
    spread = {
        emotion: liven(still(len(loudness)), loudness, Controls({emotion: 1})).head.channel("headYaw").std()
        for emotion in ("anger", "neutral", "sad")
    }
    assert spread["anger"] > 1.2 * spread["neutral"]
    assert spread["sad"] < 0.8 * spread["neutral"]


def test_the_head_never_turns_further_than_twelve_degrees():
    loudness = phrases(60)
    controls = Controls({"head_gain": 2, "anger": 1, "intensity": 1.5})
    head = liven(still(len(loudness)), loudness, controls).head.values
    assert np.abs(head).max() == 12


def test_the_head_nods_on_loud_syllables_and_does_not_shake():
    loudness = np.full(900, 0.1)
    speaking = np.ones(900, bool)
    even = move_head(loudness, speaking, FPS, Controls())
    loudness[60::60] = 0.5
    accented = move_head(loudness, speaking, FPS, Controls())
    moved = accented - even
    assert moved[:, 0].max() > 1
    assert moved[:, 0].min() > -1e-5
    np.testing.assert_array_equal(moved[:, 1:], 0)
    # Half of the accents get a nod, which is over after less than half a second.
    nodding = moved[:, 0] > 0.1
    assert 0.02 < nodding.mean() < 0.25


def test_accents_closer_than_350_ms_make_one_nod():
    def pitch(frames_apart):
        loudness = np.full(900, 0.1)
        loudness[60::60] = loudness[60 + frames_apart :: 60] = 0.5
        return move_head(loudness, np.ones(900, bool), FPS, Controls())[:, 0]

    np.testing.assert_array_equal(pitch(10), pitch(0))
    assert (pitch(11) != pitch(0)).any()


def test_the_eyes_look_away_in_pauses_and_mostly_at_the_listener_while_speaking():
    speaking, pausing = (glance(np.full(3600, talks), FPS, 1, 0).std() for talks in (True, False))
    assert speaking < 0.8 * pausing


def test_glances_grow_with_their_slider_and_go_further_to_the_sides():
    loudness = phrases(120)
    full, half = (liven(still(len(loudness)), loudness, Controls({"gaze_gain": gain})).eyes for gain in (1, 0.5))
    for name in ("lookLeft", "lookUp"):
        np.testing.assert_allclose(half.channel(name), 0.5 * full.channel(name), atol=1e-6)
    assert full.channel("lookLeft").std() > 1.2 * full.channel("lookUp").std() > 0


@pytest.mark.parametrize("kind", ["Lifelike", "Released demo"])
def test_blink_strength_scales_every_blink_up_to_a_closed_lid(kind):
    curves = FaceCurves(np.zeros((900, 52), np.float32), ARKIT, 30.0)
    loudness = np.ones(900, np.float32)

    def lids(strength):
        controls = Controls({"blink_kind": kind, "blink_rate": 30, "blink_strength": strength})
        return liven(curves, loudness, controls).eyes.channel("blinkLeft")

    plain = lids(1)
    assert plain.max() > 0.7
    np.testing.assert_allclose(lids(0.5), plain / 2, atol=1e-6)
    np.testing.assert_allclose(lids(2), np.minimum(2 * plain, 1), atol=1e-6)
    assert not lids(0).any()


def test_a_take_is_what_it_was():
    """``golden/takes.py`` wrote it down."""
    with np.load(TAKES["TAKES"]) as golden:
        now = TAKES["takes"]()
        assert set(golden) == set(now)
        for name, numbers in now.items():
            np.testing.assert_allclose(numbers, golden[name], rtol=0, atol=1, err_msg=name)


@pytest.mark.parametrize(
    ("emotion", "pose"),
    [("happy", (-2, 0, 2)), ("sad", (5, 0, 0)), ("surprise", (-3, 0, 0)), ("fear", (-4, 0, 0)),
     ("disgust", (-3, 0, 3)), ("anger", (4, 0, 0)), ("contempt", (-5, 0, 4)), ("neutral", (0, 0, 0))],
)  # fmt: skip
def test_each_emotion_has_its_pose_of_the_head(emotion, pose):
    silence = np.zeros(600)
    posed, plain = (liven(still(600), silence, Controls(values)).head.values for values in ({emotion: 1}, {}))
    energy = {"happy": 1.3, "anger": 1.3, "surprise": 1.1, "sad": 0.6}.get(emotion, 1)
    np.testing.assert_allclose(posed - energy * plain, np.tile(pose, (600, 1)), atol=1e-4)


def test_a_performance_is_clamped_unless_clamping_is_off():
    for choice in ("On", "Off"):
        assert liven(still(9), np.zeros(9), Controls({"clamping": choice})).clamped == (choice == "On")


def test_a_pause_at_the_start_or_the_end_is_a_pause_however_short():
    loudness = np.full(60, 0.1)
    loudness[:3] = loudness[-3:] = 0
    speaking = find_speech(loudness, FPS)
    assert not speaking[:3].any()
    assert not speaking[-3:].any()
    assert speaking[3:-3].all()
