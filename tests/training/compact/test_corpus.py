"""What a corpus stores of its lines is what their sounds give, line by line."""

import numpy as np
import pytest
from emotalk.face.phones import PhoneSegment
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.models.compact import prosody
from emotalk.inference.sound.log_mel import log_mel, speech_level
from emotalk.training.compact import realignment
from emotalk.training.compact.corpus import long_term_average_spectrum, make_line, read_corpus, write_corpus
from emotalk.training.compact.realignment import phone_times, realign_lines, with_phone_times
from emotalk.training.compact.spoken_line import SpokenLine


def spoken(number, seconds):
    rng = np.random.default_rng(number)
    samples = (3000 * rng.normal(size=int(16000 * seconds))).astype(np.int16)
    phones = (PhoneSegment("SIL", 0, 0.2), PhoneSegment("AA", 0.2, 0.5), PhoneSegment("M", 0.5, seconds))
    return SpokenLine(f"line {number}", f"speaker {number}", samples, phones)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus") / "new folder" / "corpus.npz"
    lines = [spoken(number, 0.8 + 0.37 * number) for number in range(3)]
    assert write_corpus(path, lines) == 3
    return lines, read_corpus(path)


def test_each_line_keeps_its_own_features_phones_and_names(corpus):
    for line, read in zip(*corpus, strict=True):
        samples = line.samples / np.float32(32768)
        level = speech_level(samples)
        assert (read.name, read.speaker, read.phones, read.seconds) == (
            line.name,
            line.speaker,
            line.phones,
            line.phones[-1].end,
        )
        expected = log_mel(samples, level, 0, len(samples) // 160 + 1)
        np.testing.assert_allclose(read.mel, expected, atol=2e-3)
        np.testing.assert_allclose(read.prosody_input, prosody(samples, level, 0, len(samples) // 640 + 1), atol=2e-3)
        assert read.prosody.shape == (len(read.prosody_input), 2)
        assert read.accents.shape == (len(read.prosody_input),)


def test_a_loud_vowel_opens_the_jaw_further_than_a_soft_one():
    mel = np.zeros((100, 64), np.float16)
    mel[:50] = -0.5
    phones = (PhoneSegment("AA", 0, 0.5), PhoneSegment("AA", 0.5, 1.0))
    line = make_line("a", "b", mel, np.zeros((25, 40), np.float16), phones)
    soft, loud = line.score.jaw_gains[0], line.score.jaw_gains[-1]
    assert soft == pytest.approx(0.9, abs=0.01)
    assert loud == pytest.approx(1.1, abs=0.01)


def test_every_line_counts_the_same_in_the_average_and_loud_frames_more():
    phones = (PhoneSegment("AA", 0, 1.0),)
    rows = [np.full((count, 64), level, np.float16) for count, level in ((100, 0.5), (900, -0.2))]
    lines = [make_line(str(i), "b", mel, np.zeros((25, 40), np.float16), phones) for i, mel in enumerate(rows)]
    np.testing.assert_allclose(long_term_average_spectrum(lines), 0.15, atol=1e-3)
    both = make_line("c", "b", np.concatenate([rows[0], rows[1][:100]]), np.zeros((25, 40), np.float16), phones)
    weight = ((-0.2 + 0.9) / 1.4) ** 2
    np.testing.assert_allclose(long_term_average_spectrum([both]), (0.5 - 0.2 * weight) / (1 + weight), atol=1e-3)


def test_times_are_read_back_and_those_of_another_corpus_refused(corpus):
    _, lines = corpus
    moved = [
        make_line(line.name, line.speaker, line.mel, line.prosody_input,
                  (PhoneSegment("SIL", 0, 0.1), PhoneSegment("AA", 0.1, line.seconds)))
        for line in lines
    ]  # fmt: skip
    for read, line in zip(with_phone_times(lines, *phone_times(moved)), moved, strict=True):
        assert (read.name, read.phones) == (line.name, line.phones)
        np.testing.assert_array_equal(read.score.spans, line.score.spans)
    with pytest.raises(EmoTalkError, match="The checkpoint belongs to another corpus; start a new run"):
        with_phone_times(lines[:2], *phone_times(moved))


def test_only_the_lines_that_are_wanted_are_aligned_again(corpus, monkeypatch):
    _, lines = corpus
    asked = []
    new = (PhoneSegment("SIL", 0, 0.3), PhoneSegment("AA", 0.3, 0.8))
    monkeypatch.setattr(realignment, "_log_posteriors", lambda line, *_: asked.append(line.name))
    monkeypatch.setattr(realignment, "realign", lambda *_: new)
    modes = []
    network = type("Network", (), {"eval": lambda _: modes.append("eval"), "train": lambda _: modes.append("train")})()
    found = realign_lines(lines, network, None, lambda line: line.name == "line 1")
    assert asked == ["line 1"]
    assert [line.phones == new for line in found] == [False, True, False]
    assert modes == ["eval", "train"]
