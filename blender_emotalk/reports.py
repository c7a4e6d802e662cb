"""What a batch did, worst first: kept in the scene for the tab, and as JSON for pipelines."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import bpy

from ..face.atomic_file import replacing
from ..inference.sound.checks import CLIPPED, FAST, NO_VOICE, NOISY, SILENT
from .access import desk_of
from .batch import FAILED, LineResult
from .runs import HIDDEN

_WORST_FIRST: Final = (NO_VOICE, HIDDEN, CLIPPED, NOISY, FAST, SILENT)


def worst_first(results: Sequence[LineResult]) -> list[LineResult]:
    """The results: failures, then by the worst remark, then by their number; else in the order of the lines."""
    return sorted(results, key=_rank)


def _rank(result: LineResult) -> tuple[bool, bool, int, int]:
    ranks = [rank for remark in result.remarks for rank, start in enumerate(_WORST_FIRST) if remark.startswith(start)]
    worst = min(ranks, default=len(_WORST_FIRST))
    return result.outcome != FAILED, not result.is_bad, worst, -len(result.remarks)


def keep(scene: bpy.types.Scene, results: Sequence[LineResult]) -> None:
    """Show the results in the tab until the next batch."""
    report = desk_of(scene).report
    report.clear()
    for result in worst_first(results):
        entry = report.add()
        entry.name, entry.identity, entry.outcome = result.line, result.identity, result.outcome
        entry.sentence = ". ".join(result.remarks)


def as_data(results: Sequence[LineResult]) -> dict[str, Any]:
    """The results as plain data, worst first."""
    lines = [dataclasses.asdict(result) for result in worst_first(results)]
    return {"version": 1, "failed": sum(result.outcome == FAILED for result in results), "lines": lines}


def write_json(path: Path, results: Sequence[LineResult]) -> None:
    """Write the results as JSON. Raises EmoTalkError if that fails."""
    with replacing(path) as part:
        part.write_text(json.dumps(as_data(results), indent=1, ensure_ascii=False) + "\n", "utf-8")
