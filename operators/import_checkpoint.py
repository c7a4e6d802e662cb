"""Import released or own weights of the research network."""

from pathlib import Path

import bpy

from ..blender_emotalk import checkpoint_import
from ..blender_emotalk.property_definitions import properties
from .background_operator import BackgroundOperator
from .file_operator import FileOperator


@properties(
    filepath=bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"}),
    overwrite=bpy.props.BoolProperty(
        name="Replace", description="Replace weights of the same name", options={"SKIP_SAVE"}
    ),
    licence=bpy.props.StringProperty(
        name="Licence",
        description="Licence of a training of your own; leave it empty for the released weights",
        options={"SKIP_SAVE"},
    ),
    filter_glob=bpy.props.StringProperty(default="*.pth;*.pt;*.bin;*.ckpt;*.safetensors", options={"HIDDEN"}),
)
class ImportCheckpoint(FileOperator, BackgroundOperator, bpy.types.Operator):
    """The Import Checkpoint button."""

    bl_idname = "emotalk.import_checkpoint"
    bl_label = "Import Checkpoint…"
    bl_description = "Check and install EmoTalk.pth, or a checkpoint of your own in its format; no code in it is run"
    bl_options = {"INTERNAL"}

    filepath: str
    overwrite: bool
    licence: str
    filter_glob: str

    def start(self, context: bpy.types.Context) -> None:
        """Begin."""
        path = Path(bpy.path.abspath(self.filepath))
        checkpoint_import.start_import(context, path, self.overwrite, self.licence)
