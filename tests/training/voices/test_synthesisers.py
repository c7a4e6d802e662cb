"""Phone times of the synthesisers; skipped where a program is not installed."""

import ctypes.util
import shutil

import numpy as np
import pytest
from emotalk.face.phones import PHONES, PhoneSegment
from emotalk.training.voices import espeak, festival

needs_espeak = pytest.mark.skipif(not ctypes.util.find_library("espeak-ng"), reason="espeak-ng is not installed")
needs_festival = pytest.mark.skipif(not shutil.which("festival"), reason="Festival is not installed")


def loudness(line, phone):
    return np.abs(line.samples[int(phone.start * 16_000) : int(phone.end * 16_000) + 1].astype(float)).mean()


def assert_whole(line):
    assert line.phones[0].start == 0
    assert line.phones[-1].end == pytest.approx(len(line.samples) / 16_000, abs=1e-3)
    assert {phone.name for phone in line.phones} <= set(PHONES)
    hiss = [loudness(line, phone) for phone in line.phones if phone.name == "S"]
    rest = [loudness(line, phone) for phone in line.phones if phone.name == "SIL" and phone.end - phone.start > 0.1]
    assert min(hiss) > 5 * max(rest)


def test_segments_end_where_they_are_said_to():
    assert festival.read_segments("pau:0.2 m:0.3 ax:0.42 pau:0.9", 0.8) == (
        PhoneSegment("SIL", 0, 0.2),
        PhoneSegment("M", 0.2, 0.3),
        PhoneSegment("AX", 0.3, 0.42),
        PhoneSegment("SIL", 0.42, 0.8),
    )


@needs_festival
@pytest.mark.parametrize("voice", festival.VOICES)
def test_festival_reads_every_text(voice):
    try:
        first, second = festival.speak(voice, ["A mess.", 'Say "yes" twice; pass.'], [1.0, 1.2])
    except RuntimeError:
        pytest.skip(f"the voice {voice} is not installed")
    assert [phone.name for phone in first.phones] in (
        ["SIL", "AX", "M", "EH", "S", "SIL"],
        ["SIL", "EY", "M", "EH", "S", "SIL"],
    )
    for line in (first, second):
        assert_whole(line)


@needs_espeak
@pytest.mark.parametrize("accent", espeak.ACCENTS)
def test_espeak_reads_in_every_accent(accent):
    synthesiser = espeak.Synthesiser()
    slow = synthesiser.speak("slow", f"{accent}+m3", "A mess. Pass us four more umbrellas.", 110, 40)
    fast = synthesiser.speak("fast", f"{accent}+f2", "A mess. Pass us four more umbrellas.", 250, 70, 90)
    for line in (slow, fast):
        assert_whole(line)
        assert [phone.name for phone in line.phones if phone.name in "PBMFV"] == list("MPFMMB")
    assert len(slow.samples) > 1.4 * len(fast.samples)


@needs_espeak
def test_no_two_timbres_sound_alike():
    synthesiser = espeak.Synthesiser()
    sounds = {
        synthesiser.speak("mess", f"en-us+{timbre}", "Ah.", 200, 50).samples.tobytes() for timbre in espeak.TIMBRES
    }
    assert len(sounds) == len(espeak.TIMBRES)


@needs_espeak
@pytest.mark.parametrize(
    ("word", "phones"),
    [("unmute", "AH N M Y UW T"), ("voicemail", "V OY S M EY L"), ("rerecord", "R IH R EH K AO R D")],
)
def test_espeak_pronounces_words(word, phones):
    assert espeak.Synthesiser().pronounce(word) == phones.split()
