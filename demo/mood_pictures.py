"""The emotions that a model learnt, each as a picture of the built-in head, on one sheet."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..blender_emotalk import baking
from ..blender_emotalk.characters import find_character
from ..blender_emotalk.heads import add_sample_head
from ..blender_emotalk.keyframes import Timing
from ..face.curves import FaceCurves, performance_of
from .film import render_stills
from .production import FIRST_FRAME, FPS, new_scene
from .stage import set_stage

_SIZE: Final = 240
"""Edge of a picture in pixels."""
_CAPTION: Final = 24
_IN_A_ROW: Final = 6
_PAPER: Final = (18, 21, 28)
_INK: Final = (225, 228, 235)


def picture_moods(names: Sequence[str], poses: FaceCurves) -> Image.Image:
    """A sheet of faces with their names under them.

    It closes the file that is open in this Blender: use it with the bpy module, not in an interactive session.

    Args:
        names: of the emotions.
        poses: a frame for each; what the built-in head has no shape for stays still.

    Raises:
        EmoTalkError: a picture could not be written.
    """
    scene = new_scene(len(names))
    head = add_sample_head(scene.collection)
    every = FaceCurves(np.asarray(poses.values), poses.basis, float(FPS))
    timing = Timing.of(scene, FIRST_FRAME, FPS)
    baking.bake(performance_of(every), find_character(head, scene), "Moods", timing, baking.KeySettings(0.0))
    scene.view_layers[0].update()
    set_stage(scene, [child for child in head.children if child.type == "MESH"], _SIZE)
    stills = render_stills(scene, [FIRST_FRAME + number for number in range(len(names))], _SIZE)
    columns = min(len(names), _IN_A_ROW)
    rows = -(-len(names) // columns)
    sheet = Image.new("RGB", (columns * _SIZE, rows * (_SIZE + _CAPTION)), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for number, (name, still) in enumerate(zip(names, stills, strict=True)):
        left, top = number % columns * _SIZE, number // columns * (_SIZE + _CAPTION)
        sheet.paste(still, (left, top))
        draw.text((left + _SIZE / 2, top + _SIZE + _CAPTION / 2), name, fill=_INK, font=font, anchor="mm")
    return sheet
