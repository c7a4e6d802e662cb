"""The text of a line, Align and Hear, and Animate with words; what was found stays with the line."""

import runpy
import shutil
import wave
from pathlib import Path

import bpy
import pytest
from emotalk.blender_emotalk import alignments, batch, line_states, runs
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.strips import find_sound_strip
from emotalk.face.alignment import Alignment

SPOKEN = runpy.run_path(str(Path(__file__).parents[1] / "spoken_line.py"))
add_text_strip = runpy.run_path(str(Path(__file__).with_name("test_undo.py")))["add_text_strip"]
TEXT = SPOKEN["TEXT"]


@pytest.fixture
def scene(stage):
    return bpy.context.scene


@pytest.fixture
def line(scene):
    return line_to_set(scene)


def spoken(line, **changes):
    """The line with the times that its synthesiser has written."""
    line.text = TEXT
    alignments.store(line, SPOKEN["alignment"](), TEXT, alignments.sound_mark(line, line.id_data))
    for name, value in changes.items():
        setattr(line, name, value)


def keys():
    (action,) = (action for action in bpy.data.actions if action.name.startswith("EmoTalk"))
    from emotalk.blender_emotalk.actions import all_curves

    return {curve.data_path: [tuple(point.co) for point in curve.keyframe_points] for curve in all_curves(action)}


