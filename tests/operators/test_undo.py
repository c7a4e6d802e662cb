"""Every operator that changes the file is one step: an undo takes everything back, a redo brings it again."""

import runpy
from pathlib import Path

import bpy
import pytest
from emotalk import registration
from emotalk.blender_emotalk import alignments
from emotalk.blender_emotalk.actions import all_curves
from emotalk.blender_emotalk.desk import line_to_set
from emotalk.blender_emotalk.strips import all_strips, find_sound_strip
from emotalk.face.curve_files import write_curves

SPOKEN = runpy.run_path(str(Path(__file__).parents[1] / "spoken_line.py"))
OPERATORS = [cls for cls in registration.CLASSES if issubclass(cls, bpy.types.Operator)]
UNDO = {cls.bl_idname.removeprefix("emotalk.") for cls in OPERATORS if "UNDO" in cls.bl_options}
NO_CHANGE_OF_THE_FILE = {
    "cancel",
    "cancel_task",
    "cancel_training",
    "check_captures",
    "check_pytorch",
    "export_cue_sheet",
    "check_fit",
    "export_curves",
    "export_mapping",
    "export_preset",
    "clear_features",
    "import_checkpoint",
    "import_preset",
    "install_trained",
    "open_preferences",
    "open_weights_folder",
    "pause_training",
    "refresh_models",
    "remove_preset",
    "remove_pytorch",
    "resume_training",
    "save_preset",
    "set_up_pytorch",
    "set_up_training",
    "show_sound_menu",
    "train",
}

IN_TEST_ADD_HEADS = {"bake_identity", "import_flame", "import_ict"}
IN_TEST_HEAR_EMOTION = {"hear_emotion"}
IN_TEST_WORDS = {"paste_text"}
IN_TEST_TRAINING = {"choose_captures", "edit_captures", "preview_training"}
IN_TEST_CREATE_SHAPES = {"create_shapes", "mark_landmarks"}


def line():
    return line_to_set(bpy.context.scene)


def value_of(owner, name):
    value = getattr(owner, name)
    if isinstance(value, bpy.types.ID):
        return value.name
    if name == "shapes":
        return [(row.name, row.multiplier, row.offset) for row in value]
    return [item.weight for item in value] if name == "own_emotions" else value


def everything():
    """All that an operator may change, by value: no reference survives an undo."""
    return {
        "lines": [
            {
                prop.identifier: value_of(one, prop.identifier)
                for prop in one.bl_rna.properties
                if prop.identifier != "rna_type"
            }
            for one in bpy.context.scene.emotalk.lines
        ],
        "active": bpy.context.scene.emotalk.active_index,
        "preview": (bpy.context.scene.use_preview_range, bpy.context.scene.frame_preview_start),
        "actions": {action.name: (keys(action), action.use_fake_user, marks(action)) for action in bpy.data.actions},
        "objects": {
            obj.name: (
                animation(obj),
                pose(obj),
                obj.show_only_shape_key,
                obj.emotalk_mapping,
                obj.vertex_groups.keys(),
            )
            for obj in bpy.data.objects
        },
        "keys": {key.name: (animation(key), marks(key), blocks(key)) for key in bpy.data.shape_keys},
        "end": bpy.context.scene.frame_end,
        "strips": [(strip.name, strip.channel) for strip in all_strips(bpy.context.scene)],
        "data": [sorted(items.keys()) for items in (bpy.data.meshes, bpy.data.armatures, bpy.data.materials)],
    }


def groups(obj):
    return obj.vertex_groups.keys()


def keys(action):
    return [(curve.data_path, [tuple(point.co) for point in curve.keyframe_points]) for curve in all_curves(action)]


def marks(owner):
    return {name: owner[name] for name in owner.keys() if name.startswith("emotalk")}  # noqa: SIM118


def animation(owner):
    data = owner.animation_data
    if data is None:
        return None
    tracks = [
        (
            track.name,
            track.mute,
            [(strip.name, strip.action and strip.action.name, strip.mute) for strip in track.strips],
        )
        for track in data.nla_tracks
    ]
    return data.action and data.action.name, getattr(data, "action_slot_handle", 0), data.action_blend_type, tracks


def blocks(key):
    return [(block.name, block.value, block.mute, block.slider_min, block.slider_max) for block in key.key_blocks]


def pose(obj):
    return [tuple(bone.rotation_quaternion) for bone in obj.pose.bones] if obj.pose else []


def animated():
    bpy.ops.emotalk.animate()


def animated_late():
    line().start_frame = 400
    animated()


def flattened():
    animated()
    bpy.ops.emotalk.flatten()


