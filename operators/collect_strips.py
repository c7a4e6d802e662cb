"""Collect the sound strips of the Video Sequencer as lines."""

import bpy

from ..blender_emotalk.access import scene_of, window_manager_of
from ..blender_emotalk.collecting import collect, parse_table
from ..blender_emotalk.failures import in_one_sentence
from ..blender_emotalk.property_definitions import properties
from ..blender_emotalk.strips import all_strips, sequencer_scene
from ..inference.contract import EmoTalkError
from .explained import ExplainedOperator, OperatorResult


@properties(
    only_selected=bpy.props.BoolProperty(name="Only Selected", description="Only strips that are selected"),
    include_muted=bpy.props.BoolProperty(name="Muted Too", description="Also strips that are muted, or their channels"),
    table=bpy.props.StringProperty(
        name="Who Speaks",
        description="Strip names or channels and objects, such as ann_*: Ann; #2: Bob. All others are given to the "
        "character whose name is in theirs, or in that of their channel",
    ),
)
class CollectStrips(ExplainedOperator, bpy.types.Operator):
    """An entry of the menu beside the list."""

    bl_idname = "emotalk.collect_strips"
    bl_label = "Collect from Sequencer…"
    bl_description = "Add a line for each sound strip, trimmed and placed as it is; strips in meta strips too"
    bl_options = {"REGISTER", "UNDO"}

    only_selected: bool
    include_muted: bool
    table: str

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """There must be sound strips in the sequencer of this scene."""
        if sequencer_scene(context) != context.scene:
            return "The sequencer shows another scene; show this one there"
        has_sound = any(strip.type == "SOUND" for strip in all_strips(scene_of(context)))
        return "" if has_sound else "Put sounds into the Video Sequencer first"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Ask which strips, and who speaks them."""
        return window_manager_of(context).invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Add the lines; each strip that cannot be one is named."""
        try:
            with in_one_sentence():
                collected = collect(
                    scene_of(context),
                    parse_table(self.table),
                    only_selected=self.only_selected,
                    include_muted=self.include_muted,
                )
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        for sentence in collected.left_out:
            self.report({"WARNING"}, sentence)
        self.report({"INFO"}, collected.sentence)
        return {"FINISHED"} if collected.count else {"CANCELLED"}
