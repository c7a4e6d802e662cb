"""What a request asks for reaches the model and the sound, without a process in between."""

import itertools

import numpy as np
import pytest
from emotalk.face.alignment import Alignment
from emotalk.face.basis import ARKIT
from emotalk.face.curve_files import read_curves
from emotalk.face.curves import still
from emotalk.face.emotions import EMOTIONS
from emotalk.face.phones import PhoneSegment
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

    def ask(replies=None, **request):
        loaded, replies = [], [] if replies is None else replies

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


def complaint_about(request):
    """The sentence and the id of the answer to a request that cannot be done."""
    replies = []
    answer(request, Engine(lambda *_: pytest.fail("a model was loaded")), replies.append)
    (reply,) = replies
    assert reply["kind"] == "error"
    return reply["sentence"], reply["id"]


@pytest.mark.parametrize(
    ("field", "wrong", "what"),
    [
        *(("audio", value, "a path") for value in ("", None, 7, "a\0b")),
        *(("output", value, "a path") for value in ("", None, [])),
        *((name, value, "a text") for name in ("model", "emotion_model", "device", "source") for value in (None, 7)),
        *(("precision", value, "a text") for value in (None, 7)),
        *((name, value, "a text") for name in ("text", "alignment") for value in (None, 7, ["a"])),
        *((name, value, "a path") for name in ("times", "pronunciations") for value in ("", None, 7, "a\0b")),
        *(("windowed", value, "true or false") for value in (1, None, "yes")),
        *(("controls", value, "an object") for value in ([], "happy", 1)),
        *(("rate", value, "a positive number") for value in (0, -1, "16000", True, float("inf"), float("nan"), 1e13)),
        *(("features", value, "a path") for value in ("", None, 7)),
        *(("features_limit", value, "a whole number of bytes") for value in (-1, 1.5, True, None)),
        *(("channel", value, "a whole number from 0 on") for value in (-1, 1.0, True, None)),
        *(("section", value, "a start and a duration in seconds") for value in ([1], [1, 2, 3], [1, "2"], (1, 2), {})),
    ],
)
def test_every_field_is_checked_before_anything_is_read(field, wrong, what):
    request = {"id": 4, "verb": "animate", "audio": "/nowhere.wav", "output": "/nowhere.npz", field: wrong}
    assert complaint_about(request) == (f"The field {field!r} of a request to the worker must be {what}", 4)


def test_what_is_needed_is_asked_for():
    sentence, _ = complaint_about({"id": 4, "verb": "animate", "output": "/nowhere.npz"})
    assert sentence == "The field 'audio' of a request to the worker must be a path"


def test_hearing_emotions_needs_a_model_for_it(line_wav):
    request = {"id": 4, "verb": "hear_emotions", "audio": str(line_wav)}
    assert complaint_about(request) == ("The field 'emotion_model' of a request to the worker must be a text", 4)
    sentence, _ = complaint_about({**request, "emotion_model": "emotalk-compact"})
    assert sentence == "emotalk-compact hears no emotions; import the checkpoint of one that does"


@pytest.mark.parametrize(
    ("request_", "sentence", "name"),
    [
        (
            None,
            r"A request to the worker is one line with a JSON object of at most 67,108,864 bytes; this is none",
            None,
        ),
        ({"id": "a"}, "The worker does not know the request 'None'", "a"),
        ({"id": [1], "verb": "x" * 90}, f"The worker does not know the request {'x' * 80!r}", None),
    ],
)
def test_what_is_no_request_is_answered(request_, sentence, name):
    assert complaint_about(request_) == (sentence, name)


def test_fields_that_may_be_left_out_may_be_empty_where_that_means_something(ask, line_wav):
    reply, loaded = ask(audio=str(line_wav), controls=None, section=None, channel=0, source="")
    assert reply["kind"] == "result"
    assert loaded == [("emotalk-compact", "auto", "float32", False)]


def test_a_result_says_what_was_made_and_how(ask, model, line_wav, tmp_path, monkeypatch):
    replies, clock = [], itertools.count(0, 2.5)
    monkeypatch.setattr("emotalk.inference.worker.jobs.time.perf_counter", lambda: next(clock))
    reply, _ = ask(replies, audio=str(line_wav))
    written = read_curves(tmp_path / "line.npz")
    seconds = len(model.sounds[0]) / 16_000
    assert reply.pop("speed") == round(seconds / 2.5, 2)
    assert reply == {
        "id": 1,
        "kind": "result",
        "output": str(tmp_path / "line.npz"),
        "frames": written.face.frames,
        "fps": 25.0,
        "seconds": pytest.approx(seconds),
        "device": "nothing",
        "remarks": [],
    }
    assert {(told["id"], told["kind"]) for told in replies[:-1]} == {(1, "progress")}
    assert [told["text"] for told in replies[:-1]] == [
        "Loading the model",
        "Loading the model",
        "Encoding",
        "Performing",
        "Shaping",
        "Done",
    ]


