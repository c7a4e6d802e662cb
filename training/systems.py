"""What can be learned from captures, for Blender: its own Python cannot import ``presets.py``, which needs PyTorch."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class System:
    """A preset that takes captures.

    Attributes:
        label: for people.
        sentence: what it is good for.
    """

    label: str
    sentence: str


SYSTEMS: Final[dict[str, System]] = {
    "compact": System(
        "EmoTalk Compact in This Actor's Style", "a style of the built-in model; emotions, styles and contacts stay"
    ),
    "karras": System("Karras et al. 2017", "learned from these takes alone; the moods in them are keyed and blended"),
    "karras-features": System(
        "Karras et al. 2017, with What EmoTalk Compact Hears",
        "nearer to the takes, and its lips close; the model needs EmoTalk Compact's weights as they are now",
    ),
    "emotalk": System("EmoTalk, the Whole Network", "needs many takes, the same lines in several emotions, and a GPU"),
    "emotalk-actor": System(
        "EmoTalk in This Actor's Style", "a style of imported weights of EmoTalk, which must be on this computer"
    ),
}
"""By the name in ``presets.PRESETS``, the usual choice first.

FLINT and EMOTE are trained by the command alone: they need a FLAME file, and one the other's weights. So are the two
stages of LaughTalk, of which the second needs the first one's weights.
"""
