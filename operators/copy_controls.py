"""Copy the sliders of the active line to the selected lines."""

import bpy

from ..blender_emotalk.access import desk_of, scene_of
from ..blender_emotalk.failures import in_one_sentence
from ..blender_emotalk.line_identity import line_name
from ..blender_emotalk.property_definitions import properties
from ..blender_emotalk.sliders import preset_of, set_sliders
from ..face.controls import CONTROL_BY_NAME, CONTROLS
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .line_operator import LineOperator


@properties(
    group=bpy.props.StringProperty(name="Group", description="The box to copy; empty for all", options={"SKIP_SAVE"})
)
class CopyControls(LineOperator, bpy.types.Operator):
    """An entry of the menu beside the list."""

    bl_idname = "emotalk.copy_controls"
    bl_label = "Copy Controls to Selected"
    bl_description = "Set the sliders of all selected lines as this line has them; keys of sliders are not copied"
    bl_options = {"REGISTER", "UNDO"}

    group: str

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """There must be lines to copy to."""
        reason = super().disabled_reason(context)
        if reason:
            return reason
        lines, active = desk_of(scene_of(context)).lines, cls.line(context)
        return "" if any(line.selected and line != active for line in lines) else "Select other lines in the list"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Set them; each line that cannot take them is named and stays as it is."""
        scene, source = scene_of(context), self.line(context)
        groups = dict.fromkeys(control.group for control in CONTROLS)
        if self.group and self.group not in groups:
            self.report({"ERROR"}, f"There is no group of controls {self.group!r}; there are: {', '.join(groups)}")
            return {"CANCELLED"}
        values = {
            name: value for name, value in preset_of(source, "copy").values.items() if self.group in ("", _group(name))
        }
        copied = 0
        for line in desk_of(scene).lines:
            if not line.selected or line == source:
                continue
            try:
                with in_one_sentence():
                    missing = set_sliders(scene, line, values)
            except EmoTalkError as error:
                self.report({"WARNING"}, f"{line_name(line)}: {error}")
                continue
            copied += 1
            if missing:
                self.report({"WARNING"}, f"{line_name(line)}: its model has no {', '.join(missing)}")
        if copied:
            self.report({"INFO"}, f"Copied to {copied} line{'' if copied == 1 else 's'}")
        return {"FINISHED"} if copied else {"CANCELLED"}


def _group(name: str) -> str:
    """The box of a slider; emotions that only some models have are no controls of the table."""
    return CONTROL_BY_NAME[name].group if name in CONTROL_BY_NAME else "emotion"
