"""The API for scripts: what it wires together, and what importing it does not."""

import subprocess
import sys
import wave
from dataclasses import replace

import emotalk.api as emotalk
import numpy as np
import pytest
from emotalk.command_line.main import main
from emotalk.face.emotions import EMOTIONS
from emotalk.inference.checkpoints.library import find_weights
from emotalk.inference.checkpoints.safetensors_file import write_safetensors
from emotalk.inference.engine import Engine
from emotalk.inference.models.compact import EmoTalkCompact
from emotalk.inference.models.loading import load_model


@pytest.fixture
def encoded(monkeypatch):
    """The lines that the built-in model encodes, none of which it has yet."""
    lines = []
    encode = EmoTalkCompact.encode
    monkeypatch.setattr(
        EmoTalkCompact, "encode", lambda model, speech, progress=None: (lines.append(speech), encode(model, speech))[1]
    )
    emotalk.forget()
    return lines


@pytest.fixture
def short_wav(tmp_path):
    """A second of hum."""
    path = tmp_path / "hum.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes((8000 * np.sin(np.arange(16_000) / 20)).astype("<i2").tobytes())
    return path


def test_importing_it_imports_neither_blender_nor_pytorch():
    code = "from emotalk.api import *; import sys; print({'bpy', 'torch'} & set(sys.modules), models()[0].id)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set() emotalk-compact\n"


def test_other_controls_do_not_encode_again(encoded, short_wav):
    neutral = emotalk.perform(short_wav)
    angry = emotalk.perform(emotalk.read_speech(str(short_wav)), {"angry": 1})
    assert len(encoded) == 1
    assert np.abs(angry.face.values - neutral.face.values).max() > 0.1
    emotalk.forget()
    assert emotalk.perform(short_wav).face.values.tobytes() == neutral.face.values.tobytes()
    assert len(encoded) == 2


def test_the_bytes_are_those_of_the_command_line(line_wav, tmp_path):
    words = ["--happy", "0.8", "--personal-style", "Crisp", "--seed", "3"]
    assert main(["animate", str(line_wav), "-o", str(tmp_path / "theirs.npz"), *words]) == 0
    performance = emotalk.perform(line_wav, {"happy": 0.8, "personal_style": "Crisp", "seed": 3})
    emotalk.write_curves(tmp_path / "ours.npz", performance)
    assert (tmp_path / "ours.npz").read_bytes() == (tmp_path / "theirs.npz").read_bytes()


def test_progress_comes_from_start_to_end(short_wav):
    shares = []
    emotalk.perform(short_wav, progress=lambda share, text: shares.append((share, text)))
    assert shares[-1] == (1.0, "Done")
    assert shares == sorted(shares, key=lambda each: each[0])


def test_models_say_what_they_take():
    model = emotalk.models()[0]
    assert (model.id, model.basis, model.fps) == (emotalk.DEFAULT_MODEL, emotalk.ARKIT, 30.0)
    assert {control.name for control in model.controls} >= {*model.emotions, "intensity", "seed"}
    assert "Crisp" in model.styles


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"controls": {"boredom": 1}}, "There is no control named 'boredom'"),
        ({"controls": {"happy": 2}}, "Happy must lie between 0 and 1"),
        ({"controls": {"personal_style": "Nobody"}}, "the model has no style 'Nobody'"),
        ({"model": "nobody"}, "There is no model named 'nobody'"),
        ({"device": "abacus"}, "There is no device named 'abacus'"),
        ({"speech": "none.wav"}, "There is no file none.wav"),
    ],
)
def test_what_is_wrong_is_one_error_with_a_sentence(short_wav, arguments, sentence):
    with pytest.raises(emotalk.EmoTalkError, match=sentence):
        emotalk.perform(**{"speech": short_wav, **arguments})


def test_a_bad_file_of_curves_is_the_same_kind_of_error(tmp_path):
    (tmp_path / "take.json").write_text("[]")
    with pytest.raises(emotalk.EmoTalkError, match=r"take\.json does not hold curves"):
        emotalk.read_curves(tmp_path / "take.json")


def test_without_blender_there_are_no_keys(monkeypatch):
    monkeypatch.setitem(sys.modules, "bpy", None)
    with pytest.raises(emotalk.EmoTalkError, match="Only Blender has characters and keys"):
        emotalk.animate(audio="line.wav")


