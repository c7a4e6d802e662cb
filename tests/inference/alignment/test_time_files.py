"""Files of times as other programs write them."""

import json

import numpy as np
import pytest
from emotalk.face.alignment import Alignment, SpokenWord
from emotalk.face.phones import PHONES, PhoneSegment
from emotalk.inference.alignment.pronunciation import Pronunciations
from emotalk.inference.alignment.time_files.labels import phone_of
from emotalk.inference.alignment.time_files.reading import read_times
from emotalk.inference.alignment.time_files.textgrid import to_textgrid
from emotalk.inference.alignment.time_files.timed import TimesError
from emotalk.inference.alignment.timed_words import complete
from hypothesis import given, settings
from hypothesis import strategies as st

LONG = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 1
tiers? <exists>
size = 3
item []:
    item [1]:
        class = "IntervalTier"
        name = "Ann - words"
        xmin = 0
        xmax = 1
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 0.2
            text = ""
        intervals [2]:
            xmin = 0.2
            xmax = 1.0
            text = "a ""map"" 1"
    item [2]:
        class = "TextTier"
        name = "clicks"
        xmin = 0
        xmax = 1
        points: size = 1
        points [1]:
            number = 0.5
            mark = "click"
    item [3]:
        class = "IntervalTier"
        name = "Ann - phones"
        xmin = 0
        xmax = 1
        intervals: size = 4
        intervals [1]:
            xmin = 0
            xmax = 0.2
            text = "sil"
        intervals [2]:
            xmin = 0.2
            xmax = 0.5
            text = "AH0"
        intervals [3]:
            xmin = 0.5
            xmax = 0.6
            text = "m"
        intervals [4]:
            xmin = 0.6
            xmax = 1
            text = "AE1"
