"""What is stored in the .blend file: a line of dialogue and its controls; and the state of a run, which is not."""

from pathlib import Path
from typing import Any

import bpy

from ..face.controls import CONTROLS, KEY_TOLERANCE, Control
from ..face.styles import STYLES


def control_property(control: Control) -> Any:
    """The Blender property of a control, with the table's default, limits and sentence."""
    common: dict[str, Any] = {
        "name": f"{control.label} ({control.unit})" if control.unit else control.label,
        "description": control.sentence,
        "options": {"ANIMATABLE"} if control.animatable else set(),
    }
    if control.kind == "choice":
        sentences = {style.name: style.sentence for style in STYLES}
        items = [(name, name, sentences.get(name, ""), number) for number, name in enumerate(control.choices)]
        return bpy.props.EnumProperty(items=items, default=int(control.default), **common)
    limits = {"min": control.minimum, "max": control.maximum, "default": control.default}
    if control.kind == "whole":
        return bpy.props.IntProperty(**{name: int(value) for name, value in limits.items()}, **common)
    if control.unit:
        return bpy.props.FloatProperty(precision=0, step=100, **limits, **common)
    decimals = 2 if control.maximum >= 1 else 3
    return bpy.props.FloatProperty(subtype="FACTOR", precision=decimals, step=0.1, **limits, **common)


def _take_name_of_audio(line: "LineProperties", context: bpy.types.Context) -> None:
    line.strip, line.name = "", Path(bpy.path.abspath(line.audio)).stem


class LineProperties(bpy.types.PropertyGroup):
    """A line of dialogue: sound, place on the timeline, character; the controls are added below.

    ``name``, which every property group has, is the line's name; its action is called "EmoTalk <name>".
    """

    audio: bpy.props.StringProperty(
        name="Audio", description="The sound file of the line, which is named after it", update=_take_name_of_audio
    )
    strip: bpy.props.StringProperty(
        name="Sound Strip", description="The strip of the Video Sequencer that is the line; empty to use the file"
    )
    start_frame: bpy.props.IntProperty(name="Start Frame", description="The frame at which the sound starts", default=1)
    character: bpy.props.PointerProperty(
        name="Character",
        description="Who speaks: the face or its armature; empty means the active object",
        type=bpy.types.Object,
    )
    model: bpy.props.StringProperty(
        name="Model", description="The network that performs the line; empty for the built-in one"
    )
    live: bpy.props.BoolProperty(name="Live", description="Animate again whenever a slider moves", options=set())
    existing_keys: bpy.props.EnumProperty(
        name="Existing Keys",
        description="What happens to keys that you have already set on the face; nothing is ever deleted",
        items=[
            ("KEEP", "Keep on a Muted Track", "Your action moves to a muted NLA track; Clear brings it back"),
            ("TRACK", "Stay on Top", "Your action stays active and wins; EmoTalk's goes on an NLA track below it"),
        ],
        options=set(),
    )


LineProperties.__annotations__.update(
    (control.name, control_property(control)) for control in (*CONTROLS, KEY_TOLERANCE)
)


class RunProperties(bpy.types.PropertyGroup):
    """How the run in the background is doing; lives on the WindowManager and is never saved."""

    running: bpy.props.BoolProperty(options={"SKIP_SAVE"})
    progress: bpy.props.FloatProperty(min=0, max=1, subtype="FACTOR", options={"SKIP_SAVE"})
    message: bpy.props.StringProperty(options={"SKIP_SAVE"})
    failed: bpy.props.BoolProperty(options={"SKIP_SAVE"})
    ran_on: bpy.props.StringProperty(options={"SKIP_SAVE"})
