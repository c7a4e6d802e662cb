"""The emotion on the mouth while it speaks."""

from pathlib import Path

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.aperture import lip_contact
from emotalk.face.basis import ARKIT
from emotalk.face.controls import STILL_ACTING, Controls
from emotalk.face.curves import FaceCurves
from emotalk.face.liveliness import find_speech
from emotalk.face.mood import calm_mouth
from emotalk.inference.engine import Engine
from emotalk.inference.sound.audio import read_speech
from emotalk.inference.sound.rms import frame_rms

MOUTH = ARKIT.region("jaw", "lips", "tongue")
SPEECH = read_speech(Path(__file__).parents[2] / "samples" / "line.wav")


@pytest.fixture(scope="module")
def perform():
    engine = Engine()
    return lambda **values: engine.perform(SPEECH, Controls(STILL_ACTING | values)).face


def random_curves(seed):
    values = np.random.default_rng(seed).uniform(0.1, 0.5, (12, 52)).astype(np.float32)
    values[:, arkit.indices((*arkit.sides("mouthPress"), "mouthRollLower"))] = 0
    return FaceCurves(values, ARKIT, 30.0)


def test_the_share_is_taken_from_the_mouth_in_speech_only():
    happy, neutral = random_curves(0), random_curves(1)
    speaking = np.repeat(np.float32([1, 0.5, 0]), 4)
    contact = lip_contact(happy.values)
    calm = calm_mouth(happy, neutral, speaking, Controls({"mouth_emotion": 0.4}))
    share = (0.6 * speaking * (1 - contact))[:, None]
    expected = happy.values[:, MOUTH] * (1 - share) + neutral.values[:, MOUTH] * share
    np.testing.assert_allclose(calm.values[:, MOUTH], expected, atol=1e-6)
    others = [column for column in range(52) if column not in MOUTH]
    np.testing.assert_array_equal(calm.values[:, others], happy.values[:, others])


def test_a_smile_leaves_the_speaking_mouth_and_stays_in_the_eyes(perform):
    neutral, full, calm = perform(), perform(happy=1), perform(happy=1, mouth_emotion=0)
    loudness = frame_rms(SPEECH, full.frames, full.fps)
    speaking = find_speech(loudness, full.fps)
    open_mouth = speaking & (lip_contact(full.values) == 0)
    assert open_mouth.sum() > 40
    smiles = [face.channel("mouthSmileLeft")[open_mouth].mean() for face in (neutral, calm, full)]
    assert smiles[2] - smiles[0] > 0.2
    assert smiles[1] == pytest.approx(smiles[0], abs=0.02)
    np.testing.assert_array_equal(calm.channel("cheekSquintLeft"), full.channel("cheekSquintLeft"))


@pytest.mark.parametrize("emotion", ["happy", "sad", "anger", "surprise"])
def test_a_calm_mouth_keeps_every_contact(perform, emotion):
    full, calm = perform(**{emotion: 1}), perform(**{emotion: 1}, mouth_emotion=0.35)
    held = lip_contact(full.values) == 1
    assert held.sum() > 10
    np.testing.assert_allclose(calm.values[np.ix_(held, MOUTH)], full.values[np.ix_(held, MOUTH)], atol=1e-6)


def test_without_emotion_nothing_changes(perform):
    assert perform(mouth_emotion=0).values.tobytes() == perform().values.tobytes()


def test_the_neutral_performance_is_kept_while_only_the_emotion_moves(monkeypatch):
    engine = Engine()
    model = engine.model()
    decoded = []
    decode = model.decode
    monkeypatch.setattr(model, "decode", lambda *given: decoded.append(given[1].changed()) or decode(*given))
    for values in ({"happy": 0.3}, {"happy": 0.9, "jaw_gain": 2}, {"sad": 1, "laughter": 0.5}):
        kept = engine.perform(SPEECH, Controls({**values, "mouth_emotion": 0.5})).face
        fresh = Engine().perform(SPEECH, Controls({**values, "mouth_emotion": 0.5})).face
        np.testing.assert_array_equal(kept.values, fresh.values)
    assert len(decoded) == 5  # three with the emotion, and a neutral one for each value of laughter
