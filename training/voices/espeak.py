"""Speech with exact phone times from the espeak-ng synthesiser, in many voices."""

import ctypes
import random
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

import numpy as np
from scipy.signal import resample_poly

from ...face.phones import PhoneSegment, fill_gaps
from ...inference.contract import SAMPLE_RATE
from ..arrays import IntArray
from ..compact.spoken_line import SpokenLine
from .languages import LANGUAGES

ACCENTS: Final[tuple[str, ...]] = (
    *("en-us", "en", "en-gb-x-rp", "en-gb-scotland"),
    *("en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029", "en-us-nyc"),
)
_AMERICAN: Final = ACCENTS[0]
TIMBRES: Final[tuple[str, ...]] = tuple(
    (
        "m1 m2 m3 m4 m5 m6 m7 m8 f1 f2 f3 f4 f5 klatt klatt2 klatt3 klatt4 klatt5 croak whisper whisperf grandpa "
        "Alex Alicia Denis Diogo Gene Gene2 Henrique Hugo Jacky Marco Michael Mike Nguyen RicishayMax RicishayMax2 "
        "RicishayMax3 adam anika antonio aunty belinda benjamin david ed edward gustave iven iven4 john max michel "
        "miguel pablo paul sandro steph steph2 steph3 victor"
    ).split()
)
"""espeak-ng's voice variants, without robots, duplicates, and those in which pocketsphinx cannot align even short
sentences. A voice is an accent with a timbre: ``en-us+f3``."""

_PHONES: Final[dict[str, str]] = dict(
    pair.split("=")
    for pair in (
        "_=SIL _:=SIL _!=SIL _|=SIL @=AX @-=AX @2=AX @5=AX a#=AX I#=IH I2=IH I=IH i=IY i:=IY u:=UW U=UH E=EH E2=EH "
        "a=AE aa=AE a2=AE 0=AA A:=AA A@=AA A~=AA V=AH VR=AH 3=ER 3:=ER O=AO O:=AO O2=AO O@=AO o@=AO eI=EY "
        "oU=OW aI=AY aI2=AY aI3=AY aI@=AY aU=AW aU@=AW OI=OY U@=UH i@=IH i@3=IH IR=IH e@=EH p=P b=B t=T t#=T "
        "t2=T t[=T d=D d#=D k=K g=G m=M n=N n-=N N=NG f=F v=V T=TH D=DH s=S z=Z S=SH Z=ZH tS=CH dZ=JH h=HH l=L @L=L "
        "r=R r-=R w=W w#=W j=Y"
    ).split()
)
_CONTINUES: Final = frozenset((";", "?", "*"))
"""Events that continue the phone before them, except in a language whose table has these names."""

_RHOTIC_VOWELS: Final = frozenset("A@ O@ o@ e@ i@3 U@ aI3".split())
"""Vowels with an r at the end in rhotic accents; espeak-ng reports that r in Scottish but not in American English."""

_R_SHARE: Final = 0.4
_SECOND_SHARE: Final = 0.6
"""Share of the second phone where one sound of espeak-ng maps to two phones."""

