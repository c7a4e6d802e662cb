"""``emotalk demo``: one line spoken by the built-in head, as a scene, a film and a contact sheet."""

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from .complaints import GOOD
from .control_options import add_control_options, controls_from
from .progress import ProgressBar

SUMMARY = "let the built-in head speak a line, and render it with sound"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommand's arguments."""
    parser.add_argument("audio", metavar="AUDIO", help="the sound file of the line")
    parser.add_argument("--folder", default="out", help="the folder for demo.blend, demo.mp4 and demo.png (out)")
    add_control_options(parser)


def run(options: argparse.Namespace) -> int:
    """Produce the demo and print its paths."""
    from ..inference.contract import EmoTalkError
    from ..inference.registry import COMPACT_SPEC

    controls = controls_from(options, COMPACT_SPEC)
    started = time.monotonic()
    try:
        from ..demo.production import produce
    except ImportError as error:
        raise EmoTalkError(
            f"The demo needs Blender's Python module and Pillow ({error}); run: pip install 'emotalk[blender,demo]'"
        ) from None
    with _quiet_blender(), ProgressBar(1) as bar:
        production = produce(Path(options.audio), controls, Path(options.folder), bar.show)
    print(f"Scene   {production.blend}\nFilm    {production.film}\nPicture {production.sheet}")
    print(f"{production.keys} keys, {time.monotonic() - started:.0f} s")
    return _leave(GOOD)


@contextlib.contextmanager
def _quiet_blender() -> Iterator[None]:
    """Keep Blender's own output off the terminal: it bypasses Python and writes to the file descriptors."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    stderr = sys.stderr
    with Path(os.devnull).open("w") as nowhere, os.fdopen(os.dup(2), "w") as terminal:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        sys.stderr = terminal
        try:
            yield
        finally:
            sys.stderr = stderr
            for stream, copy in zip((1, 2), kept, strict=True):
                os.dup2(copy, stream)
                os.close(copy)


def _leave(status: int) -> int:
    """End the process here: bpy modules are known to hang or crash at exit after sound was used."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
