"""The sample head put together."""

from functools import cache

import numpy as np

from .. import arkit
from .binding import bind
from .brows import build_brow, build_lashes, turned_with_lids
from .cage import CORNER, SPOKES
from .collar import build_collar
from .eyeballs import build_eyeball, gaze_shapes
from .eyes import MARGIN
from .hair import build_hair
from .jaw_shapes import HINGE
from .mouth import CONTACT
from .nostrils import build_nostril
from .palette import EYE_MATERIALS, HAIR, LASHES, NOSTRIL, TEETH_MATERIALS, TONGUE, WOOL
from .parts import Bone, Part, SampleHead, placed, rigid_part
from .sculpture import EYE_CENTRE, NECK_CUT
from .skin import build_skin
from .skin_cage import SkinCage, build_skin_cage
from .subdivision import subdivision_of
from .teeth import build_teeth, lower_teeth_shapes
from .tongue import build_tongue, parting_for_tongue, tongue_shapes

_RIDERS_REACH = 0.065
"""Metres around the eyes within which skin may carry brows, lashes and nostrils."""

_GAZE_BONE = 12.0
"""Millimetres that the bone of an eye is long: it ends within the eyeball, so that it is not drawn over the eye."""


@cache
def build_sample_head() -> SampleHead:
    """Model the built-in head; always the same to the last bit. Takes about a second the first time."""
    cage = build_skin_cage()
    skin, is_bag = build_skin(cage)
    parts = [
        skin,
        _upper_teeth(),
        _lower_teeth(),
        _tongue(),
        _eyeball("eye left", mirror=False),
        _eyeball("eye right", mirror=True),
        *_riders(skin, np.flatnonzero(~is_bag)),
        _hair(),
        _collar(),
    ]
    return SampleHead({part.name: part for part in parts}, _bones(), _landmarks(cage))


def _upper_teeth() -> Part:
    points, polygons, kinds = build_teeth(lower=False)
    return rigid_part("teeth upper", points, polygons, TEETH_MATERIALS, kinds, "head")


def _lower_teeth() -> Part:
    points, polygons, kinds = build_teeth(lower=True)
    shapes = lower_teeth_shapes(points)
    shapes["tongueOut"] = parting_for_tongue(shapes["jawOpen"])
    return rigid_part("teeth lower", points, polygons, TEETH_MATERIALS, kinds, "jaw", shapes)


def _tongue() -> Part:
    points, polygons = build_tongue()
    shapes = tongue_shapes(points)
    step = subdivision_of(polygons, len(points))
    fine = step.apply(np.stack([points, *shapes.values()], axis=1))
    named = {name: fine[:, k + 1] for k, name in enumerate(shapes)}
    return rigid_part("tongue", fine[:, 0], step.polygons, (TONGUE,), np.zeros(len(step.polygons)), "jaw", named)


def _eyeball(name: str, mirror: bool) -> Part:
    points, polygons, kinds = build_eyeball(glint_side=1 if mirror else -1)
    shapes = gaze_shapes(points)
    if mirror:
        points, polygons = points * (-1, 1, 1), [polygon[::-1] for polygon in polygons]
        shapes = {arkit.mirrored(key): moves * (-1, 1, 1) for key, moves in shapes.items()}
    return rigid_part(name, points, polygons, EYE_MATERIALS, kinds, "eye.R" if mirror else "eye.L", shapes)


def _riders(skin: Part, carriers: np.ndarray) -> list[Part]:
    """Brows, lashes and nostrils, which take their shapes from the skin below them."""
    near_eyes = np.abs(skin.vertices[carriers] - placed((0, -80, EYE_CENTRE[2] + 15))).max(axis=1) < _RIDERS_REACH
    carriers = carriers[near_eyes]
    brow, brow_polygons = build_brow()
    lash, lash_polygons, roots = build_lashes()
    parts = []
    nostril, nostril_polygons = build_nostril()
    for name, points, polygons, anchors, material in (
        ("brows", brow, brow_polygons, brow, HAIR),
        ("lashes", lash, lash_polygons, roots, LASHES),
        ("nostrils", nostril, nostril_polygons, nostril, NOSTRIL),
    ):
        both, anchors = (np.concatenate([half, half * (-1, 1, 1)]) for half in (points, anchors))
        right = [tuple(len(points) + k for k in reversed(polygon)) for polygon in polygons]
        binding = bind(placed(anchors), skin.vertices, carriers)
        shapes = {key: binding.carry(moves) * 1e3 for key, moves in skin.shapes.items()}
        if name == "lashes":
            shapes = {key: turned_with_lids(both, anchors, moves) for key, moves in shapes.items()}
        every = [*polygons, *right]
        parts.append(rigid_part(name, both, every, (material,), np.zeros(len(every)), "head", shapes))
    return parts


def _hair() -> Part:
    points, polygons = build_hair()
    return rigid_part("hair", points, polygons, (HAIR,), np.zeros(len(polygons)), "head")


def _collar() -> Part:
    points, polygons = build_collar()
    return rigid_part("collar", points, polygons, (WOOL,), np.zeros(len(polygons)), "neck")


def _bones() -> tuple[Bone, ...]:
    x, y, z = EYE_CENTRE
    joints: tuple[tuple[str, tuple[float, float, float], tuple[float, float, float], str | None], ...] = (
        ("neck", (0, 24, NECK_CUT), (0, 12, 115), None),
        ("head", (0, 12, 115), (0, 10, 300), "neck"),
        ("jaw", HINGE, (0, -88, 84), "head"),
        ("eye.L", (x, y, z), (x, y - _GAZE_BONE, z), "head"),
        ("eye.R", (-x, y, z), (-x, y - _GAZE_BONE, z), "head"),
    )
    return tuple(Bone(name, tuple(placed(start)), tuple(placed(end)), parent) for name, start, end, parent in joints)


def _landmarks(cage: SkinCage) -> dict[str, int]:
    """Cage vertices keep their numbers when the skin is subdivided."""
    mouth, margin, mirror = cage.mouth, cage.eye[MARGIN], cage.mirror
    left = {
        "mouth corner": mouth[CONTACT, CORNER],
        "upper lid": margin[CORNER // 2],
        "lower lid": margin[SPOKES - CORNER // 2],
        "inner eye corner": margin[0],
        "outer eye corner": margin[CORNER],
    }
    named = {f"{name} left": int(vertex) for name, vertex in left.items()}
    named |= {f"{name} right": int(mirror[vertex]) for name, vertex in left.items()}
    named["upper lip"] = int(mouth[CONTACT, 0])
    named["lower lip"] = int(mouth[CONTACT, SPOKES])
    return named
