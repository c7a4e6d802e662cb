"""What the mouse does on the timelines: a boundary is dragged, a word moved, and a click beside is Blender's."""

import runpy
import time
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
from emotalk.blender_emotalk import alignments, timeline_tracks
from emotalk.blender_emotalk.actions import all_curves
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.strips import find_sound_strip
from emotalk.face.alignment_edits import sound_at
from emotalk.operators.move_boundary import MoveBoundary
from emotalk.operators.move_word import MoveWord
from emotalk.operators.show_sound_menu import ShowSoundMenu
from emotalk.operators.sound_drag import SoundDrag

SPOKEN = runpy.run_path(str(Path(__file__).parents[1] / "spoken_line.py"))
SOUNDS = SPOKEN["alignment"]()
B = sound_at(SOUNDS, 2.41)


@pytest.fixture
def line(stage):
    """An animated line on the timeline, with its words and sounds."""
    scene = bpy.context.scene
    scene.render.fps = 30
    bpy.ops.emotalk.place_sound()
    line = line_to_set(scene)
    line.text = SPOKEN["TEXT"]
    alignments.store(line, SOUNDS, line.text, alignments.sound_mark(line, scene))
    bpy.ops.emotalk.animate()
    return line


@pytest.fixture
def editor():
    """A function that turns an area of the window into an editor; in the block it is the context's."""

    def become(kind):
        window = bpy.context.window_manager.windows[0]
        area = max(window.screen.areas, key=lambda area: area.width * area.height)
        area.ui_type = kind
        workspace = window.workspace
        if hasattr(workspace, "sequencer_scene"):
            workspace.sequencer_scene = bpy.context.scene
        region = next(region for region in area.regions if region.type == "WINDOW")
        return bpy.context.temp_override(window=window, area=area, region=region)

    return become


class _Drag(SoundDrag):
    """The operator without Blender's half, which only an event of a real window can make."""

    def __init__(self, operator, **given):
        self._held_at, self._moved = operator.held_at, operator.moved
        self.frame, self.to_frame, self._given = 0.0, 0.0, given
        self.reports = []
        for name, value in given.items():
            setattr(self, name, value)

    def is_given(self, name):
        return name in self._given

    def held_at(self, track, x):
        return self._held_at(self, track, x)

    def listen(self, context):
        pass

    def moved(self, sounds, start, end):
        return self._moved(self, sounds, start, end)

    def report(self, kinds, text):
        self.reports.append((kinds, text))


def event(kind, x=0.0, y=0.0, ctrl=False):
    region = bpy.context.region
    return SimpleNamespace(type=kind, value="PRESS", mouse_x=region.x + x, mouse_y=region.y + y, ctrl=ctrl)


def track():
    (found,) = timeline_tracks.tracks_in(bpy.context)
    return found


def everything():
    (action,) = (action for action in bpy.data.actions if action.name.startswith("EmoTalk"))
    keys = [[tuple(point.co) for point in curve.keyframe_points] for curve in all_curves(action)]
    return keys, line_to_set(bpy.context.scene).alignment


@pytest.mark.parametrize("kind", ["SEQUENCE_EDITOR", "DOPESHEET", "FCURVES"])
def test_a_track_stands_at_its_frames_in_every_editor(line, editor, kind):
    with editor(kind):
        found = track()
        region = bpy.context.region
        for seconds in (0.0, 2.0, 6.0):
            x, _y = region.view2d.view_to_region(1 + 30 * seconds, 1, clip=False)
            assert found.scale.pixel(seconds) == pytest.approx(x, abs=1)
        assert found.frame(found.scale.pixel(2.0)) == pytest.approx(61)
        y = (found.rows.bottom + found.rows.middle) / 2
        at = timeline_tracks.track_at(bpy.context, found.scale.pixel(2.0), y)
        assert at == found
        assert timeline_tracks.track_at(bpy.context, found.scale.pixel(2.0), found.rows.top + 1) is None
        assert timeline_tracks.track_at(bpy.context, found.scale.pixel(-0.1), y) is None
        bpy.context.scene.emotalk.shows_words = False
        assert timeline_tracks.tracks_in(bpy.context) == []


def test_the_sequencer_shows_each_strip_and_the_others_the_active_line(line, editor):
    scene = bpy.context.scene
    with editor("SEQUENCE_EDITOR"):
        strip = find_sound_strip(scene, line.strip)
        bottom = track().rows.bottom
        strip.channel += 1
        assert track().rows.bottom > bottom
        line.strip, line.audio = "", str(Path(strip.sound.filepath))
        assert timeline_tracks.tracks_in(bpy.context) == []
    alignments.store(line, SOUNDS, line.text, alignments.sound_mark(line, scene))
    with editor("DOPESHEET"):
        assert track().is_on_its_own
    with editor("VIEW_3D"):
        assert timeline_tracks.tracks_in(bpy.context) == []
    line.alignment = "damaged"
    with editor("DOPESHEET"):
        assert timeline_tracks.tracks_in(bpy.context) == []


