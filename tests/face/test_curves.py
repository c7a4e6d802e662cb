import numpy as np
import pytest
from emotalk.face.basis import EYES, HEAD, basis_of
from emotalk.face.curves import FaceCurves, Performance
from hypothesis import given
from hypothesis import strategies as st

JAW = basis_of(("jawOpen",))


def test_shapes_must_fit():
    with pytest.raises(ValueError, match="do not fit"):
        FaceCurves(np.zeros((3, 2), np.float32), JAW, 30)
    with pytest.raises(ValueError, match="positive"):
        FaceCurves(np.zeros((3, 1), np.float32), JAW, 0)


@given(st.integers(1, 200), st.sampled_from([23.976, 24, 25, 29.97, 30, 60, 120]))
def test_resampling_keeps_a_ramp_a_ramp_and_covers_the_end(frames, fps):
    ramp = FaceCurves(np.linspace(0, 1, frames, dtype=np.float32)[:, None], JAW, 30)
    other = ramp.resampled(fps)
    assert other.times[-1] >= ramp.times[-1] - 1e-6
    assert other.times[-1] < ramp.times[-1] + 1 / fps + 1e-6
    expected = np.minimum(other.times * 30 / max(frames - 1, 1), 1) if frames > 1 else np.zeros(1)
    np.testing.assert_allclose(other.channel("jawOpen"), expected, atol=1e-5)


def test_each_part_of_a_performance_keeps_its_motion_at_another_rate():
    rng = np.random.default_rng(0)
    parts = [FaceCurves(rng.random((7, len(basis))).astype(np.float32), basis, 30.0) for basis in (JAW, HEAD, EYES)]
    other = Performance(*parts, clamped=False).resampled(60.0)
    for part, now in zip(parts, (other.face, other.head, other.eyes), strict=True):
        assert (now.basis, now.fps) == (part.basis, 60.0)
        np.testing.assert_allclose(now.values[::2], part.values, atol=1e-6)
    assert not other.clamped


def test_other_numbers_become_those_of_curves():
    curves = FaceCurves(np.zeros((3, 1), np.float32), JAW, 30).with_values(np.ones((4, 1)))
    assert (curves.values.dtype, curves.frames, curves.basis, curves.fps) == (np.float32, 4, JAW, 30)
