import numpy as np
import pytest
from emotalk.inference.sound.log_mel import compressed
from emotalk.training.sounds.interruptions import interrupt, pick_sound
from emotalk.training.sounds.nonverbal import LAUGHING, SoundFeatures
from hypothesis import given, settings
from hypothesis import strategies as st

SPEECH = 0.5


def samples_of(frames, kind="coughing"):
    mel = np.tile(compressed(np.linspace(1, 2, 64, dtype=np.float32)), (frames, 1)).astype(np.float16)
    prosody_input = np.full((frames // 4 + 1, 40), 0.25, np.float16)
    calls = np.ones(frames, np.float32) if kind == LAUGHING else np.zeros(frames, np.float32)
    return SoundFeatures("sound", kind, False, mel, prosody_input, calls)


@settings(max_examples=40)
@given(st.integers(20, 700), st.integers(0, 2**32 - 1))
def test_the_line_is_untouched_outside_the_sound(frames, seed):
    mel, prosody_input = np.full((408, 64), SPEECH, np.float32), np.full((102, 40), SPEECH, np.float32)
    replaced, laughing = interrupt(mel, prosody_input, samples_of(frames), np.random.default_rng(seed))
    assert (mel[replaced == 0] == SPEECH).all()
    assert (mel[replaced == 1] != SPEECH).any(axis=1).all()
    assert (prosody_input[:, 0] != SPEECH).sum() == pytest.approx(replaced.sum() / 4, abs=1)
    assert not laughing.any()


def test_a_laugh_says_where_it_is():
    mel, prosody_input = np.zeros((408, 64), np.float32), np.zeros((102, 40), np.float32)
    replaced, laughing = interrupt(mel, prosody_input, samples_of(120, LAUGHING), np.random.default_rng(3))
    np.testing.assert_array_equal(replaced, laughing)


def test_laughs_and_other_sounds_are_picked_whether_recorded_or_drawn():
    rng = np.random.default_rng(0)
    recorded = [samples_of(50), samples_of(60, LAUGHING)]
    picked = [pick_sound(recorded, rng) for _ in range(80)]
    kinds = {sound.kind for sound in picked}
    assert {LAUGHING, "coughing"} < kinds
    for sound in recorded:
        assert 5 < sum(each is sound for each in picked) < 50
    assert all(sound.kind for sound in (pick_sound((), rng) for _ in range(5)))
