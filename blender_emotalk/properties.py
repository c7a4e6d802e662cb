"""Properties: a line of dialogue and its controls, stored in the .blend file, and the state of a run, not stored."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from ..face.controls import CONTROLS, LINE_CONTROLS, SHAPE_MULTIPLIER, SHAPE_OFFSET, Control, emotion_control
from ..face.emotions import EMOTIONS
from ..face.styles import STYLES
from ..training.systems import SYSTEMS
from . import line_identity, model_choice, own_actions
from .property_definitions import properties


def control_property(control: Control) -> Any:
    """The Blender property of a control, with the table's default, limits and sentence."""
    common: dict[str, Any] = {
        "name": f"{control.label} ({control.unit})" if control.unit else control.label,
        "description": control.sentence,
        "options": {"ANIMATABLE"} if control.animatable else set(),
    }
    if control.kind == "name":
        return bpy.props.StringProperty(search=_search_styles, **common)
    if control.kind == "choice":
        items = [(name, name, "", number) for number, name in enumerate(control.choices)]
        return bpy.props.EnumProperty(items=items, default=int(control.default), **common)
    limits = {"min": control.minimum, "max": control.maximum, "default": control.default}
    if control.kind == "whole":
        common.update((name, int(value)) for name, value in limits.items())
        return bpy.props.IntProperty(**common)
    common.update(limits)
    if control.unit:
        precision, step = (0, 100) if control.maximum >= 10 and control.unit != "s" else (2, 10)
        return bpy.props.FloatProperty(precision=precision, step=step, **common)
    common["step"] = 0.1  # the stubs want a whole number, Blender does not
    return bpy.props.FloatProperty(subtype="FACTOR", precision=2 if control.maximum >= 1 else 3, **common)


def _search_styles(line: "LineProperties", _context: bpy.types.Context, text: str) -> Iterator[tuple[str, str]]:
    """The styles of the line's model whose names contain a text, each with its sentence if it has one."""
    sentences = {style.name: style.sentence for style in STYLES}
    for name in model_choice.spec_of(line).styles:
        if text.casefold() in name.casefold():
            yield name, sentences.get(name, "")


def _take_name_of_audio(line: "LineProperties", _context: bpy.types.Context) -> None:
    line.strip = ""
    line.name = line_identity.free_name(line, Path(bpy.path.abspath(line.audio)).stem)


def _renamed(line: "LineProperties", _context: bpy.types.Context) -> None:
    own_actions.rename_line(line_identity.identity_of(line), line_identity.line_name(line))


def _model_changed(line: "LineProperties", _context: bpy.types.Context) -> None:
    take_emotions_of_model(line)


def take_emotions_of_model(line: "LineProperties") -> None:
    """Add a slider for each emotion that only the line's model has; those of other models keep their weights."""
    for name in model_choice.spec_of(line).emotions:
        if name not in (*EMOTIONS, *line.own_emotions.keys()):
            line.own_emotions.add().name = name


def _search_systems(_desk: "SceneProperties", _context: bpy.types.Context, text: str) -> Iterator[tuple[str, str]]:
    """The presets whose names or labels contain a text, each with its label."""
    for name, system in SYSTEMS.items():
        if text.casefold() in f"{name} {system.label}".casefold():
            yield name, system.label


@properties(weight=control_property(emotion_control("an emotion of the model")))
class OwnEmotion(bpy.types.PropertyGroup):
    """The weight of an emotion that only some models have; ``name`` is the emotion's."""

    weight: float


@properties(multiplier=control_property(SHAPE_MULTIPLIER), offset=control_property(SHAPE_OFFSET))
class ShapeAdjustment(bpy.types.PropertyGroup):
    """One row of the table of single shapes; its ``name`` is the channel."""

    multiplier: float
    offset: float


