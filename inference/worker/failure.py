"""One sentence for every kind of error."""

import errno

from ..contract import EmoTalkError
from ..devices import is_out_of_memory


def sentence_for(error: Exception) -> str:
    """The message for the animator about any error."""
    if isinstance(error, EmoTalkError):
        return str(error)
    if isinstance(error, MemoryError) or is_out_of_memory(error):
        return "There is not enough memory for this line; close other programs or split it into shorter parts"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "The disk is full; make room and try again"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} cannot be used: {error.strerror}"
    return f"Something went wrong inside EmoTalk ({type(error).__name__}: {error}); please report it"
