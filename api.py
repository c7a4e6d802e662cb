"""EmoTalk for scripts and pipelines. What ``__all__`` lists stays as it is; docs/scripting.md shows it at work.

Outside Blender: ``import emotalk.api as emotalk``. Inside Blender, whatever repository the extension came from:
``emotalk = bpy.context.window_manager.emotalk.api``. Importing this module imports neither bpy nor PyTorch.

Whatever goes wrong in a way that people can mend raises ``EmoTalkError``, whose message is one sentence;
``ControlError`` and ``CurveFileError`` are kinds of it.
"""

import importlib.util
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .face import curve_files
from .face.alignment import LEAST_FIT, Alignment, SpokenWord
from .face.basis import ARKIT, FLAME, Basis
from .face.controls import KEY_TOLERANCE, KEYS_ON, Control, ControlError, Controls
from .face.curve_files import write_curves
from .face.curves import FaceCurves, Performance, ReadCurves
from .face.errors import CurveFileError, EmoTalkError
from .face.eyes import merge_eyes
from .face.flame.expression_files import write_expressions
from .face.phones import PhoneSegment
from .inference.alignment.lines import LineTimes, Said, align_line
from .inference.alignment.pronunciation import Pronunciations, read_table
from .inference.checkpoints.library import installed_weights
from .inference.contract import Speech, StageProgress
from .inference.engine import Engine
from .inference.models.loading import ModelChoice
from .inference.registry import DEFAULT_MODEL
from .inference.sound.audio import read_speech, speech_from_samples

if TYPE_CHECKING:
    import bpy

__all__ = [
    "ARKIT",
    "DEFAULT_MODEL",
    "FLAME",
    "LEAST_FIT",
    "Alignment",
    "Basis",
    "Control",
    "ControlError",
    "Controls",
    "CurveFileError",
    "EmoTalkError",
    "FaceCurves",
    "LineTimes",
    "Model",
    "Performance",
    "PhoneSegment",
    "ReadCurves",
    "Speech",
    "SpokenWord",
    "align",
    "animate",
    "forget",
    "merge_eyes",
    "models",
    "perform",
    "read_curve_file",
    "read_curves",
    "read_performance",
    "read_speech",
    "speech_from_samples",
    "write_curves",
    "write_expressions",
    "write_keys",
]

_engine = Engine()
_one_at_a_time: Final = threading.Lock()


@dataclass(frozen=True)
class Model:
    """What a model gives and takes.

    Attributes:
        id: what ``perform`` and ``animate`` take.
        label: what people call it.
        basis: the channels of its curves.
        fps: frames per second of its curves.
        emotions: the emotions that it can be asked for, each a control with a weight.
        styles: the names that the controls personal_style and second_style take, the default first.
        controls: every control that it heeds, with default, limits and unit.
        licence: of its weights; "" where they do not say.
        needs_torch: whether it needs PyTorch.
    """

    id: str
    label: str
    basis: Basis
    fps: float
    emotions: tuple[str, ...]
    styles: tuple[str, ...]
    controls: tuple[Control, ...]
    licence: str
    needs_torch: bool


def models() -> tuple[Model, ...]:
    """The models on this computer; files that are damaged are left out."""
    return tuple(
        Model(
            weights.model_id,
            weights.label,
            weights.spec.basis,
            weights.spec.fps,
            weights.spec.emotions,
            weights.spec.styles,
            weights.spec.heeded(),
            weights.licence,
            weights.needs_torch,
        )
        for weights in installed_weights()
        if weights.hears and not weights.damage
    )


def perform(
    speech: Speech | str | Path,
    controls: Mapping[str, Any] | None = None,
    model: str = DEFAULT_MODEL,
    *,
    device: str = "auto",
    precision: str = "float32",
    windowed: bool = False,
    progress: StageProgress | None = None,
    alignment: Alignment | None = None,
) -> Performance:
    """What a line of dialogue does to a face, computed in this process.

    The slow half depends on the sound alone. It is remembered for the last lines, so that the same line with other
    controls takes the quick half only. One model is kept in memory; see ``forget``. Threads wait for each other.

    Args:
        speech: a line, or its sound file.
        controls: what differs from the defaults: one number each, or an array (frames,) at the model's rate where the
            control may change over time; choices and styles by name.
        model: the id of one of ``models()``.
        device: "auto", "cpu", "cuda" or "mps"; only for models that need PyTorch.
        precision: "float32", "bfloat16" or "int8"; only for models that need PyTorch.
        windowed: whether such a model encodes long lines in windows: quicker, not exact.
        progress: called in this thread with the share (0..1) that is done and what comes next.
        alignment: what is said when (``align``); None leaves that to listening.

    Returns:
        Face (frames, channels) in the units of its basis, head (frames, 3) in degrees and eyes (frames, 4), at the
        model's frame rate. The same arguments give the same bytes if NumPy has the same number of
        threads.

    Raises:
        EmoTalkError: the sound cannot be read, there is no such model or device, or PyTorch is missing.
        ControlError: no such control, a value outside its limits, or a style or emotion that the model lacks.
    """
    choice = ModelChoice(model, device, precision, windowed)
    if not isinstance(speech, Speech):
        speech = read_speech(speech)
    with _one_at_a_time:
        if not isinstance(controls, Controls):
            controls = Controls(controls, _engine.model(choice).spec.emotions)
        return _engine.perform(speech, controls, choice, progress, alignment)


