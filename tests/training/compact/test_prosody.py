"""Energy and pitch of a line."""

import numpy as np
from emotalk.inference.sound.log_mel import PITCH_BINS
from emotalk.training.arrays import FloatArray
from emotalk.training.compact.prosody import measure_prosody

FRAMES = 90
VOICED, WHISPERED, SILENT = slice(0, 30), slice(30, 60), slice(60, 90)


def heard() -> FloatArray:
    """A voice that rises, then a whisper with a faint high pitch, then silence with a clear one."""
    rows = np.zeros((FRAMES, 40), np.float32)
    rows[:60, PITCH_BINS:] = 1
    rows[np.arange(30), np.arange(30) // 3 + 4] = 0.9
    rows[WHISPERED, PITCH_BINS - 1] = 0.3
    rows[SILENT, PITCH_BINS - 1] = 0.9
    return rows


def test_pitch_follows_the_voice_and_is_0_where_there_is_none():
    pitch = measure_prosody(heard())[:, 1]
    assert (np.diff(pitch[VOICED]) >= 0).all()
    assert pitch[0] < -1
    assert pitch[29] > 1
    np.testing.assert_array_equal(pitch[WHISPERED], 0)
    np.testing.assert_array_equal(pitch[SILENT], 0)
