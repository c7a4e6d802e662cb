"""What each button may do in each state of a scene, and that none of them fails with a traceback in any state."""

import bpy
import pytest
from emotalk import registration
from emotalk.blender_emotalk import batch, runs
from emotalk.blender_emotalk.desk import line_to_set

STATES = ("empty", "face", "line", "sound", "animating", "animated", "batch")
"""An empty file; then a face; a line in the list; its sound; while it is animated; with keys; while a batch runs."""

ENABLED = """
add_lines            x x x x x x x
add_sample_head      x x x x x x x
add_shape            . . x x x x x
align                . . . . . . .
animate              x x x x . x .
animate_lines        . . x x . x .
apply_emotion        . . x x x x x
auto_map             . x x x x x x
bake_identity        . . . . . . .
calibrate            . x x x x x x
cancel               . . . . x . x
cancel_task          . . . . . . .
cancel_training      . . . . . . .
change_sound         . . . . . . .
check_captures       . . . . . . .
check_fit            . x x x x x x
check_pytorch        x x x x x x x
choose_audio         x x x x x x x
choose_captures      x x x x x x x
choose_model         . . x x x x x
clear                . x x x x x x
collect_strips       . . . . . . .
copy_controls        . . . . . . .
create_shapes        . . . . . . .
delete_sound         . . . . . . .
duplicate_line       . . x x x x x
edit_captures        . . . . . . .
export_cue_sheet     . . x x x x x
export_curves        . x x x x x x
export_mapping       . x x x x x x
export_preset        . . x x x x x
extend_scene         . . . . . . .
flatten              . x x x . x .
forget_mapping       . x x x x x x
forget_strip         . . x x x x x
forget_words         . . . . . . .
hear                 . . . x . x .
hear_emotion         . . . . . . .
import_checkpoint    x x x x x x x
import_cue_sheet     x x x x x x x
import_curves        . x x x x x x
import_flame         x x x x x x x
import_ict           x x x x x x x
import_mapping       . x x x x x x
import_preset        x x x x x x x
insert_closure       . . . . . . .
install_trained      . . . . . . .
key_emotion          . . x x x x x
load_preset          . . x x x x x
load_text            . . x x x x x
mark_landmarks       . . . . . . .
mark_lips            . . . . . . .
move_boundary        . . . . . . .
move_line            . . x x x x x
move_word            . . . . . . .
open_preferences     x x x x x x x
open_weights_folder  x x x x x x x
paste_text           . . x x x x x
pause_training       . . . . . . .
place_sound          . . . x x x x
preview_training     . . . . . . .
read_times           . . . x . x .
refresh_models       x x x x x x x
remove_line          . . x x x x x
remove_preset        x x x x x x x
remove_pytorch       x x x x . x .
remove_shape         . . x x x x x
repair               . x x x x x x
reset_controls       . . x x x x x
reset_face           . x x x x x x
reset_sounds         . . . . . . .
resume_training      . . . . . . .
save_preset          . . x x x x x
select_lines         . . x x x x x
set_emotion          . . x x x x x
set_up_pytorch       . . . . . . .
set_up_training      . . . . . . .
show_line            . . x x x x x
show_sound_menu      x x x x x x x
solo_line            . . . . . x x
split_sound          . . . . . . .
train                . . . . . . .
use_sound_strip      . . . . . . .
use_text_block       . . x x x x x
use_text_strips      . . x x x x x
"""
ROWS = {row.split()[0]: row.split()[1:] for row in ENABLED.strip().splitlines()}
ANY_FILE = {"clear_features"}
"""Depend on what is on the disk: test_clear_features."""
OTHER_PROGRAMS = {"check_pytorch", "open_preferences", "open_weights_folder", "remove_pytorch", "set_up_pytorch"}


@pytest.fixture
def in_state(add_face, line_wav):
    """A function that brings a scene from the empty file into a state."""

    def go(state):
        number = STATES.index(state)
        if number >= STATES.index("face"):
            add_face()
        if number >= STATES.index("line"):
            line = line_to_set(bpy.context.scene)
        if number >= STATES.index("sound"):
            line.audio = str(line_wav)
        if state == "animating":
            runs.start(bpy.context)
        if number >= STATES.index("animated"):
            assert bpy.ops.emotalk.animate() == {"FINISHED"}
        if state == "batch":
            batch.Batch(batch.jobs_of([bpy.context.scene]))

    yield go
    batch.cancel()


def is_enabled(name, state):
    return ROWS[name][STATES.index(state)] == "x"


def operators():
    classes = (cls for cls in registration.CLASSES if issubclass(cls, bpy.types.Operator))
    return {name: cls for cls in classes if (name := cls.bl_idname.removeprefix("emotalk.")) not in ANY_FILE}


@pytest.mark.parametrize("state", STATES)
def test_buttons_are_grey_where_they_could_do_nothing(in_state, state):
    in_state(state)
    expected = {name: is_enabled(name, state) for name in ROWS}
    assert {name: getattr(bpy.ops.emotalk, name).poll() for name in operators()} == expected
    assert {name: not cls.disabled_reason(bpy.context) for name, cls in operators().items()} == expected


@pytest.mark.parametrize("name", ["export_cue_sheet", "export_curves", "export_mapping", "export_preset"])
@pytest.mark.parametrize("filepath", ["", "folder"])
def test_an_export_wants_a_file_name(in_state, tmp_path, name, filepath):
    in_state("sound")
    (tmp_path / "folder").mkdir()
    with pytest.raises(RuntimeError, match="No file name was given; type one, such as"):
        getattr(bpy.ops.emotalk, name)(filepath=filepath and f"{tmp_path / filepath}/")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_run_that_was_performed_elsewhere_can_be_cancelled(in_state, performance):
    in_state("sound")
    run = runs.start(bpy.context, performed=(performance(), ()))
    run.cancel()
    assert run.cancelled
    assert not runs.is_running()
    assert not bpy.data.actions


PRESSED = [
    (name, state)
    for name in sorted(set(operators()) - OTHER_PROGRAMS)
    for state in ("face", "line", "animating", "animated")
    if is_enabled(name, state)
]


@pytest.mark.parametrize(("name", "state"), PRESSED)
def test_no_button_fails_with_a_traceback(in_state, name, state):
    in_state(state)
    complaint = ""
    try:
        assert getattr(bpy.ops.emotalk, name)("EXEC_DEFAULT") in ({"FINISHED"}, {"CANCELLED"})
    except RuntimeError as error:
        complaint = str(error)
    assert "Traceback" not in complaint
