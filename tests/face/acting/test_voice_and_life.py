"""What breath, laughter, a raised voice and an unsure network do to the face; the head, and the blinks."""

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.acting.afterglow import afterglow, bouts_of, laughing_head
from emotalk.face.acting.layer import Scene, act
from emotalk.face.acting.prosody import Prosody, Stress
from emotalk.face.aperture import lip_aperture
from emotalk.face.basis import ARKIT
from emotalk.face.closures import blink_peaks
from emotalk.face.controls import STILL_ACTING, Controls
from emotalk.face.curves import FaceCurves, still
from emotalk.face.liveliness import _glance_shifts, blink, blink_times, find_speech, liven

FPS = 30.0
FRAMES = 1800


def prosody(loudness, **others):
    quiet = np.zeros(len(loudness), np.float32)
    given = {"pitch": quiet, "voicing": quiet, "arousal": quiet} | others
    return Prosody(FPS, np.asarray(loudness, np.float32), **given)


def talk():
    """A minute of phrases of three seconds with three stresses each, and pauses of one."""
    starts = np.arange(0.5, 58, 4.0)
    times = np.arange(FRAMES) / FPS
    loud = np.where(np.any([(times > s) & (times < s + 3) for s in starts], axis=0), -3.0, -45.0)
    stresses = tuple(Stress(float(s + d), 0.6) for s in starts for d in (0.4, 1.3, 2.2))
    return prosody(loud, phrases=tuple((float(s), float(s + 3)) for s in starts), stresses=stresses)


def only(part, value=1.0, **others):
    return Controls({**STILL_ACTING, part: value, **others})


def scene(known, **others):
    given = {"laughter": np.zeros(known.frames, np.float32)} | others
    return Scene(known, (known.loudness > -20).astype(np.float32), **given)


def test_a_breath_parts_resting_lips_for_its_time():
    known = prosody(np.full(150, -45.0), breaths=((2.0, 2.5),))
    closed = still(ARKIT, 150, FPS).values
    closed[:, arkit.indices(arkit.sides("mouthPress"))] = 0.12
    opening = lip_aperture(act(FaceCurves(closed, ARKIT, FPS), None, scene(known), only("breath")).values)
    assert opening[67] > 0.03
    assert opening[:55].max() < 0
    assert opening[85:].max() < 0


def test_a_laugh_begins_where_its_soft_breath_does_and_its_smile_fades_over_seconds():
    loud = np.full(300, -45.0)
    loud[45:75], loud[75:120] = -30, 0
    laughter = np.zeros(300, np.float32)
    laughter[75:120] = 1
    known = prosody(loud)
    ((start, end),) = bouts_of(laughter, known)
    assert (start, end) == pytest.approx((1.5, 4.0), abs=0.05)
    for seed in range(5):
        glow = afterglow(laughter, known, seed)
        assert glow[66] > 0.8
        last = np.flatnonzero(glow > 0.02)[-1] / FPS
        assert 5.2 < last < 7.1
    smile = act(still(ARKIT, 300, FPS), None, scene(known, laughter=laughter), only("afterglow"))
    assert smile.channel("mouthSmileLeft")[140] > 0.2
    assert not act(
        still(ARKIT, 300, FPS), None, scene(known, laughter=laughter), only("afterglow", laughter=0)
    ).values.any()


def test_a_laugh_throws_the_head_back_and_its_calls_shake_it():
    times = np.arange(300) / FPS
    laughter = ((times > 3) & (times < 6)).astype(np.float32)
    known = prosody(np.where(laughter > 0, -8 + 8 * np.sin(2 * np.pi * 4.5 * times), -45))
    pitch = laughing_head(laughter, known)
    assert pitch[100:170].mean() < -3
    assert pitch[110:160].std() > 0.3
    assert np.abs(pitch[:60]).max() == 0


def test_a_raised_voice_opens_the_jaw_further_and_deepens_the_emotion():
    arousal = np.repeat(np.float32([-0.8, 0.8]), 60)
    known = prosody(np.full(120, -3.0), arousal=arousal, phrases=((0.0, 4.0),))
    neutral = still(ARKIT, 120, FPS).values
    neutral[:, arkit.INDEX["jawOpen"]] = 0.3
    felt = neutral.copy()
    felt[:, arkit.INDEX["browDownLeft"]] = 0.4
    curves, plain = FaceCurves(felt, ARKIT, FPS), FaceCurves(neutral, ARKIT, FPS)
    acted = act(curves, plain, scene(known), only("arousal", anger=0.5))
    for name in ("jawOpen", "browDownLeft"):
        assert acted.channel(name)[60:].mean() > 1.3 * acted.channel(name)[:60].mean()