def test_controls_of_the_request_reach_the_model(ask, model, line_wav):
    asked = []
    decode = model.decode
    model.decode = lambda features, controls: (asked.append(controls), decode(features, controls))[1]
    ask(audio=str(line_wav), controls={"anger": 0.5, "happy": [0, 1], "seed": 3})
    assert asked[0].changed() == {"anger": 0.5, "happy": [0, 1], "seed": 3}


def test_several_arrays_are_no_samples(tmp_path):
    np.savez(tmp_path / "samples.npz", a=np.zeros(3), b=np.zeros(3))
    request = {"id": 1, "verb": "animate", "audio": str(tmp_path / "samples.npz"), "output": "x.npz", "rate": 16000}
    assert complaint_about(request)[0].endswith("cannot be read: they are several arrays")


def test_a_channel_of_samples_is_chosen(ask, model, tmp_path):
    table = np.random.default_rng(0).normal(0, 0.1, (16_000, 2)).astype(np.float32)
    np.save(tmp_path / "two.npy", table)
    for channel, expected in ((1, table[:, 0]), (2, table[:, 1]), (0, table.mean(axis=1))):
        ask(audio=str(tmp_path / "two.npy"), rate=16_000, channel=channel)
        np.testing.assert_allclose(model.sounds[-1], expected, atol=1e-6)


TEXT = "I never asked for any of this. But maybe, just maybe, we were made for a moment like this one."


@pytest.fixture(scope="module")
def ask_built_in():
    """A function: the last reply of the built-in model's engine."""
    engine = Engine()

    def ask(**request):
        replies = []
        answer({"id": 1, **request}, engine, replies.append)
        return replies[-1]

    return ask


def test_a_line_is_aligned_with_its_text_and_performed_with_it(ask_built_in, line_wav):
    reply = ask_built_in(verb="align", audio=str(line_wav), text=TEXT)
    alignment = Alignment.from_json(reply["alignment"])
    assert [word.text for word in alignment.words if word.text][:3] == ["I", "never", "asked"]
    assert reply["remarks"] == []
    assert reply["seconds"] == pytest.approx(alignment.seconds, abs=1e-3)
    heard = ask_built_in(verb="animate", audio=str(line_wav))
    told = ask_built_in(verb="animate", audio=str(line_wav), alignment=reply["alignment"])
    assert told["frames"] == heard["frames"]
    assert told["curves"] != heard["curves"]
    assert ask_built_in(verb="animate", audio=str(line_wav))["curves"] == heard["curves"]


def test_a_section_is_all_that_is_aligned(ask_built_in, line_wav):
    reply = ask_built_in(verb="align", audio=str(line_wav), text="I never asked for any of this", section=[0.0, 2.0])
    assert Alignment.from_json(reply["alignment"]).seconds == pytest.approx(2.0)


def test_without_a_text_the_sounds_are_heard(ask_built_in, line_wav):
    alignment = Alignment.from_json(ask_built_in(verb="align", audio=str(line_wav))["alignment"])
    assert alignment.origin == "heard"
    assert alignment.words == ()
    assert {"M", "B"} <= {phone.name for phone in alignment.phones}


def test_times_and_pronunciations_are_files(ask_built_in, line_wav, tmp_path):
    (tmp_path / "times.ctm").write_text("line 1 0.3 0.5 Zbornak\n", "utf-8")
    (tmp_path / "names.txt").write_text("Zbornak  M AA M AA\n", "utf-8")
    files = {"times": str(tmp_path / "times.ctm"), "pronunciations": str(tmp_path / "names.txt")}
    alignment = Alignment.from_json(ask_built_in(verb="align", audio=str(line_wav), **files)["alignment"])
    assert [phone.name for phone in alignment.phones] == ["SIL", "M", "AA", "M", "AA", "SIL"]
    assert (alignment.words[0].start, alignment.words[0].end) == (0.3, 0.8)


@pytest.mark.parametrize(
    ("alignment", "sentence"),
    [
        ("{}", "The times of the sounds of this line are damaged; align the line again"),
        (
            Alignment((PhoneSegment("SIL", 0.0, 2.0),)).to_json(),
            "The times of this line are those of a sound of 2.00 s, but it lasts",
        ),
    ],
)
def test_times_that_are_not_those_of_the_line_are_refused(ask_built_in, line_wav, alignment, sentence):
    reply = ask_built_in(verb="animate", audio=str(line_wav), alignment=alignment)
    assert reply["kind"] == "error"
    assert reply["sentence"].startswith(sentence)


def test_a_text_in_another_language_is_left_to_listening_with_a_sentence(ask_built_in, line_wav):
    for text, said in (("Ich habe das nicht gewusst", "seems to be German"), ("日本語", "no word in Latin letters")):
        reply = ask_built_in(verb="align", audio=str(line_wav), text=text)
        assert Alignment.from_json(reply["alignment"]).origin == "heard"
        (remark,) = reply["remarks"]
        assert said in remark
        assert remark.endswith("left to listening")
