"""A text aligned with its sound: where the words are, and what happens where text and sound differ."""

import random
import time
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from emotalk.face.alignment import LEAST_FIT
from emotalk.face.phones import BILABIALS, PHONES
from emotalk.inference.alignment import forced
from emotalk.inference.alignment.forced import align
from emotalk.inference.alignment.pronunciation import Pronunciations
from emotalk.inference.alignment.spoken_text import TextError, read_text
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from .synthetic_posteriors import posteriors_of, spoken

RATE = 50
VOCABULARY = (
    "maybe people believe that a problem before breakfast makes the whole family move above five rivers while my "
    "brother plays music with seven big brown bears and nobody knows why we should remember every winter evening"
).split()
PRONUNCIATIONS = Pronunciations()


def names_of(word):
    return [PHONES[phone] for phone in PRONUNCIATIONS.of(read_text(word)[0])[0]]


def line_of(words, seed=0, **how):
    """The phones, the times of the words, the duration and the posteriors of words."""
    phones, times = spoken([names_of(word) for word in words], seed, **how)
    seconds = phones[-1].end
    return phones, times, seconds, posteriors_of(phones, seconds, RATE, seed)


def starts_and_ends(alignment):
    return np.array([(word.start, word.end) for word in alignment.words if word.text])


@given(st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=12), st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_words_are_found_where_they_are(words, seed):
    said = [names_of(word) for word in words]
    assume(all(before[-1] != after[0] for before, after in pairwise(said)))  # nobody hears where one m ends in two
    _, times, seconds, posteriors = line_of(words, seed)
    alignment = align(posteriors, RATE, " ".join(words), seconds, PRONUNCIATIONS)
    assert [word.text for word in alignment.words if word.text] == words
    assert alignment.seconds == pytest.approx(seconds)
    assert alignment.origin == "aligned"
    if len(words) >= 4:  # the middle of fewer times is moved by one h that passes for silence
        assert np.median(np.abs(starts_and_ends(alignment) - times)) < 0.02


def test_bilabials_are_within_a_frame_of_film():
    found = wanted = 0
    for seed in range(8):
        words = random.Random(seed).choices(VOCABULARY, k=12)
        phones, _, seconds, posteriors = line_of(words, seed)
        alignment = align(posteriors, RATE, " ".join(words), seconds, PRONUNCIATIONS)
        middles = np.array([(p.start + p.end) / 2 for p in alignment.phones if p.name in BILABIALS])
        for phone in phones:
            if phone.name in BILABIALS:
                wanted += 1
                found += bool(np.abs(middles - (phone.start + phone.end) / 2).min(initial=9) < 0.04)
    assert found / wanted > 0.95


def test_every_tenth_word_wrong_derails_nothing():
    right_found = right = wrong_found = wrong = 0
    for seed in range(10):
        chance = random.Random(seed)
        words = chance.choices(VOCABULARY, k=20)
        _, times, seconds, posteriors = line_of(words, seed)
        written = list(words)
        for place in range(5, 20, 10):
            written[place] = chance.choice([word for word in VOCABULARY if word[0] != words[place][0]])
        alignment = align(posteriors, RATE, " ".join(written), seconds, PRONUNCIATIONS)
        shown = [word for word in alignment.words if word.text]
        assert [word.text for word in shown] == written
        for place, word in enumerate(shown):
            if written[place] == words[place]:
                right += 1
                near = abs(word.start - times[place][0]) < 0.1 and abs(word.end - times[place][1]) < 0.1
                right_found += near and word.fit >= LEAST_FIT
            else:
                wrong += 1
                wrong_found += word.fit < LEAST_FIT
    assert right_found / right > 0.9
    assert wrong_found / wrong > 0.8


def test_what_is_said_beside_the_text_is_left_to_listening():
    said = "the whole family knows why nobody plays music my brother makes breakfast".split()
    _, times, seconds, posteriors = line_of(said, 3)
    written = said[:5] + said[8:]
    alignment = align(posteriors, RATE, " ".join(written), seconds, PRONUNCIATIONS)
    shown = [word for word in alignment.words if word.text]
    expected = times[:5] + times[8:]
    assert max(abs(word.start - start) for word, (start, _) in zip(shown, expected, strict=True)) < 0.1
    left = max((word for word in alignment.words if not word.text), key=lambda word: word.end - word.start)
    assert left.fit == 0
    assert (left.start, left.end) == pytest.approx((times[5][0], times[7][1]), abs=0.12)


