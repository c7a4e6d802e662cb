"""Install a trained model among the animator's models."""

import bpy

from ..blender_emotalk import trained_models, training_watch
from ..blender_emotalk.access import window_manager_of
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .training_operator import TrainingOperator, project_of


class InstallTrained(TrainingOperator, bpy.types.Operator):
    """The Install button."""

    bl_idname = "emotalk.install_trained"
    bl_label = "Install"
    bl_description = "Copy the trained model into your weights folder under the actor's name, so that lines can use it"
    bl_options = {"INTERNAL"}
    phases = ("stopped", "done")
    otherwise = "Wait until the training has ended, or pause it"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """There must be an export."""
        if reason := super().disabled_reason(context):
            return reason
        run = training_watch.seen().run
        return "" if run and run.exported else "Nothing was exported yet; let the training end, or pause it"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Ask first if the base model does better."""
        run = training_watch.seen().run
        if run is None or run.compared is None or not run.compared.is_worse:
            return self.execute(context)
        return window_manager_of(context).invoke_confirm(
            self,
            event,
            title="This model is worse than its base",
            message=run.compared.warning(),
            confirm_text="Install All the Same",
            icon="ERROR",
        )

    def act(self, context: bpy.types.Context, seen: training_watch.Seen) -> str:
        """Copy it, with the warning once more."""
        if seen.run is None:
            raise EmoTalkError(self.otherwise)
        weights = trained_models.install(seen.run, project_of(seen))
        if seen.run.compared and seen.run.compared.is_worse:
            self.report({"WARNING"}, seen.run.compared.warning())
        return f"{weights.label} is in the list of models"
