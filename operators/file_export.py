"""Operators that write a file which somebody chooses in the file browser."""

from pathlib import Path
from typing import ClassVar

import bpy

from ..blender_emotalk.failures import in_one_sentence
from ..blender_emotalk.property_definitions import properties
from ..inference.contract import EmoTalkError
from .explained import OperatorResult
from .file_operator import FileOperator


@properties(
    filepath=bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"}),
    overwrite=bpy.props.BoolProperty(name="Replace", description="Replace an existing file", options={"SKIP_SAVE"}),
)
class FileExport(FileOperator):
    """Base of such operators: ``write`` writes the file; nothing is replaced unless *Replace* is on."""

    filepath: str
    overwrite: bool
    first_name: ClassVar[str]
    """The name that the file browser offers."""
    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    @property
    def suffix(self) -> str:
        """What a name without one of ``suffixes`` gets."""
        return Path(self.first_name).suffix

    def write(self, context: bpy.types.Context, path: Path) -> tuple[str, list[str]]:
        """Write the file; what was written, as a sentence, and remarks. Raises EmoTalkError or OSError."""
        raise NotImplementedError

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Open the file browser with a name to begin with."""
        if not self.filepath:
            self.filepath = self.first_name
        return super().invoke(context, event)

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Write it, and say so."""
        path = Path(bpy.path.abspath(self.filepath))
        if path.is_dir():
            self.report({"ERROR"}, "No file name was given; type one, such as " + self.first_name)
            return {"CANCELLED"}
        if path.suffix.lower() not in self.suffixes:
            path = path.with_name(path.name + self.suffix)
        try:
            with in_one_sentence():
                sentence, remarks = self.write(context, path)
        except EmoTalkError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        for remark in remarks:
            self.report({"WARNING"}, remark)
        self.report({"INFO"}, sentence)
        return {"FINISHED"}