def test_words_that_are_not_said_take_no_time_of_the_others():
    said = "the whole family knows why nobody plays music".split()
    _, times, seconds, posteriors = line_of(said, 6, pause=0)
    written = [*said[:4], "chrysanthemums", "judge", "shushing", *said[4:]]
    alignment = align(posteriors, RATE, " ".join(written), seconds, PRONUNCIATIONS)
    shown = [word for word in alignment.words if word.text]
    assert [word.text for word in shown if word.fit < LEAST_FIT] == written[4:7]
    assert max(word.end - word.start for word in shown[4:7]) < 0.05
    kept = np.array([(word.start, word.end) for word in shown[:4] + shown[7:]])
    assert np.abs(kept - times).max() < 0.05


def test_a_text_without_any_of_the_words_leaves_the_words_without_fit():
    _, _, seconds, posteriors = line_of("people believe that a problem".split(), 1)
    alignment = align(posteriors, RATE, "Zurich judge shush", seconds, PRONUNCIATIONS)
    assert all(word.fit < LEAST_FIT for word in alignment.words)
    assert {phone.name for phone in alignment.phones} >= {"P", "B"}


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.02, 0.3])
def test_sounds_that_are_too_short_for_their_text(seconds):
    posteriors = posteriors_of((), seconds, RATE)
    alignment = align(posteriors, RATE, "far too many words for this", seconds, PRONUNCIATIONS)
    assert len([word for word in alignment.words if word.text]) == 6
    assert all(word.fit == 0 or word.end > word.start for word in alignment.words)


@pytest.mark.parametrize("text", ["", "...", "(laughs)", "日本語のテキスト", "x" * 2_000_000])
def test_texts_without_words_are_refused_in_a_sentence(text):
    with pytest.raises(TextError, match=r"text"):
        align(np.zeros((10, len(PHONES)), np.float32), RATE, text, 0.2, PRONUNCIATIONS)


@given(st.text(max_size=200), st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_any_text_gives_an_alignment_or_a_sentence(text, frames):
    try:
        alignment = align(posteriors_of((), frames / RATE, RATE), RATE, text, frames / RATE, PRONUNCIATIONS)
    except TextError:
        return
    assert alignment.checked() is alignment


def test_windows_give_what_one_pass_gives(monkeypatch):
    words = random.Random(7).choices(VOCABULARY, k=120)
    _, _, seconds, posteriors = line_of(words, 7)
    whole = align(posteriors, RATE, " ".join(words), seconds, PRONUNCIATIONS)
    monkeypatch.setattr(forced, "WINDOW_SECONDS", 15.0)
    assert align(posteriors, RATE, " ".join(words), seconds, PRONUNCIATIONS) == whole


def test_long_lines_take_no_more_memory_than_short_ones():
    words = random.Random(1).choices(VOCABULARY, k=420)
    _, times, seconds, posteriors = line_of(words, 1)
    assert seconds > 200
    for word in set(words):
        names_of(word)  # the dictionary is no part of it
    tracemalloc.start()
    started = time.process_time()
    alignment = align(posteriors, RATE, " ".join(words), seconds, PRONUNCIATIONS)
    spent = time.process_time() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6
    assert spent / seconds < 0.02  # traced, and on a busy machine; docs/command-line.md has what it takes
    late = np.abs(starts_and_ends(alignment) - times)
    assert np.mean(late < 0.1) > 0.97


def test_the_same_text_gives_the_same_times():
    words = random.Random(2).choices(VOCABULARY, k=30)
    _, _, seconds, posteriors = line_of(words, 2)
    one, two = (align(posteriors, RATE, " ".join(words), seconds, PRONUNCIATIONS) for _ in range(2))
    assert one.to_json() == two.to_json()


def test_a_rate_of_a_hundred_gives_the_same_words():
    words = random.Random(4).choices(VOCABULARY, k=20)
    phones, times, seconds, _ = line_of(words, 4)
    alignment = align(posteriors_of(phones, seconds, 100, 4), 100, " ".join(words), seconds, PRONUNCIATIONS)
    assert np.mean(np.abs(starts_and_ends(alignment) - times) < 0.05) >= 0.9
