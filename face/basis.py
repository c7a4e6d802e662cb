"""The basis of a face: the channels of its curves, and which of them open and close the lips.

Curves carry their basis. All code that works on curves (shaping, liveliness, files, keys) looks up the columns of a
region, their limits and the lip terms here; no other code contains column numbers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Final

import numpy as np

from . import arkit

UNBOUNDED: Final = (-np.inf, np.inf)


@dataclass(frozen=True)
class LipTerm:
    """What one channel, or the mean of a left and a right one, adds to the opening between the lips.

    Attributes:
        channels: one or two names.
        opening: at a value of 1, in units of the wide open jaw; below 0 the channels bring the lips together.
        per: divides ``opening``; the value at which the channels add all of it.
    """

    channels: tuple[str, ...]
    opening: float
    per: float = 1.0


@dataclass(frozen=True, eq=False)
class Basis:
    """The channels of a kind of face. Two bases are the same only if they are the same object.

    Attributes:
        name: for people.
        channels: the name of each column.
        limits: (lowest, highest) value of each channel; infinite if it has none.
        units: of each channel; "" for a blendshape coefficient.
        regions: names of the channels of each part of the face; a channel may be in one region only.
        mirrored: channel -> its counterpart on the other side of the face, for channels that have one.
        lip_terms: the opening between the lips as a sum; empty if it cannot be computed from the channels.
        labiodental: the channel that brings the lower lip to the upper teeth, "" if there is none.
        seals: (closing, opening) channels; the lips would intersect if the first exceeded the second.
    """

    name: str
    channels: tuple[str, ...]
    limits: tuple[tuple[float, float], ...]
    units: tuple[str, ...]
    regions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mirrored: Mapping[str, str] = field(default_factory=dict)
    lip_terms: tuple[LipTerm, ...] = ()
    labiodental: str = ""
    seals: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not len(self.channels) == len(self.limits) == len(self.units):
            raise ValueError(f"the basis {self.name} needs limits and a unit for each of its channels")

    def __len__(self) -> int:
        return len(self.channels)

    @cached_property
    def index(self) -> dict[str, int]:
        """The column of each channel."""
        return {name: column for column, name in enumerate(self.channels)}

    @cached_property
    def lowest(self) -> np.ndarray:
        """(channels,) float32 lower limits."""
        return np.array([low for low, _ in self.limits], np.float32)

    @cached_property
    def highest(self) -> np.ndarray:
        """(channels,) float32 upper limits."""
        return np.array([high for _, high in self.limits], np.float32)

    @property
    def is_bounded(self) -> bool:
        """Whether any channel has a limit."""
        return bool(np.isfinite(self.lowest).any() or np.isfinite(self.highest).any())

    def has(self, names: Iterable[str]) -> bool:
        """Whether the basis has all these channels."""
        return all(name in self.index for name in names)

    def columns(self, names: Iterable[str]) -> list[int]:
        """Columns of the named channels. Raises KeyError if the basis lacks one."""
        return [self.index[name] for name in names]

    def region(self, *names: str) -> list[int]:
        """Columns of the channels of some regions, in the order of the regions; regions that it lacks are skipped."""
        return self.columns(channel for name in names for channel in self.regions.get(name, ()))

    @cached_property
    def opens_lips(self) -> tuple[str, ...]:
        """Channels that part the lips."""
        return tuple(name for term in self.lip_terms if term.opening > 0 for name in term.channels)

    @cached_property
    def closes_lips(self) -> tuple[str, ...]:
        """Channels that bring the lips together."""
        return tuple(name for term in self.lip_terms if term.opening < 0 for name in term.channels)

    @cached_property
    def lip_weights(self) -> np.ndarray:
        """(channels,) float64 weights of the opening between the lips; see ``aperture.lip_aperture``."""
        weights = np.zeros(len(self))
        for term in self.lip_terms:
            weights[self.columns(term.channels)] += term.opening / term.per / len(term.channels)
        return weights


ARKIT: Final = Basis(
    name="ARKit",
    channels=arkit.CHANNELS,
    limits=((0.0, 1.0),) * len(arkit.CHANNELS),
    units=("",) * len(arkit.CHANNELS),
    regions=arkit.REGIONS,
    mirrored={name: arkit.mirrored(name) for name in arkit.CHANNELS if arkit.mirrored(name) != name},
    lip_terms=(
        LipTerm(("jawOpen",), 1.0),
        LipTerm(("mouthClose",), -1.0, per=arkit.SEAL_FACTOR),
        LipTerm(arkit.sides("mouthLowerDown"), 0.22),
        LipTerm(arkit.sides("mouthUpperUp"), 0.24),
        LipTerm(("mouthFunnel",), 0.43),
        LipTerm(arkit.sides("mouthPress"), -0.10),
        LipTerm(("mouthRollLower", "mouthRollUpper"), -0.20),
    ),
    labiodental="mouthRollLower",
    seals=(("mouthClose", "jawOpen"),),
)
"""The 52 ARKit blendshape coefficients.

