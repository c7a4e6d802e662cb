"""How words are pronounced: dictionary, endings, compounds, letters, and a table of one's own."""

import gzip
import subprocess
import sys

import pytest
from emotalk.face.errors import EmoTalkError
from emotalk.face.phones import PHONES
from emotalk.inference.alignment import dictionary
from emotalk.inference.alignment.dictionary import WORDS_FILE, code_of, from_code, look_up
from emotalk.inference.alignment.letters import LETTERS_FILE, sound_out
from emotalk.inference.alignment.pronunciation import MOST_PRONUNCIATIONS, Pronunciations, read_table
from emotalk.inference.alignment.spoken_text import TextError, read_text
from hypothesis import given
from hypothesis import strategies as st


def said(text, pronunciations=None):
    """The pronunciations of the one word of a text, as names of phones."""
    (word,) = read_text(text)
    return [" ".join(PHONES[phone] for phone in each) for each in (pronunciations or Pronunciations()).of(word)]


@pytest.mark.parametrize(
    ("text", "phones"),
    [
        ("hello", "HH AX L OW"),
        ("either", "AY DH ER"),
        ("read", "R EH D"),
        ("don't", "D OW N T"),
        ("FBI", "EH F B IY AY"),
        ("runnin'", "R AH N IH N"),
        ("blendshapes", "B L EH N D SH EY P S"),
        ("unrigged", "AX N R IH G D"),
        ("Kowalski's", "K AX W AA L S K IY Z"),
        ("42", "F AO R T IY T UW"),
        ("bosses'", "B AO S IH Z"),
    ],
)
def test_usual_words(text, phones):
    assert phones in said(text)


def test_every_word_of_the_dictionary_is_found_by_its_bytes():
    lines = gzip.decompress(WORDS_FILE.read_bytes()).decode().splitlines()
    assert len(lines) > 120_000
    assert lines == sorted(lines, key=lambda line: line.encode())
    for line in lines[:: len(lines) // 500] + lines[-1:]:
        word, *codes = line.split(" ")
        assert [code_of(each) for each in look_up(word)] == codes
    assert look_up("") == look_up("zzzzzzz") == look_up("a\nb") == look_up("aaa aa") == ()


@given(st.lists(st.integers(1, len(PHONES) - 1), max_size=20))
def test_codes_are_read_back(phones):
    assert from_code(code_of(tuple(phones))) == tuple(phones)
    with pytest.raises(ValueError, match="pronunciation"):
        from_code(code_of(tuple(phones)) + "~")


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=30))
def test_letters_always_give_phones_and_never_silence(word):
    phones = sound_out(word)
    assert all(0 < phone < len(PHONES) for phone in phones)
    assert len(phones) <= 2 * len(word)


def test_letters_know_the_usual_spellings():
    spoken = {word: " ".join(PHONES[phone] for phone in sound_out(word)) for word in ("smeeb", "phate", "shump")}
    assert spoken == {"smeeb": "S M IY B", "phate": "F EY T", "shump": "SH AH M P"}


@given(st.text(min_size=1, max_size=40))
def test_every_word_of_any_text_has_pronunciations(text):
    try:
        words = read_text(text)
    except TextError:
        return
    for word in words:
        each = Pronunciations().of(word)
        assert 1 <= len(each) <= MOST_PRONUNCIATIONS
        assert all(spelling and all(0 < phone < len(PHONES) for phone in spelling) for spelling in each)


def test_a_table_of_ones_own_comes_first(tmp_path):
    table = tmp_path / "names.txt"
    table.write_text("# names\nZiva  Z IY1 V AH0\nziva Z AY V AX\n\nHello  HH AO  # not as usual\n", "utf-8")
    own = Pronunciations(read_table(table))
    assert said("Ziva", own) == ["Z IY V AH", "Z AY V AX"]
    assert said("Ziva's", own) == ["Z IY V AH Z", "Z AY V AX Z"]
    assert said("HELLO", own) == ["HH AO"]
    assert said("hello-yes", own) == ["HH AO Y EH S"]
    assert own.knows(read_text("Ziva")[0])
    assert not own.knows(read_text("Zivaxqu")[0])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"Ziva Z IY V QX", "Line 1 of names.txt: there is no phone for the label 'QX'"),
        (b"\nZiva\n", "Line 2 of names.txt must be a word and its sounds"),
        (b"Ziva SIL", "Line 1 of names.txt must be a word and its sounds"),
        (b"\xff\xfe\x00", "names.txt is no text in UTF-8"),
        (b"a AA\n" * 400_000, "names.txt is larger than 1 MiB"),
    ],
)
def test_bad_tables_are_refused_in_a_sentence(tmp_path, content, sentence):
    (tmp_path / "names.txt").write_bytes(content)
    with pytest.raises(TextError) as refused:
        read_table(tmp_path / "names.txt")
    assert str(refused.value).startswith(sentence)


def test_a_damaged_dictionary_is_said_to_be_damaged(tmp_path, monkeypatch):
    path = tmp_path / "english-words.txt.gz"
    monkeypatch.setattr(dictionary, "WORDS_FILE", path)
    for content in (b"", b"junk", WORDS_FILE.read_bytes()[:5000]):
        path.write_bytes(content)
        dictionary._lines.cache_clear()
        look_up.cache_clear()
        with pytest.raises(EmoTalkError, match="damaged; install EmoTalk again"):
            look_up("hello")
    monkeypatch.undo()
    dictionary._lines.cache_clear()
    assert look_up("hello")


def test_what_is_bundled_is_small_and_loads_when_it_is_needed():
    assert WORDS_FILE.stat().st_size + LETTERS_FILE.stat().st_size < 1_000_000
    code = (
        "import time; from emotalk.inference.alignment import pronunciation, dictionary\n"
        "print(dictionary._lines.cache_info().currsize)\n"
        "started = time.process_time(); dictionary.look_up('hello'); print(time.process_time() - started < 0.15)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "True"]