def placed():
    bpy.ops.emotalk.place_sound()


def unused_strip():
    placed()
    bpy.ops.emotalk.forget_strip()
    bpy.context.scene.sequence_editor.active_strip = all_strips(bpy.context.scene)[0]


def muted():
    for block in bpy.data.objects["Face"].data.shape_keys.key_blocks[1:]:
        block.mute = True


def moved_sliders():
    line().happy, line().jaw_gain, line().seed = 0.5, 2, 7
    adjusted_shape()


def adjusted_shape():
    bpy.ops.emotalk.add_shape(channel="jawOpen")
    line().shapes["jawOpen"].offset = 0.25


def own_keys_to_add():
    line().existing_keys = "ADD"


def two_lines():
    bpy.ops.emotalk.duplicate_line()
    bpy.context.scene.emotalk.lines[1].happy = 0.5


def two_marked_lines():
    two_lines()
    bpy.ops.emotalk.select_lines(action="SELECT")


def nothing():
    pass


def loose_strip():
    placed()
    bpy.ops.emotalk.remove_line()


def mixed_and_marked():
    two_marked_lines()
    moved_sliders()


def saved_preset():
    bpy.ops.emotalk.save_preset(name="Mood")
    moved_sliders()


def mapped():
    bpy.ops.emotalk.auto_map()


def with_text():
    line().text = SPOKEN["TEXT"]


def spoken():
    """Words and sounds, and the playhead on the b of the first "maybe"."""
    with_text()
    mark = alignments.sound_mark(line(), bpy.context.scene)
    alignments.store(line(), SPOKEN["alignment"](), line().text, mark)
    bpy.context.scene.frame_set(round(1 + 2.41 * 24))


def performed():
    spoken()
    animated()


def with_an_edit():
    performed()
    bpy.ops.emotalk.delete_sound()


def text_block():
    bpy.data.texts.new("Script").write("We were made\nfor this")


def text_strips():
    placed()
    add_text_strip(bpy.context.scene, "made for this", 40)


def add_text_strip(scene, text, first, last=None):
    """A text strip in the Sequencer, on a channel of its own."""
    editor = scene.sequence_editor or scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    given = {"length": 20} if bpy.app.version >= (5, 0, 0) else {"frame_end": first + 20}
    strip = strips.new_effect("Words", "TEXT", 5 + len(strips), first, **given)
    strip.text = text


def measurable():
    bpy.ops.emotalk.add_sample_head()


def edited():
    bpy.context.view_layer.objects.active = bpy.data.objects["Face"]
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")


CASES = {
    "add_lines": (nothing, {"files": ["line.wav"]}),
    "add_sample_head": (nothing, {}),
    "add_shape": (nothing, {"channel": "mouthFunnel"}),
    "animate": (nothing, {}),
    "animate again": (animated, {"start_frame": 40, "controls": '{"anger": 1}'}),
    "animate another line": (animated, {"line": "second", "start_frame": 200}),
    "animate on top": (own_keys_to_add, {}),
    "animate_lines": (two_lines, {}),
    "apply_emotion": (moved_sliders, {"first": 20, "last": 40}),
    "auto_map": (nothing, {}),
    "calibrate": (measurable, {}),
    "choose_audio": (placed, {"filepath": "line"}),
    "choose_model": (nothing, {"model": "emotalk-compact"}),
    "clear": (animated, {}),
    "clear all": (animated, {"all_lines": True}),
    "clear flattened": (flattened, {}),
    "collect_strips": (loose_strip, {}),
    "copy_controls": (mixed_and_marked, {}),
    "duplicate_line": (animated, {}),
    "extend_scene": (animated_late, {}),
    "flatten": (animated, {}),
    "forget_mapping": (mapped, {}),
    "forget_strip": (placed, {}),
    "import_mapping": (nothing, {"mapping": '{"emotalk_mapping": 1, "rows": []}'}),
    "import_cue_sheet": (nothing, {"sheet": "file,frame,emotion\nline.wav,300,sad\n"}),
    "import_curves": (nothing, {"curves": "take.npz"}),
    "key_emotion": (moved_sliders, {}),
    "load_preset": (saved_preset, {"preset": "Mood"}),
    "mark_lips": (edited, {"lip": "UPPER"}),
    "move_line": (two_lines, {"direction": "UP"}),
    "place_sound": (animated, {}),
    "remove_line": (two_lines, {}),
    "remove_shape": (adjusted_shape, {"channel": "jawOpen"}),
    "repair": (muted, {}),
    "reset_controls": (moved_sliders, {}),
    "reset_face": (animated, {}),
    "select_lines": (two_lines, {"action": "SELECT"}),
    "select_lines none": (two_marked_lines, {"action": "DESELECT"}),
    "set_emotion": (moved_sliders, {"emotion": "fear"}),
    "show_line": (two_lines, {"identity": ""}),
    "solo_line": (animated, {}),
    "use_sound_strip": (unused_strip, {}),
    "align": (with_text, {}),
    "hear": (with_text, {}),
    "read_times": (nothing, {"times": "line.ctm"}),
    "change_sound": (performed, {"sound": "AA"}),
    "change_sound without keys": (spoken, {"sound": "AA"}),
    "delete_sound": (performed, {}),
    "split_sound": (performed, {}),
    "insert_closure": (performed, {"frame": 1 + 2.6 * 24, "sound": "P"}),
    "move_boundary": (performed, {"to_frame": 57}),
    "move_word": (performed, {"frame": 1 + 2.1 * 24, "to_frame": 50.5}),
    "reset_sounds": (with_an_edit, {}),
    "forget_words": (with_an_edit, {}),
    "load_text": (nothing, {"text": "Made for this"}),
    "use_text_block": (text_block, {"name": "Script"}),
    "use_text_strips": (text_strips, {}),
}


