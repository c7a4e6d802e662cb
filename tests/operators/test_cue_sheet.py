"""The buttons for cue sheets."""

import shutil

import bpy
import pytest


def test_a_sheet_is_imported_and_exported(tmp_path, line_wav):
    shutil.copy(line_wav, tmp_path / "a.wav")
    (tmp_path / "cues.csv").write_text("file,frame,mood\na.wav,7,angry\nb.wav,9,\n")
    with pytest.raises(RuntimeError, match="Row 3: There is no file"):
        bpy.ops.emotalk.import_cue_sheet(filepath=str(tmp_path / "cues.csv"))
    assert not bpy.context.scene.emotalk.lines
    assert bpy.ops.emotalk.import_cue_sheet(filepath=str(tmp_path / "cues.csv"), leave_out_bad=True) == {"FINISHED"}
    (line,) = bpy.context.scene.emotalk.lines
    assert (line.start_frame, line.anger) == (7, 1)
    assert bpy.ops.emotalk.export_cue_sheet(filepath=str(tmp_path / "out")) == {"FINISHED"}
    assert (tmp_path / "out.csv").read_text("utf-8-sig").splitlines() == ["file,frame,name,anger", "a.wav,7,a,1"]
    with pytest.raises(RuntimeError, match="exists already"):
        bpy.ops.emotalk.export_cue_sheet(filepath=str(tmp_path / "out.csv"))
    assert bpy.ops.emotalk.export_cue_sheet(filepath=str(tmp_path / "out.csv"), overwrite=True) == {"FINISHED"}


def test_a_scene_without_lines_has_no_sheet(tmp_path):
    with pytest.raises(RuntimeError, match="Add a line first"):
        bpy.ops.emotalk.export_cue_sheet(filepath=str(tmp_path / "out.csv"))
    with pytest.raises(RuntimeError, match="cannot be used"):
        bpy.ops.emotalk.import_cue_sheet(filepath=str(tmp_path / "nowhere.csv"))
