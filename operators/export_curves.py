"""Write what the character plays to a file of curves."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final

import bpy

from ..blender_emotalk import line_end, played_curves
from ..blender_emotalk.access import current_line, scene_of, window_manager_of
from ..blender_emotalk.property_definitions import properties
from ..face.curve_files import write_curves
from ..face.curves import ReadCurves
from ..face.flame.expression_files import write_expressions
from ..inference.contract import EmoTalkError, StageProgress
from .character_operator import CharacterOperator
from .file_export import FileExport

_FLAME: Final = "FLAME"
_SUFFIXES: Final = {"CSV": ".csv", "NPZ": ".npz", "JSON": ".json", _FLAME: ".npz"}


@properties(
    file_format=bpy.props.EnumProperty(
        name="Format",
        items=(
            ("CSV", "Live Link Face", "The 52 coefficients and the head as a table (.csv)"),
            ("NPZ", "NumPy", "The 52 coefficients and the head as arrays (.npz)"),
            ("JSON", "JSON", "The 52 coefficients and the head as text (.json)"),
            (_FLAME, "FLAME", "Expression, jaw and neck of a FLAME head as arrays (.npz)"),
        ),
    ),
    frames=bpy.props.EnumProperty(
        name="Frames",
        items=(
            ("SCENE", "Scene", "From the first to the last frame of the scene"),
            ("LINE", "Line", "As long as the sound of the active line, for training"),
        ),
    ),
    fps=bpy.props.FloatProperty(
        name="Frame Rate", description="Of the file; 0 is the rate of the scene", min=0, max=1000
    ),
    filter_glob=bpy.props.StringProperty(default="*.csv;*.npz;*.json", options={"HIDDEN"}),
)
class ExportCurves(FileExport, CharacterOperator, bpy.types.Operator):
    """An entry of the menu beside the list."""

    bl_idname = "emotalk.export_curves"
    bl_label = "Export Curves…"
    bl_description = (
        "Write what the character plays, whoever keyed it, as the 52 coefficients: for other programs and characters, "
        "and for training"
    )
    bl_options = {"REGISTER"}

    file_format: str
    frames: str
    fps: float
    filter_glob: str
    first_name: ClassVar[str] = "curves.csv"
    suffixes: ClassVar[tuple[str, ...]] = tuple(dict.fromkeys(_SUFFIXES.values()))

    @property
    def suffix(self) -> str:
        """Of the format."""
        return _SUFFIXES[self.file_format]

    def check(self, _context: bpy.types.Context) -> bool:
        """In the file browser, the name gets the suffix of the format."""
        path = Path(self.filepath)
        if path.suffix.lower() == self.suffix or not path.name:
            return False
        is_known = path.suffix.lower() in self.suffixes
        self.filepath = str(path.with_suffix(self.suffix) if is_known else path.with_name(path.name + self.suffix))
        return True

    def write(self, context: bpy.types.Context, path: Path) -> tuple[str, list[str]]:
        """Read the character frame by frame, and write the file."""
        is_flame = self.file_format == _FLAME
        if is_flame and path.suffix.lower() != _SUFFIXES[_FLAME]:
            raise EmoTalkError(f"FLAME's expression is written as .npz; rename {path.name}")
        with _cursor(context) as progress:
            curves = self._read(context, is_flame, progress)
        if is_flame:
            write_expressions(path, curves.performance, overwrite=self.overwrite)
        else:
            write_curves(path, curves.performance, overwrite=self.overwrite)
        face = curves.performance.face
        return f"Wrote {face.frames:,} frames at {face.fps:g} per second to {path}", list(curves.remarks)

    def _read(self, context: bpy.types.Context, is_flame: bool, progress: StageProgress) -> ReadCurves:
        scene, line = scene_of(context), current_line(context)
        anchor, _basis = self.subject(context)
        first, last = float(scene.frame_start), float(scene.frame_end)
        if self.frames == "LINE":
            if line is None:
                raise EmoTalkError("There is no line in the list; choose the scene's range")
            first, last = line_end.sound_frames(scene, line)
        basis = played_curves.flame_of(anchor, scene) if is_flame else None
        return played_curves.read_performance(
            anchor, scene, first, last, self.fps or None, basis=basis, progress=progress
        )


@contextmanager
def _cursor(context: bpy.types.Context) -> Iterator[StageProgress]:
    """Blender's cursor counts to 100 while a long range is read."""
    manager = window_manager_of(context)
    manager.progress_begin(0, 100)
    try:
        yield lambda share, _text: manager.progress_update(100 * share)
    finally:
        manager.progress_end()
