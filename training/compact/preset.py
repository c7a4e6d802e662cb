"""The row of the built-in model among the presets."""

from pathlib import Path
from typing import Final

from ...inference.contract import EmoTalkError
from ...inference.models.compact import EmoTalkCompact
from ...inference.registry import COMPACT_SPEC
from ..preset import Material, Preset
from ..sounds.nonverbal import SOUNDS
from .corpus import CorpusLine
from .recipe import RECIPE, CompactRecipe
from .task import CompactTask, read_corpora, training_sounds

_DEBUG_LINES: Final = 2


def read_prepared(cache: Path, recipe: CompactRecipe, debug: bool) -> Material:
    """The speech that ``emotalk prepare`` wrote into a folder.

    Raises:
        EmoTalkError: there is none, or none in the recipe's shares.
    """
    if not cache.is_dir():
        raise EmoTalkError(f"{cache} is no folder of prepared speech; run emotalk prepare first")
    corpora = read_corpora(cache, recipe)
    if not corpora:
        raise EmoTalkError(f"{cache} has no prepared speech of {', '.join(recipe.shares)}; run emotalk prepare first")
    held_out = read_corpora(cache, recipe, held_out=True)
    if debug:
        corpora, held_out = _few(corpora), _few(held_out)
    files = [path for path in cache.glob("*.npz") if path.stem.partition("-")[0] in corpora | held_out]
    files += [path for path in [cache / SOUNDS] if path.exists()]
    remarks = tuple(f"{name}: {len(lines)} lines" for name, lines in corpora.items())

    def make_task() -> CompactTask:
        return CompactTask(recipe, corpora, training_sounds(cache), held_out)

    return Material("prepared speech", cache, tuple(files), remarks, make_task)


def _few(corpora: dict[str, list[CorpusLine]]) -> dict[str, list[CorpusLine]]:
    """Two lines of the first corpus."""
    return {name: lines[:_DEBUG_LINES] for name, lines in list(corpora.items())[:1]}


BUILTIN: Final = Preset(
    "the built-in model, from prepared speech",
    RECIPE,
    CompactRecipe,
    read_prepared,
    "emotalk-compact.safetensors",
    lambda path: EmoTalkCompact.load(path, COMPACT_SPEC),
    licence="GPL-3.0-or-later",
)
