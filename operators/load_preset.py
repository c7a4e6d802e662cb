"""Set the sliders of the line as a preset has them."""

import bpy

from ..blender_emotalk import live, preset_folder
from ..blender_emotalk.access import scene_of
from ..blender_emotalk.failures import in_one_sentence
from ..blender_emotalk.property_definitions import properties
from ..blender_emotalk.sliders import set_sliders
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .line_operator import LineOperator


@properties(
    preset=bpy.props.StringProperty(name="Preset", description="Its name, or that of its file", options={"SKIP_SAVE"})
)
class LoadPreset(LineOperator, bpy.types.Operator):
    """The presets in their menu."""

    bl_idname = "emotalk.load_preset"
    bl_label = "Load Preset"
    bl_description = "Set the sliders of this line as the preset has them"
    bl_options = {"REGISTER", "UNDO"}

    preset: str

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Set them; what the line's model lacks is said."""
        try:
            with in_one_sentence():
                preset = preset_folder.load(self.preset)
                missing = set_sliders(scene_of(context), self.line(context), preset.values)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        live.slider_moved()
        if missing:
            self.report({"WARNING"}, f"Loaded {preset.name!r}, but this model has no {', '.join(missing)}")
        else:
            self.report({"INFO"}, f"Loaded {preset.name!r}")
        return {"FINISHED"}
