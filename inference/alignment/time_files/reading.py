"""Reads any file of times: what it is shows in its content."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from ....face.alignment import Alignment, AlignmentError, SpokenWord
from ....face.phones import PhoneSegment
from .ctm import read_ctm
from .gentle import read_gentle
from .mfa import read_mfa
from .papagayo import read_moho, read_papagayo
from .rhubarb import read_rhubarb_json, read_rhubarb_tsv, read_rhubarb_xml
from .speech_services import read_azure, read_elevenlabs, read_google, read_polly
from .textgrid import read_textgrid
from .timed import Timed, TimesError
from .whisper import read_whisper

SIZE_LIMIT: Final = 64 * 1024 * 1024
"""Bytes; an hour of words with their sounds takes a tenth of it."""

KINDS: Final = (
    "Praat TextGrid, JSON of MFA, Gentle, Whisper or WhisperX, CTM, Rhubarb's cues, Papagayo or Moho, JSON of Azure, "
    "Google, ElevenLabs or Polly, or EmoTalk's own"
)

_BY_KEY: Final[dict[str, Callable[[Any, float], Timed]]] = {
    "tiers": read_mfa,
    "mouthCues": read_rhubarb_json,
    "segments": read_whisper,
    "transcription": read_whisper,
    "timepoints": read_google,
    "characters": read_elevenlabs,
    "alignment": read_elevenlabs,
    "normalized_alignment": read_elevenlabs,
    "words": read_gentle,
}
"""What a JSON object is that has this key, tried in this order."""


def read_times(path: str | Path, seconds: float) -> Timed:
    """The words and phones of a file of times.

    Args:
        path: one of ``KINDS``.
        seconds: the duration of the sound.

    Raises:
        TimesError: it is none of them, is damaged, is too large, or does not belong to the sound.
        OSError: it cannot be read.
    """
    path = Path(path)
    text = _decode(path)
    try:
        timed = _reader_of(text, path)(seconds)
    except (TimesError, AlignmentError) as error:
        raise TimesError(f"{path.name}: {error}") from None
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OverflowError) as error:
        raise TimesError(f"{path.name} is damaged ({_reason(error)}); make the times again") from None
    _check(timed, path.name, seconds)
    return timed


def _decode(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        raise TimesError(f"{path.name} is larger than {SIZE_LIMIT // 2**20} MiB; split it")
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TimesError(f"{path.name} is no text in UTF-8 or UTF-16; EmoTalk reads {KINDS}") from None


def _reader_of(text: str, path: Path) -> Callable[[float], Timed]:
    """What reads this text. Raises TimesError if nothing does."""
    suffix, start = path.suffix.lower(), text.lstrip()
    if start.startswith("File type") or start.startswith('"ooTextFile"'):
        return lambda seconds: read_textgrid(text, seconds)
    if start.startswith("<") and "mouthCue" in text:
        return lambda seconds: read_rhubarb_xml(text, seconds)
    if start.startswith("MohoSwitch"):
        return lambda seconds: read_moho(text, seconds)
    if start.startswith("lipsync version"):
        return lambda seconds: read_papagayo(text, seconds)
    if start.startswith(("{", "[")):
        return _json_reader(text)
    if suffix == ".ctm" or _columns(start) >= 5:
        return lambda seconds: read_ctm(text, seconds)
    if suffix == ".tsv" and _columns(start) == 2:
        return lambda seconds: read_rhubarb_tsv(text, seconds)
    raise TimesError(f"This is no file of times that EmoTalk knows; it reads {KINDS}")


def _json_reader(text: str) -> Callable[[float], Timed]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        if text.lstrip().startswith("{") and '"type"' in text.partition("\n")[0]:
            return lambda seconds: read_polly(text, seconds)
        raise TimesError("This is no valid JSON; make the times again") from None
    if isinstance(content, dict) and {"origin", "phones", "words"} <= content.keys():
        return lambda _seconds: _own(text)
    if isinstance(content, dict) and {"time", "type", "value"} <= content.keys():
        return lambda seconds: read_polly(text, seconds)
    if isinstance(content, dict):
        for key, read in _BY_KEY.items():
            if key in content and not _is_azure(content[key]):
                return lambda seconds: read(content, seconds)
    if any(map(_is_azure, content.values() if isinstance(content, dict) else [content])):
        return lambda seconds: read_azure(content, seconds)
    raise TimesError(f"This JSON has no times that EmoTalk knows; it reads {KINDS}")


def _own(text: str) -> Timed:
    alignment = Alignment.from_json(text)
    return Timed(alignment.words, alignment.phones)


def _is_azure(value: Any) -> bool:
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return False
    return any(name.lower().replace("_", "") == "audiooffset" for name in value[0])


def _columns(text: str) -> int:
    return len(text.partition("\n")[0].split())


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it lacks {error.args[0]!r}"
    return str(error)[:120] if type(error) is ValueError else "its parts are not what they should be"


def _check(timed: Timed, name: str, seconds: float) -> None:
    """Raises TimesError if there is nothing, or if it lies out of order or outside of the sound."""
    parts: list[SpokenWord | PhoneSegment] = [*timed.words, *timed.phones]
    if not parts:
        raise TimesError(f"{name} has no words and no sounds")
    for starts in ([word.start for word in timed.words], [phone.start for phone in timed.phones]):
        for before, after in pairwise(starts):
            if after < before:
                raise TimesError(f"{name}: the times are out of order at {after:.2f} s; make them again")
    if sum(part.start > seconds for part in parts) > len(parts) / 2:
        raise TimesError(
            f"{name} has times up to {max(part.end for part in parts):.1f} s, but the sound lasts {seconds:.1f} s; "
            "it belongs to another sound"
        )
