"""The outline of a sound: loud where it is loud, at the right time, whatever its rate and channels."""

import wave

import numpy as np
import pytest
from emotalk.face.sound_track import PEAKS_PER_SECOND
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.sound.peaks import peaks_of


@pytest.fixture
def write(tmp_path):
    """A function that writes a WAV file with a burst in each channel at these seconds."""

    def make(rate, bursts, seconds=3.0):
        samples = np.zeros((int(rate * seconds), len(bursts)), np.int16)
        for channel, at in enumerate(bursts):
            samples[int(at * rate) : int((at + 0.05) * rate), channel] = 8000 * (1 + channel)
        path = tmp_path / f"{rate}.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((len(bursts), 2, rate, 0, "NONE", ""))
            file.writeframes(samples.tobytes())
        return path

    return make


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000, 96001])
def test_peaks_stand_at_their_times(write, rate):
    peaks = peaks_of(write(rate, [1.0]))
    assert len(peaks) == pytest.approx(3 * PEAKS_PER_SECOND, abs=2)
    loud = np.flatnonzero(peaks)
    assert loud[0] == pytest.approx(100, abs=1)
    assert loud[-1] == pytest.approx(104.5, abs=1.5)
    assert peaks.max() == 1


def test_one_channel_or_all(write):
    path = write(16000, [0.5, 2.0])
    assert set(np.flatnonzero(peaks_of(path)) // 100) == {0, 2}
    assert set(np.flatnonzero(peaks_of(path, 1)) // 100) == {0}
    assert peaks_of(path, 2).max() == peaks_of(path, 1).max() == 1


def test_a_long_file_is_read_in_blocks(write):
    peaks = peaks_of(write(48000, [200.25], seconds=210))
    assert np.flatnonzero(peaks)[0] == 20025


def test_silence_and_what_is_no_wav(write, tmp_path):
    assert not peaks_of(write(16000, [5.0])).any()
    path = tmp_path / "text.wav"
    path.write_text("no sound")
    with pytest.raises(EmoTalkError):
        peaks_of(path)
