import ctypes.util

import numpy as np
import pytest
from emotalk.face import metrics
from emotalk.inference.contract import EmoTalkError
from emotalk.training.compact.teacher import Conditioning, build_score, targets_for
from emotalk.training.evaluation.development_sets import read_foreign_sets
from emotalk.training.voices import espeak
from emotalk.training.voices.languages import LANGUAGES

FPS = 30

needs_espeak = pytest.mark.skipif(not ctypes.util.find_library("espeak-ng"), reason="espeak-ng is not installed")


@pytest.fixture(scope="module")
def foreign_sets():
    return read_foreign_sets()


def targets_of(line):
    """The teacher's targets for the phones, and these phones."""
    frames = int(np.ceil(len(line.samples) / 16_000 * FPS))
    targets = targets_for(build_score(line.phones), np.arange(frames) / FPS, Conditioning.plain(frames))
    return targets.with_contacts(), [(phone.start, phone.end, phone.name) for phone in line.phones]


@needs_espeak
def test_every_language_is_read_by_as_many_voices_as_another(foreign_sets):
    assert list(foreign_sets) == [f"espeak-{language}" for language in LANGUAGES]
    for name, lines in foreign_sets.items():
        assert len({line.name for line in lines}) == len(lines) == 72
        assert {line.speaker for line in lines} == {f"{name}+{timbre}" for timbre in ("f3", "m4", "klatt")}


@needs_espeak
def test_the_same_lines_are_read_at_the_same_pace_every_time(foreign_sets):
    for name, lines in read_foreign_sets().items():
        for line, before in zip(lines, foreign_sets[name], strict=True):
            assert [phone.name for phone in line.phones] == [phone.name for phone in before.phones]
            assert len(line.samples) == pytest.approx(len(before.samples), rel=0.05)


@needs_espeak
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_teacher_is_in_sync_in_every_language(foreign_sets, language):
    judged = metrics.judge([targets_of(line) for line in foreign_sets[f"espeak-{language}"]], FPS)
    assert judged.composite > 90
    assert judged.closures > 200


def test_a_missing_synthesiser_is_named(monkeypatch):
    def missing():
        raise RuntimeError("espeak-ng is missing")

    monkeypatch.setattr(espeak, "Synthesiser", missing)
    with pytest.raises(EmoTalkError, match="espeak-ng is missing"):
        read_foreign_sets()