def test_an_unsure_jaw_follows_the_loudness_and_a_sure_one_does_not():
    times = np.arange(240) / FPS
    known = prosody(-9 + 9 * np.sin(2 * np.pi * 2 * times), phrases=((0.0, 8.0),))
    jaw = still(ARKIT, 240, FPS).values
    jaw[:, arkit.INDEX["jawOpen"]] = 0.2 + 0.1 * np.sin(2 * np.pi * 2.7 * times)
    speaking = np.ones(240, np.float32)
    follows = []
    for certainty in (1.0, 0.5, 0.0):
        known_as = Scene(known, speaking, np.zeros(240, np.float32), certainty)
        acted = act(FaceCurves(jaw, ARKIT, FPS), None, known_as, only("loudness_jaw")).channel("jawOpen")
        follows.append(np.corrcoef(acted, known.loudness)[0, 1])
    assert abs(follows[0]) < 0.1
    assert follows[0] < follows[1] < follows[2]
    assert follows[2] > 0.4


def test_the_head_turns_and_tilts_as_quickly_as_a_speaker():
    known, loud = talk(), 0.1 * 10 ** (talk().loudness / 20)
    moved = liven(still(ARKIT, FRAMES, FPS), loud, Controls(), scene(known)).head.values
    slow = liven(still(ARKIT, FRAMES, FPS), loud, Controls({"head_accents": 0}), scene(known)).head.values
    speeds = [np.abs(np.diff(head, axis=0)).mean(axis=0) * FPS for head in (moved, slow)]
    assert speeds[0][1] > 0.6 * 4.5
    assert speeds[0][2] > 0.6 * 2.2
    assert speeds[1][1] < 2
    assert np.abs(moved).max() <= 12
    assert not liven(still(ARKIT, FRAMES, FPS), loud, Controls({"head_gain": 0}), scene(known)).head.values.any()


def test_the_upper_face_does_not_jitter():
    acted = act(still(ARKIT, FRAMES, FPS), None, scene(talk()), Controls()).values
    upper = acted[:, ARKIT.region("brows", "lids", "cheeks")]
    power = np.abs(np.fft.rfft((upper - upper.mean(axis=0)) * np.hanning(FRAMES)[:, None], axis=0)) ** 2
    hertz = np.fft.rfftfreq(FRAMES, 1 / FPS)
    assert power[hertz >= 8].sum() < 0.01 * power[hertz > 0.2].sum()


def test_blinks_are_as_deep_long_and_uneven_as_those_of_people():
    speaking = find_speech(10 ** (talk().loudness / 20), FPS)
    fine = np.repeat(speaking, 4)
    peaks, lengths, gaps = [], [], []
    for seed in range(12):
        lid = blink(fine, 4 * FPS, 20, seed, 1.0)
        places = blink_peaks(lid, 4 * FPS)
        peaks += lid[places].tolist()
        gaps += (np.diff(places) / 4 / FPS).tolist()
        over = np.diff(np.concatenate(([0], (lid > 0.4).astype(int), [0])))
        lengths += ((np.flatnonzero(over < 0) - np.flatnonzero(over > 0)) / 4 / FPS).tolist()
    assert 0.6 < np.median(peaks) < 0.8
    assert np.ptp(peaks) > 0.3
    assert 0.05 < np.median(lengths) < 0.11
    assert 0.39 < np.std(gaps) / np.mean(gaps) < 1.4


def test_blinks_go_with_glances():
    speaking = find_speech(10 ** (talk().loudness / 20), FPS)

    def near(variety):
        shares = []
        for seed in range(12):
            shifts = _glance_shifts(speaking, FPS, seed)
            blinks = np.array([second for second, _ in blink_times(speaking, FPS, 20, seed, variety)])
            shares.append(np.mean(np.abs(blinks[:, None] - shifts).min(axis=1) < 0.1))
        return np.mean(shares)

    assert near(1.0) > 2 * near(0.0)


def test_a_laugh_that_glows_by_itself_is_left_alone():
    laughter = np.zeros(300, np.float32)
    laughter[60:120] = 1
    known = prosody(np.where(laughter > 0, 0.0, -45.0))
    untouched = scene(known, laughter=laughter, glows=False)
    assert not act(still(ARKIT, 300, FPS), None, untouched, only("afterglow")).values.any()