def test_every_operator_that_changes_the_file_is_a_step_to_undo():
    assert {
        case.partition(" ")[0] for case in CASES
    } | IN_TEST_ADD_HEADS | IN_TEST_CREATE_SHAPES | IN_TEST_HEAR_EMOTION | IN_TEST_TRAINING | IN_TEST_WORDS == UNDO
    assert {cls.bl_idname.removeprefix("emotalk.") for cls in OPERATORS} == UNDO | NO_CHANGE_OF_THE_FILE


@pytest.mark.parametrize("case", CASES)
def test_one_undo_takes_everything_back(add_face, add_armature, line_wav, performance, tmp_path, monkeypatch, case):
    monkeypatch.setattr("emotalk.blender_emotalk.preset_folder.folder", lambda: tmp_path / "presets")
    prepare, arguments = CASES[case]
    rig = add_armature()
    add_face(armature=rig)
    rig.keyframe_insert("location", frame=1)
    bpy.data.shape_keys[0].key_blocks["jawOpen"].value = 0.25
    bpy.data.shape_keys[0].key_blocks["jawOpen"].keyframe_insert("value", frame=1)
    line().audio = str(line_wav)
    prepare()
    if "files" in arguments:
        arguments = {"directory": str(line_wav.parent), "files": [{"name": name} for name in arguments["files"]]}
    if "curves" in arguments:
        write_curves(tmp_path / arguments["curves"], performance())
        arguments = {"filepath": str(tmp_path / arguments["curves"])}
    elif "sheet" in arguments:
        (tmp_path / "cues.csv").write_text(arguments["sheet"].replace("line.wav", str(line_wav)))
        arguments = {"filepath": str(tmp_path / "cues.csv")}
    elif "mapping" in arguments:
        (tmp_path / "mapping.json").write_text(arguments["mapping"])
        arguments = {"filepath": str(tmp_path / "mapping.json")}
    elif "times" in arguments:
        (tmp_path / "line.ctm").write_text("line 1 2.17 0.5 maybe\nline 1 3.2 0.5 maybe\n")
        arguments = {"filepath": str(tmp_path / "line.ctm")}
    elif "text" in arguments:
        (tmp_path / "line.txt").write_text(arguments["text"])
        arguments = {"filepath": str(tmp_path / "line.txt")}
    elif "filepath" in arguments:
        arguments = {"filepath": str(line_wav)}
    if "identity" in arguments:
        arguments = {"identity": bpy.context.scene.emotalk.lines[0].identity}
    operator = getattr(bpy.ops.emotalk, case.partition(" ")[0])
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.context.view_layer.update()
        bpy.ops.ed.undo_push(message="before")
        before = everything()
        assert operator("EXEC_DEFAULT", True, **arguments) == {"FINISHED"}
        after = everything()
        assert after != before
        bpy.ops.ed.undo()
        assert everything() == before
        bpy.ops.ed.redo()
        assert everything() == after


def test_choosing_a_file_forgets_the_strip(line_wav):
    bpy.ops.emotalk.choose_audio(filepath=str(line_wav))
    placed()
    strip = line().strip
    assert strip
    bpy.ops.emotalk.choose_audio(filepath=str(line_wav))
    assert (line().strip, line().audio) == ("", str(line_wav))
    assert find_sound_strip(bpy.context.scene, strip)
