"""The systems that can be trained, by name: a new one is a folder of this room and a row here."""

from typing import Final

from ..inference.contract import EmoTalkError
from .compact.preset import BUILTIN
from .emotalk.actor import EMOTALK_ACTOR
from .emotalk.preset import EMOTALK
from .emote.preset import EMOTE, FLINT
from .finetuning.preset import COMPACT
from .karras.preset import KARRAS, KARRAS_FEATURES
from .laughtalk.preset import LAUGHTALK_LAUGH, LAUGHTALK_TALK
from .laughter.preset import LAUGHTALK_COMPACT
from .phones.preset import PHONES
from .preset import Preset

PRESETS: Final[dict[str, Preset]] = {
    "builtin": BUILTIN,
    "phones": PHONES,
    "compact": COMPACT,
    "karras": KARRAS,
    "karras-features": KARRAS_FEATURES,
    "emotalk": EMOTALK,
    "emotalk-actor": EMOTALK_ACTOR,
    "flint": FLINT,
    "emote": EMOTE,
    "laughtalk-talk": LAUGHTALK_TALK,
    "laughtalk-laugh": LAUGHTALK_LAUGH,
    "laughtalk-compact": LAUGHTALK_COMPACT,
}


def find_preset(name: str) -> Preset:
    """The preset of a name. Raises EmoTalkError, which lists them, if there is none."""
    if name not in PRESETS:
        raise EmoTalkError(f"There is no preset {name!r}; choose one of {', '.join(PRESETS)}")
    return PRESETS[name]