_VOICELESS_STOPS: Final = frozenset("P T K CH".split())
_CLOSURE_SECONDS: Final = 0.045
_PHONEME_EVENT: Final = 7
_SYNCHRONOUS: Final = 2
_UTF8: Final = 1
_RATE_PARAMETER: Final = 1
_PITCH_PARAMETER: Final = 3
_PITCH_RANGE_PARAMETER: Final = 4
_NAMES_APART: Final = ord(" ") << 8
_TIED_IPA: Final = 0x02 | 0x80 | ord("^") << 8
_STRESS_MARKS: Final = "',%=|_;?"


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("phone", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Synthesiser:
    """espeak-ng, through its C library.

    Raises:
        RuntimeError: the library is not installed.
    """

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL("libespeak-ng.so.1")
        except OSError:
            raise RuntimeError("espeak-ng is missing; install it with your system's packages") from None
        self._rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, 1)
        self._sound: list[IntArray] = []
        self._events: list[tuple[str, int]] = []
        self._callback = _Callback(self._collect)
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p

    def speak(
        self, name: str, voice: str, text: str, words_per_minute: int, pitch: int, pitch_range: int = 50
    ) -> SpokenLine:
        """Synthesise a text.

        Args:
            name: of the line that is returned.
            voice: one of ``ACCENTS`` or ``LANGUAGES``, ``+``, and one of ``TIMBRES``.
            text: in the voice's language.
            words_per_minute: 80 to 300.
            pitch: 0 to 100, of the whole line.
            pitch_range: 0 to 100, of what rises and falls in it.

        Raises:
            RuntimeError: the voice is not installed.
            KeyError: a sound that maps to no phone of ours.
        """
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise RuntimeError(f"espeak-ng does not know the voice {voice}")
        self._library.espeak_SetParameter(_RATE_PARAMETER, words_per_minute, 0)
        self._library.espeak_SetParameter(_PITCH_PARAMETER, pitch, 0)
        self._library.espeak_SetParameter(_PITCH_RANGE_PARAMETER, pitch_range, 0)
        self._sound, self._events = [], []
        spoken = text.encode()
        self._library.espeak_Synth(spoken, len(spoken) + 1, 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        sound = np.concatenate(self._sound)
        phones = self._phones(len(sound), voice.partition("+")[0])
        samples = resample_poly(sound.astype(np.float32), SAMPLE_RATE, self._rate)
        seconds = len(samples) / SAMPLE_RATE
        return SpokenLine(
            name,
            f"espeak-{voice}",
            np.clip(samples, -32768, 32767).astype(np.int16),
            fill_gaps([PhoneSegment(p.name, p.start, min(p.end, seconds)) for p in phones], seconds),
        )

    def read(self, voice: str, texts: Iterable[str]) -> Iterator[SpokenLine]:
        """Synthesise texts, each at a pseudo-random pace and pitch; the same ones every time. See ``speak``."""
        rng = random.Random(voice)
        for i, text in enumerate(texts):
            pace, pitch, pitch_range = rng.randint(100, 280), rng.randint(20, 90), rng.randint(20, 90)
            yield self.speak(f"{voice}-{i:03d}", voice, text, pace, pitch, pitch_range)

    def pronounce(self, word: str) -> list[str]:
        """A word's phones in American English; none if it has a sound that maps to no phone of ours."""
        self._library.espeak_SetVoiceByName(_AMERICAN.encode())
        text = ctypes.c_char_p(word.encode())
        transcription: bytes = self._library.espeak_TextToPhonemes(ctypes.byref(text), _UTF8, _NAMES_APART)
        labels = [label.strip(_STRESS_MARKS) for label in transcription.decode().split()]
        if not all(label in _PHONES for label in labels if label):
            return []
        return [phone.name for label in labels if label for phone in _split_sound(label, 0, 1, _AMERICAN)]

    def transcribe(self, text: str, accent: str) -> str:
        """A text in the phonetic alphabet, one line for each clause; a ``^`` ties letters that are one sound.

        Args:
            text: English.
            accent: one of ``ACCENTS``.
        """
        self._library.espeak_SetVoiceByName(accent.encode())
        rest = ctypes.c_char_p(text.encode())
        clauses: list[str] = []
        while rest.value:
            clauses.append(self._library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _TIED_IPA).decode())
        return " ".join(clauses)

    def _collect(self, sound: "ctypes._Pointer[ctypes.c_short]", count: int, events: "ctypes._Pointer[_Event]") -> int:
        if sound and count:
            self._sound.append(np.ctypeslib.as_array(sound, (count,)).copy())
        i = 0
        while events[i].type:
            if events[i].type == _PHONEME_EVENT:
                self._events.append((events[i].id.phone.decode(), events[i].sample))
            i += 1
        return 0

    def _phones(self, length: int, accent: str) -> list[PhoneSegment]:
        table = _table(accent)
        kept = [(label, sample) for label, sample in self._events if label in table or label not in _CONTINUES]
        starts = [sample / self._rate for _, sample in kept] + [length / self._rate]
        # espeak-ng reports a voiceless stop at its burst and counts the closure as part of the phone before.
        for i in range(1, len(kept)):
            if table[kept[i][0]].partition("+")[0] in _VOICELESS_STOPS:
                starts[i] -= min(_CLOSURE_SECONDS, (starts[i] - starts[i - 1]) / 2)
        spans = zip(kept, pairwise(starts), strict=True)
        return [phone for (label, _), span in spans for phone in _split_sound(label, *span, accent)]


def _table(accent: str) -> dict[str, str]:
    return LANGUAGES[accent].phones if accent in LANGUAGES else _PHONES


def _split_sound(label: str, start: float, end: float, accent: str) -> list[PhoneSegment]:
    """The one or two phones of a sound of espeak-ng."""
    first, _, second = _table(accent)[label].partition("+")
    share = _SECOND_SHARE
    if accent == _AMERICAN and label in _RHOTIC_VOWELS:
        second, share = "R", _R_SHARE
    if not second:
        return [PhoneSegment(first, start, end)]
    turn = end - share * (end - start)
    return [PhoneSegment(first, start, turn), PhoneSegment(second, turn, end)]
