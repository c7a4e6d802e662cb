"""On the whole frames of a scene the motion is the same, and no lip contact and no blink is lost."""

import numpy as np
import pytest
from emotalk.face.aperture import lip_aperture, lip_contact
from emotalk.face.basis import ARKIT, EYES, HEAD
from emotalk.face.closures import blink_peaks
from emotalk.face.contacts import apply_contacts
from emotalk.face.curves import FaceCurves, Performance, performance_of, still
from emotalk.face.intervals import intervals_of
from emotalk.face.whole_frames import on_whole_frames
from hypothesis import given, settings
from hypothesis import strategies as st

STEPS = [24 / 30, 24 / 1.001 / 30, 25 / 30, 1, 30 / 1.001 / 30, 2, 48 / 30, 24 / 25, 24 / 60]
LID = ARKIT.index["eyeBlinkLeft"]


def spoken(seed, frames=60):
    """A smooth mouth with sudden contacts of one to three frames, far enough apart, and blinks."""
    rng = np.random.default_rng(seed)
    values = (0.3 + 0.2 * np.sin(np.arange(frames)[:, None] * rng.uniform(0.05, 0.4, 52))).astype(np.float32)
    values[:, ARKIT.index["mouthClose"]] = 0
    values[:, ARKIT.index["mouthRollLower"]] = 0.05
    bilabial, labiodental = np.zeros((2, frames), np.float32)
    at = 3
    while at < frames - 8:
        (bilabial if rng.random() < 0.7 else labiodental)[at : at + rng.integers(1, 4)] = 1
        at += int(rng.integers(6, 11))
    values = apply_contacts(values, bilabial, labiodental, np.ones(frames, np.float32))
    values[:, LID] = 0.1
    values[frames // 2 + np.arange(-1, 2), LID] = 0.5, 0.9, 0.6
    return FaceCurves(values, ARKIT, 30.0)


def resampled(face, first, step):
    performance, start = on_whole_frames(performance_of(face), first, step)
    return performance.face, start


lines = st.tuples(st.integers(0, 500), st.floats(-2000, 2000), st.sampled_from(STEPS))


@settings(max_examples=150, deadline=None)
@given(lines)
def test_every_contact_is_reached_on_a_frame_at_most_half_a_frame_away(line):
    seed, first, step = line
    face = spoken(seed)
    written, start = resampled(face, first, step)
    contact, depth = lip_contact(face.values), lip_aperture(face.values)
    on_frames, depth_on_frames = lip_contact(written.values), lip_aperture(written.values)
    runs = intervals_of(contact >= 1)
    assert runs
    for first_sample, end in runs:
        low, high = (first + sample * step - start for sample in (first_sample, end - 1))
        near = slice(int(np.ceil(low - 0.5 - 1e-6)), int(np.floor(high + 0.5 + 1e-6)) + 1)
        assert on_frames[near].max() >= 1 - 1e-6
        if depth[first_sample:end].min() <= 0.03:
            assert depth_on_frames[near].min() <= depth[first_sample:end].min() + 1e-6


@settings(max_examples=100, deadline=None)
@given(lines)
def test_a_blink_keeps_its_peak(line):
    seed, first, step = line
    face = spoken(seed)
    written, start = resampled(face, first, step)
    lid = written.values[:, LID]
    assert lid.max() == face.values[:, LID].max()
    assert abs(start + np.argmax(lid) - (first + 30 * step)) <= 0.5 + 1e-6
    assert len(blink_peaks(lid, written.fps)) == 1


@settings(max_examples=100, deadline=None)
@given(lines)
def test_elsewhere_the_motion_is_that_of_the_model_at_the_time_of_the_frame(line):
    seed, first, step = line
    face = spoken(seed)
    written, start = resampled(face, first, step)
    frames = start + np.arange(written.frames)
    end = first + (face.frames - 1) * step
    assert start <= first + 1e-6 < start + 1 + 1e-5
    assert end - 1e-5 <= frames[-1] < end + 1
    brow = ARKIT.index["browInnerUp"]
    expected = np.interp(frames, first + np.arange(face.frames) * step, face.values[:, brow])
    np.testing.assert_allclose(written.values[:, brow], expected, atol=2e-5)
    assert written.fps == pytest.approx(30 * step)
    close, jaw = (written.values[:, ARKIT.index[name]] for name in ("mouthClose", "jawOpen"))
    assert (close <= jaw + 1e-6).all()


@pytest.mark.parametrize("first", [-37, 0, 1001])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_frames_that_coincide_keep_their_values_exactly(first, step):
    face = spoken(4)
    written, start = resampled(face, first, step)
    assert start == first
    assert written.values[::step].tobytes() == face.values.tobytes()


def test_a_line_that_comes_out_of_rest_still_begins_and_ends_at_rest():
    values = np.zeros((30, 52), np.float32)
    values[1:-1] = 0.5
    written, start = resampled(FaceCurves(values, ARKIT, 30.0), -37.3, 24 / 30)
    assert start == -38
    assert not written.values[0].any()
    assert not written.values[-1].any()


def test_two_contacts_within_a_frame_take_a_frame_each():
    values = np.zeros((40, 52), np.float32)
    values[:, ARKIT.index["jawOpen"]] = 0.5
    values[20, ARKIT.index["jawOpen"]] = 0.0
    values[21, ARKIT.index["mouthRollLower"]] = 0.6
    written, _start = resampled(FaceCurves(values, ARKIT, 60.0), 0, 0.4)  # both are nearest to frame 8
    assert lip_aperture(written.values)[8] == pytest.approx(0, abs=1e-6)
    assert written.channel("mouthRollLower")[9] == pytest.approx(0.6)


def test_head_and_eyes_go_along():
    face = spoken(0)
    head = FaceCurves(np.arange(180, dtype=np.float32).reshape(60, 3), HEAD, 30.0)
    eyes = np.zeros((60, 4), np.float32)
    eyes[11, 0] = 0.8
    performance = Performance(face, head, FaceCurves(eyes, EYES, 30.0))
    written, start = on_whole_frames(performance, 1, 0.8)
    frames = np.arange(written.head.frames)
    np.testing.assert_allclose(written.head.values[:-1, 0], 3 * frames[:-1] / 0.8, rtol=1e-5)
    assert (start, written.eyes.values[:, 0].max()) == (1, np.float32(0.8))


def test_one_frame_is_enough():
    written, start = on_whole_frames(performance_of(still(ARKIT, 1, 30.0)), 7.5, 0.8)
    assert (start, written.face.frames) == (7, 2)
