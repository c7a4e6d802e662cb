"""Write the curves of a file as keys."""

from pathlib import Path

import bpy

from ..blender_emotalk.access import current_line, scene_of
from ..blender_emotalk.captured_curves import import_curves
from ..blender_emotalk.failures import in_one_sentence
from ..blender_emotalk.lines import anchor_of
from ..blender_emotalk.property_definitions import properties
from ..face.controls import KEY_TOLERANCE, KEYS_ON
from ..face.curve_files import READABLE
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .file_operator import FileOperator


@properties(
    filepath=bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"}),
    fps=bpy.props.FloatProperty(
        name="Frame Rate", description="Of the file; 0 tells it from its timecodes or its scene", min=0, max=1000
    ),
    filter_glob=bpy.props.StringProperty(default=";".join(f"*.{suffix}" for suffix in READABLE), options={"HIDDEN"}),
)
class ImportCurves(FileOperator, bpy.types.Operator):
    """An entry of the menu beside the list."""

    bl_idname = "emotalk.import_curves"
    bl_label = "Import Curves…"
    bl_description = (
        "Put a take of Live Link Face, the shape keys of a USD or glTF scene, FLAME's expression and jaw, or curves "
        "that EmoTalk wrote on the character at the current frame; the sound of the same name is placed on the timeline"
    )
    bl_options = {"REGISTER", "UNDO"}

    filepath: str
    fps: float
    filter_glob: str

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Somebody must perform them."""
        return "" if anchor_of(current_line(context), context) else "Click a character, or add the sample head"

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Write the keys, and say what was written and what does not fit."""
        scene, line = scene_of(context), current_line(context)
        tolerance = line.key_tolerance if line else float(KEY_TOLERANCE.default)
        keys_on = line.keys_on if line else KEYS_ON.choices[int(KEYS_ON.default)]
        path = Path(bpy.path.abspath(self.filepath))
        try:
            with in_one_sentence():
                done = import_curves(scene, path, scene.frame_current, self.fps or None, tolerance, keys_on)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        words = [f"{done.keys:,} keys of {done.line!r}", *([f"sound {done.sound.name}"] if done.sound else [])]
        self.report({"WARNING" if done.remarks else "INFO"}, ". ".join((", ".join(words), *done.remarks)))
        return {"FINISHED"}
