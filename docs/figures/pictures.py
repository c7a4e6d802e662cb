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
    # The median cut gives few colours to lips and mouth, which are small; coverage and refinement keep them.
    method = Image.Quantize.MAXCOVERAGE if refinements else Image.Quantize.MEDIANCUT
    small = picture.quantize(colours, method=method, kmeans=refinements, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
