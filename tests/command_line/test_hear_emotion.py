"""``emotalk animate --hear-emotion``: a network of one's own gives the emotions."""

import emotalk.api as emotalk
import numpy as np
from emotalk.command_line.main import main
from emotalk.face.controls import Controls
from emotalk.inference.models.speech_emotion import SpeechEmotion
from emotalk.inference.sound.audio import read_speech


def test_the_emotions_of_the_voice_are_those_of_the_face(line_wav, ear, tmp_path):
    assert main(["animate", str(line_wav), "-o", str(tmp_path / "heard.npz"), "--hear-emotion", "ear"]) == 0
    speech = read_speech(line_wav)
    heard = SpeechEmotion.load(ear).hear(speech)
    controls = heard.on(Controls(), speech.seconds, 30.0)
    times = np.arange(len(controls["happy"])) / 30
    np.testing.assert_allclose(controls["sad"], heard.at(times)[:, heard.emotions.index("sad")], atol=1e-6)
    values = {name: controls[name] for name in heard.emotions}
    emotalk.write_curves(tmp_path / "given.npz", emotalk.perform(line_wav, values))
    emotalk.write_curves(tmp_path / "calm.npz", emotalk.perform(line_wav))
    heard_face, given, calm = (emotalk.read_curves(tmp_path / f"{n}.npz").face for n in ("heard", "given", "calm"))
    np.testing.assert_array_equal(heard_face.values, given.values)
    assert np.abs(heard_face.values - calm.values).max() > 0.05


def test_heard_and_chosen_emotions_exclude_each_other(line_wav, ear, tmp_path, capsys):
    words = ["animate", str(line_wav), "-o", str(tmp_path / "out.npz"), "--hear-emotion", "ear", "--happy", "1"]
    assert main(words) != 0
    assert "leave out other options of emotions" in capsys.readouterr().err
    assert not (tmp_path / "out.npz").exists()


def test_a_model_that_hears_nothing_is_named(line_wav, tmp_path, capsys):
    words = ["animate", str(line_wav), "-o", str(tmp_path / "out.npz"), "--hear-emotion", "emotalk-compact"]
    assert main(words) != 0
    assert "emotalk-compact hears no emotions" in capsys.readouterr().err
