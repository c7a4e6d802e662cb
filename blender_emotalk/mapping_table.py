"""The table of the mapping in the panel: a copy of the character's mapping whose edits are stored on the character.

It belongs to the session, not to the file. After anything else has changed the mapping it is filled again.
"""

from typing import Final

import bpy

from ..face.basis import Basis
from ..face.fit import Fit
from ..face.mapping import SHAPE_KEY, Row, say_missing
from ..inference.contract import EmoTalkError
from . import live, mapping_desk, model_choice, stored_mapping, watching
from .access import current_line, scene_of, window_manager_of
from .lines import anchor_of
from .property_definitions import properties
from .rigs import armature_of, shape_keys_of

_SOURCES: Final = 3
"""So many sources of a row are named."""
_is_filling = False


def _edited(row: "MappingRow", context: bpy.types.Context) -> None:
    if _is_filling:
        return
    anchor, basis = _subject(context)
    try:
        found = mapping_desk.look_up(anchor, scene_of(context), basis)
        if anchor is not None and row.number < len(found.mapping.rows):
            mapping_desk.store(
                anchor, mapping_desk.edit_row(found.mapping, row.number, row.target, row.gain, row.offset)
            )
    except EmoTalkError as error:
        table_of(context).sentence = str(error)
        return
    show_change(context)


@properties(
    number=bpy.props.IntProperty(options={"HIDDEN"}),
    target=bpy.props.StringProperty(name="Control", description="The shape key, bone or property", update=_edited),
    kind=bpy.props.StringProperty(options={"HIDDEN"}),
    sources=bpy.props.StringProperty(name="Sources", description="The channels that move it"),
    gain=bpy.props.FloatProperty(
        name="Gain", description="How far it goes for what its channels do", default=1, precision=3, update=_edited
    ),
    offset=bpy.props.FloatProperty(name="Offset", description="Its value at rest", precision=3, update=_edited),
)
class MappingRow(bpy.types.PropertyGroup):
    """A row of the table; ``name`` is what the search looks at: the control and its channels."""

    number: int
    target: str
    kind: str
    sources: str
    gain: float
    offset: float


@properties(
    rows=bpy.props.CollectionProperty(type=MappingRow),
    active_index=bpy.props.IntProperty(name="Active Control", options={"SKIP_SAVE"}),
    subject=bpy.props.StringProperty(options={"HIDDEN"}),
    heading=bpy.props.StringProperty(options={"HIDDEN"}),
    missing=bpy.props.StringProperty(options={"HIDDEN"}),
    sentence=bpy.props.StringProperty(options={"HIDDEN"}),
    findings=bpy.props.StringProperty(options={"HIDDEN"}),
    fits=bpy.props.BoolProperty(options={"HIDDEN"}),
)
class MappingTable(bpy.types.PropertyGroup):
    """The table, on the WindowManager; ``subject`` says of which character and state it is.

    ``findings`` are the lines of the last Fit Check of this character and state, and ``fits`` says whether all is well.
    """

    rows: "bpy.types.bpy_prop_collection_idprop[MappingRow]"
    active_index: int
    subject: str
    heading: str
    missing: str
    sentence: str
    findings: str
    fits: bool


def table_of(context: bpy.types.Context) -> MappingTable:
    """The table of this session."""
    table: MappingTable = getattr(window_manager_of(context), stored_mapping.MAPPING)
    return table


def is_current(context: bpy.types.Context) -> bool:
    """Whether the table shows the character of the active line as it is; quick, for panels."""
    return table_of(context).subject == _state(context)


def fill_later() -> None:
    """Fill the table as soon as Blender is idle: panels may not."""
    if not bpy.app.background and not bpy.app.timers.is_registered(_fill_when_idle):
        bpy.app.timers.register(_fill_when_idle, first_interval=0)


def _fill_when_idle() -> None:
    fill(bpy.context)
    for window in window_manager_of(bpy.context).windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


def show_change(context: bpy.types.Context) -> None:
    """After the mapping has changed: fill the table, look whether lines are stale, and animate again if Live is on."""
    fill(context)
    watching.look_later()
    live.slider_moved()


def show_fit(context: bpy.types.Context, fit: Fit, more: tuple[str, ...] = ()) -> None:
    """Show how well the active line's character makes the poses of speech, and more lines below."""
    if not is_current(context):
        fill(context)
    table = table_of(context)
    table.sentence, table.fits = "", fit.is_good
    table.findings = "\n".join(line[0].upper() + line[1:] for line in (*fit.lines, *more))


def fill(context: bpy.types.Context) -> None:
    """Show the mapping of the active line's character."""
    global _is_filling
    table, (anchor, basis) = table_of(context), _subject(context)
    _is_filling = True
    try:
        table.rows.clear()
        table.heading = table.missing = table.sentence = table.findings = ""
        found = mapping_desk.look_up(anchor, scene_of(context), basis)
        for number, row in enumerate(found.mapping.rows):
            _show(table.rows.add(), number, row)
        table.heading = _heading(found)
        missing = found.mapping.missing(basis) if found.mapping.rows and basis.regions else ()
        table.missing = f"Nothing for {say_missing(missing, basis)}" if missing else ""
    except EmoTalkError as error:
        table.sentence = str(error)
    finally:
        table.subject = _state(context)
        _is_filling = False


def _show(shown: MappingRow, number: int, row: Row) -> None:
    shown.number, shown.target, shown.gain, shown.offset = number, row.target.name, row.gain, row.offset
    sources = [name if weight == 1 else f"{weight:.2g} {name}" for name, weight in row.sources[:_SOURCES]]
    more = " …" if len(row.sources) > _SOURCES else ""
    rule = "" if row.combine == "sum" else f"{row.combine}: "
    shown.sources = rule + ", ".join(sources) + more
    shown.kind = "" if row.target.kind == SHAPE_KEY else row.target.label.removeprefix(row.target.name)
    shown.name = f"{row.target.label} {' '.join(row.channels)}"


def _heading(found: mapping_desk.CharacterMapping) -> str:
    recognition = found.recognition
    if found.is_stored and found.mapping.name != recognition.mapping.name:
        return f"{found.mapping.name or 'Own mapping'}, {len(found.mapping.rows)} controls"
    if not found.mapping.rows:
        return "No naming scheme was recognised"
    how_many = f"{recognition.found} of {recognition.expected} names, confidence {recognition.confidence:.0%}"
    return f"{found.mapping.name}: {how_many}"


def _subject(context: bpy.types.Context) -> tuple[bpy.types.Object | None, Basis]:
    line = current_line(context)
    return anchor_of(line, context), model_choice.spec_of(line).basis


def _state(context: bpy.types.Context) -> str:
    """What the table depends on, except for names of shape keys that are changed while it is shown."""
    anchor, basis = _subject(context)
    if anchor is None:
        return "none"
    armature = armature_of(anchor)
    stored = [stored_mapping.text_on(obj) for obj in (armature, anchor) if obj is not None]
    keys = shape_keys_of(anchor) if anchor.type == "MESH" else None
    count = len(keys.key_blocks) if keys is not None else 0
    return f"{anchor.session_uid} {basis.name} {count} {hash(tuple(stored))}"
