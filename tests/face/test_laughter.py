from itertools import pairwise

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.contacts import apply_contacts
from emotalk.face.controls import CONTROL_BY_NAME
from emotalk.face.laughter import (
    ATTACK,
    CALL_REACH,
    GROWS,
    PULSES,
    REACH_SECONDS,
    RELEASE,
    SPEECH_KEEPS,
    STAYS,
    join_laughs,
    layer_laughter,
)
from emotalk.face.metrics import APERTURE
from hypothesis import given, settings
from hypothesis import strategies as st

FRAMES = 150
JAW, SMILE = arkit.INDEX["jawOpen"], arkit.INDEX["mouthSmileLeft"]
ONES = np.ones(FRAMES, np.float32)


def talking(seed=0):
    return np.random.default_rng(seed).random((FRAMES, len(arkit.CHANNELS))).astype(np.float32)


def bout(first=50, last=100):
    laughing = np.zeros(FRAMES, np.float32)
    laughing[first:last] = 1
    return laughing


def ha_ha(rate=5.0, loudest=1.0):
    """Calls in their decibels: sixty of a hundred parts between the softest and the loudest moment."""
    return (loudest * (0.7 + 0.3 * np.sin(2 * np.pi * rate * np.arange(FRAMES) / 30))).astype(np.float32)


def laughed(values=None, laughing=None, calls=None, gain=1.0):
    values = np.zeros((FRAMES, len(arkit.CHANNELS)), np.float32) if values is None else values
    laughing = bout() if laughing is None else laughing
    return layer_laughter(values, laughing, ha_ha() if calls is None else calls, gain * ONES, 30)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_nothing_moves_where_nobody_laughs(seed):
    values = talking(seed)
    assert laughed(values, 0 * ONES).tobytes() == values.tobytes()
    assert laughed(values, gain=0).tobytes() == values.tobytes()


def test_a_laugh_reaches_only_so_far():
    values = talking()
    changed = np.flatnonzero((laughed(values) != values).any(axis=1)) / 30
    assert changed[0] >= 50 / 30 - REACH_SECONDS
    assert changed[-1] <= 100 / 30 + REACH_SECONDS


@pytest.mark.parametrize("rate", [4.0, 5.0, 6.0])
def test_the_jaw_pulses_with_the_calls(rate):
    jaw = laughed(calls=ha_ha(rate))[53:97, JAW]
    spectrum = np.abs(np.fft.rfft((jaw - jaw.mean()) * np.hanning(len(jaw)), 1024))
    assert np.fft.rfftfreq(1024, 1 / 30)[spectrum.argmax()] == pytest.approx(rate, abs=0.3)
    assert np.ptp(jaw) > 0.15
    assert jaw.max() == pytest.approx(0.35, abs=0.03)


def test_cheeks_and_smile_stay_up_between_the_calls():
    values = laughed()[52:98]
    for stem, least in (("mouthSmile", 0.7), ("cheekSquint", 0.6), ("eyeSquint", 0.4)):
        assert values[:, arkit.indices(arkit.sides(stem))].min() > least


def test_the_smile_comes_before_the_first_call_and_goes_slower_than_it_came():
    smile = laughed()[:, SMILE]
    rise = np.flatnonzero(smile > 0.02)[0]
    fall = np.flatnonzero(smile > 0.02)[-1]
    assert 44 <= rise < 50
    assert fall - 99 > 50 - rise
    assert np.abs(np.diff(smile)).max() < 0.25


@pytest.mark.parametrize("fps", [25, 60, 100])
def test_it_lasts_as_long_at_any_rate(fps):
    seconds = {}
    for rate in (30, fps):
        times = np.arange(5 * rate) / rate
        laughing = ((times >= 2) & (times < 3)).astype(np.float32)
        calls = (0.7 + 0.3 * np.sin(2 * np.pi * 5 * times)).astype(np.float32)
        face = np.zeros((len(times), len(arkit.CHANNELS)), np.float32)
        smile = layer_laughter(face, laughing, calls, np.ones(len(times), np.float32), rate)[:, SMILE]
        shown = np.flatnonzero(smile > 0.3 * smile.max())
        seconds[rate] = shown[0] / rate, shown[-1] / rate
    assert seconds[fps] == pytest.approx(seconds[30], abs=1.5 / min(fps, 30))


def test_a_loud_laugh_opens_wider_than_a_chuckle():
    loud, soft = laughed(), laughed(calls=ha_ha(loudest=0.3))
    assert loud[60:90, JAW].mean() > 2 * soft[60:90, JAW].mean()
    assert loud[60:90, SMILE].mean() > soft[60:90, SMILE].mean()


def test_more_gain_is_more_laugh():
    control = CONTROL_BY_NAME["laughter"]
    faces = [laughed(gain=gain) for gain in np.linspace(control.minimum, control.maximum, 7)]
    for less, more in pairwise(faces):
        assert (more >= less).all()
        assert more[75, SMILE] > less[75, SMILE] or less[75, SMILE] == 1


