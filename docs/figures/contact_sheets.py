"""Draws head_neutral.png, head_keys.png, head_visemes.png and head_emotions.png: what the built-in head can do.

``python docs/figures/contact_sheets.py [FOLDER]``. Rendered with Workbench. Needs the Blender module (bpy) and pillow.
"""

import argparse
import math
import tempfile
from collections.abc import Iterable
from pathlib import Path

import bpy
import numpy as np
from emotalk.face import arkit
from emotalk.face.emotions import EMOTIONS, PROTOTYPES
from mathutils import Vector
from pictures import IMAGES, save_small
from PIL import Image, ImageDraw
from studio import add_head, empty_scene, place, pose

VISEMES: dict[str, dict[str, float]] = {
    "sil": {"jawOpen": 0.02},
    "PP": {"jawOpen": 0.08, "mouthClose": 0.08, "mouthPress": 0.38, "mouthRollLower": 0.18, "mouthRollUpper": 0.14},
    "FF": {"jawOpen": 0.06, "mouthRollLower": 0.45, "mouthUpperUp": 0.20, "mouthStretch": 0.05},
    "TH": {"jawOpen": 0.13, "tongueOut": 0.28, "mouthLowerDown": 0.14, "mouthUpperUp": 0.08, "mouthStretch": 0.06},
    "DD": {"jawOpen": 0.10, "mouthLowerDown": 0.16, "mouthUpperUp": 0.06, "mouthStretch": 0.06},
    "kk": {"jawOpen": 0.15, "mouthLowerDown": 0.12, "mouthUpperUp": 0.05},
    "CH": {"jawOpen": 0.07, "mouthFunnel": 0.36, "mouthPucker": 0.23, "mouthLowerDown": 0.07, "mouthUpperUp": 0.07},
    "SS": {"jawOpen": 0.04, "mouthStretch": 0.16, "mouthSmile": 0.10, "mouthLowerDown": 0.24, "mouthUpperUp": 0.10},
    "nn": {"jawOpen": 0.11, "mouthLowerDown": 0.14, "mouthUpperUp": 0.05},
    "RR": {"jawOpen": 0.10, "mouthFunnel": 0.22, "mouthPucker": 0.28},
    "aa": {"jawOpen": 0.42, "mouthLowerDown": 0.18, "mouthUpperUp": 0.10},
    "E": {"jawOpen": 0.26, "mouthStretch": 0.16, "mouthSmile": 0.10, "mouthLowerDown": 0.20, "mouthUpperUp": 0.10},
    "ih": {"jawOpen": 0.15, "mouthStretch": 0.18, "mouthSmile": 0.12, "mouthLowerDown": 0.14, "mouthUpperUp": 0.06},
    "oh": {"jawOpen": 0.32, "mouthFunnel": 0.30, "mouthPucker": 0.18},
    "ou": {"jawOpen": 0.07, "mouthPucker": 0.65, "mouthFunnel": 0.12},
}
VIEWS = {"front": (0.0, 0.0), "three-quarter": (38.0, 4.0), "profile": (90.0, 0.0)}
_COLOURS = 256
CLOSE = (Vector((0, -0.04, 0.118)), 0.47)
WHOLE = (Vector((0, -0.005, 0.140)), 0.84)
"""What of the built-in head the camera looks at, and from how far."""


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=IMAGES)
    parser.add_argument("--size", type=int, help="edge of every tile in pixels, in place of each sheet's own")
    options = parser.parse_args()
    contact_sheets(options.folder, options.size)


def contact_sheets(folder: Path, tile_size: int | None = None) -> None:
    """Write the four sheets into a folder."""
    scene = empty_scene(85, 480)
    keys = add_head(scene)
    set_up(scene)
    neutral = [("neutral", np.zeros(len(arkit.CHANNELS)))]
    single = [(name, coefficients({name: 1})) for name in arkit.CHANNELS if name != "mouthClose"]
    sealed = coefficients({"jawOpen": 0.6, "mouthClose": 0.6 * arkit.SEAL_FACTOR})
    single.insert(arkit.INDEX["mouthClose"], ("mouthClose, jaw open", sealed))
    visemes = [(name, coefficients(row)) for name, row in VISEMES.items()]
    emotions = list(zip(EMOTIONS, PROTOTYPES, strict=True))
    for stem, poses, views, columns, size in (
        ("head_neutral", neutral, tuple(VIEWS), 3, 480),
        ("head_keys", single, ("front", "three-quarter"), 12, 130),
        ("head_visemes", visemes, ("front", "three-quarter"), 10, 200),
        ("head_emotions", emotions, ("front", "three-quarter"), 8, 240),
    ):
        scene.render.resolution_x = scene.render.resolution_y = tile_size or size
        tiles = render(scene, keys, poses, views, WHOLE if stem == "head_neutral" else CLOSE)
        lay_out(tiles, columns, folder / f"{stem}.png")


def coefficients(row: dict[str, float]) -> np.ndarray:
    """(52,) values of stems, which are set on both sides."""
    values = np.zeros(len(arkit.CHANNELS))
    for stem, value in row.items():
        values[arkit.indices([stem] if stem in arkit.INDEX else arkit.sides(stem))] = value
    return values


def set_up(scene: bpy.types.Scene) -> None:
    """Workbench with the materials' colours in soft light."""
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.display.shading.light = "STUDIO"
    scene.display.shading.studio_light = "paint.sl"
    scene.display.shading.color_type = "MATERIAL"
    scene.display.shading.show_specular_highlight = True
    scene.display.render_aa = "8"
    scene.render.dither_intensity = 0
    scene.world.color = (0.62, 0.66, 0.72)


def render(
    scene: bpy.types.Scene,
    keys: list[bpy.types.Key],
    poses: Iterable[tuple[str, np.ndarray]],
    views: tuple[str, ...],
    frame: tuple[Vector, float],
) -> list[Image.Image]:
    """A picture of each pose from each view.

    Args:
        scene: with the head, the camera and the size of a picture.
        keys: of the head.
        poses: name and (52,) coefficients.
        views: of ``VIEWS``.
        frame: what the camera looks at, and from how far.
    """
    tiles = []
    for name, values in poses:
        pose(keys, dict(zip(arkit.CHANNELS, values, strict=True)))
        for view in views:
            _aim(scene.camera, *VIEWS[view], *frame)
            tiles.append(_shot(scene, name))
    return tiles


def _aim(camera: bpy.types.Object, turn: float, rise: float, target: Vector, distance: float) -> None:
    turn, rise = math.radians(turn), math.radians(rise)
    away = Vector((math.sin(turn) * math.cos(rise), -math.cos(turn) * math.cos(rise), math.sin(rise)))
    place(camera, target + away * distance, target)


def _shot(scene: bpy.types.Scene, name: str) -> Image.Image:
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = str(Path(folder) / "shot.png")
        bpy.ops.render.render(write_still=True)
        image = Image.open(scene.render.filepath).convert("RGB")
    ImageDraw.Draw(image).text((4, 2), name, fill=(20, 20, 20))
    return image


def lay_out(tiles: list[Image.Image], columns: int, path: Path) -> None:
    """Write tiles as one picture."""
    width, height = tiles[0].size
    sheet = Image.new("RGB", (width * columns, height * -(-len(tiles) // columns)), (205, 210, 218))
    for k, tile in enumerate(tiles):
        sheet.paste(tile, (k % columns * width, k // columns * height))
    save_small(sheet, path, _COLOURS, refinements=8)


if __name__ == "__main__":
    main()
