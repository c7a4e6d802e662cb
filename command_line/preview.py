"""``emotalk preview``: the captured face and the model's side by side, as a film with sound."""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .blender_process import leave, quiet_blender
from .complaints import GOOD, status_of
from .progress import ProgressBar
from .training_steps import training_module

SUMMARY = "film a held-out take of a training run beside the model's performance of it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommand's arguments."""
    parser.add_argument("run_folder", metavar="RUN", help="folder of the run")
    parser.add_argument("--take", metavar="NAME", help="of the held-out takes; the first one if not given")
    parser.add_argument("--step", type=int, metavar="N", help="as it was after N steps, see preview_every")
    parser.add_argument("--seconds", type=float, default=10.0, metavar="N", help="of the take at most (10)")


def run(options: argparse.Namespace) -> int:
    """Render the film, print its path, and end the process."""
    from ..inference.contract import EmoTalkError

    folder = training_module("run_folder").open_run(Path(options.run_folder))
    previews = training_module("previews")
    if options.step is None:
        preview = previews.perform_held_out(folder, options.take, options.seconds)
    else:
        preview = previews.look_back(folder, options.step, options.seconds)
    try:
        from ..demo.side_by_side import film_side_by_side
    except ImportError as error:
        raise EmoTalkError(
            f"A film needs Blender's Python module and Pillow ({error}); run: pip install 'emotalk[blender,demo]'"
        ) from None
    leave(status_of(lambda: _film(preview, film_side_by_side), verbose=options.verbose))


def _film(preview: Any, film_side_by_side: Callable[..., object]) -> int:
    from ..face.atomic_file import publish
    from ..face.curves import performance_of

    place: Path = preview.film
    place.parent.mkdir(exist_ok=True)
    faces = [("captured", performance_of(preview.captured)), ("predicted", performance_of(preview.predicted))]
    with tempfile.TemporaryDirectory(prefix=".preview.", dir=place.parent) as folder, ProgressBar(1) as bar:
        unfinished = Path(folder) / place.name
        with quiet_blender():
            film_side_by_side(
                preview.speech, faces, unfinished, lambda done, frames: bar.show(done / frames, "Rendering")
            )
        publish(unfinished, place)
    print(f"Film    {place}")
    return GOOD
