"""Error messages of the command: one sentence on stderr."""

import sys
import traceback
from typing import Final

GOOD: Final = 0
SOME_FAILED: Final = 1
WRONG_USAGE: Final = 2
INTERRUPTED: Final = 130
"""Exit statuses, as shells know them."""


class UsageError(Exception):
    """The arguments of the command contradict each other; the message is a sentence."""


def complaint(error: Exception, *, verbose: bool = False) -> str:
    """The text for stderr about an error: its sentence, followed by the traceback if ``verbose``."""
    from ..inference.worker.failure import sentence_for

    sentence = str(error) if isinstance(error, UsageError) else sentence_for(error)
    return sentence + ("\n" + "".join(traceback.format_exception(error)).rstrip() if verbose else "")


def complain(error: Exception, *, verbose: bool = False) -> None:
    """Print the message about an error."""
    print(f"emotalk: {complaint(error, verbose=verbose)}", file=sys.stderr)
