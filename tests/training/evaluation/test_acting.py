"""The measures of acting on curves whose answers are known, and their tables on lines."""

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.acting.prosody import Prosody
from emotalk.face.basis import ARKIT
from emotalk.face.curves import FaceCurves
from emotalk.face.emotions import EMOTIONS, PROTOTYPES
from emotalk.face.phones import PhoneSegment
from emotalk.inference.checkpoints.safetensors_file import bundled_weights
from emotalk.inference.contract import SAMPLE_RATE
from emotalk.inference.models.compact import MODEL_ID, EmoTalkCompact
from emotalk.inference.registry import COMPACT_SPEC
from emotalk.training.compact.spoken_line import SpokenLine
from emotalk.training.evaluation.acting import acting_tables
from emotalk.training.evaluation.performed import (
    blink_frames,
    brows_with_stress,
    jitter,
    lips_follow_loudness,
    recognised,
    seconds_closed,
    share_near_peak,
    speed,
)

FPS = 30.0
TIMES = np.arange(600) / FPS


def face(**channels):
    values = np.zeros((600, 52), np.float32)
    for name, track in channels.items():
        values[:, arkit.INDEX[name]] = track
    return FaceCurves(values, ARKIT, FPS)


def test_speed_is_that_of_a_ramp():
    assert speed(np.float32(0.05 * TIMES), FPS) == pytest.approx(0.05, rel=0.02)


def test_a_mask_is_always_near_its_peak_and_a_wave_seldom():
    assert share_near_peak(np.full(600, 0.4)) == 1
    assert share_near_peak(0.5 - 0.5 * np.cos(2 * np.pi * TIMES / 5)) == pytest.approx(0.205, abs=0.02)


@pytest.mark.parametrize("emotion", EMOTIONS[1:])
@pytest.mark.parametrize("strength", [0.3, 1.0])
def test_a_prototype_is_recognised_at_any_strength(emotion, strength):
    assert recognised(strength * PROTOTYPES[EMOTIONS.index(emotion)]) == emotion


def test_no_change_is_no_emotion():
    assert recognised(0.02 * PROTOTYPES[1]) == "neutral"


def test_jitter_is_the_share_of_fast_power():
    slow, fast = 0.2 * np.sin(2 * np.pi * TIMES), 0.05 * np.sin(2 * np.pi * 11 * TIMES)
    assert jitter(face(browInnerUp=slow + 0.5), ("browInnerUp",)) < 1e-4
    assert jitter(face(browInnerUp=slow + fast + 0.5), ("browInnerUp",)) == pytest.approx(1 / 17, rel=0.05)


def test_blinks_are_measured_between_frames():
    lid = np.zeros(600)
    lid[100:105] = [0.35, 0.7, 0.9, 0.7, 0.35]
    lid[300] = 0.2
    assert blink_frames(lid) == [102]
    expected = (4 - 2 * (0.4 - 0.35) / 0.35) / FPS
    assert seconds_closed(lid, 102, FPS) == pytest.approx(expected, abs=0.2 / FPS)


def prosody():
    loud = np.full(600, -10.0, np.float32)
    pitch = np.zeros(600, np.float32)
    for second in range(1, 19, 2):
        bump = np.exp(-0.5 * ((TIMES - second) / 0.1) ** 2)
        loud += 8 * bump
        pitch += 0.3 * bump
    voiced = np.ones(600, np.float32)
    return Prosody(FPS, loud, pitch, voiced, np.zeros(600, np.float32), ((0.0, 20.0),))


def test_brows_that_rise_with_stress_correlate_and_those_between_do_not():
    known = prosody()
    late = np.roll(known.pitch, 2)
    assert brows_with_stress(face(browInnerUp=late), known) > 0.8
    assert brows_with_stress(face(browInnerUp=np.roll(known.pitch, 30)), known) < 0


def test_lips_that_open_with_loudness_correlate():
    known = prosody()
    assert lips_follow_loudness(face(jawOpen=(known.loudness + 10) / 20), known) > 0.9


def test_the_tables_of_a_model_have_every_emotion_and_both_states():
    rng = np.random.default_rng(0)
    parts, phones, now = [1e-4 * rng.normal(0, 1, 4800)], [PhoneSegment("SIL", 0.0, 0.3)], 0.3
    for number in range(24):
        for name, seconds, loud in (("M", 0.08, 0.05), ("AA", 0.2, 0.2 + 0.2 * (number % 3 == 0))):
            time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
            hertz = 120 + 40 * (number % 3 == 0)
            parts.append(loud * sum(np.sin(2 * np.pi * hertz * k * time) / k for k in range(1, 25)))
            phones.append(PhoneSegment(name, now, now + seconds))
            now += seconds
    samples = (8000 * np.concatenate(parts)).astype(np.int16)
    lines = [SpokenLine("line", "hummer", samples, tuple(phones))]
    model = EmoTalkCompact.load(bundled_weights(MODEL_ID), COMPACT_SPEC)
    upper, lower, moods, life = acting_tables(model, lines)
    assert upper.columns == ("what", "people", "neutral, still", *EMOTIONS)
    still, acted = (np.array([row[column] for row in upper.rows]) for column in (2, 3))
    assert (acted > still).all()
    assert [row[0] for row in moods.rows] == ["neutral, still", *EMOTIONS]
    assert max(row[1] for row in moods.rows[2:]) < 0.5
    press = {row[0]: row[2:] for row in lower.rows}["mouthPress, sd"]
    assert press[1] < press[0]
    assert all(np.isfinite(row[2:]).all() for row in life.rows)
