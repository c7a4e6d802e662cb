"""A line begins and ends at rest, whatever its first and last frames are."""

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.basis import ARKIT, EYES, FLAME, HEAD
from emotalk.face.curves import FaceCurves, Performance
from emotalk.face.settling import BLINK_SECONDS, lead_frames, settle
from hypothesis import given, settings
from hypothesis import strategies as st


def held(frames=10, fps=30.0, basis=ARKIT, level=0.8):
    """A face, a head and eyes that do not move, far from rest."""
    parts = (np.full((frames, len(each)), level, np.float32) for each in (basis, HEAD, EYES))
    face, head, eyes = (FaceCurves(v, each, fps) for v, each in zip(parts, (basis, HEAD, EYES), strict=True))
    return Performance(face, head, eyes, clamped=False)


@given(
    frames=st.integers(1, 40),
    fps=st.sampled_from([23.976, 25.0, 30.0, 60.0]),
    seconds=st.floats(0, 2),
    basis=st.sampled_from([ARKIT, FLAME(50)]),
)
@settings(max_examples=60, deadline=None)
def test_it_starts_and_ends_at_rest_and_leaves_the_line_as_it_is(frames, fps, seconds, basis):
    performance = held(frames, fps, basis)
    settled = settle(performance, seconds)
    lead = lead_frames(seconds, fps)
    for part in ("face", "head", "eyes"):
        before, after = getattr(performance, part).values, getattr(settled, part).values
        assert len(after) == frames + 2 * lead
        np.testing.assert_array_equal(after[lead : lead + frames], before)
        if lead:
            assert not after[0].any()
            assert not after[-1].any()
            assert (np.diff(after[:lead], axis=0) >= 0).all()
            np.testing.assert_allclose(after[:lead], after[::-1][:lead], atol=1e-6)
    assert settled.clamped is performance.clamped


def test_nothing_jumps():
    values = settle(held(), 0.5).face.values
    calm = [column for name, column in arkit.INDEX.items() if not name.startswith("eyeBlink")]
    assert np.abs(np.diff(values[:, calm], axis=0)).max() < 0.8 * 1.6 / 15


@pytest.mark.parametrize("part", ["face", "eyes"])
def test_a_blink_is_finished_sooner_than_a_smile_fades(part):
    curves = getattr(settle(held(), 0.5), part)
    lid = curves.channel("eyeBlinkLeft" if part == "face" else "blinkLeft")
    end = 15 + 10
    assert lid[end + round(BLINK_SECONDS * 30)] == 0
    if part == "face":
        assert curves.channel("mouthSmileLeft")[end + round(BLINK_SECONDS * 30)] > 0.3


def test_no_time_adds_nothing():
    performance = held()
    assert settle(performance, 0) is performance
    assert settle(held(frames=0), 0.5).face.frames == 0


@pytest.mark.parametrize(("seconds", "fps"), [(0.5, 30.0), (0.1, 30.0), (0.6, 25.0)])
def test_the_way_out_of_rest_is_slow_at_both_ends(seconds, fps):
    settled = settle(held(fps=fps), seconds)
    frames, blinking = round(seconds * fps), round(min(seconds, 0.2) * fps)
    for curves, channel, lasts in (
        (settled.face, "jawOpen", frames),
        (settled.face, "eyeBlinkRight", blinking),
        (settled.head, "headRoll", frames),
        (settled.eyes, "lookUp", frames),
        (settled.eyes, "blinkRight", blinking),
    ):
        share = np.clip((np.arange(frames) - frames + lasts) / lasts, 0, 1)
        np.testing.assert_allclose(curves.channel(channel)[:frames], 0.8 * (3 * share**2 - 2 * share**3), atol=1e-6)


def test_each_end_settles_from_its_own_frame():
    performance = held()
    performance.face.values[0], performance.face.values[-1] = 0.2, 0.6
    jaw = settle(performance, 0.5).face.channel("jawOpen")
    assert 0.15 < jaw[14] < 0.2
    assert 0.45 < jaw[-15] < 0.6