@properties(
    name=bpy.props.StringProperty(
        name="Name", description="The line's name; its action is named after it", update=_renamed
    ),
    identity=bpy.props.StringProperty(name="Identity", description="Tells this line from others", options={"HIDDEN"}),
    audio=bpy.props.StringProperty(
        name="Audio", description="The sound file of the line, which is named after it", update=_take_name_of_audio
    ),
    strip=bpy.props.StringProperty(
        name="Sound Strip",
        description="The line's strip in the Video Sequencer; empty to use the file",
    ),
    text=bpy.props.StringProperty(
        name="Text", description="What is said; a few wrong or missing words do no harm. May be empty"
    ),
    alignment=bpy.props.StringProperty(options={"HIDDEN"}),
    aligned=bpy.props.StringProperty(options={"HIDDEN"}),
    aligned_text=bpy.props.StringProperty(options={"HIDDEN"}),
    aligned_sound=bpy.props.StringProperty(options={"HIDDEN"}),
    start_frame=bpy.props.IntProperty(name="Start Frame", description="The frame at which the sound starts", default=1),
    character=bpy.props.PointerProperty(
        name="Character",
        description="Who speaks: the face or its armature; empty means the active object",
        type=bpy.types.Object,
    ),
    model=bpy.props.StringProperty(
        name="Model",
        description="The network for this line; empty for the built-in one",
        update=_model_changed,
    ),
    own_emotions=bpy.props.CollectionProperty(type=OwnEmotion),
    state=bpy.props.EnumProperty(
        name="State",
        items=[
            ("NEW", "New", "Has no keys yet", "DOT", 0),
            ("ANIMATED", "Animated", "Has keys", "CHECKMARK", 1),
            ("EDITED", "Edited", "You have changed keys of it by hand", "GREASEPENCIL", 2),
            ("STALE", "Stale", "Its sound or its settings have changed since it was animated", "FILE_REFRESH", 3),
            ("FAILED", "Failed", "Could not be animated; the line says why", "ERROR", 4),
        ],
        options=set(),
    ),
    selected=bpy.props.BoolProperty(
        name="Selected", description="Whether Animate Selected and Copy Controls take this line", options=set()
    ),
    failure=bpy.props.StringProperty(options={"HIDDEN"}),
    remarks=bpy.props.StringProperty(options={"HIDDEN"}),
    performed_inputs=bpy.props.StringProperty(options={"HIDDEN"}),
    key_count=bpy.props.IntProperty(options={"HIDDEN"}),
    shapes=bpy.props.CollectionProperty(type=ShapeAdjustment),
    shape_index=bpy.props.IntProperty(options={"HIDDEN", "SKIP_SAVE"}),
    live=bpy.props.BoolProperty(name="Live", description="Animate again whenever a slider moves", options=set()),
    existing_keys=bpy.props.EnumProperty(
        name="Existing Keys",
        description="What to do with keys that you have already set on the face; they are never deleted",
        items=[
            ("KEEP", "Keep on a Muted Track", "Your action moves to a muted NLA track; Clear brings it back"),
            ("TRACK", "Stay on Top", "Your action stays active and wins; EmoTalk's goes on an NLA track below it"),
            ("ADD", "Add on Top", "Your action stays active, and its values are added to those of EmoTalk's below it"),
        ],
        options=set(),
    ),
    **{control.name: control_property(control) for control in (*CONTROLS, *LINE_CONTROLS)},
)
class LineProperties(bpy.types.PropertyGroup):
    """A line of dialogue: sound, place on the timeline, character; the controls are properties too.

    ``name`` is the line's name; its action is called "EmoTalk <name>". ``identity`` says which line it is
    (``line_identity.py``). ``alignment`` has its words and sounds, ``aligned`` these before the animator's edits, and
    ``aligned_text`` and ``aligned_sound`` what they belong to (``alignments.py``).
    """

    name: str
    identity: str
    audio: str
    strip: str
    text: str
    alignment: str
    aligned: str
    aligned_text: str
    aligned_sound: str
    state: str
    selected: bool
    failure: str
    remarks: str
    performed_inputs: str
    key_count: int
    start_frame: int
    channel: int
    range_start: float
    range_end: float
    character: bpy.types.Object | None
    model: str
    own_emotions: "bpy.types.bpy_prop_collection_idprop[OwnEmotion]"
    shapes: "bpy.types.bpy_prop_collection_idprop[ShapeAdjustment]"
    shape_index: int
    live: bool
    existing_keys: str
    key_tolerance: float
    settle_time: float
    face_part: str
    keys_on: str
    hand_edits: str


@properties(
    identity=bpy.props.StringProperty(),
    outcome=bpy.props.StringProperty(),
    sentence=bpy.props.StringProperty(),
)
class ReportEntry(bpy.types.PropertyGroup):
    """What became of a line in the last batch; ``name`` is the line's."""

    identity: str
    outcome: str
    sentence: str


@properties(
    lines=bpy.props.CollectionProperty(name="Lines", type=LineProperties),
    active_index=bpy.props.IntProperty(name="Active Line", description="The line that the boxes below show", min=0),
    report=bpy.props.CollectionProperty(name="Report", type=ReportEntry),
    follows_strips=bpy.props.BoolProperty(
        name="Follow Strips",
        description="Animate a line again when its strip is moved or trimmed; otherwise the line is marked stale",
        default=True,
        options=set(),
    ),
    mixes_emotions=bpy.props.BoolProperty(
        name="Mix Emotions", description="Show a slider for each emotion instead of a button", options=set()
    ),
    shows_words=bpy.props.BoolProperty(
        name="Show on Timeline",
        description="Draw words and sounds over the strips of the Sequencer, and of the active line in the Dope Sheet "
        "and the Graph Editor",
        default=True,
        options=set(),
    ),
    captures=bpy.props.StringProperty(
        name="Captures",
        description="The project file of an actor's captured takes, which Choose Folder finds or writes",
    ),
    preset=bpy.props.StringProperty(
        name="Preset", description="What is trained; empty for the usual choice", search=_search_systems
    ),
    captured_on=bpy.props.PointerProperty(
        name="Captured on",
        description="The character that plays the captured take in the preview; empty for a copy of the speaking one",
        type=bpy.types.Object,
    ),
)
class SceneProperties(bpy.types.PropertyGroup):
    """The dialogue list of a scene."""

    lines: "bpy.types.bpy_prop_collection_idprop[LineProperties]"
    active_index: int
    report: "bpy.types.bpy_prop_collection_idprop[ReportEntry]"
    follows_strips: bool
    mixes_emotions: bool
    shows_words: bool
    captures: str
    preset: str
    captured_on: bpy.types.Object | None


@properties(
    running=bpy.props.BoolProperty(options={"SKIP_SAVE"}),
    progress=bpy.props.FloatProperty(min=0, max=1, subtype="FACTOR", options={"SKIP_SAVE"}),
    message=bpy.props.StringProperty(options={"SKIP_SAVE"}),
    failed=bpy.props.BoolProperty(options={"SKIP_SAVE"}),
    ran_on=bpy.props.StringProperty(options={"SKIP_SAVE"}),
    repairable=bpy.props.BoolProperty(options={"SKIP_SAVE"}),
    pointed_frame=bpy.props.FloatProperty(options={"SKIP_SAVE"}),
)
class RunProperties(bpy.types.PropertyGroup):
    """The state of the run in the background, and the frame of the sound under the mouse; never saved."""

    running: bool
    progress: float
    message: str
    failed: bool
    ran_on: str
    repairable: bool
    pointed_frame: float
