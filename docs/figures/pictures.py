"""Where the pictures of the docs lie, and how they are kept small. Draws none itself."""

from pathlib import Path
from typing import Final

from PIL import Image

IMAGES: Final = Path(__file__).resolve().parents[1] / "images"


def save_small(picture: Image.Image, path: Path, colours: int, refinements: int = 0) -> None:
    """Write a PNG with a palette.

    Args:
        picture: what to write.
        path: the file.
        colours: how many the palette has, at most 256.
        refinements: how often the palette is fitted to the picture again; flat shading shows bands without.
    """
    picture.quantize(colours, kmeans=refinements, dither=Image.Dither.NONE).save(path, optimize=True)
