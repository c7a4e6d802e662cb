"""Speech with exact phone times from the espeak-ng synthesiser, in many voices."""

import ctypes
import random
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

import numpy as np
from scipy.signal import resample_poly

from ...inference.contract import SAMPLE_RATE
from ..phones import Phone, SpokenLine, without_gaps
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
"""espeak-ng's variants of a voice, without robots, doubles, and those in which pocketsphinx finds not even short
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
"""Marks that belong to the phone before them, except in a language that has sounds of these names."""

_R_COLOURED: Final = frozenset("A@ O@ o@ e@ i@3 U@ aI3".split())
"""Vowels that end in an r where the accent has one; espeak-ng announces it in Scotland and not in America."""

_R_SHARE: Final = 0.4
_SECOND_SHARE: Final = 0.6
"""Of what espeak-ng announces as one sound, the later of the two phones that it is."""

_VOICELESS_STOPS: Final = frozenset("P T K CH".split())
_CLOSURE_SECONDS: Final = 0.045
_PHONEME_EVENT: Final = 7
_SYNCHRONOUS: Final = 2
_UTF8: Final = 1
_RATE_PARAMETER: Final = 1
_PITCH_PARAMETER: Final = 3
_PITCH_RANGE_PARAMETER: Final = 4
_NAMES_APART: Final = ord(" ") << 8
_STRESS_MARKS: Final = "',%=|_;?"


class _Told(ctypes.Union):
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
        ("told", _Told),
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
        self._sound: list[np.ndarray] = []
        self._events: list[tuple[str, int]] = []
        self._callback = _Callback(self._hear)
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p

    def speak(
        self, name: str, voice: str, text: str, words_per_minute: int, pitch: int, pitch_range: int = 50
    ) -> SpokenLine:
        """A text read by a voice.

        Args:
            name: of the line that is returned.
            voice: one of ``ACCENTS`` or ``LANGUAGES``, ``+``, and one of ``TIMBRES``.
            text: in the voice's language.
            words_per_minute: 80 to 300.
            pitch: 0 to 100, of the whole line.
            pitch_range: 0 to 100, of what rises and falls in it.

        Raises:
            RuntimeError: the voice is not installed.
            KeyError: a sound that has no counterpart among our phones.
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
            without_gaps([Phone(p.name, p.start, min(p.end, seconds)) for p in phones], seconds),
        )

    def read(self, voice: str, texts: Iterable[str]) -> Iterator[SpokenLine]:
        """Texts read by a voice, each at a pace and a pitch of its own; the same ones every time. See ``speak``."""
        rng = random.Random(voice)
        for i, text in enumerate(texts):
            pace, pitch, pitch_range = rng.randint(100, 280), rng.randint(20, 90), rng.randint(20, 90)
            yield self.speak(f"{voice}-{i:03d}", voice, text, pace, pitch, pitch_range)

    def pronounce(self, word: str) -> list[str]:
        """A word's phones in American English; none where it has a sound without a counterpart among our phones."""
        self._library.espeak_SetVoiceByName(_AMERICAN.encode())
        text = ctypes.c_char_p(word.encode())
        told: bytes = self._library.espeak_TextToPhonemes(ctypes.byref(text), _UTF8, _NAMES_APART)
        labels = [label.strip(_STRESS_MARKS) for label in told.decode().split()]
        if not all(label in _PHONES for label in labels if label):
            return []
        return [phone.name for label in labels if label for phone in _sounded(label, 0, 1, _AMERICAN)]

    def _hear(self, sound: "ctypes._Pointer[ctypes.c_short]", count: int, events: "ctypes._Pointer[_Event]") -> int:
        if sound and count:
            self._sound.append(np.ctypeslib.as_array(sound, (count,)).copy())
        i = 0
        while events[i].type:
            if events[i].type == _PHONEME_EVENT:
                self._events.append((events[i].told.phone.decode(), events[i].sample))
            i += 1
        return 0

    def _phones(self, length: int, accent: str) -> list[Phone]:
        table = _table(accent)
        kept = [(label, sample) for label, sample in self._events if label in table or label not in _CONTINUES]
        starts = [sample / self._rate for _, sample in kept] + [length / self._rate]
        # espeak-ng announces a voiceless stop at its burst; the closure before it is counted to what came before.
        for i in range(1, len(kept)):
            if table[kept[i][0]].partition("+")[0] in _VOICELESS_STOPS:
                starts[i] -= min(_CLOSURE_SECONDS, (starts[i] - starts[i - 1]) / 2)
        spans = zip(kept, pairwise(starts), strict=True)
        return [phone for (label, _), span in spans for phone in _sounded(label, *span, accent)]


def _table(accent: str) -> dict[str, str]:
    return LANGUAGES[accent].phones if accent in LANGUAGES else _PHONES


def _sounded(label: str, start: float, end: float, accent: str) -> list[Phone]:
    """What espeak-ng announces as one sound, and we may count as two."""
    first, _, second = _table(accent)[label].partition("+")
    share = _SECOND_SHARE
    if accent == _AMERICAN and label in _R_COLOURED:
        second, share = "R", _R_SHARE
    if not second:
        return [Phone(first, start, end)]
    turn = end - share * (end - start)
    return [Phone(first, start, turn), Phone(second, turn, end)]
