"""One sentence for every kind of error."""

import errno
from typing import Final

from ..contract import EmoTalkError
from ..devices import is_out_of_memory

_LONGEST: Final = 500
"""Characters; names and values in a sentence come from anywhere."""


def sentence_for(error: Exception) -> str:
    """The message for the animator about any error."""
    return _shortened(_sentence_for(error))


def _sentence_for(error: Exception) -> str:
    if isinstance(error, EmoTalkError):
        return str(error)
    if isinstance(error, MemoryError) or is_out_of_memory(error):
        return "There is not enough memory for this line; close other programs or split it into shorter parts"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "The disk is full; make room and try again"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} cannot be used: {error.strerror}"
    return f"Something went wrong inside EmoTalk ({type(error).__name__}: {error}); please report it"


def _shortened(sentence: str) -> str:
    """On one line; without the middle if it is very long, for the end says what to do."""
    sentence = " ".join(sentence.splitlines())
    half = _LONGEST // 2
    return sentence if len(sentence) <= _LONGEST else f"{sentence[:half]} … {sentence[-half:]}"
