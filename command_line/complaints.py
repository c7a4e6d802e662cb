"""How the command says that something is wrong: one sentence on stderr."""

import sys
import traceback
from typing import Final

GOOD: Final = 0
SOME_FAILED: Final = 1
WRONG_USAGE: Final = 2
INTERRUPTED: Final = 130
"""Exit statuses, as shells know them."""


class UsageError(Exception):
    """The words of the command make no sense together; the message is a sentence."""


def complaint(error: Exception, *, verbose: bool = False) -> str:
    """What to print on stderr about an error: its sentence, and the traceback below it where it is asked for."""
    from ..inference.worker.failure import sentence_for

    sentence = str(error) if isinstance(error, UsageError) else sentence_for(error)
    return sentence + ("\n" + "".join(traceback.format_exception(error)).rstrip() if verbose else "")


def complain(error: Exception, *, verbose: bool = False) -> None:
    """Print the complaint about an error."""
    print(f"emotalk: {complaint(error, verbose=verbose)}", file=sys.stderr)
