"""``emotalk animate --to-arkit``: the motion of FLAME as the 52 coefficients, by the user's own file."""

import numpy as np
import pytest
import soundfile
from emotalk.command_line.main import main
from emotalk.face import arkit
from emotalk.face.controls import Controls
from emotalk.face.curve_files import read_curves
from emotalk.face.flame.arkit_shapes import solve_arkit_shapes
from emotalk.face.flame.files import read_file
from emotalk.face.flame.model import template_sha256
from emotalk.inference.engine import Engine
from emotalk.inference.models.loading import ModelChoice
from emotalk.inference.sound.audio import read_speech

pytest.importorskip("torch")


@pytest.fixture
def flame_file(synthetic, tmp_path):
    path = tmp_path / "generic_model.pkl"
    path.write_bytes(synthetic.pickled_by_python_2(synthetic.arrays(150), 2))
    return path


@pytest.fixture
def line(line_wav, tmp_path):
    samples, rate = soundfile.read(line_wav)
    soundfile.write(tmp_path / "line.wav", samples[: 2 * rate], rate)
    return tmp_path / "line.wav"


def run(*words):
    return main([str(word) for word in words])


def test_the_52_are_those_of_the_users_flame(line, flame_file, write_emote, tmp_path, capsys):
    model = read_file(flame_file)
    write_emote(flame_template_sha256=template_sha256(model.template))
    words = ("animate", line, "--model", "EMOTE", "--happy", 1, "--to-arkit", flame_file)
    assert run(*words, "-o", tmp_path / "line.csv", "--fps", 25) == 0
    assert "another FLAME" not in capsys.readouterr().err
    face = Engine().perform(read_speech(line), Controls({"happy": 1}), ModelChoice("EMOTE")).face
    expected = solve_arkit_shapes(model).to_arkit(face).values
    mouth = arkit.indices(arkit.REGIONS["jaw"] + arkit.REGIONS["lips"])
    found = read_curves(tmp_path / "line.csv").face
    assert found.channels == arkit.CHANNELS
    np.testing.assert_allclose(found.values[:, mouth], expected[:, mouth], atol=2e-6)
    assert expected[:, mouth].max() > 0.05

    write_emote(flame_template_sha256="0" * 64)
    assert run(*words, "-o", tmp_path / "other.npz") == 0
    assert "EMOTE was trained for another FLAME than generic_model.pkl" in capsys.readouterr().err


def test_what_cannot_be_turned_is_told_before_the_work(line, flame_file, write_emote, synthetic, tmp_path, capsys):
    output = tmp_path / "line.npz"
    assert run("animate", line, "-o", output, "--to-arkit", flame_file) == 2
    assert "gives ARKit, not FLAME's expression and jaw; leave --to-arkit out" in capsys.readouterr().err
    write_emote()
    words = ("animate", line, "-o", output, "--model", "EMOTE", "--to-arkit")
    assert run(*words, line) == 1
    assert run(*words, tmp_path / "nowhere.pkl") == 1
    assert "There is no file nowhere.pkl; choose FLAME's model file" in capsys.readouterr().err
    assert not output.exists()
