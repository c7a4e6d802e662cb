"""The geometry of the built-in head, made by code. NumPy only."""

from .head import build_sample_head
from .measures import eye_opening_mm, lip_gap_mm, mouth_width_mm, posed
from .parts import Bone, Material, Part, SampleHead

__all__ = [
    "Bone",
    "Material",
    "Part",
    "SampleHead",
    "build_sample_head",
    "eye_opening_mm",
    "lip_gap_mm",
    "mouth_width_mm",
    "posed",
]
