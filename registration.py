"""Registers the extension in Blender, and unregisters it in the opposite order."""

from typing import Any, Final

import bpy

from . import api
from .blender_emotalk import (
    background,
    feature_cache,
    keymap,
    line_states,
    live,
    migration,
    model_choice,
    runs,
    temporary_files,
    torch_environment,
    training_watch,
    watching,
)
from .blender_emotalk.mapping_table import MappingRow, MappingTable
from .blender_emotalk.properties import (
    LineProperties,
    OwnEmotion,
    ReportEntry,
    RunProperties,
    SceneProperties,
    ShapeAdjustment,
)
from .blender_emotalk.property_definitions import PROPERTY
from .blender_emotalk.stored_mapping import MAPPING, mapping_property
from .operators.add_lines import AddLines, DroppedAudio
from .operators.add_sample_head import AddSampleHead
from .operators.add_shape import AddShape
from .operators.align import Align
from .operators.animate import Animate
from .operators.animate_lines import AnimateLines
from .operators.apply_emotion import ApplyEmotion
from .operators.auto_map import AutoMap
from .operators.bake_identity import BakeIdentity
from .operators.calibrate import Calibrate
from .operators.cancel import Cancel
from .operators.cancel_task import CancelTask
from .operators.cancel_training import CancelTraining
from .operators.change_sound import ChangeSound
from .operators.check_captures import CheckCaptures
from .operators.check_fit import CheckFit
from .operators.check_pytorch import CheckPytorch
from .operators.choose_audio import ChooseAudio
from .operators.choose_captures import ChooseCaptures
from .operators.choose_model import ChooseModel
from .operators.clear import Clear
from .operators.clear_features import ClearFeatures
from .operators.collect_strips import CollectStrips
from .operators.copy_controls import CopyControls
from .operators.create_shapes import CreateShapes
from .operators.delete_sound import DeleteSound
from .operators.duplicate_line import DuplicateLine
from .operators.edit_captures import EditCaptures
from .operators.export_cue_sheet import ExportCueSheet
from .operators.export_curves import ExportCurves
from .operators.export_mapping import ExportMapping
from .operators.export_preset import ExportPreset
from .operators.extend_scene import ExtendScene
from .operators.flatten import Flatten
from .operators.forget_mapping import ForgetMapping
from .operators.forget_strip import ForgetStrip
from .operators.forget_words import ForgetWords
from .operators.hear import Hear
from .operators.hear_emotion import HearEmotion
from .operators.import_checkpoint import ImportCheckpoint
from .operators.import_cue_sheet import ImportCueSheet
from .operators.import_curves import ImportCurves
from .operators.import_flame import ImportFlame
from .operators.import_ict import ImportIct
from .operators.import_mapping import ImportMapping
from .operators.import_preset import ImportPreset
from .operators.insert_closure import InsertClosure
from .operators.install_trained import InstallTrained
from .operators.key_emotion import KeyEmotion
from .operators.load_preset import LoadPreset
from .operators.load_text import LoadText
from .operators.mark_landmarks import MarkLandmarks
from .operators.mark_lips import MarkLips
from .operators.move_boundary import MoveBoundary
from .operators.move_line import MoveLine
from .operators.move_word import MoveWord
from .operators.open_preferences import OpenPreferences
from .operators.open_weights_folder import OpenWeightsFolder
from .operators.paste_text import PasteText
from .operators.pause_training import PauseTraining
from .operators.place_sound import PlaceSound
from .operators.preview_training import PreviewTraining
from .operators.read_times import ReadTimes
from .operators.refresh_models import RefreshModels
from .operators.remove_line import RemoveLine
from .operators.remove_preset import RemovePreset
from .operators.remove_pytorch import RemovePytorch
from .operators.remove_shape import RemoveShape
from .operators.repair import Repair
from .operators.reset_controls import ResetControls
from .operators.reset_face import ResetFace
from .operators.reset_sounds import ResetSounds
from .operators.resume_training import ResumeTraining
from .operators.save_preset import SavePreset
from .operators.select_lines import SelectLines
from .operators.set_emotion import SetEmotion
from .operators.set_up_pytorch import SetUpPytorch
from .operators.set_up_training import SetUpTraining
from .operators.show_line import ShowLine
from .operators.show_sound_menu import ShowSoundMenu
from .operators.solo_line import SoloLine
from .operators.split_sound import SplitSound
from .operators.train import Train
from .operators.use_sound_strip import UseSoundStrip
from .operators.use_text_block import UseTextBlock
from .operators.use_text_strips import UseTextStrips
from .panels import sound_track
from .panels.emotion import EmotionPanel
from .panels.heads import HeadMenu, draw_in_add_menu
from .panels.keys import KeysPanel
from .panels.lines import LineList, LineMenu
from .panels.main import MainPanel
from .panels.mapping import MappingList, MappingPanel
from .panels.model import ModelMenu, ModelPanel
from .panels.performance import ActingPanel, LifePanel, ShapePanel, StylePanel
from .panels.preferences import EmoTalkPreferences
from .panels.presets import PresetMenu, RemovePresetMenu
from .panels.report import ReportPanel
from .panels.shapes import ShapeList, ShapesPanel
from .panels.sound_menu import PointedSoundMenu, SoundMenu, draw_in_context_menu
from .panels.training import TrainingPanel
from .panels.words import TextMenu, WordsPanel

