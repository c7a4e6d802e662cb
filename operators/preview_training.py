"""Show a held-out take on two characters: as it was captured, and as the trained model performs it."""

import bpy

from ..blender_emotalk import training_preview, training_watch
from ..blender_emotalk.access import current_line, desk_of, scene_of
from ..blender_emotalk.lines import anchor_of
from ..inference.contract import EmoTalkError
from .training_operator import TrainingOperator


class PreviewTraining(TrainingOperator, bpy.types.Operator):
    """The Preview button."""

    bl_idname = "emotalk.preview_training"
    bl_label = "Preview"
    bl_description = (
        "Key a take that was not trained on from the current frame on: the model's performance on the character, the "
        "captured one on a copy beside it, and place the sound"
    )
    bl_options = {"REGISTER", "UNDO"}
    phases = ("training", "stopping", "stopped", "done")
    otherwise = "Nothing was trained yet"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """There must be an export with a held-out take, and a character."""
        if reason := super().disabled_reason(context):
            return reason
        run = training_watch.seen().run
        if run is None or run.compared is None:
            return "Nothing was exported yet; let the training end, or pause it"
        if not run.has_preview:
            return "No take was held out; give one the split validation, and train again"
        return "" if anchor_of(current_line(context), context) else "Click a character, or add the sample head"

    def act(self, context: bpy.types.Context, seen: training_watch.Seen) -> str:
        """Write the keys."""
        scene = scene_of(context)
        anchor = anchor_of(current_line(context), context)
        if anchor is None or seen.run is None:
            raise EmoTalkError(self.otherwise)
        shown = training_preview.show(context, scene, anchor, desk_of(scene).captured_on, seen.run.run)
        for remark in shown.remarks:
            self.report({"WARNING"}, remark)
        return f"{anchor.name} plays the model, {shown.captured_on} what was captured ({shown.keys:,} keys)"
