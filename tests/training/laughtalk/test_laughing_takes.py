import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.basis import ARKIT, basis_of
from emotalk.face.curves import FaceCurves
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.training.captures.take import Labels, Take
from emotalk.training.laughtalk.laughing_takes import find_laughing, hear_laughs, jumps_of
from emotalk.training.sounds.synthetic import SYNTHETIC_SOUNDS


def laugh_with_speechless_ends(seed=3):
    """A second of quiet, a synthetic laugh, a second of quiet; and the laugh's seconds."""
    rng = np.random.default_rng(seed)
    laugh = SYNTHETIC_SOUNDS["laughing"](rng)
    quiet = np.zeros(SAMPLE_RATE)
    samples = np.concatenate([quiet, 0.3 * laugh / np.abs(laugh).max(), quiet])
    return (samples + 1e-4 * rng.normal(0, 1, len(samples))).astype(np.float32), len(laugh) / SAMPLE_RATE


def swaying(seconds, fps, basis=ARKIT):
    """Curves of every channel between 0 and 0.4."""
    time = np.arange(int(seconds * fps)) / fps
    waves = 0.2 + 0.2 * np.sin(2 * np.pi * (0.5 + np.arange(len(basis.channels)) / 40) * time[:, None])
    return FaceCurves(waves.astype(np.float32), basis, fps)


def take_of(samples, curves):
    return Take("take", Speech(samples), curves, Labels())


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0])
def test_a_laugh_is_found_where_it_is(fps):
    samples, seconds = laugh_with_speechless_ends()
    (section,) = find_laughing(take_of(samples, swaying(len(samples) / SAMPLE_RATE, fps)))
    assert section.start == pytest.approx(1.0, abs=0.3)
    assert section.end == pytest.approx(1.0 + seconds, abs=0.5)


def test_a_laugh_that_is_too_short_is_left_out():
    samples, seconds = laugh_with_speechless_ends()
    assert hear_laughs(Speech(samples), seconds + 1) == []


def test_nobody_laughs_in_noise_or_silence():
    rng = np.random.default_rng(0)
    assert hear_laughs(Speech(rng.normal(0, 0.05, 3 * SAMPLE_RATE).astype(np.float32))) == []
    assert hear_laughs(Speech(np.zeros(3 * SAMPLE_RATE, np.float32))) == []


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0, 120.0])
def test_a_laugh_with_a_lost_face_in_it_is_left_out_and_one_beside_it_stays(fps):
    samples, seconds = laugh_with_speechless_ends()
    curves = swaying(len(samples) / SAMPLE_RATE, fps)
    lost = curves.values.copy()
    lost[int((1 + seconds / 2) * fps) :] += 3
    assert find_laughing(take_of(samples, curves.with_values(lost))) == []
    before = curves.values.copy()
    before[int(0.3 * fps) :] += 3
    assert len(find_laughing(take_of(samples, curves.with_values(before)))) == 1


def test_a_head_jumps_by_degrees():
    basis = basis_of((*arkit.CHANNELS[:4], "headYaw"))
    values = np.zeros((60, 5), np.float32)
    values[:, 4] = 6 * np.arange(60)
    values[:, 0] = np.sin(np.arange(60))
    assert jumps_of(FaceCurves(values, basis, 30.0)) == []
    values[30:, 4] += 20
    assert jumps_of(FaceCurves(values, basis, 30.0)) == [pytest.approx(29.5 / 30)]
