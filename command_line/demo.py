"""``emotalk demo``: one line spoken by the built-in head, as a scene, a film and a contact sheet."""

import argparse
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .blender_process import leave, quiet_blender
from .complaints import GOOD, INTERRUPTED, status_of
from .control_options import add_control_options, controls_from
from .progress import ProgressBar

if TYPE_CHECKING:
    from ..demo.moods import MoodFilm
    from ..demo.production import Production
    from ..face.controls import Controls
    from ..inference.contract import StageProgress

SUMMARY = "let the built-in head speak a line, and render it with sound"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommand's arguments."""
    parser.add_argument("audio", metavar="AUDIO", help="the sound file of the line")
    parser.add_argument("--folder", default="out", help="the folder for demo.blend, demo.mp4 and demo.png (out)")
    parser.add_argument(
        "--moods",
        action="store_true",
        help="neutral, happy, angry and sad side by side instead: moods.mp4 and moods.png",
    )
    add_control_options(parser)


def run(options: argparse.Namespace) -> int:
    """Produce the demo, print its paths, and end the process."""
    from ..inference.contract import EmoTalkError
    from ..inference.registry import COMPACT_SPEC

    controls = controls_from(options, COMPACT_SPEC)
    try:
        from ..demo.moods import film_moods
        from ..demo.production import produce
    except ImportError as error:
        raise EmoTalkError(
            f"The demo needs Blender's Python module and Pillow ({error}); run: pip install 'emotalk[blender,demo]'"
        ) from None
    if options.moods:
        leave(status_of(lambda: _film_moods(options, controls, film_moods), verbose=options.verbose))
    leave(status_of(lambda: _make_demo(options, controls, produce), verbose=options.verbose))


def _make_demo(
    options: argparse.Namespace,
    controls: "Controls",
    produce: "Callable[[Path, Controls, Path, StageProgress], Production]",
) -> int:
    started = time.monotonic()
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    with _unfinished(folder) as unfinished, quiet_blender(), ProgressBar(1) as bar, _ending_at_once(unfinished):
        production = produce(Path(options.audio), controls, unfinished, bar.show).moved_to(folder)
    print(f"Scene   {production.blend}\nFilm    {production.film}\nPicture {production.sheet}")
    print(f"{production.keys} keys, {time.monotonic() - started:.0f} s")
    return GOOD


def _film_moods(
    options: argparse.Namespace,
    controls: "Controls",
    film_moods: "Callable[[Path, Controls, Path, StageProgress], MoodFilm]",
) -> int:
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    with _unfinished(folder) as unfinished, quiet_blender(), ProgressBar(1) as bar, _ending_at_once(unfinished):
        made = film_moods(Path(options.audio), controls, unfinished, bar.show).moved_to(folder)
    print(f"Film    {made.film}\nPicture {made.sheet}")
    return GOOD


@contextlib.contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """A folder on the same disk for files in the making, which is removed at the end."""
    with tempfile.TemporaryDirectory(prefix=".demo.", dir=folder) as unfinished:
        yield Path(unfinished)


@contextlib.contextmanager
def _ending_at_once(unfinished: Path) -> Iterator[None]:
    """Let Ctrl-C and a request to end (SIGTERM) end the process at once and remove what is unfinished.

    Blender renders a film to its end whatever is raised in between: it prints an exception of Python and goes on.
    """

    def end(number: int, _frame: object) -> None:
        shutil.rmtree(unfinished, ignore_errors=True)
        print("emotalk: interrupted", file=sys.stderr, flush=True)
        os._exit(INTERRUPTED - signal.SIGINT + number)

    # A shell lets jobs in its background ignore Ctrl-C; that is kept.
    numbers = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) not in (signal.SIG_IGN, None)]
    kept = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