def begun(drag, x, y):
    assert drag.invoke(bpy.context, event("LEFTMOUSE", x, y)) == {"RUNNING_MODAL"}
    return drag


def middle(found):
    return (found.rows.bottom + found.rows.middle) / 2


@pytest.mark.usefixtures("line")
def test_a_boundary_follows_the_mouse_until_the_button_is_released(editor):
    before = everything()
    with editor("SEQUENCE_EDITOR"):
        found = track()
        x, y = found.scale.pixel(SOUNDS.phones[B].start), middle(found)
        drag = begun(_Drag(MoveBoundary), x + 2, y)
        target = found.scale.pixel(2.30)
        assert drag.modal(bpy.context, event("MOUSEMOVE", target, y)) == {"RUNNING_MODAL"}
        now = alignments.alignment_of(line_to_set(bpy.context.scene), bpy.context.scene)
        assert now.phones[B].start == pytest.approx(2.30, abs=0.01)
        for _ in range(500):
            drag.modal(bpy.context, event("TIMER"))
            if everything()[0] != before[0]:
                break
            time.sleep(0.01)
        assert drag.modal(bpy.context, event("LEFTMOUSE", target, y)) == {"FINISHED"}
    assert everything()[0] != before[0]
    assert drag.reports[-1][1].startswith("Face speaks")


@pytest.mark.usefixtures("line")
@pytest.mark.parametrize("button", ["ESC", "RIGHTMOUSE"])
def test_escape_leaves_everything_as_it_was(editor, button):
    before = everything()
    with editor("DOPESHEET"):
        found = track()
        y = middle(found)
        drag = begun(_Drag(MoveBoundary), found.scale.pixel(SOUNDS.phones[B].start), y)
        drag.modal(bpy.context, event("MOUSEMOVE", found.scale.pixel(2.30), y))
        assert everything()[1] != before[1]
        assert drag.modal(bpy.context, event(button)) == {"CANCELLED"}
    assert everything() == before


@pytest.mark.usefixtures("line")
def test_a_click_without_a_move_changes_nothing(editor):
    before = everything()
    with editor("DOPESHEET"):
        found = track()
        drag = begun(_Drag(MoveBoundary), found.scale.pixel(SOUNDS.phones[B].start), middle(found))
        assert drag.modal(bpy.context, event("LEFTMOUSE")) == {"CANCELLED"}
    assert everything() == before


@pytest.mark.usefixtures("line")
def test_control_snaps_to_whole_frames(editor):
    with editor("DOPESHEET"):
        found = track()
        drag = begun(_Drag(MoveBoundary), found.scale.pixel(SOUNDS.phones[B].start), middle(found))
        drag.modal(bpy.context, event("MOUSEMOVE", found.scale.pixel(2.317), middle(found), ctrl=True))
        assert drag.to_frame == 1 + round(2.317 * 30)
        drag.modal(bpy.context, event("ESC"))


@pytest.mark.usefixtures("line")
def test_a_word_follows_the_mouse_with_its_sounds(editor):
    scene = bpy.context.scene
    with editor("DOPESHEET"):
        found = track()
        frame = 1 + 30 * 2.1
        drag = _Drag(MoveWord, frame=frame)
        x, y = found.scale.pixel(2.1), middle(found)
        begun(drag, x, y)
        drag.modal(bpy.context, event("MOUSEMOVE", found.scale.pixel(2.08), y))
        drag.modal(bpy.context, event("LEFTMOUSE", found.scale.pixel(2.08), y))
    moved = alignments.alignment_of(line_to_set(scene), scene)
    but = next(word for word in SOUNDS.words if word.text == "But")
    assert next(word for word in moved.words if word.text == "But").start == pytest.approx(but.start - 0.02, abs=5e-3)


@pytest.mark.usefixtures("line")
@pytest.mark.parametrize(("operator", "seconds"), [(MoveBoundary, 0.1), (MoveWord, 0.1)])
def test_a_click_beside_is_for_blender(editor, operator, seconds):
    with editor("DOPESHEET"):
        found = track()
        x = found.scale.pixel(seconds)
        for height in (middle(found), found.rows.top + 5):
            assert _Drag(operator).invoke(bpy.context, event("LEFTMOUSE", x, height)) == {"PASS_THROUGH"}
    with editor("VIEW_3D"):
        assert _Drag(operator).invoke(bpy.context, event("LEFTMOUSE", 10, 10)) == {"PASS_THROUGH"}
        assert ShowSoundMenu.invoke(SimpleNamespace(), bpy.context, event("RIGHTMOUSE", 10, 10)) == {"PASS_THROUGH"}


def test_a_drag_makes_its_line_the_active_one(line, editor):
    scene = bpy.context.scene
    bpy.ops.emotalk.duplicate_line()
    scene.emotalk.active_index = 1
    scene.emotalk.lines[1].alignment = ""
    with editor("SEQUENCE_EDITOR"):
        found = track()
        drag = begun(_Drag(MoveBoundary), found.scale.pixel(SOUNDS.phones[B].start), middle(found))
        drag.modal(bpy.context, event("ESC"))
    assert scene.emotalk.active_index == 0
