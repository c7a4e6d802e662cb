"""What a request asks for reaches the model and the sound, without a process in between."""

import numpy as np
import pytest
from emotalk.face.basis import ARKIT
from emotalk.face.curve_files import read_curves
from emotalk.face.curves import still
from emotalk.face.emotions import EMOTIONS
from emotalk.inference.contract import Features, ModelSpec
from emotalk.inference.engine import Engine
from emotalk.inference.worker.jobs import answer


class SilentModel:
    """A model that keeps its sounds."""

    model_id = "silent"
    spec = ModelSpec(ARKIT, 25.0, EMOTIONS)
    runs_on = "nothing"

    def __init__(self):
        self.sounds = []

    def encode(self, speech, progress=None):
        self.sounds.append(speech.samples)
        return Features(self.model_id, round(speech.seconds * 25))

    def decode(self, features, controls):
        return still(ARKIT, features.frames, 25.0)


@pytest.fixture
def model():
    return SilentModel()


@pytest.fixture
def ask(model, tmp_path):
    """A function that has a line animated; it gives the last reply and what was loaded."""

    def ask(**request):
        loaded, replies = [], []

        def load(*choice):
            loaded.append(choice)
            return model

        request = {"id": 1, "verb": "animate", "output": str(tmp_path / "line.npz"), **request}
        answer(request, Engine(load), replies.append)
        assert replies[-1]["kind"] == "result", replies[-1]
        return replies[-1], loaded

    return ask


def test_the_choice_of_the_request_is_loaded(ask, line_wav):
    choice = {"model": "big", "device": "cuda", "precision": "bfloat16", "windowed": True}
    assert ask(audio=str(line_wav), **choice)[1] == [("big", "cuda", "bfloat16", True)]
    assert ask(audio=str(line_wav))[1] == [("emotalk-compact", "auto", "float32", False)]


@pytest.mark.parametrize("decoded", [False, True], ids=["WAV", "decoded"])
def test_a_section_is_all_that_is_performed(ask, model, line_wav, tmp_path, decoded):
    sound = {"audio": str(line_wav)}
    ask(**sound)
    whole = model.sounds.pop()
    if decoded:
        np.save(tmp_path / "samples.npy", whole)
        sound = {"audio": str(tmp_path / "samples.npy"), "rate": 16_000, "source": "line.flac"}
    reply, _ = ask(**sound, section=[0.5, 1.25])
    assert reply["seconds"] == 1.25
    np.testing.assert_allclose(model.sounds[-1], whole[8000:28000], atol=1e-6)
    assert read_curves(reply["output"]).face.frames == reply["frames"] == round(1.25 * 25)


@pytest.mark.parametrize("kind", ["wav", "npy"])
def test_messages_name_the_file_that_the_sound_was_decoded_from(ask, tmp_path, write_silence, kind):
    if kind == "wav":
        sound = {"audio": str(write_silence(tmp_path / "decoded.wav", 1, 16_000))}
    else:
        np.save(tmp_path / "decoded.npy", np.zeros(16_000, np.float32))
        sound = {"audio": str(tmp_path / "decoded.npy"), "rate": 16_000}
    reply, _ = ask(**sound, source=str(tmp_path / "hello.flac"))
    assert reply["remarks"] == ["No voice was found in hello.flac: it is silent"]