"""
SHORT = '"ooTextFile"\n"TextGrid"\n0\n1\n<exists>\n1\n"IntervalTier"\n"MAU"\n0\n1\n2\n0\n0.4\n"<p:>"\n0.4\n1\n"m"\n'
GENTLE = {
    "transcript": "map it",
    "words": [
        {"word": "map", "case": "success", "start": 0.2, "end": 0.6, "phones": [
            {"phone": "m_B", "duration": 0.1}, {"phone": "ae_I", "duration": 0.2}, {"phone": "p_E", "duration": 0.1}
        ]},
        {"word": "it", "case": "not-found-in-audio"},
    ],
}  # fmt: skip
MFA = {
    "start": 0,
    "end": 1,
    "tiers": {
        "words": {"type": "interval", "entries": [[0.2, 0.6, "map"]]},
        "phones": {"type": "interval", "entries": [[0.2, 0.3, "m"], [0.3, 0.5, "æ"], [0.5, 0.6, "pʰ"]]},
    },
}
WHISPER = {
    "text": " Map it.",
    "segments": [
        {"start": 0.2, "end": 1.0, "text": " Map it.", "words": [
            {"word": " Map", "start": 0.2, "end": 0.6, "probability": 0.9}, {"word": " it.", "start": 0.6, "end": 0.9}
        ]}
    ],
}  # fmt: skip
WHISPERX = {
    "segments": [
        {"start": 0.2, "end": 1.0, "text": "Map 2 it", "words": [
            {"word": "Map", "start": 0.2, "end": 0.6, "score": 0.9}, {"word": "2"},
            {"word": "it", "start": 0.8, "end": 1.0},
        ]}
    ],
    "word_segments": [],
}  # fmt: skip
WHISPER_CPP = {"transcription": [{"offsets": {"from": 200, "to": 800}, "text": " Map it"}]}
CTM = "line 1 0.20 0.40 map 0.9\nline 1 0.60 0.30 it 0.8 ;; comment\n"
CTM_PHONES = "line A 0.20 0.10 m_B\nline A 0.30 0.20 ae_I\nline A 0.50 0.10 p_E\n"
RHUBARB_TSV = "0.00\tX\n0.20\tA\n0.30\tD\n0.60\tX\n"
RHUBARB_JSON = {
    "metadata": {"duration": 1.0},
    "mouthCues": [{"start": 0, "end": 0.2, "value": "X"}, {"start": 0.2, "end": 0.3, "value": "A"}],
}
RHUBARB_XML = (
    '<?xml version="1.0"?>\n<rhubarbResult><mouthCues>\n<mouthCue start="0.00" end="0.20">X</mouthCue>\n'
    '<mouthCue start="0.20" end="0.30">A</mouthCue>\n</mouthCues></rhubarbResult>'
)
MOHO = "MohoSwitch1\n1 rest\n6 MBP\n9 AI\n15 rest\n"
PAPAGAYO = (
    "lipsync version 1\nline.wav\n24\n24\n1\n\tVoice 1\n\tmap it\n\t1\n\t\tmap it\n\t\t4\n\t\t20\n\t\t2\n"
    "\t\t\tmap 4 10 2\n\t\t\t\t4 MBP\n\t\t\t\t6 AI\n\t\t\tit 12 20 1\n\t\t\t\t12 E\n"
)
AZURE = {
    "visemes": [
        {"audio_offset": 0, "viseme_id": 0},
        {"audio_offset": 2_000_000, "viseme_id": 21},
        {"audio_offset": 3_000_000, "viseme_id": 1},
    ],
    "words": [{"AudioOffset": 2_000_000, "Duration": "0:00:00.4", "Text": "map", "BoundaryType": "Word"}],
}
AZURE_MS = [{"Text": "map", "AudioOffset": 200, "Duration": 400}, {"Text": ".", "AudioOffset": 600, "Duration": 10}]
GOOGLE = {"timepoints": [{"markName": "map", "timeSeconds": 0.2}, {"markName": "it", "timeSeconds": 0.6}]}
ELEVENLABS = {
    "audio_base64": "",
    "alignment": {
        "characters": list("map it"),
        "character_start_times_seconds": [0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
        "character_end_times_seconds": [0.3, 0.4, 0.5, 0.6, 0.7, 0.8],
    },
}
POLLY = (
    '{"time":200,"type":"word","start":0,"end":3,"value":"map"}\n{"time":200,"type":"viseme","value":"p"}\n'
    '{"time":300,"type":"viseme","value":"a"}\n{"time":600,"type":"viseme","value":"sil"}\n'
)
OWN = Alignment((PhoneSegment("SIL", 0, 0.2), PhoneSegment("M", 0.2, 1.0)), (SpokenWord("m", 0.2, 1.0, 0.4),), "edited")

FILES = {
    "long.TextGrid": (LONG, ['a "map" 1'], [("AH", 0.2), ("M", 0.5), ("AE", 0.6)]),
    "short.TextGrid": (SHORT, [], [("M", 0.4)]),
    "own.TextGrid": (to_textgrid(OWN), ["m"], [("M", 0.2)]),
    "mfa.json": (MFA, ["map"], [("M", 0.2), ("AE", 0.3), ("P", 0.5)]),
    "gentle.json": (GENTLE, ["map", "it"], [("M", 0.2), ("AE", 0.3), ("P", 0.5)]),
    "whisper.json": (WHISPER, ["Map", "it."], []),
    "whisperx.json": (WHISPERX, ["Map", "2", "it"], []),
    "whispercpp.json": (WHISPER_CPP, ["Map", "it"], []),
    "words.ctm": (CTM, ["map", "it"], []),
    "phones.ctm": (CTM_PHONES, [], [("M", 0.2), ("AE", 0.3), ("P", 0.5)]),
    "rhubarb.tsv": (RHUBARB_TSV, [], [("M", 0.2), ("AA", 0.3)]),
    "rhubarb.json": (RHUBARB_JSON, [], [("M", 0.2)]),
    "rhubarb.xml": (RHUBARB_XML, [], [("M", 0.2)]),
    "moho.dat": (MOHO, [], [("M", 5 / 24), ("AA", 8 / 24)]),
    "line.pgo": (PAPAGAYO, ["map", "it"], [("M", 4 / 24), ("AA", 6 / 24), ("EH", 0.5)]),
    "azure.json": (AZURE, ["map"], [("P", 0.2), ("AE", 0.3)]),
    "azure_words.json": (AZURE_MS, ["map", "."], []),
    "google.json": (GOOGLE, ["map", "it"], []),
    "elevenlabs.json": (ELEVENLABS, ["map", "it"], []),
    "polly.marks": (POLLY, ["map"], [("P", 0.2), ("AA", 0.3)]),
    "emotalk.json": (OWN.to_json(), ["m"], [("M", 0.2)]),
}


def write(folder, name, content, encoding="utf-8"):
    path = folder / name
    path.write_bytes((content if isinstance(content, str) else json.dumps(content)).encode(encoding))
    return path


@pytest.mark.parametrize("name", FILES)
def test_each_format(tmp_path, name):
    content, words, phones = FILES[name]
    timed = read_times(write(tmp_path, name, content), 1.0)
    assert [word.text for word in timed.words] == words
    starts = [(phone.name, pytest.approx(phone.start)) for phone in timed.phones if phone.name != "SIL"]
    assert starts == phones
    for word in timed.words[:1]:
        assert word.start == pytest.approx(4 / 24 if name == "line.pgo" else 0.2)
    alignment = complete(timed, None, 50, 1.0, Pronunciations())
    assert alignment.origin == "read"
    assert alignment.seconds == pytest.approx(1.0)
    if "map" in words:
        assert [phone.name for phone in alignment.phones if phone.name != "SIL"][:1] in (["M"], ["P"])


def test_an_encoding_of_praat(tmp_path):
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert read_times(write(tmp_path, "a.TextGrid", LONG, encoding), 1.0).words[0].text == 'a "map" 1'


def test_a_word_that_whisperx_did_not_time_lies_between_its_neighbours(tmp_path):
    words = read_times(write(tmp_path, "a.json", WHISPERX), 1.0).words
    assert (words[1].start, words[1].end) == (0.6, 0.8)


def test_a_word_that_gentle_did_not_find_has_no_fit(tmp_path):
    assert [word.fit for word in read_times(write(tmp_path, "a.json", GENTLE), 1.0).words] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("label", "phones"),
    [
        ("AH0", ("AH",)),
        ("ah_B", ("AH",)),
        ("tʃ", ("CH",)),
        ("aɪ", ("AY",)),
        ("iː", ("IY",)),
        ("ˈɔ", ("AO",)),
        ("ʁ", ("R",)),
        ("ɛ̃", ("EH",)),
        ("pf", ("P", "F")),
        ("", ("SIL",)),
        ("sp", ("SIL",)),
        ("p", ("P",)),
        ("ç", ("HH",)),
    ],
)
def test_labels(label, phones):
    assert phone_of(label) == phones


@given(st.lists(st.tuples(st.sampled_from(PHONES), st.integers(10, 400)), min_size=1, max_size=30))
def test_a_textgrid_of_ours_is_read_back(tmp_path_factory, parts):
    clock, phones = 0.0, []
    for name, milliseconds in parts:
        phones.append(PhoneSegment(name, clock, round(clock + milliseconds / 1000, 4)))
        clock = phones[-1].end
    line = Alignment(tuple(phones), (SpokenWord('say "a"', 0.0, clock),), "aligned")
    read = read_times(write(tmp_path_factory.mktemp("grids"), "a.TextGrid", to_textgrid(line)), clock)
    assert [phone.name for phone in read.phones] == [phone.name for phone in line.phones]
    ends = [[phone.start, phone.end] for phone in line.phones]
    assert np.allclose([[phone.start, phone.end] for phone in read.phones], ends, atol=1e-6)
    assert read.words == line.words


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.json", "{", "a.json: This is no valid JSON"),
        ("a.json", {"nothing": 1}, "a.json: This JSON has no times that EmoTalk knows; it reads Praat TextGrid"),
        ("a.txt", "just words", "a.txt: This is no file of times that EmoTalk knows"),
        ("a.ctm", "a 1 0 1 x\nb 1 0 1 y\n", "a.ctm: This file has the times of several recordings"),
        ("a.ctm", "a 1 x 1 hello\n", "a.ctm is damaged"),
        ("a.TextGrid", LONG[:600], "a.TextGrid is damaged (it ends too early)"),
        ("a.TextGrid", LONG.replace('"m"', '"qx"'), "a.TextGrid is damaged (there is no sound for the label 'qx')"),
        ("a.tsv", "0.0\tZ\n", "a.tsv is damaged (there is no mouth shape 'Z')"),
        ("a.json", {"segments": [{"start": 5, "end": 1e999, "text": "x"}]}, "a.json is damaged"),
        ("a.json", {"segments": []}, "a.json has no words and no sounds"),
        ("a.ctm", "a 1 5 1 hello\na 1 9 1 you\n", "a.ctm has times up to 10.0 s, but the sound lasts 1.0 s"),
        ("a.ctm", "a 1 0.5 0.1 hello\na 1 0.1 0.1 you\n", "a.ctm: the times are out of order at 0.10 s"),
        ("a.json", {"timepoints": [{"markName": "3", "timeSeconds": 0.1}]}, "a.json: The marks of these time points"),
    ],
)
def test_damaged_files_are_refused_in_a_sentence(tmp_path, name, content, sentence):
    with pytest.raises(TimesError) as refused:
        read_times(write(tmp_path, name, content), 1.0)
    assert str(refused.value).startswith(sentence)
    assert "\n" not in str(refused.value)


@given(st.sampled_from(sorted(FILES)), st.data())
@settings(max_examples=150, deadline=None)
def test_broken_files_give_times_or_a_sentence(tmp_path_factory, name, data):
    content = FILES[name][0]
    text = content if isinstance(content, str) else json.dumps(content)
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, min(start + 30, len(text))))
    middle = data.draw(
        st.sampled_from(["", "-1", "1e999", "null", '"', "[", "{}", "\x00", "99999999999999999999", "NaN"])
    )
    path = write(tmp_path_factory.mktemp("broken"), name, text[:start] + middle + text[stop:])
    try:
        timed = read_times(path, 1.0)
        alignment = complete(timed, None, 50, 1.0, Pronunciations())
    except TimesError as error:
        sentence = str(error)
    else:
        assert alignment.checked() is alignment
        return
    assert "\n" not in sentence
    assert len(sentence) < 600
