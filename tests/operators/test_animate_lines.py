"""Many lines at once: each is animated or says why not, and one undo takes all of it back."""

import json
import shutil
import wave
from html.parser import HTMLParser

import bpy
import numpy as np
import pytest
from emotalk.blender_emotalk import batch, live, report_pages, reports, runs
from emotalk.blender_emotalk.line_identity import identity_of
from emotalk.blender_emotalk.strips import all_strips


def lines():
    return bpy.context.scene.emotalk.lines


def states():
    return [line.state for line in lines()]


def names():
    return sorted(action.name for action in bpy.data.actions)


@pytest.fixture
def scene(add_face, line_wav, tmp_path):
    """Three lines of two characters; the middle one's sound is missing."""
    faces = [add_face("Ann"), add_face("Bob")]
    for number, face in enumerate((faces[0], faces[1], faces[1])):
        path = shutil.copy(line_wav, tmp_path / f"take{number}.wav")
        bpy.ops.emotalk.add_lines(directory=str(tmp_path), files=[{"name": path.name}])
        lines()[number].character, lines()[number].start_frame = face, 1 + 200 * number
    (tmp_path / "take1.wav").unlink()
    bpy.context.scene.frame_end = 1000
    return bpy.context.scene


def test_a_failure_does_not_stop_the_rest(scene):
    assert bpy.ops.emotalk.animate_lines() == {"FINISHED"}
    assert states() == ["ANIMATED", "FAILED", "ANIMATED"]
    assert names() == ["EmoTalk take0", "EmoTalk take2"]
    assert "take1.wav" in lines()[1].failure
    assert bpy.data.objects["Ann"].data.shape_keys.animation_data.action.name == "EmoTalk take0"
    assert bpy.data.objects["Bob"].data.shape_keys.animation_data.action.name == "EmoTalk take2"
    assert bpy.context.window_manager.emotalk.message.startswith("3 lines: 2 animated, 1 failed; ")
    assert bpy.context.window_manager.emotalk.failed


def test_nor_does_a_failure_in_the_worker(scene, line_wav, tmp_path):
    (tmp_path / "take1.wav").write_bytes(line_wav.read_bytes()[:30000])
    assert bpy.ops.emotalk.animate_lines() == {"FINISHED"}
    assert states() == ["ANIMATED", "FAILED", "ANIMATED"]
    assert "take1.wav is cut off" in lines()[1].failure


def test_the_report_is_worst_first(scene, tmp_path):
    bpy.ops.emotalk.animate_lines()
    report = scene.emotalk.report
    assert [(entry.name, entry.outcome) for entry in report] == [
        ("take1", "failed"), ("take0", "animated"), ("take2", "animated")
    ]  # fmt: skip
    assert "take1.wav" in report[0].sentence


def test_a_failed_line_can_be_tried_again_alone(scene, line_wav, tmp_path):
    bpy.ops.emotalk.animate_lines()
    shutil.copy(line_wav, tmp_path / "take1.wav")
    kept = {action.name: action.session_uid for action in bpy.data.actions}
    assert bpy.ops.emotalk.animate_lines(which="STALE") == {"FINISHED"}
    assert states() == ["ANIMATED"] * 3
    assert kept.items() <= {action.name: action.session_uid for action in bpy.data.actions}.items()
    assert not lines()[1].failure
    with pytest.raises(RuntimeError, match="no line to animate"):
        bpy.ops.emotalk.animate_lines(which="STALE")


def test_only_the_marked_lines(scene):
    lines()[2].selected = True
    assert bpy.ops.emotalk.animate_lines(which="SELECTED") == {"FINISHED"}
    assert states() == ["NEW", "NEW", "ANIMATED"]


def test_all_scenes(scene, line_wav):
    other = bpy.data.scenes.new("Other")
    face = bpy.data.objects["Ann"]
    other.collection.objects.link(face)
    line = other.emotalk.lines.add()
    line.audio, line.character, line.start_frame = str(line_wav), face, 900
    bpy.ops.emotalk.animate_lines()
    assert line.state == "NEW"
    assert bpy.ops.emotalk.animate_lines(all_scenes=True) == {"FINISHED"}
    assert line.state == "ANIMATED"
    assert bpy.context.scene == scene