def align(
    speech: Speech | str | Path,
    text: str = "",
    *,
    times: str | Path | None = None,
    pronunciations: str | Path | None = None,
    model: str = DEFAULT_MODEL,
) -> LineTimes:
    """When the words and the sounds of a line are said, for ``perform`` or to look at.

    Args:
        speech: a line, or its sound file.
        text: the words, in English; without text, the sounds are heard. Wrong and missing words, and what is said
            beside the text, do not disturb the others; words with a fit below ``LEAST_FIT`` are left to listening.
        times: a file with the times of words and sounds, instead of a text: TextGrid, JSON of MFA, Gentle or Whisper,
            CTM, cues of Rhubarb, Papagayo or Moho, JSON of speech services.
        pronunciations: a text file that says how names are spoken, a line for each: ``Ziva  Z IY V AX``.
        model: the id of the model that listens.

    Returns:
        The alignment, sentences about it, and as ``to_tell`` what ``perform`` takes: None if only listening helped.

    Raises:
        EmoTalkError: the sound or a file cannot be read, or the model cannot tell sounds.
        OSError: a file cannot be opened.
    """
    if not isinstance(speech, Speech):
        speech = read_speech(speech)
    own = Pronunciations(read_table(pronunciations)) if pronunciations else Pronunciations()
    with _one_at_a_time:
        return align_line(_engine, speech, Said(text, Path(times) if times else None, own), ModelChoice(model))


def read_curves(path: str | Path, fps: float | None = None) -> Performance:
    """Read a performance from a file.

    Args:
        path: .npz or .json as EmoTalk writes them; .csv of Live Link Face; .npz with FLAME's expression and jaw; .gltf
            or .glb; .usd, .usda, .usdc or .usdz, for which Blender's official builds have the module, and elsewhere the
            package usd-core.
        fps: frames per second of a .csv, or of FLAME's .npz that does not say; the rate at which a scene of glTF or USD
            is sampled. Without it, that of a .csv is the nearest whole number, from its timecodes, and a scene is
            sampled at its own.

    Raises:
        CurveFileError: it is no such file, is damaged, does not show its frame rate, or has no shape key of a known
            name.
        OSError: it cannot be read.
    """
    return read_curve_file(path, fps).performance


def read_curve_file(path: str | Path, fps: float | None = None) -> ReadCurves:
    """As ``read_curves``, with sentences about what was recognised in the file and what was not."""
    if "bpy" in sys.modules:
        from .blender_emotalk.captured_curves import read_file

        return read_file(Path(path), fps)
    return curve_files.read_curve_file(path, fps)


def forget() -> None:
    """Give back the memory of the model and of the lines that ``perform`` remembers."""
    global _engine
    with _one_at_a_time:
        _engine = Engine()


