"""The model card of a run: what Hugging Face reads at its head, and the same in words."""

import json
from pathlib import Path
from typing import Any, Final

from ..face.atomic_file import replacing
from .comparison import Comparison
from .preset import Preset
from .run_folder import RunConfig, RunFolder
from .trainer import Result

_LICENCE_OF_THE_TAKES: Final = {"license": "other", "license_name": "as-the-takes-are-licensed"}


def write_card(
    run: RunFolder, config: RunConfig, preset: Preset, dataset: str, result: Result, compared: Comparison
) -> None:
    """Write ``model_card.md``.

    Args:
        run: its folder, with ``data.json`` and ``environment.json``.
        config: of the run.
        preset: the system.
        dataset: name of the data.
        result: of the training.
        compared: with the base model.
    """
    head = {
        **({"license": preset.licence.lower()} if preset.licence else _LICENCE_OF_THE_TAKES),
        "library_name": "emotalk",
        "tags": ["facial-animation", "speech", "blendshapes", config.preset],
        "datasets": [dataset],
        "metrics": list(compared.ours),
        **({"base_model": preset.base_model} if preset.base_model else {}),
    }
    with replacing(run.card) as part:
        part.write_text(_text(run, config, preset, dataset, result, compared, head), "utf-8")


def _text(
    run: RunFolder,
    config: RunConfig,
    preset: Preset,
    dataset: str,
    result: Result,
    compared: Comparison,
    head: dict[str, Any],
) -> str:
    data, environment = _read(run.data), _read(run.environment)
    size = sum(row["bytes"] for row in data) / 1e6
    packages = ", ".join(f"{name} {version}" for name, version in environment["packages"].items())
    commit = environment["git"].get("commit", "")
    # Every JSON value is also one of YAML.
    yaml = "\n".join(f"{name}: {json.dumps(value)}" for name, value in head.items())
    rows = [
        ("system", preset.label),
        ("preset", config.preset),
        ("trained on", f"{dataset}: {len(data)} files, {size:.1f} MB, listed with their hashes in data.json"),
        ("trained for", f"{result.steps} of {config.recipe['steps']} steps ({result.reason})"),
        ("seed", str(config.recipe["seed"])),
        ("settings", "all in config.json"),
        ("made with", packages + (f", commit {commit[:12]}" if commit else "")),
        *([("debug run", "two takes and a few steps: not for use")] if config.debug else []),
    ]
    table = "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])
    return f"---\n{yaml}\n---\n\n# {dataset}, {config.preset}\n\n{table}\n\n```\n{compared.text()}\n```\n"


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))
