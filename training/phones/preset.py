"""The row of the phones among the presets."""

from pathlib import Path
from typing import Final

import numpy as np

from ...inference.checkpoints.safetensors_file import bundled_weights, read_safetensors
from ...inference.contract import EmoTalkError, FaceModel
from ...inference.models.compact import MODEL_ID as BASE_ID
from ...inference.models.compact_phones import encoder_digest
from ..compact.corpus import CorpusLine, read_corpus
from ..compact.export import read_network
from ..compact.network import CompactNetwork
from ..compact.recipe import is_held_out
from ..preset import Material, Preset
from .batches import too_short
from .encoded import EncodedLine, encode_lines
from .recipe import RECIPE, PhonesRecipe
from .task import PhonesTask

_DEBUG_LINES: Final = 4
_HELD_OUT_LINES: Final = 40
"""Most held-out lines of each corpus; they are for watching the training."""


def read_prepared(cache: Path, recipe: PhonesRecipe, debug: bool) -> Material:
    """The speech that ``emotalk prepare`` wrote into a folder, to be encoded by the built-in model.

    Raises:
        EmoTalkError: there is none, or none in the recipe's shares.
    """
    paths = [path for path in sorted(cache.glob("*.npz")) if path.stem.partition("-")[0] in recipe.shares]
    if not paths:
        raise EmoTalkError(f"{cache} has no prepared speech of {', '.join(recipe.shares)}; run emotalk prepare first")

    def make_task() -> PhonesTask:
        weights = bundled_weights(BASE_ID)
        base, _ = read_network(weights)
        trained, held_out = _encoded(paths, base, recipe, debug)
        return PhonesTask(recipe, base, encoder_digest(read_safetensors(weights)[0]), trained, held_out)

    return Material("prepared speech", cache, tuple(paths), (), make_task)


def _encoded(
    paths: list[Path], base: CompactNetwork, recipe: PhonesRecipe, debug: bool
) -> tuple[dict[str, list[EncodedLine]], dict[str, list[EncodedLine]]]:
    """The lines to train on, with their copies, and the held-out ones, by corpus."""
    rng = np.random.default_rng(recipe.seed)
    trained: dict[str, list[EncodedLine]] = {}
    held_out: dict[str, list[EncodedLine]] = {}
    for path in paths:
        corpus = path.stem.partition("-")[0]
        lines = read_corpus(path)
        kept = [line for line in lines if _is_held_out(corpus, line, recipe)]
        others = [line for line in lines if not _is_held_out(corpus, line, recipe)][:: recipe.every.get(corpus, 1)]
        kept = kept[:: max(len(kept) // _HELD_OUT_LINES, 1)]
        if debug:
            kept, others = kept[:_DEBUG_LINES], others[:_DEBUG_LINES]
        for encoded, wanted, copies in ((trained, others, recipe.copies), (held_out, kept, 0)):
            long = [line for line in encode_lines(wanted, base, copies, rng) if not too_short(line)]
            if long:
                encoded.setdefault(corpus, []).extend(long)
    return trained, held_out


def _is_held_out(corpus: str, line: CorpusLine, recipe: PhonesRecipe) -> bool:
    if corpus == "speechocean":
        return is_held_out(line.speaker, recipe.held_out_speakers)
    if corpus == "asterisk":
        return is_held_out(line.name, recipe.held_out_prompts)
    return line.speaker in recipe.held_out_voices


def refuse(_path: Path) -> FaceModel:
    """The phones are a part of the built-in model. Raises EmoTalkError, always."""
    raise EmoTalkError("The phones are a part of EmoTalk Compact, and perform nothing by themselves")


PHONES: Final = Preset(
    "the phones of the built-in model, from prepared speech",
    RECIPE,
    PhonesRecipe,
    read_prepared,
    "emotalk-compact-phones.safetensors",
    refuse,
    licence="GPL-3.0-or-later",
    performs=False,
)
