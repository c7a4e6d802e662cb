"""Other languages as espeak-ng reads them; skipped where it is not installed."""

import ctypes.util

import numpy as np
import pytest
from emotalk.face.phones import CLOSURE_SHARE, PHONES, VOWELS
from emotalk.training.voices.espeak import Synthesiser
from emotalk.training.voices.languages import LANGUAGES

needs_espeak = pytest.mark.skipif(not ctypes.util.find_library("espeak-ng"), reason="espeak-ng is not installed")
every_language = pytest.mark.parametrize("language", LANGUAGES)
SOUNDS_OF_LETTERS = {
    "es": {"m": "M", "p": "P", "b": "B", "v": "B", "f": "F"},
    "fr": {"m": "M", "p": "P", "b": "B", "v": "V", "f": "F"},
    "it": {"m": "M", "p": "P", "b": "B", "v": "V", "f": "F"},
    "ru": {"м": "M", "п": "P", "б": "B", "в": "V", "ф": "F"},
    "de": {"m": "M", "p": "P", "b": "B", "w": "V", "f": "F"},
}
CHOSEN = {
    "es": "Mi primo bebe vino por la mañana y fuma.",
    "fr": "Ma famille vend du bois et prépare la fête.",
    "it": "Domani porto un bambino al fiume vivo.",
    "ru": "Мама купила новую белую вазу, а потом фабрика пела.",
    "de": "Meine Oma wohnt am Fluss, bitte pass auf.",
}


def names(line):
    return [phone.name for phone in line.phones if phone.name != "SIL"]


def mean_loudness(line, start, end):
    return np.abs(line.samples[int(start * 16_000) : int(end * 16_000) + 1].astype(float)).mean()


@every_language
def test_every_counterpart_is_one_phone_of_ours_or_two(language):
    for counterpart in LANGUAGES[language].phones.values():
        assert 1 <= len(counterpart.split("+")) <= 2
        assert set(counterpart.split("+")) <= set(PHONES)


@every_language
def test_no_sentence_stands_twice(language):
    sentences = LANGUAGES[language].sentences
    assert len(set(sentences)) == len(sentences) == 24


@needs_espeak
@every_language
def test_every_sound_of_every_sentence_has_a_counterpart_and_stops_are_quiet(language):
    synthesiser = Synthesiser()
    closures, vowels = [], []
    for text in LANGUAGES[language].sentences:
        line = synthesiser.speak("line", f"{language}+m3", text, 150, 50)
        assert line.phones[0].start == 0
        assert line.phones[-1].end == pytest.approx(len(line.samples) / 16_000, abs=1e-3)
        assert all(phone.end == after.start for phone, after in zip(line.phones, line.phones[1:], strict=False))
        for phone in line.phones:
            closed_until = phone.start + CLOSURE_SHARE * (phone.end - phone.start)
            if phone.name in ("P", "B"):
                closures.append(mean_loudness(line, phone.start, closed_until))
            elif phone.name in VOWELS:
                vowels.append(mean_loudness(line, phone.start, phone.end))
    assert len(closures) > 40
    assert np.median(closures) < 0.35 * np.median(vowels)


@needs_espeak
@every_language
def test_contacts_are_where_the_letters_have_them(language):
    text = CHOSEN[language]
    sounds = SOUNDS_OF_LETTERS[language]
    # Doubled letters are one sound, and no chosen word has any of these letters mute or in another sound.
    spelt = [sounds[a] for a, b in zip(text.lower(), text.lower()[1:] + " ", strict=True) if a in sounds and a != b]
    spoken = [name for name in names(Synthesiser().speak("line", f"{language}+f2", text, 150, 50)) if name in "PBMFV"]
    assert spoken == spelt


@needs_espeak
@pytest.mark.parametrize(
    ("language", "text", "phones"),
    [
        ("es", "Bebe vino.", "B EH B EH B IY N OW"),
        ("fr", "Un bon vin blanc.", "AO B OW V AE B L AA"),
        ("fr", "Deux sœurs.", "D UH S AO HH"),
        ("fr", "Le petit pont.", "L ER P ER T IY P OW"),
        ("it", "Fabbro, ferro.", "F AA B D D OW F EH D D OW"),
        ("ru", "Птица, щука.", "P T IY T S AX SH UH K AX"),
        ("de", "Pferde mögen Äpfel.", "P F EY HH D AX M UH G AX N EH P F AX L"),
        ("de", "Fünf.", "F UH N F"),
    ],
)
def test_sounds_that_english_lacks_have_the_lips_of_some_that_it_has(language, text, phones):
    assert names(Synthesiser().speak("line", f"{language}+m3", text, 150, 50)) == phones.split()


@needs_espeak
@pytest.mark.parametrize(
    ("accent", "text", "phones"),
    [
        ("en-us", "Four more poor birds.", "F AO R M AO R P UH R B ER D Z"),
        ("en-gb-scotland", "Four more poor birds.", "F AO R M AO R P UH B IH D Z"),
        ("en-029", "Mad pupils; above, below?", "M AE D P Y UW P L Z AX B AH V B IH L OW"),
    ],
)
def test_english_is_read_as_it_was_before_and_after_another_language(accent, text, phones):
    synthesiser = Synthesiser()
    before = synthesiser.speak("line", f"{accent}+m3", text, 150, 50)
    synthesiser.speak("line", "fr+m3", "Un bon vin blanc.", 150, 50)
    after = synthesiser.speak("line", f"{accent}+m3", text, 150, 50)
    assert names(before) == phones.split()
    assert names(after) == names(before)
    # espeak-ng goes on in the middle of a vibration where the line before ended, which moves starts by a few samples.
    starts = [[phone.start for phone in line.phones] for line in (before, after)]
    assert starts[1] == pytest.approx(starts[0], abs=0.005)


@needs_espeak
def test_an_american_vowel_turns_into_its_r_after_three_fifths():
    line = Synthesiser().speak("line", "en-us+m3", "Four.", 150, 50)
    vowel, r = (phone for phone in line.phones if phone.name in ("AO", "R"))
    assert vowel.end == r.start
    assert vowel.end - vowel.start == pytest.approx(0.6 * (r.end - vowel.start))