@pytest.fixture
def press():
    """A function that begins a batch of all lines, which the caller goes on with."""
    return lambda: batch.Batch(batch.jobs_of([bpy.context.scene]))


def test_cancel_keeps_what_is_done(scene, press):
    work = press()
    while len(work.results) < 2:
        work.look()
    work.look()
    assert runs.is_running()
    work.cancel()
    assert work.is_done
    assert [result.outcome for result in work.results] == ["animated", "failed", "cancelled"]
    assert (names(), states()) == (["EmoTalk take0"], ["ANIMATED", "FAILED", "NEW"])
    assert not runs.is_running()
    assert work.sentence().startswith("3 lines: 1 animated, 1 failed, 1 left out; ")


def test_the_cancel_button_stops_all(scene, press):
    work = press()
    work.look()
    assert runs.is_running()
    bpy.ops.emotalk.cancel()
    assert work.look()
    assert [result.outcome for result in work.results] == ["cancelled"] * 3
    assert not bpy.data.actions


def test_an_interruption_cancels(scene, press):
    def interrupt(_share, _text):
        raise KeyboardInterrupt

    work = press()
    with pytest.raises(KeyboardInterrupt):
        work.wait(interrupt)
    assert work.cancelled
    assert not runs.is_running()


def test_progress_says_which_line(scene, press):
    said = []
    press().wait(lambda share, text: said.append((round(share, 2), text)))
    assert dict.fromkeys(said).keys() == {
        (0.0, "Line 1 of 3: take0"), (0.33, "Line 2 of 3: take1"), (0.67, "Line 3 of 3: take2")
    }  # fmt: skip


def test_a_line_that_goes_away_meanwhile_fails_alone(scene, press):
    work = press()
    work.look()
    identity = identity_of(lines()[2])
    scene.emotalk.lines.remove(2)
    work.wait()
    assert identity not in {identity_of(line) for line in lines()}
    assert [result.outcome for result in work.results] == ["animated", "failed", "failed"]
    assert "was removed before it was animated" in work.results[2].remarks[0]


def test_nor_does_a_character_that_goes_away(scene, press):
    work = press()
    work.look()
    bpy.data.objects.remove(bpy.data.objects["Ann"])
    work.wait()
    assert [result.outcome for result in work.results] == ["failed", "failed", "animated"]
    assert work.results[0].remarks[0].startswith("'Ann' was deleted")


def test_no_batch_while_a_line_is_animated(scene, press):
    run = runs.start(bpy.context, lines()[0])
    with pytest.raises(RuntimeError, match="being animated"):
        bpy.ops.emotalk.animate_lines()
    run.cancel()


def test_the_report_as_json(scene, press, tmp_path):
    work = press()
    work.wait()
    path = tmp_path / "report.json"
    reports.write_json(path, work.results)
    data = json.loads(path.read_text("utf-8"))
    assert (data["version"], data["failed"]) == (1, 1)
    assert [line["line"] for line in data["lines"]] == ["take1", "take0", "take2"]
    assert data["lines"][1]["keys"] == lines()[0].key_count > 100
    assert data["lines"][1]["character"] == "Ann"


def test_without_lines_it_says_what_to_do():
    with pytest.raises(RuntimeError, match="Add a line first"):
        bpy.ops.emotalk.animate_lines()