The lip terms of jaw, mouthClose, LowerDown, UpperUp and Funnel are the gaps measured on ICT-FaceKit; those of pressed
and rolled lips were chosen by hand. docs/face-basis.md has the measurements.
"""

JAW_CHANNELS: Final = ("jaw_x", "jaw_y", "jaw_z")
"""FLAME's jaw pose as axis-angle in radians; + x opens."""


@cache
def FLAME(expressions: int) -> Basis:  # noqa: N802 - the name of the model
    """FLAME's expression and jaw: ``exp000`` and on, in standard deviations of the expression space, and the jaw pose.

    The channels have no limits. The opening of the lips depends on the model file, so there are no lip terms.

    Args:
        expressions: how many expression coefficients, 1 to 100.

    Raises:
        ValueError: the number is not 1 to 100.
    """
    if not 1 <= expressions <= 100:
        raise ValueError(f"FLAME has 1 to 100 expression coefficients, not {expressions}")
    names = tuple(f"exp{number:03}" for number in range(expressions))
    return Basis(
        name=f"FLAME {expressions}",
        channels=(*names, *JAW_CHANNELS),
        limits=(UNBOUNDED,) * (expressions + 3),
        units=("sd",) * expressions + ("rad",) * 3,
        regions={"expression": names, "jaw": JAW_CHANNELS},
    )


HEAD: Final = Basis(
    name="head",
    channels=arkit.HEAD_CHANNELS,
    limits=(UNBOUNDED,) * len(arkit.HEAD_CHANNELS),
    units=("deg",) * len(arkit.HEAD_CHANNELS),
)
"""Rotation of the head."""

EYES: Final = Basis(
    name="eyes",
    channels=arkit.EYE_CHANNELS,
    limits=((0.0, 1.0), (0.0, 1.0), UNBOUNDED, UNBOUNDED),
    units=("", "", f"{arkit.LOOK_DEGREES:g} deg", f"{arkit.LOOK_DEGREES:g} deg"),
)
"""Lids and gaze, as blinks and glances add them to a face."""


@cache
def basis_of(channels: Sequence[str]) -> Basis:
    """The basis with exactly these channels, as files and weights name them, or a new one without regions.

    Args:
        channels: a tuple of names, each once.

    Raises:
        ValueError: a name occurs twice, or there are no names.
    """
    channels = tuple(channels)
    if not channels or len(set(channels)) != len(channels):
        raise ValueError("a face needs channels with unique names")
    for known in (ARKIT, HEAD, EYES):
        if channels == known.channels:
            return known
    expressions = len(channels) - len(JAW_CHANNELS)
    if 1 <= expressions <= 100 and channels == FLAME(expressions).channels:
        return FLAME(expressions)
    return Basis(f"{len(channels)} channels", channels, (UNBOUNDED,) * len(channels), ("",) * len(channels))