CLASSES: Final = (
    EmoTalkPreferences,
    OwnEmotion,
    ShapeAdjustment,
    LineProperties,
    ReportEntry,
    SceneProperties,
    RunProperties,
    MappingRow,
    MappingTable,
    AddSampleHead,
    AddLines,
    DroppedAudio,
    AddShape,
    Animate,
    AnimateLines,
    ApplyEmotion,
    BakeIdentity,
    Cancel,
    CancelTask,
    CheckPytorch,
    ChooseAudio,
    ChooseModel,
    Clear,
    ClearFeatures,
    CollectStrips,
    CopyControls,
    CreateShapes,
    DuplicateLine,
    ExportCueSheet,
    ExportCurves,
    ExportPreset,
    ExtendScene,
    Flatten,
    ForgetStrip,
    ImportCheckpoint,
    ImportCueSheet,
    ImportCurves,
    ImportFlame,
    ImportIct,
    ImportPreset,
    KeyEmotion,
    LoadPreset,
    MarkLandmarks,
    MoveLine,
    OpenPreferences,
    OpenWeightsFolder,
    PlaceSound,
    RefreshModels,
    RemoveLine,
    RemovePreset,
    RemovePytorch,
    RemoveShape,
    Repair,
    ResetControls,
    SavePreset,
    ResetFace,
    SelectLines,
    SetEmotion,
    SetUpPytorch,
    ShowLine,
    SoloLine,
    UseSoundStrip,
    CancelTraining,
    CheckCaptures,
    ChooseCaptures,
    EditCaptures,
    InstallTrained,
    PauseTraining,
    PreviewTraining,
    ResumeTraining,
    SetUpTraining,
    Train,
    AutoMap,
    Calibrate,
    CheckFit,
    MarkLips,
    ExportMapping,
    ForgetMapping,
    ImportMapping,
    Align,
    ChangeSound,
    DeleteSound,
    ForgetWords,
    Hear,
    HearEmotion,
    InsertClosure,
    LoadText,
    MoveBoundary,
    MoveWord,
    PasteText,
    ReadTimes,
    ResetSounds,
    ShowSoundMenu,
    SplitSound,
    UseTextBlock,
    UseTextStrips,
    LineList,
    MappingList,
    LineMenu,
    PresetMenu,
    RemovePresetMenu,
    HeadMenu,
    TextMenu,
    SoundMenu,
    PointedSoundMenu,
    MainPanel,
    ReportPanel,
    ModelMenu,
    ModelPanel,
    WordsPanel,
    EmotionPanel,
    StylePanel,
    ShapePanel,
    ShapeList,
    ShapesPanel,
    ActingPanel,
    LifePanel,
    KeysPanel,
    MappingPanel,
    TrainingPanel,
)

_commands: list[Any] = []


def register() -> None:
    """Enable the extension."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    # Scripts find the API there, whatever repository the extension was installed from (docs/scripting.md).
    setattr(RunProperties, "api", api)  # noqa: B010 - the class does not know it
    setattr(bpy.types.Scene, PROPERTY, bpy.props.PointerProperty(type=SceneProperties))
    setattr(bpy.types.WindowManager, MAPPING, bpy.props.PointerProperty(type=MappingTable, options={"SKIP_SAVE"}))
    setattr(bpy.types.Object, MAPPING, mapping_property())
    setattr(bpy.types.WindowManager, PROPERTY, bpy.props.PointerProperty(type=RunProperties, options={"SKIP_SAVE"}))
    bpy.app.handlers.load_pre.append(_leave_file)
    bpy.app.handlers.load_post.append(_enter_file)
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post):
        handlers.append(_after_undo)
    bpy.types.VIEW3D_MT_mesh_add.append(draw_in_add_menu)
    for menu in _context_menus():
        menu.append(draw_in_context_menu)
    keymap.add()
    sound_track.show()
    temporary_files.remove_leftovers()
    live.watch()
    watching.watch()
    training_watch.watch()
    model_choice.refresh()
    torch_environment.refresh()
    feature_cache.refresh(bpy.context)
    _commands.append(bpy.utils.register_cli_command("emotalk", _run_command))


def unregister() -> None:
    """Disable the extension and end the worker."""
    bpy.utils.unregister_cli_command(_commands.pop())
    sound_track.hide()
    keymap.remove()
    for menu in _context_menus():
        menu.remove(draw_in_context_menu)
    bpy.types.VIEW3D_MT_mesh_add.remove(draw_in_add_menu)
    training_watch.unwatch()
    watching.unwatch()
    live.unwatch()
    background.close()
    bpy.app.handlers.load_pre.remove(_leave_file)
    bpy.app.handlers.load_post.remove(_enter_file)
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post):
        handlers.remove(_after_undo)
    runs.close()
    delattr(bpy.types.WindowManager, PROPERTY)
    delattr(bpy.types.Object, MAPPING)
    delattr(bpy.types.WindowManager, MAPPING)
    delattr(RunProperties, "api")
    delattr(bpy.types.Scene, PROPERTY)
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)


def _context_menus() -> tuple[Any, ...]:
    """The menus of the right mouse button in the timelines."""
    return bpy.types.SEQUENCER_MT_context_menu, bpy.types.DOPESHEET_MT_context_menu, bpy.types.GRAPH_MT_context_menu


@bpy.app.handlers.persistent
def _leave_file(*_paths: Any) -> None:
    runs.leave_file()


@bpy.app.handlers.persistent
def _enter_file(*_paths: Any) -> None:
    for scene in bpy.data.scenes:
        migration.take_over(scene)
        line_states.refresh(scene)
    training_watch.look(bpy.context)


@bpy.app.handlers.persistent
def _after_undo(*_scenes: Any) -> None:
    live.after_undo()


def _run_command(words: list[str]) -> int:
    """Called for ``blender -c emotalk``."""
    from .command_line.main import BLENDER_COMMANDS, main

    return main(words, BLENDER_COMMANDS)