def test_speech_fades_under_a_laugh_and_its_contacts_stay():
    values = np.zeros((FRAMES, len(arkit.CHANNELS)), np.float32)
    values[:, arkit.INDEX["mouthPucker"]] = 0.6
    both = laughed(values)
    assert 0 < both[75, arkit.INDEX["mouthPucker"]] < 0.5 * 0.6
    closed = apply_contacts(both, ONES, 0 * ONES, ONES)
    assert (closed @ APERTURE).max() < 0.05
    assert closed[75, SMILE] == both[75, SMILE]


@pytest.mark.parametrize("loudest", [0.3, 1.0])
def test_speech_fades_as_much_under_a_soft_laugh_as_under_a_loud_one(loudest):
    values = np.zeros((FRAMES, len(arkit.CHANNELS)), np.float32)
    values[:, arkit.INDEX["mouthPucker"]] = 0.6
    pucker = laughed(values, calls=ha_ha(loudest=loudest))[52:98, arkit.INDEX["mouthPucker"]]
    np.testing.assert_allclose(pucker, 0.6 * SPEECH_KEEPS, atol=1e-6)


def test_coefficients_stay_coefficients():
    values = laughed(talking(), gain=1.5)
    assert values.dtype == np.float32
    assert values.min() >= 0
    assert values.max() <= 1


@given(st.integers(0, FRAMES - 60), st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_a_stretch_by_itself_is_a_stretch_of_the_whole(start, seed):
    rng = np.random.default_rng(seed)
    laughing = (rng.random(FRAMES // 10) > 0.5).repeat(10).astype(np.float32)
    calls, values = rng.random(FRAMES).astype(np.float32), talking(seed)
    reach = round(REACH_SECONDS * 30)
    part = slice(max(start - reach, 0), start + 30 + reach)
    whole = laughed(values, laughing, calls)
    alone = layer_laughter(values[part], laughing[part], calls[part], ONES[part], 30)
    assert np.array_equal(alone[start - part.start :][:30], whole[start : start + 30])


@pytest.mark.parametrize("fps", [24.0, 30.0])
def test_the_face_of_a_laugh_frame_by_frame(fps):
    """Computed anew, one frame and one channel at a time, from what the module says of itself."""
    rng = np.random.default_rng(1)
    frames = 60
    laughing = np.clip(rng.random(frames) * 1.6 - 0.6, 0, 1) * (np.arange(frames) % 30 > 12)
    calls, gain = rng.random(frames), rng.uniform(0, 1.5, frames)
    values = rng.random((frames, len(arkit.CHANNELS))).astype(np.float32)

    def spread_to(frame, strengths):
        def ease(distance, reach):
            share = max(1 - distance / (round(reach * fps) + 1), 0)
            return share * share * (3 - 2 * share)

        return max(
            strength * (ease(frame - other, RELEASE) if frame >= other else ease(other - frame, ATTACK))
            for other, strength in enumerate(strengths)
        )

    stays, grows, pulse_of = (dict(zip(arkit.CHANNELS, row, strict=True)) for row in (STAYS, GROWS, PULSES))
    face = layer_laughter(values, *(track.astype(np.float32) for track in (laughing, calls, gain)), fps)
    reach = round(CALL_REACH * fps)
    for frame in range(frames):
        bout, loud = spread_to(frame, laughing), spread_to(frame, laughing * calls)
        near = calls[max(frame - reach, 0) : frame + reach + 1]
        pulse = (calls[frame] - near.min()) / max(np.ptp(near), 0.15) * laughing[frame] * loud
        for name, column in arkit.INDEX.items():
            added = min(gain[frame] * (bout * stays[name] + loud * grows[name] + pulse * pulse_of[name]), 1)
            fades = 1 - SPEECH_KEEPS if name.startswith(("mouth", "tongue")) and "Smile" not in name else 0
            kept = values[frame, column] * (1 - fades * bout * min(gain[frame], 1))
            assert face[frame, column] == pytest.approx(kept + added * (1 - kept), abs=2e-5)


def test_a_laugh_is_a_duchenne_smile_whose_jaw_follows_the_calls():
    strongest = [arkit.CHANNELS[column] for column in np.argsort(-(STAYS + GROWS), kind="stable")[:6]]
    assert set(strongest) == {*arkit.sides("mouthSmile"), *arkit.sides("cheekSquint"), *arkit.sides("eyeSquint")}
    assert {arkit.CHANNELS[column] for column in np.flatnonzero(PULSES)} == {"jawOpen", *arkit.sides("mouthLowerDown")}


def test_a_soft_beginning_belongs_to_its_laugh_and_a_lone_doubt_does_not():
    chance = np.zeros(300)
    chance[60:90], chance[90:120] = 0.4, 0.95
    chance[200:240] = 0.5
    assert join_laughs(chance, 30) == [(60, 120)]


def test_calls_of_one_laugh_are_joined_and_laughs_apart_are_not():
    chance = np.zeros(300)
    for first in (30, 60, 200):
        chance[first : first + 18] = 0.99
    assert join_laughs(chance, 30) == [(30, 78), (200, 218)]


def test_a_moment_of_certainty_is_no_laugh_and_neither_is_a_short_one():
    chance = np.full(90, 0.5)
    chance[40:42] = 0.99
    assert join_laughs(chance, 30) == []
    short = np.zeros(90)
    short[40:50] = 0.99
    assert join_laughs(short, 30) == []
    assert join_laughs(short, 30, least=0.3) == [(40, 50)]
