"""``emotalk animate --silent-frames``: the mouth comes out of rest before the line and goes back to it."""

import numpy as np
import pytest
import soundfile
from emotalk.command_line.main import main
from emotalk.command_line.silent_frames import with_shut_ends
from emotalk.face.basis import FLAME
from emotalk.face.controls import Controls
from emotalk.face.curve_files import read_curves
from emotalk.face.curves import FaceCurves
from emotalk.inference.contract import Speech
from emotalk.inference.engine import Engine
from emotalk.inference.models.loading import ModelChoice
from emotalk.inference.sound.audio import read_speech
from hypothesis import given
from hypothesis import strategies as st

JAW = slice(-3, None)


@given(st.integers(1, 12), st.integers(1, 30), st.sampled_from([50, 100]))
def test_the_jaw_is_shut_at_both_ends_for_any_number_of_expressions(frames, line_frames, expressions):
    rng = np.random.default_rng(frames + 100 * line_frames)
    values = rng.normal(size=(2 * frames + line_frames, expressions + 3)).astype(np.float32)
    face = FaceCurves(values, FLAME(expressions), 25.0)
    shut, backwards = with_shut_ends(face, frames).values, with_shut_ends(face.with_values(values[::-1]), frames).values
    np.testing.assert_array_equal(shut[:, :-3], values[:, :-3])
    np.testing.assert_array_equal(shut[frames:-frames], values[frames:-frames])
    assert not shut[: max(frames - 5, 0) + 1, JAW].any()
    np.testing.assert_allclose(backwards[::-1], shut, atol=1e-6)  # both ends are alike
    if frames > 5:
        steps = np.diff(shut[frames - 5 : frames, JAW], axis=0)
        np.testing.assert_allclose(steps, np.broadcast_to(values[frames, JAW] / 4, (4, 3)), atol=1e-5)


def test_silence_is_heard_and_shown_before_and_after_the_line(line_wav, write_emote, tmp_path, capsys):
    pytest.importorskip("torch")
    write_emote()
    samples, rate = soundfile.read(line_wav, dtype="float32")
    soundfile.write(tmp_path / "line.wav", samples[: 2 * rate], rate)
    words = ["animate", str(tmp_path / "line.wav"), "--happy", "1"]
    written = str(tmp_path / "line.npz")
    assert main([*words, "-o", written, "--model", "EMOTE", "--silent-frames", "8"]) == 0
    face = read_curves(written).face
    assert face.frames == 50 + 2 * 8
    assert not face.values[:4, JAW].any()
    assert not face.values[-4:, JAW].any()
    assert np.abs(face.values[8:-8, JAW]).max() > 1e-3
    speech = read_speech(tmp_path / "line.wav")
    longer = Speech(np.pad(speech.samples, 8 * 640), speech.source)
    keyed = np.zeros(66, np.float32)
    keyed[8:58] = 1
    expected = Engine().perform(longer, Controls({"happy": keyed}), ModelChoice("EMOTE")).face
    np.testing.assert_allclose(face.values[8:-8], expected.values[8:-8], atol=1e-6)
    np.testing.assert_allclose(face.values[:, :-3], expected.values[:, :-3], atol=1e-6)

    assert main([*words, "-o", str(tmp_path / "other.npz"), "--silent-frames", "8"]) == 2
    assert "gives ARKit; --silent-frames is for the motion of FLAME" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*words, "-o", written, "--silent-frames", "-1"])
