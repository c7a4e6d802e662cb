"""The options of a training that lie beside its checkpoint in a cfg.yaml, as OmegaConf writes it.

Only plain values in nested mappings are read, by their indentation; lists, references and tags are left out, and
nothing in the file is run. So neither a YAML package is needed nor trust.
"""

import re
from pathlib import Path
from typing import Final

from ..contract import EmoTalkError

FILE_NAME: Final = "cfg.yaml"
LARGEST_FILE: Final = 4 * 1024**2
"""Bytes; the released ones have some kilobytes."""

_CHECKPOINTS: Final = "checkpoints"
"""The folder of a run in which Lightning puts what it saves; cfg.yaml lies beside it."""
_LEVELS: Final = 3
_ENTRY: Final = re.compile(r"""( *)([\w-]+):(?:[ ]+("[^"]*"|'[^']*'|[^\s#&*!|>\[{-][^#]*))?[ ]*(?:#.*)?""")


def read_options(checkpoint: Path) -> dict[str, str]:
    """The plain values of the cfg.yaml that belongs to a checkpoint, as text by dotted name; empty without one.

    Raises:
        EmoTalkError: the file is too large, or no text.
    """
    path = _beside(checkpoint)
    if path is None:
        return {}
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise EmoTalkError(f"{path} is too large for the options of a training; take it out of the folder")
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise EmoTalkError(f"{path} cannot be read as text; copy it again, or take it out of the folder") from None
    return plain_values(text)


def plain_values(text: str) -> dict[str, str]:
    """The plain values of nested mappings in YAML, by dotted name; ``null`` is "none"."""
    values: dict[str, str] = {}
    parents: list[tuple[int, str]] = []
    for line in text.splitlines():
        entry = _ENTRY.fullmatch(line)
        if entry is None:
            continue
        depth, name, value = len(entry[1]), entry[2], entry[3]
        while parents and parents[-1][0] >= depth:
            parents.pop()
        parents.append((depth, name))
        if value is not None:
            plain = value.strip().strip("\"'")
            values[".".join(name for _depth, name in parents)] = "none" if plain in ("null", "~") else plain
    return values


def _beside(checkpoint: Path) -> Path | None:
    folders = [checkpoint.parent]
    above = list(checkpoint.resolve().parents)[: _LEVELS + 1]
    folders += [folder.parent for folder in above if folder.name == _CHECKPOINTS]
    return next((folder / FILE_NAME for folder in folders if (folder / FILE_NAME).is_file()), None)
