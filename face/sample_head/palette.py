"""The head's materials."""

from typing import Final

from .parts import Material

SKIN: Final = Material("Skin", (0.95, 0.56, 0.40), 0.5, 0.15)
LIPS: Final = Material("Lips", (0.85, 0.40, 0.315), 0.42, 0.15)
LIP_EDGE: Final = Material("Lip Edge", (0.91, 0.49, 0.362), 0.46, 0.15)
MOUTH: Final = Material("Mouth", (0.10, 0.018, 0.02), 0.6)
ENAMEL: Final = Material("Teeth", (0.86, 0.83, 0.76), 0.25)
ENAMEL_IN_HALF_SHADE: Final = Material("Teeth In Half Shade", (0.62, 0.55, 0.50), 0.3)
ENAMEL_IN_SHADE: Final = Material("Teeth In Shade", (0.34, 0.22, 0.20), 0.35)
GUMS: Final = Material("Gums", (0.55, 0.16, 0.16), 0.4)
TEETH_MATERIALS: Final = (ENAMEL, GUMS, ENAMEL_IN_HALF_SHADE, ENAMEL_IN_SHADE)
TONGUE: Final = Material("Tongue", (0.60, 0.19, 0.18), 0.45)
NOSTRIL: Final = Material("Nostril", (0.34, 0.11, 0.075), 0.7)
WOOL: Final = Material("Wool", (0.045, 0.11, 0.16), 0.85)
LASHES: Final = Material("Lashes", (0.20, 0.10, 0.07), 0.6)
HAIR: Final = Material("Hair", (0.11, 0.05, 0.03), 0.55)
EYE_MATERIALS: Final = (
    Material("Eye White", (0.80, 0.79, 0.77), 0.12),
    Material("Iris", (0.12, 0.23, 0.26), 0.1),
    Material("Pupil", (0.004, 0.004, 0.004), 0.05),
    Material("Iris Rim", (0.05, 0.10, 0.12), 0.1),
    Material("Glint", (1.0, 1.0, 1.0), 0.1),
    Material("Iris Light", (0.23, 0.33, 0.33), 0.1),
    Material("Iris Middle", (0.165, 0.275, 0.295), 0.1),
    Material("Iris Edge", (0.36, 0.40, 0.41), 0.1),
)