class Page(HTMLParser):
    """The rows of a page, and the points of its curves."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.curves = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append("")
        if tag == "polyline":
            pairs = dict(attrs)["points"].split()
            self.curves.append([float(pair.partition(",")[2]) for pair in pairs])

    handle_startendtag = handle_starttag

    def handle_data(self, data):
        if self.rows:
            self.rows[-1] += data + " "


def test_the_report_as_a_page(scene, press, tmp_path):
    lines()[0].name = "<b>Ann & Bob</b>"
    work = press()
    work.wait()
    path = tmp_path / "report.html"
    report_pages.write_page(path, work.results)
    text = path.read_text("utf-8")
    assert "<b>" not in text
    page = Page(text)
    assert len(page.rows) == 4
    assert "take1.wav" in page.rows[1]
    assert "<b>Ann & Bob</b>" in page.rows[2]
    assert len(page.curves) == 8  # four of each line that has keys
    assert all(max(curve) - min(curve) > 8 for curve in page.curves)


def test_what_spoils_a_performance_comes_before_the_rest(scene, press, tmp_path):
    with wave.open(str(tmp_path / "take2.wav")) as file:
        rate, samples = file.getframerate(), np.frombuffer(file.readframes(-1), np.int16)
    for name, values in (
        ("take1.wav", np.clip(samples * 20.0, -32768, 32767)),
        ("take2.wav", 3000 * np.random.default_rng(0).normal(size=len(samples))),
    ):
        with wave.open(str(tmp_path / name), "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", ""))
            file.writeframes(values.astype(np.int16).tobytes())
    work = press()
    work.wait()
    report = reports.worst_first(work.results)
    assert [result.line for result in report] == ["take2", "take1", "take0"]
    assert report[0].remarks[0].startswith("No voice was found in take2.wav")
    assert report[1].remarks[0].startswith("The sound is clipped in ")
    assert lines()[1].remarks.startswith("The sound is clipped in ")


def test_the_tab_shows_which_line_is_being_animated(scene, press):
    work, state = press(), bpy.context.window_manager.emotalk
    work.look()
    assert (state.running, state.progress, state.message) == (True, 0, "Line 1 of 3: take0")
    while not work.results:
        work.look()
    assert state.running
    assert (round(state.progress, 2), state.message) == (0.33, "Line 2 of 3: take1")
    work.cancel()


def test_lines_of_a_scene_that_is_removed_fail_alone(scene, line_wav):
    other = bpy.data.scenes.new("Other")
    other.emotalk.lines.add().audio = str(line_wav)
    jobs = batch.jobs_of([other, scene])
    bpy.data.scenes.remove(other)
    work = batch.Batch(jobs)
    work.wait()
    assert [result.outcome for result in work.results] == ["failed", "animated", "failed", "animated"]
    assert [result.scene for result in work.results] == ["Other", "Scene", "Scene", "Scene"]


def test_a_file_that_is_saved_meanwhile_is_whole_and_the_batch_goes_on(scene, press, tmp_path):
    work = press()
    while not work.results:
        work.look()
    work.look()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"), copy=True)
    work.wait()
    assert states() == ["ANIMATED", "FAILED", "ANIMATED"]
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert states()[::2] == ["ANIMATED", "NEW"]
    assert [action.name for action in bpy.data.actions] == ["EmoTalk take0"]
    assert not bpy.context.window_manager.emotalk.running


def test_strips_of_one_frame_and_sounds_replaced_meanwhile(stage, line_wav, tmp_path):
    sound = tmp_path / "take.wav"
    shutil.copy(line_wav, sound)
    bpy.ops.emotalk.choose_audio(filepath=str(sound))
    bpy.ops.emotalk.place_sound()
    (strip,) = all_strips(bpy.context.scene)
    strip.frame_final_duration = 1
    assert bpy.ops.emotalk.animate_lines() == {"FINISHED"}
    assert states() == ["ANIMATED"]
    strip.frame_final_duration = 60
    work = batch.Batch(batch.jobs_of([bpy.context.scene]))
    work.look()
    sound.write_bytes(b"no sound any more")
    work.wait()
    assert work.results[0].outcome in ("animated", "failed")  # which of both was first
    assert [result.remarks != () for result in work.results if result.is_bad] in ([], [True])
    assert bpy.ops.emotalk.animate_lines() == {"CANCELLED"}
    assert states() == ["FAILED"]
    assert lines()[0].key_count > 0


def test_a_slider_that_moves_between_two_lines_waits_for_the_batch(scene, press):
    lines()[2].live = True
    scene.emotalk.active_index = 2
    work = press()
    while not work.results:
        work.look()
    assert not runs.is_running()
    live._changed_again = True
    assert live.tick() is not None
    assert not runs.is_running()
    with pytest.raises(RuntimeError, match="being animated"):
        bpy.ops.emotalk.flatten()
    work.wait()
    assert states() == ["ANIMATED", "FAILED", "ANIMATED"]
    while live.tick() is not None:
        pass
    assert live._run is None
