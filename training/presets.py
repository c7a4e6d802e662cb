"""The systems that can be trained, by name: a new one is a folder of this room and a row here."""

from typing import Final

from ..inference.contract import EmoTalkError
from .compact.preset import BUILTIN
from .emote.preset import EMOTE, FLINT
from .karras.preset import KARRAS
from .preset import Preset

PRESETS: Final[dict[str, Preset]] = {"builtin": BUILTIN, "karras": KARRAS, "flint": FLINT, "emote": EMOTE}


def find_preset(name: str) -> Preset:
    """The preset of a name. Raises EmoTalkError, which lists them, if there is none."""
    if name not in PRESETS:
        raise EmoTalkError(f"There is no preset {name!r}; choose one of {', '.join(PRESETS)}")
    return PRESETS[name]