def test_a_text_is_aligned_near_the_synthesisers_own_times(line, scene):
    line.text = TEXT
    assert bpy.ops.emotalk.align() == {"FINISHED"}
    found = alignments.alignment_of(line, scene)
    assert [word.text.strip(".,") for word in found.words] == TEXT.replace(".", "").replace(",", "").split()
    true = SPOKEN["alignment"]().words
    late = sorted(abs(word.start - there.start) for word, there in zip(found.words, true, strict=True))
    assert late[len(late) // 2] < 0.04
    assert bpy.context.window_manager.emotalk.message.startswith("20 words")


def test_a_line_without_text_is_heard(line, scene):
    assert bpy.ops.emotalk.hear() == {"FINISHED"}
    found = alignments.alignment_of(line, scene)
    assert (found.origin, found.words) == ("heard", ())
    assert sum(phone.name in ("B", "M") for phone in found.phones) >= 5


def test_animate_aligns_a_text_first_and_is_fresh_afterwards(line):
    line.text = TEXT
    bpy.ops.emotalk.animate()
    assert Alignment.from_json(line.alignment).origin == "aligned"
    assert line.aligned_text == TEXT
    assert line.state == line_states.ANIMATED
    told = keys()
    bpy.ops.emotalk.forget_words()
    assert line.state == line_states.STALE
    bpy.ops.emotalk.animate()
    assert keys() != told
    line.text = TEXT
    bpy.ops.emotalk.align()
    bpy.ops.emotalk.animate()
    assert keys() == told


def test_a_script_and_a_cue_sheet_give_the_text_too(line, scene, tmp_path):
    line.text = TEXT
    bpy.ops.emotalk.animate()
    told = keys()
    bpy.ops.emotalk.forget_words()
    bpy.ops.emotalk.animate(text=TEXT)
    assert keys() == told
    bpy.ops.emotalk.forget_words()
    bpy.context.window_manager.emotalk.api.animate(text=TEXT)
    assert keys() == told
    sheet = tmp_path / "cues.csv"
    sheet.write_text(f'file,frame,text\n{line.audio},1,"{TEXT}"\n')
    bpy.ops.emotalk.clear()
    bpy.ops.emotalk.remove_line()
    bpy.ops.emotalk.import_cue_sheet(filepath=str(sheet))
    bpy.ops.emotalk.animate()
    assert keys() == told


def test_a_heard_line_is_performed_as_one_that_was_only_listened_to(line):
    bpy.ops.emotalk.animate()
    listened = keys()
    bpy.ops.emotalk.hear()
    assert line.state == line_states.ANIMATED
    bpy.ops.emotalk.animate()
    assert keys() == listened


def test_many_lines_are_aligned_too(line):
    line.text = TEXT
    batch.Batch(batch.jobs_of([bpy.context.scene])).wait()
    assert line.alignment
    assert line.state == line_states.ANIMATED


def test_a_text_in_another_script_is_listened_to(line):
    bpy.ops.emotalk.animate()
    listened = keys()
    line.text = "我从来没有要求过这些"
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    assert line.state == line_states.ANIMATED
    assert keys() == listened or line.alignment


def test_a_text_that_changed_is_aligned_anew_unless_sounds_were_edited(line):
    spoken(line)
    bpy.ops.emotalk.animate()
    line.text = TEXT.replace("moment", "while")
    line_states.refresh(bpy.context.scene)
    assert line.state == line_states.STALE
    bpy.ops.emotalk.animate()
    assert line.aligned_text == line.text
    bpy.context.scene.frame_set(60)
    bpy.ops.emotalk.delete_sound()
    edited, line.text = line.alignment, TEXT
    bpy.ops.emotalk.animate()
    assert line.alignment == edited
    assert runs.EDITS_KEPT in line.remarks
    line.channel = 1
    bpy.ops.emotalk.animate()
    assert runs.EDITS_LOST in line.remarks
    assert not alignments.is_edited(line)


def test_words_survive_saving_renaming_and_copies(line, scene, tmp_path):
    spoken(line)
    bpy.ops.emotalk.delete_sound(frame=58)
    line.name = "Other"
    bpy.ops.emotalk.duplicate_line()
    path = str(tmp_path / "scene.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    stored = line_to_set(scene).alignment
    bpy.ops.wm.open_mainfile(filepath=path)
    scene = bpy.context.scene
    for one in scene.emotalk.lines:
        assert one.alignment == stored
        assert alignments.is_edited(one)
        assert sum(alignments.changes_of(one, scene)) == 2


def test_a_changed_sound_says_so_and_a_moved_file_does_not(line, scene, tmp_path, line_wav):
    first, second = tmp_path / "take.wav", tmp_path / "moved.wav"
    shutil.copy(line_wav, first)
    line.audio = str(first)
    spoken(line)
    assert alignments.why_unusable(line, scene) == ""
    first.rename(second)
    line.audio = str(second)
    assert alignments.why_unusable(line, scene) == ""
    with wave.open(str(line_wav)) as file:
        parameters, frames = file.getparams(), bytearray(file.readframes(file.getnframes()))
    frames[1000:3000] = bytes(2000)
    with wave.open(str(second), "wb") as file:
        file.setparams(parameters)
        file.writeframes(bytes(frames))
    assert alignments.why_unusable(line, scene) == alignments.SOUND_CHANGED
    line.audio = str(tmp_path / "gone.wav")
    assert "gone.wav" in alignments.why_unusable(line, scene)
    line.audio, line.channel = str(second), 1
    assert alignments.why_unusable(line, scene) == alignments.SOUND_CHANGED


def test_a_trimmed_strip_keeps_the_sounds_of_what_remains(line, scene):
    bpy.ops.emotalk.place_sound()
    scene.render.fps = 25
    spoken(line)
    strip = find_sound_strip(scene, line.strip)
    name = "left_handle" if hasattr(strip, "left_handle") else "frame_final_start"
    setattr(strip, name, 51)
    trimmed = alignments.alignment_of(line, scene)
    assert trimmed.words[0].text == "But"
    assert trimmed.words[0].start == pytest.approx(1.992 - 2, abs=0.01)
    bpy.ops.emotalk.delete_sound(frame=62)
    setattr(strip, name, 1)
    whole = alignments.alignment_of(line, scene)
    assert [word.text for word in whole.words] == TEXT.split()
    assert sum(alignments.changes_of(line, scene)) == 2
    setattr(strip, name, -30)
    assert alignments.usable_alignment(line, scene) is not None  # silence before the sound is no part of the line


def test_a_strip_with_more_sound_than_was_aligned_says_so(line, scene):
    bpy.ops.emotalk.place_sound()
    strip = find_sound_strip(scene, line.strip)
    name = "right_handle" if hasattr(strip, "right_handle") else "frame_final_end"
    setattr(strip, name, 60)
    line.text = "I never asked for any of this"
    bpy.ops.emotalk.align()
    assert alignments.why_unusable(line, scene) == ""
    setattr(strip, name, 120)
    assert alignments.why_unusable(line, scene) == alignments.LONGER


def test_texts_come_from_files_blocks_and_strips(line, scene, tmp_path):
    path = tmp_path / "line.txt"
    path.write_text("Made\n for  this \n", "utf-8")
    bpy.ops.emotalk.load_text(filepath=str(path))
    assert line.text == "Made for this"
    bpy.data.texts.new("Script").write("We were\nmade")
    bpy.ops.emotalk.use_text_block(name="Script")
    assert line.text == "We were made"
    for text, frame in (("like this one.", 90), ("I never asked", 10), ("too late", 400)):
        add_text_strip(scene, text, frame)
    bpy.ops.emotalk.use_text_strips()
    assert line.text == "I never asked like this one."


def test_subtitles_and_screenplays_give_what_is_said_in_the_line(line, scene, tmp_path):
    cues = ((0, 1, "Too early."), (4, 6, "We were made"), (6, 8, "for a moment"), (30, 31, "Too late."))
    rows = [f"{n}\n00:00:{a:02},000 --> 00:00:{b:02},000\n{text}\n" for n, (a, b, text) in enumerate(cues, 1)]
    (tmp_path / "film.srt").write_text("\n".join(rows))
    line.start_frame = scene.frame_start + 3 * scene.render.fps
    bpy.ops.emotalk.load_text(filepath=str(tmp_path / "film.srt"))
    assert line.text == "We were made for a moment"
    (tmp_path / "film.txt").write_text("ANN: I never asked.\nBOB: Nor did I.\nANN: But maybe.\n")
    bpy.ops.emotalk.load_text(filepath=str(tmp_path / "film.txt"), character="Ann")
    assert line.text == "I never asked. But maybe."


def test_times_of_another_program_are_read(line, scene, tmp_path):
    rows = [f"line 1 {word.start} {word.end - word.start:.3f} {word.text}" for word in SPOKEN["alignment"]().words]
    (tmp_path / "line.ctm").write_text("\n".join(rows))
    assert bpy.ops.emotalk.read_times(filepath=str(tmp_path / "line.ctm")) == {"FINISHED"}
    found = alignments.alignment_of(line, scene)
    assert len(found.words) == 20
    assert found.words[7].start == pytest.approx(1.992, abs=0.05)
    line_states.refresh(scene)
    bpy.ops.emotalk.animate()
    told = keys()
    bpy.ops.emotalk.forget_words()
    assert line.state == line_states.STALE
    bpy.ops.emotalk.animate()
    assert keys() != told
    bpy.ops.emotalk.read_times(filepath=str(tmp_path / "line.ctm"))
    line_states.refresh(scene)
    assert line.state == line_states.STALE
    (tmp_path / "line.ctm").write_text("no times")
    with pytest.raises(RuntimeError, match=r"line\.ctm"):
        bpy.ops.emotalk.read_times(filepath=str(tmp_path / "line.ctm"))
    assert alignments.alignment_of(line, scene) == found


@pytest.mark.parametrize(
    ("operator", "arguments", "sentence"),
    [
        ("use_text_block", {"name": "Gone"}, "There is no text 'Gone'"),
        ("use_text_strips", {}, "No text strip lies over the line"),
        ("load_text", {"filepath": "/no/such.txt"}, "cannot be read"),
    ],
)
@pytest.mark.usefixtures("line")
def test_a_missing_text_says_what_to_do(operator, arguments, sentence):
    with pytest.raises(RuntimeError, match=sentence):
        getattr(bpy.ops.emotalk, operator)(**arguments)


def test_the_clipboard_is_pasted_or_said_to_be_empty(line):
    bpy.context.window_manager.clipboard = "Made  for this"
    if bpy.context.window_manager.clipboard:
        bpy.ops.emotalk.paste_text()
        assert line.text == "Made for this"
        return
    with pytest.raises(RuntimeError, match="The clipboard has no text"):
        bpy.ops.emotalk.paste_text()


@pytest.mark.parametrize(
    ("operator", "arguments", "sentence"),
    [
        ("delete_sound", {"frame": 900}, "no sound of the line there"),
        ("change_sound", {"frame": 58.8, "sound": "B"}, "is B already"),
        ("insert_closure", {"frame": 58.8}, "closed there already"),
        ("move_word", {"frame": 2, "to_frame": 3}, "no word there"),
        ("move_boundary", {"frame": 58}, "a script gives to_frame"),
        ("split_sound", {"frame": 58.4 + 900}, "no sound of the line there"),
    ],
)
def test_an_edit_that_is_not_possible_gives_the_reason(line, operator, arguments, sentence):
    spoken(line)
    before = line.alignment
    with pytest.raises(RuntimeError, match=sentence):
        getattr(bpy.ops.emotalk, operator)(**arguments)
    assert line.alignment == before


def test_what_was_found_is_damaged_by_hand(line, scene):
    spoken(line, alignment='{"phones": 3}')
    assert "damaged" in alignments.why_unusable(line, scene)
    assert bpy.ops.emotalk.animate() == {"FINISHED"}
    assert alignments.why_unusable(line, scene) == ""  # it was aligned anew


def test_a_run_that_is_cancelled_stores_nothing(line):
    line.text = TEXT
    from emotalk.blender_emotalk import aligning

    run = aligning.start(bpy.context, line, TEXT)
    run.cancel()
    assert run.cancelled
    assert not line.alignment
    assert not runs.is_running()
