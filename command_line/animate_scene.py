"""``blender -b scene.blend -c emotalk animate``: the Animate button without a window."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ..face.controls import CHANNEL, HAND_EDITS, KEY_TOLERANCE, KEYS_ON, RANGE_END, RANGE_START, SETTLE_TIME
from .complaints import GOOD, UsageError
from .control_options import add_control_options, controls_from, option_values
from .model_options import add_model_options, placement_of
from .progress import ProgressBar
from .scene_files import check_target, named, save

if TYPE_CHECKING:
    import bpy

    from ..blender_emotalk.properties import LineProperties

SUMMARY = "animate the line of the open scene"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommand's arguments; those that are not given keep the values of the file or the preferences."""
    parser.add_argument("--audio", type=Path, metavar="FILE", help="the line's sound file")
    parser.add_argument("--strip", metavar="NAME", help="the line's sound strip, instead of a file")
    parser.add_argument("--scene", metavar="NAME", help="which scene; the one that the file opens with if not given")
    parser.add_argument("--character", metavar="NAME", help="the object that speaks: a face or its armature")
    parser.add_argument("--start", type=int, metavar="FRAME", help="the frame at which the sound starts")
    add_model_options(parser, default=None)
    parser.add_argument("--tolerance", type=float, metavar="NUMBER", help=KEY_TOLERANCE.sentence)
    parser.add_argument("--keys-on", choices=KEYS_ON.choices, help=KEYS_ON.sentence)
    parser.add_argument("--hand-edits", choices=HAND_EDITS.choices, help=HAND_EDITS.sentence)
    parser.add_argument("--settle", type=float, metavar="SECONDS", help=SETTLE_TIME.sentence)
    parser.add_argument("--channel", type=int, metavar="NUMBER", help=CHANNEL.sentence)
    parser.add_argument("--range-start", type=float, metavar="SECONDS", help=RANGE_START.sentence)
    parser.add_argument("--range-end", type=float, metavar="SECONDS", help=RANGE_END.sentence)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--text", metavar="TEXT", help="what is said, in English; an empty text leaves it to listening")
    source.add_argument("--text-file", type=Path, metavar="FILE", help="a file with it: text, subtitles, a screenplay")
    parser.add_argument("--speaker", default="", metavar="NAME", help="whose lines of the screenplay or the subtitles")
    parser.add_argument(
        "--own-track", action="store_true", help="leave existing keys active and put these on an NLA track below them"
    )
    parser.add_argument(
        "-o", "--save", nargs="?", type=Path, metavar="FILE", help="the .blend to write; the open one if not given"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace another existing .blend")
    add_control_options(parser)


def run(options: argparse.Namespace) -> int:
    """Animate the line and save the file."""
    import bpy

    from ..blender_emotalk import runs
    from ..blender_emotalk.access import scene_of

    target = options.save.absolute() if options.save else Path(bpy.data.filepath)
    if target == Path():
        raise UsageError("No file is open; give the file to save with -o")
    check_target(target, options.overwrite)
    context = bpy.context
    if options.scene:
        cast(bpy.types.Window, context.window).scene = named(bpy.data.scenes, options.scene, "scene")
    line = _apply(options, scene_of(context))
    run = runs.start(context, line, placement=placement_of(options))
    with ProgressBar(1) as bar:
        run.wait(bar.show)
    sentence = run.write()
    save(target)
    print(f"{sentence}; saved {target}")
    return GOOD


def _apply(options: argparse.Namespace, scene: "bpy.types.Scene") -> "LineProperties":
    """Set the given options on the line that they mean."""
    from ..blender_emotalk import model_choice
    from ..blender_emotalk.access import active_line
    from ..blender_emotalk.line_settings import LineSettings
    from ..inference.alignment.texts import read_text_file

    spec = model_choice.usable(options.model or model_choice.model_of(active_line(scene))).spec
    controls_from(options, spec)  # what does not suit the model is wrong usage
    values = option_values(options, spec)
    if options.emotion:
        values = {**dict.fromkeys(spec.emotions, 0.0), **values}
    return LineSettings(
        audio=options.audio,
        strip=options.strip,
        character=named(scene.objects, options.character, "object") if options.character else None,
        start_frame=options.start,
        model=options.model,
        controls=values,
        key_tolerance=options.tolerance,
        own_track=options.own_track or None,
        settle_time=options.settle,
        channel=options.channel,
        range_start=options.range_start,
        range_end=options.range_end,
        keys_on=options.keys_on,
        hand_edits=options.hand_edits,
        text=read_text_file(options.text_file, options.speaker) if options.text_file else options.text,
    ).apply(scene)
