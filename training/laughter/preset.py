"""The row of LaughTalk Compact among the presets."""

from pathlib import Path
from typing import Final

import numpy as np

from ...inference.checkpoints.safetensors_file import bundled_weights, read_metadata, read_safetensors
from ...inference.contract import EmoTalkError
from ...inference.models.compact import MODEL_ID as BASE_MODEL
from ...inference.models.compact import EmoTalkCompact
from ...inference.models.laughtalk_compact import LaughTalkCompact, encoders_hash
from ...inference.registry import COMPACT_SPEC, NETWORKS, read_spec
from ..preset import Material, Preset
from ..recordings.sound_files import SUFFIXES
from ..sounds.nonverbal import LAUGHING, read_clips
from .corpus import prepare, read_speech, write_lines
from .recipe import RECIPE, LaughTalkCompactRecipe
from .task import LaughTalkCompactTask

SPEECH: Final = "speech"
"""The folder of a source with recordings in which nobody laughs; its other folders hold clips."""

_DEBUG_LINES: Final = 4


def read_sounds(source: Path, recipe: LaughTalkCompactRecipe, debug: bool) -> Material:
    """Folders of laughs and other sounds, and a folder ``speech`` if there is one.

    Raises:
        EmoTalkError: there is no laugh to train on.
    """
    folders = sorted(path for path in source.iterdir() if path.is_dir() and path.name != SPEECH)
    clips = [clip for clip in read_clips(folders) if not clip.held_out]
    laughs = sum(clip.kind == LAUGHING for clip in clips)
    if not laughs:
        raise EmoTalkError(f"{source} has no folder of laughs to train on; see docs/training-guide.md")
    recordings = read_speech(source / SPEECH) if (source / SPEECH).is_dir() else []
    files = [path for path in sorted(source.rglob("*")) if path.suffix.lower() in SUFFIXES]
    lines, held_out = (_DEBUG_LINES, _DEBUG_LINES) if debug else (recipe.lines, recipe.held_out_lines)
    recordings = recordings[:_DEBUG_LINES] if debug else recordings

    def make_task() -> LaughTalkCompactTask:
        path = bundled_weights(BASE_MODEL)
        model = EmoTalkCompact.load(path, COMPACT_SPEC)
        rng = np.random.default_rng(recipe.seed)
        made = [prepare(line, model) for line in write_lines(lines + held_out, clips, recordings, rng)]
        encoders = encoders_hash(read_safetensors(path)[0])
        return LaughTalkCompactTask(recipe, made[held_out:], made[:held_out], encoders)

    remarks = (f"{laughs} laughs and {len(clips) - laughs} other sounds", f"{len(recordings)} recordings of speech")
    return Material("laughs", source, tuple(files), remarks, make_task)


def load(path: Path) -> LaughTalkCompact:
    """The exported file as a model."""
    return LaughTalkCompact.load(path, read_spec(NETWORKS["laughtalk-compact"], read_metadata(path)))


LAUGHTALK_COMPACT: Final = Preset(
    "LaughTalk Compact, from laughs and synthetic speech",
    RECIPE,
    LaughTalkCompactRecipe,
    read_sounds,
    "laughtalk-compact.safetensors",
    load,
    licence="GPL-3.0-or-later",
)