def animate(
    scene: "bpy.types.Scene | None" = None,
    *,
    audio: str | Path | None = None,
    strip: str | None = None,
    line: str | None = None,
    character: "str | bpy.types.Object | None" = None,
    start_frame: int | None = None,
    model: str | None = None,
    controls: Mapping[str, Any] | None = None,
    key_tolerance: float | None = None,
    device: str | None = None,
    precision: str | None = None,
    windowed: bool | None = None,
    progress: StageProgress | None = None,
    settle_time: float | None = None,
    channel: int | None = None,
    range_start: float | None = None,
    range_end: float | None = None,
    keys_on: str | None = None,
    hand_edits: str | None = None,
    text: str | None = None,
) -> int:
    """In Blender: set a line of a scene, animate it as the button does, and wait until the keys are there.

    Which line of the scene's list: the one of the given name; else the one with the given sound; else the active one.
    Where there is none, a new line is added, with the settings of the active one. What is not given stays as the line
    has it. Nothing is set if any of it cannot be. The line keeps what was set.
    It makes no undo step; ``bpy.ops.emotalk.animate`` makes one.

    Args:
        scene: with the line; the context's if not given.
        audio: the line's sound file, which also names the line; "//" begins at the .blend file, other relative paths
            at the working folder.
        strip: the line's sound strip, instead of a file.
        line: the line's name; its action is called "EmoTalk <line>", and only keys of that line are replaced.
        character: the object that speaks, or its name: a face or its armature.
        start_frame: the scene frame at which the sound starts.
        model: the id of one of ``models()``.
        controls: sliders to set, one value each; keyframe the slider for a value that changes over time.
        key_tolerance: largest error of the keys in the units of the curves; 0 writes every frame.
        device: see ``perform``; that of the preferences if not given.
        precision: the same.
        windowed: the same.
        progress: called with the share (0..1) that is done and what comes next.
        settle_time: seconds in which the face comes out of rest before the sound and goes back to it afterwards.
        channel: the channel of the sound with the voice, counted from 1; 0 mixes all of them.
        range_start: seconds of the sound before which nothing is performed.
        range_end: seconds at which the performance ends; 0 is the end of the sound.
        keys_on: "Whole frames" of the scene, or "Subframes": the frames of the model, which lie between them.
        hand_edits: what becomes of keys of an earlier run that somebody has edited: "Re-apply" or "Set aside".
        text: what is said, in English, aligned with the sound first; "" forgets words and sounds.

    Returns:
        How many keys were written.

    Raises:
        EmoTalkError: anything that keeps the line from being animated, or that something was not there; no key was
            changed.
        ControlError: a control that cannot be set so.
    """
    _need_blender()
    from .blender_emotalk import scripting
    from .blender_emotalk.line_settings import LineSettings

    settings = LineSettings(
        audio,
        strip,
        line,
        character,
        start_frame,
        model,
        controls,
        key_tolerance,
        settle_time=settle_time,
        channel=channel,
        range_start=range_start,
        range_end=range_end,
        keys_on=keys_on,
        hand_edits=hand_edits,
        text=text,
    )
    return scripting.animate(
        scene, settings, {"device": device, "precision": precision, "windowed": windowed}, progress
    )


def write_keys(
    performance: Performance,
    line: str,
    *,
    character: "str | bpy.types.Object | None" = None,
    start_frame: float = 1,
    key_tolerance: float = float(KEY_TOLERANCE.default),
    own_track: bool = False,
    keys_on: str = KEYS_ON.choices[0],
    scene: "bpy.types.Scene | None" = None,
) -> int:
    """In Blender: write curves, from ``perform`` or a file, as keys in an action called "EmoTalk <line>".

    Keys of a line of that name on that character are replaced. It makes no undo step.

    Args:
        performance: at any frame rate.
        line: the line's name.
        character: the object that moves, or its name; the scene's character or the active object if not given.
        start_frame: the scene frame of the first frame of the curves.
        key_tolerance: largest error of the keys in the units of the curves; 0 writes every frame.
        own_track: leave the action that is there active, and put this one on an NLA track below it.
        keys_on: "Whole frames" of the scene, or "Subframes": those of the curves, which may lie between them.
        scene: where the character is; the context's if not given.

    Returns:
        How many keys were written.

    Raises:
        EmoTalkError: there is no such object, or it has no shape keys of the curves' channels; nothing was changed.
    """
    _need_blender()
    from .blender_emotalk import scripting

    return scripting.write_keys(performance, line, character, start_frame, key_tolerance, own_track, keys_on, scene)


def read_performance(
    character: "str | bpy.types.Object | None" = None,
    start: float | None = None,
    end: float | None = None,
    fps: float | None = None,
    *,
    basis: Basis = ARKIT,
    scene: "bpy.types.Scene | None" = None,
    progress: StageProgress | None = None,
) -> ReadCurves:
    """In Blender: what a character plays, whoever keyed it, as curves again; evaluated with drivers and the NLA.

    The inverse of the character's mapping: exact for channels with a control of their own. Nothing is changed.

    Args:
        character: an object of it, or its name; the active line's character or the active object if not given.
        start: the scene frame of the first frame of the curves, that of the scene if not given; can be fractional.
        end: the scene frame at which they end; the scene's last one if not given.
        fps: of the curves; the scene's rate if not given.
        basis: the channels that are wanted.
        scene: where the character is; the context's if not given.
        progress: called with the share (0..1) that is done.

    Returns:
        The performance, with sentences about channels that nothing tells, or that can be told only together.

    Raises:
        EmoTalkError: there is no such object, none of its controls has a known name, it is hidden, or there are no
            frames between start and end.
    """
    _need_blender()
    from .blender_emotalk import scripting

    return scripting.read_performance(character, start, end, fps, basis, scene, progress)


def _need_blender() -> None:
    if sys.modules.get("bpy") is None and importlib.util.find_spec("bpy") is None:
        raise EmoTalkError("Only Blender has characters and keys; run this there, or install the bpy module")
