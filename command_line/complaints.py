"""Error messages of the command: one sentence on stderr."""

import sys
import traceback
from collections.abc import Callable
from typing import Final

from .streams import PatientStream

GOOD: Final = 0
SOME_FAILED: Final = 1
WRONG_USAGE: Final = 2
INTERRUPTED: Final = 130
"""Exit statuses, as shells know them."""


class UsageError(Exception):
    """The arguments of the command contradict each other; the message is a sentence."""


def status_of(work: Callable[[], int], *, verbose: bool = False) -> int:
    """Run the work; its exit status, or that of its error, which is printed."""
    try:
        return int(work())
    except KeyboardInterrupt:
        print("emotalk: interrupted", file=sys.stderr)
        return INTERRUPTED
    except UsageError as error:
        complain(error, verbose=verbose)
        return WRONG_USAGE
    except Exception as error:
        complain(error, verbose=verbose)
        return SOME_FAILED


def finish_printing(status: int, out: PatientStream | None) -> int:
    """Send what was printed on its way; an exit status that says whether it arrived, if all else is well."""
    if out is None:
        return status
    out.flush()
    if out.loss is None:
        return status
    print(f"emotalk: not everything could be printed: {out.loss.strerror or out.loss}", file=sys.stderr)
    return status or SOME_FAILED


def complaint(error: Exception, *, verbose: bool = False) -> str:
    """The text for stderr about an error: its sentence, followed by the traceback if ``verbose``."""
    from ..inference.worker.failure import sentence_for

    sentence = " ".join(str(error).splitlines()) if isinstance(error, UsageError) else sentence_for(error)
    return sentence + ("\n" + "".join(traceback.format_exception(error)).rstrip() if verbose else "")


def complain(error: Exception, *, verbose: bool = False) -> None:
    """Print the message about an error."""
    print(f"emotalk: {complaint(error, verbose=verbose)}", file=sys.stderr)