def test_models_say_of_themselves_what_their_weights_do(user_weights):
    user_weights.mkdir()
    metadata = {"model": "emotalk", "licence": "Studio Ann", "styles": '["Ann", "Bob"]', "fps": "25"}
    write_safetensors(user_weights / "Ann.safetensors", {}, metadata)
    (user_weights / "torn.safetensors").write_bytes(b"\xff" * 100)
    compact, laughing, ann = emotalk.models()
    assert (compact.label, compact.needs_torch) == ("EmoTalk Compact", False)
    assert compact.licence == find_weights(compact.id).licence
    assert (laughing.label, laughing.needs_torch) == ("LaughTalk Compact", False)
    assert (ann.id, ann.label, ann.basis, ann.fps) == ("Ann", "Ann (EmoTalk)", emotalk.ARKIT, 25.0)
    assert (ann.emotions, ann.styles, ann.licence, ann.needs_torch) == (EMOTIONS, ("Ann", "Bob"), "Studio Ann", True)
    assert [control.name for control in ann.controls] == [each.name for each in find_weights("Ann").spec.heeded()]


def test_the_network_runs_where_and_as_it_is_asked_to(short_wav, monkeypatch):
    asked = []

    def load(*choice):
        asked.append(choice)
        raise emotalk.EmoTalkError("enough")

    monkeypatch.setattr(emotalk, "_engine", Engine(load))
    for arguments in ({"model": "Ann", "device": "cuda", "precision": "int8", "windowed": True}, {}):
        with pytest.raises(emotalk.EmoTalkError, match="enough"):
            emotalk.perform(short_wav, **arguments)
    assert asked == [("Ann", "cuda", "int8", True), ("emotalk-compact", "auto", "float32", False)]


def test_controls_may_be_given_as_an_object(short_wav):
    given = {"happy": np.linspace(0, 1, 30), "blink_rate": 0}
    first, second = emotalk.perform(short_wav, given), emotalk.perform(short_wav, emotalk.Controls(given))
    assert first.face.values.tobytes() == second.face.values.tobytes()


def test_everything_that_is_promised_is_there():
    assert all(hasattr(emotalk, name) for name in emotalk.__all__)
    assert emotalk.__all__ == sorted(emotalk.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name))


def test_a_models_own_emotion_is_a_control(short_wav, monkeypatch):
    model = load_model("emotalk-compact")
    model.spec = replace(model.spec, emotions=(*EMOTIONS, "smug"))
    monkeypatch.setattr(emotalk, "_engine", Engine(lambda *_: model))
    assert emotalk.perform(short_wav, {"smug": 1}).face.frames == 30
    with pytest.raises(emotalk.ControlError, match="no control named 'bored'"):
        emotalk.perform(short_wav, {"bored": 1})


def test_a_file_is_read_as_read_speech_reads_it(tmp_path, line_wav):
    voice = emotalk.read_speech(line_wav).samples[:16_000]
    path = tmp_path / "two.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 16_000, 0, "NONE", ""))
        file.writeframes((20_000 * np.stack([0.1 * voice[::-1], voice], 1)).astype("<i2").tobytes())
    given, read = emotalk.perform(path), emotalk.perform(emotalk.read_speech(path))
    assert given.face.values.tobytes() == read.face.values.tobytes()
    first = emotalk.perform(emotalk.read_speech(path, channel=1))
    assert given.face.values.tobytes() != first.face.values.tobytes()


def test_what_is_said_is_aligned_and_performed(line_wav, tmp_path):
    text = "I never asked for any of this. But maybe, just maybe, we were made for a moment like this one."
    times = emotalk.align(line_wav, text)
    assert times.remarks == ()
    assert [word.text for word in times.alignment.words if word.text][-1] == "one"
    assert all(word.fit >= emotalk.LEAST_FIT for word in times.alignment.words)
    told = emotalk.perform(line_wav, alignment=times.to_tell)
    main(["animate", str(line_wav), "-o", str(tmp_path / "theirs.npz"), "--text", text])
    emotalk.write_curves(tmp_path / "own.npz", told)
    assert (tmp_path / "own.npz").read_bytes() == (tmp_path / "theirs.npz").read_bytes()
    heard = emotalk.align(line_wav)
    assert heard.to_tell is None
    assert {phone.name for phone in heard.alignment.phones} >= {"M", "B", "SIL"}
