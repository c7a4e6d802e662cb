"""``blender -b scene.blend -c emotalk animate``: what the button does, without a window."""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..face.controls import KEY_TOLERANCE
from .complaints import GOOD, UsageError
from .control_options import add_control_options, control_values, controls_from
from .model_options import add_model_options
from .progress import ProgressBar

if TYPE_CHECKING:
    import bpy

    from ..blender_emotalk.properties import LineProperties

SUMMARY = "animate the line of the open scene"

_SECONDS_BETWEEN_LOOKS: Final = 0.02
_PLACEMENT: Final = ("device", "precision", "windowed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the subcommand's words; whatever is not given stays as the file or the preferences have it."""
    parser.add_argument("--audio", type=Path, metavar="FILE", help="the line's sound file")
    parser.add_argument("--strip", metavar="NAME", help="the line's sound strip, instead of a file")
    parser.add_argument("--scene", metavar="NAME", help="which scene; the one that the file opens with if not given")
    parser.add_argument("--character", metavar="NAME", help="the object that speaks: a face or its armature")
    parser.add_argument("--start", type=int, metavar="FRAME", help="the frame at which the sound starts")
    add_model_options(parser, default=None)
    parser.add_argument("--tolerance", type=float, metavar="NUMBER", help=KEY_TOLERANCE.sentence)
    parser.add_argument(
        "--own-track", action="store_true", help="leave existing keys active and put these on an NLA track below them"
    )
    parser.add_argument(
        "-o", "--save", nargs="?", type=Path, metavar="FILE", help="the .blend to write; the open one if not given"
    )
    add_control_options(parser)


def run(options: argparse.Namespace) -> int:
    """Animate the line and save the file."""
    import bpy

    from ..blender_emotalk import runs

    target = options.save.absolute() if options.save else Path(bpy.data.filepath)
    if target == Path():
        raise UsageError("No file is open; say with -o where to save the result")
    context = bpy.context
    if options.scene:
        context.window.scene = _named(bpy.data.scenes, options.scene, "scene")
    _apply(options, context.scene)
    placement = {name: getattr(options, name) for name in _PLACEMENT if getattr(options, name) is not None}
    line = runs.start(context, placement=placement)
    state = context.window_manager.emotalk
    with ProgressBar(1) as bar:
        while not line.look():
            bar.show(state.progress, state.message)
            time.sleep(_SECONDS_BETWEEN_LOOKS)
    sentence = line.write()
    bpy.ops.wm.save_as_mainfile(filepath=str(target))
    print(f"{sentence}; saved {target}")
    return GOOD


def _apply(options: argparse.Namespace, scene: "bpy.types.Scene") -> None:
    """Set on the scene's line what was given."""
    line = scene.emotalk
    if options.audio:
        line.audio = str(options.audio.absolute())
    if options.strip:
        line.strip = line.name = options.strip
    if options.character:
        line.character = _named(scene.objects, options.character, "object")
    if options.start is not None:
        line.start_frame = options.start
    if options.model:
        line.model = options.model
    if options.tolerance is not None:
        line.key_tolerance = options.tolerance
    if options.own_track:
        line.existing_keys = "TRACK"
    _set_controls(options, line)


def _set_controls(options: argparse.Namespace, line: "LineProperties") -> None:
    from ..blender_emotalk import model_choice
    from ..blender_emotalk.lines import slider_of

    spec = model_choice.usable_weights(line).spec
    given = controls_from(options, spec)
    asked = control_values(options, spec)
    for control in spec.heeded():
        owner, name = slider_of(line, control)
        if options.emotion and control.name in spec.emotions:
            setattr(owner, name, 0.0)
        if control.name in asked:
            setattr(owner, name, given.choice(control.name) if control.choices else asked[control.name])


def _named(items: Any, name: str, kind: str) -> Any:
    if name not in items:
        raise UsageError(f"There is no {kind} {name!r} in this file; there are: {', '.join(items.keys())}")
    return items[name]
