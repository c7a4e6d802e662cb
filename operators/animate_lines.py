"""Animate many lines of the dialogue list."""

import bpy

from ..blender_emotalk import batch, reports, runs
from ..blender_emotalk.access import desk_of, scene_of
from ..blender_emotalk.desk import NO_LINE
from ..blender_emotalk.property_definitions import properties
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .modal_run import ModalRun


@properties(
    which=bpy.props.EnumProperty(
        name="Lines",
        items=[
            (batch.ALL, "All", "Every line"),
            (batch.SELECTED, "Selected", "The lines that are marked in the list"),
            (batch.STALE, "Stale", "Lines without keys, failed lines, and those whose sound or settings have changed"),
        ],
        options={"SKIP_SAVE"},
    ),
    all_scenes=bpy.props.BoolProperty(
        name="All Scenes", description="The lines of every scene of the file", options={"SKIP_SAVE"}
    ),
)
class AnimateLines(ModalRun, bpy.types.Operator):
    """The buttons for many lines."""

    bl_idname = "emotalk.animate_lines"
    bl_label = "Animate Lines"
    bl_description = "Animate many lines one after the other in the background; what fails does not stop the rest"
    bl_options = {"REGISTER", "UNDO"}

    which: str
    all_scenes: bool

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """A run that has not ended, or a list without lines."""
        if batch.is_busy():
            return "A line is being animated; wait for it, or press Esc"
        has_lines = len(desk_of(scene_of(context)).lines) or any(len(desk_of(scene).lines) for scene in bpy.data.scenes)
        return "" if has_lines else NO_LINE

    def begin(self, context: bpy.types.Context) -> batch.Batch | None:
        """Collect the lines, and start."""
        scenes = list(bpy.data.scenes) if self.all_scenes else [scene_of(context)]
        try:
            return batch.Batch(batch.jobs_of(scenes, self.which))
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return None

    def finish(self, context: bpy.types.Context) -> OperatorResult:
        """Say what became of the lines, worst first; what was written can be undone in one step."""
        work: batch.Batch = self._work
        reports.keep(scene_of(context), work.results)
        is_bad = any(result.is_bad for result in work.results)
        runs.show(work.sentence(), failed=is_bad and not work.cancelled)
        self.report({"WARNING" if is_bad else "INFO"}, work.sentence())
        return {"FINISHED"} if any(result.keys for result in work.results) else {"CANCELLED"}
