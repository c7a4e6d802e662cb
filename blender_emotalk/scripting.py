"""The API's functions in Blender; ``api.py`` documents their arguments, results and errors."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import bpy

from ..face.curves import Performance
from ..inference.contract import EmoTalkError, StageProgress
from . import baking, runs
from .access import active_line, scene_of
from .characters import find_character
from .keyframes import Timing
from .line_settings import LineSettings, object_of
from .lines import anchor_of
from .own_actions import LineMark
from .property_definitions import PROPERTY


def animate(
    scene: bpy.types.Scene | None,
    settings: LineSettings,
    placement: Mapping[str, Any],
    progress: StageProgress | None,
) -> int:
    """Animate the line of a scene and wait for it; see ``api.animate``."""
    with _context_in(scene) as context:
        if runs.is_running():
            raise EmoTalkError(runs.BUSY)
        line = settings.apply(scene_of(context))
        given = {name: value for name, value in placement.items() if value is not None}
        run = runs.start(context, line, placement=given)
        run.wait(progress)
        if run.cancelled:
            raise EmoTalkError(runs.CANCELLED)
        run.write()
        return run.keys


def write_keys(
    performance: Performance,
    line: str,
    character: "str | bpy.types.Object | None",
    start_frame: float,
    key_tolerance: float,
    own_track: bool,
    scene: bpy.types.Scene | None,
) -> int:
    """Write curves as keys; see ``api.write_keys``."""
    if not performance.face.frames:
        raise EmoTalkError("The curves have no frames, so there is nothing to write")
    with _context_in(scene) as context:
        scene = scene_of(context)
        anchor = anchor_of(active_line(scene), context) if character is None else object_of(character, scene)
        found = find_character(anchor, scene, performance.face.basis)
        mark = LineMark(line, baking.identity_named(found, line))
        timing = Timing.of(scene, start_frame, performance.face.fps)
        return baking.bake(performance, found, mark, timing, baking.KeySettings(key_tolerance, own_track))


@contextlib.contextmanager
def _context_in(scene: bpy.types.Scene | None) -> Iterator[bpy.types.Context]:
    """Blender's context for a scene. Raises EmoTalkError if the extension is not enabled."""
    if not hasattr(bpy.types.Scene, PROPERTY):
        raise EmoTalkError("EmoTalk is not enabled in this Blender; enable it in the preferences, or call register()")
    if scene is None or scene == bpy.context.scene:
        yield bpy.context
        return
    with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
        yield bpy.context
