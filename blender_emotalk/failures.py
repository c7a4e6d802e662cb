"""Every error becomes one sentence before it reaches a button."""

import contextlib
import traceback
from collections.abc import Iterator

from ..inference.contract import EmoTalkError
from ..inference.worker.failure import sentence_for


@contextlib.contextmanager
def in_one_sentence() -> Iterator[None]:
    """Raise any error inside as an EmoTalkError; what nobody has foreseen is also printed to the console."""
    try:
        yield
    except EmoTalkError:
        raise
    except Exception as error:
        if not isinstance(error, OSError | MemoryError):
            traceback.print_exc()
        raise EmoTalkError(sentence_for(error)) from error
