import re
from collections import Counter

import pytest
from emotalk.face.phones import VOWELS
from emotalk.training.voices.sentences import write_sentences


@pytest.fixture(scope="module")
def phone_pairs():
    """How often each two phones follow each other in what three voices read."""
    from pocketsphinx import Decoder

    dictionary = Decoder(lm=None, loglevel="FATAL")
    pairs = Counter()
    for text in write_sentences(2700, 7):
        before = "SIL"
        for word in re.findall(r"[a-z']+", text.lower()):
            for phone in (dictionary.lookup_word(word) or "SIL").split():
                pairs[before, phone] += 1
                before = phone
    return pairs


def test_the_same_seed_gives_the_same_sentences_and_another_one_others():
    assert write_sentences(50, 3) == write_sentences(50, 3)
    assert len(set(write_sentences(300, 3)) & set(write_sentences(300, 4))) < 45


def test_sentences_are_written_out():
    for text in write_sentences(500, 1):
        assert re.fullmatch(r"[A-Z][A-Za-z',:;.!? -]*[.!?]", text), text


@pytest.mark.parametrize("consonant", "PBMFVW")
def test_every_lip_sound_stands_before_every_vowel(consonant, phone_pairs):
    rare = {("V", "UH"), ("W", "OY")}  # hardly a word of English has them
    for vowel in VOWELS - {"AX"}:
        assert phone_pairs[consonant, vowel] or (consonant, vowel) in rare, vowel


@pytest.mark.parametrize("vowel", "AA AE AH AY EH ER EY IH IY OW UW".split())
def test_lips_close_after_every_frequent_vowel(vowel, phone_pairs):
    for consonant in "PBMFV":
        assert phone_pairs[vowel, consonant] >= 3, consonant
