"""Cue sheets become lines, and lines become cue sheets."""

import shutil

import bpy
import pytest
from emotalk.blender_emotalk import cue_lines
from emotalk.blender_emotalk.desk import add_line
from emotalk.blender_emotalk.strips import add_sound_strip
from emotalk.dialogue.cue_sheet import CueSheetError
from emotalk.face.atomic_file import TakenError
from emotalk.inference.contract import EmoTalkError


@pytest.fixture
def sheet(tmp_path, line_wav, add_face):
    """A function that writes a sheet beside two sounds, in a scene with Ann and Bob."""
    for name in ("hello.wav", "bye.wav"):
        shutil.copy(line_wav, tmp_path / name)
    add_face("Ann")
    add_face("Bob")

    def write(*rows):
        path = tmp_path / "cues.csv"
        path.write_text("\n".join(rows) + "\n", "utf-8")
        return path

    return write


def scene():
    return bpy.context.scene


def lines():
    return scene().emotalk.lines


def test_rows_become_lines(sheet, tmp_path):
    scene().render.fps, scene().frame_start = 25, 101
    path = sheet(
        "file,tc,character,name,text,emotion,jaw,style,tolerance,key tolerance,settle time,channel",
        "hello.wav,01:00:02:05,Ann,Greeting,Hello,happy .7 + sad .2,1.5,Crisp,,0.1,0.25,1",
        "bye.wav,,Bob,,,,,,,,,",
    )
    added = cue_lines.add_sheet(scene(), path, zero="01:00:00:00")
    assert added.sentence == "Added 2 lines; columns not used: tolerance"
    first, second = lines()
    assert (first.audio, first.start_frame, first.character.name) == (str(tmp_path / "hello.wav"), 156, "Ann")
    assert (first.name, first.text, first.personal_style, first.channel) == ("Greeting", "Hello", "Crisp", 1)
    assert (first.happy, first.sad, first.jaw_gain) == pytest.approx((0.7, 0.2, 1.5))
    assert (first.key_tolerance, first.settle_time) == pytest.approx((0.1, 0.25))
    assert (second.name, second.start_frame, second.character.name) == ("bye", 101, "Bob")
    assert (second.happy, second.jaw_gain, second.personal_style) == (0, 1, "")


def test_bad_rows_are_told_together_and_nothing_is_added(sheet):
    kept = add_line(scene())
    kept.happy = 0.5
    path = sheet(
        "file,start,character,model,emotion",
        "hello.wav,1,Ann,,",
        "hello.wav,soon,Ann,,",
        "bye.wav,2,Nobody,,",
        "cues.csv,3,Ann,,",
        "bye.wav,4,Ann,nothing,",
        "bye.wav,5,Ann,,bored",
    )
    with pytest.raises(CueSheetError) as caught:
        cue_lines.add_sheet(scene(), path)
    told = str(caught.value).splitlines()
    assert [line.partition(":")[0] for line in told] == [f"Row {number}" for number in (3, 4, 5, 6, 7)]
    assert "'Nobody'" in told[1]
    assert [line.happy for line in lines()] == [0.5]
    assert scene().emotalk.active_index == 0
    added = cue_lines.add_sheet(scene(), path, leave_out_bad=True)
    assert added.sentence == "Added 1 line; 5 bad rows left out"
    assert len(lines()) == 2


def test_a_sheet_that_is_refused_leaves_the_active_line_active(sheet):
    for _ in range(2):
        add_line(scene())
    scene().emotalk.active_index = 0
    with pytest.raises(CueSheetError, match="'Nobody'"):
        cue_lines.add_sheet(scene(), sheet("file,character", "hello.wav,Ann", "bye.wav,Nobody"))
    assert (len(lines()), scene().emotalk.active_index) == (2, 0)


def test_the_same_sheet_adds_nothing_twice(sheet):
    path = sheet("file,frame,name", "hello.wav,10,a", "hello.wav,50,b", "hello.wav,50,c")
    assert cue_lines.add_sheet(scene(), path).sentence == "Added 3 lines"
    assert cue_lines.add_sheet(scene(), path).sentence == "Added 0 lines; 3 were in the list already"
    assert [line.name for line in lines()] == ["a", "b", "c"]


def test_lines_of_one_name_are_told_apart(sheet):
    cue_lines.add_sheet(scene(), sheet("file,frame,name", "hello.wav,10,a", "bye.wav,50,a"))
    assert [line.name for line in lines()] == ["a", "a.001"]


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_a_scene_comes_back_from_its_own_sheet(sheet, tmp_path, suffix):
    cue_lines.add_sheet(
        scene(),
        sheet(
            "file,frame,character,text,emotion,jaw,style,blink kind,key tolerance,seed,time offset",
            "hello.wav,10,Ann,=1+1,happy .7,1.5,Crisp,Released demo,0.1,7,-80",
            'bye.wav,-5,Bob,"a, ""b""",,,,,,,',
        ),
    )
    before = [dict(cue.__dict__, row=0) for cue in cues_of(tmp_path, suffix)]
    lines().clear()
    cue_lines.add_sheet(scene(), tmp_path / f"out.{suffix}")
    (tmp_path / f"out.{suffix}").unlink()
    assert [dict(cue.__dict__, row=0) for cue in cues_of(tmp_path, suffix)] == before
    assert lines()[0].key_tolerance == pytest.approx(0.1)


def cues_of(folder, suffix):
    from emotalk.dialogue.cue_sheet import read_cue_sheet

    path = folder / f"out.{suffix}"
    cue_lines.export_sheet(scene(), path)
    return read_cue_sheet(path, cue_lines.clock_of(scene())).usable()


def test_what_a_sheet_cannot_say_is_remarked(sheet, tmp_path):
    path = tmp_path / "out.csv"
    with pytest.raises(EmoTalkError, match="Add a line first"):
        cue_lines.export_sheet(scene(), path)
    whole = add_sound_strip(scene(), "Whole", str(tmp_path / "hello.wav"), 20)
    cut = add_sound_strip(scene(), "Cut", str(tmp_path / "bye.wav"), 20)
    attribute = "right_handle" if bpy.app.version >= (5, 1, 0) else "frame_final_end"
    setattr(cut, attribute, getattr(cut, attribute) - 10)
    for strip in (whole, cut):
        line = add_line(scene())
        line.strip = line.name = strip.name
    add_line(scene()).name = "Silent"
    count, remarks = cue_lines.export_sheet(scene(), path)
    assert count == 2
    assert [remark.partition(" ")[0] for remark in remarks] == ["Cut", "Silent"]
    with pytest.raises(TakenError):
        cue_lines.export_sheet(scene(), path)
