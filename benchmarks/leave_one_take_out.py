"""Trains presets once for each take of a project, without that take, and compares them there with the baselines.

    python benchmarks/leave_one_take_out.py project.toml --preset karras compact --runs runs/leave_one_out

A run that is there already is not trained again, so that the takes may be trained side by side (``--take``).
"""

import argparse
import json
import tomllib
from pathlib import Path
from typing import Any

from emotalk.face.capture_metrics import compare
from emotalk.inference.contract import EmoTalkError, FaceModel
from emotalk.training import runs
from emotalk.training.captures.project import read_project, read_takes
from emotalk.training.evaluation.report import Table, write_json
from emotalk.training.evaluation.takes import (
    FIGURES,
    System,
    figures_of,
    mean_figures,
    predictions,
    still_rows,
    with_builtin,
)
from emotalk.training.presets import find_preset
from emotalk.training.run_folder import RunFolder, newest_run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--preset", nargs="+", default=["karras"])
    parser.add_argument("--runs", type=Path, default=Path("runs") / "leave_one_out")
    parser.add_argument("--take", nargs="+", default=[], help="only these; all if none is given")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    takes = read_takes(read_project(options.project)).takes
    rows: list[tuple[Any, ...]] = []
    stills: list[tuple[Any, ...]] = []
    means: dict[str, list[tuple[float, ...]]] = {}
    for take in takes:
        if options.take and take.name not in options.take:
            continue
        trained = {preset: run_without(take.name, preset, options) for preset in options.preset}
        systems = [System(preset, load(run, preset)) for preset, run in trained.items()]
        others = [other for other in takes if other is not take]
        for name, curves in predictions(with_builtin(systems), take, others).items():
            minutes = minutes_of(trained[name]) if name in trained else 0.0
            figures = (*figures_of(compare(take.curves, curves)), minutes)
            rows.append((take.name, name, *figures))
            means.setdefault(name, []).append(figures)
        stills += [(take.name, each.name, *row) for each in systems for row in still_rows(each.model, [take])]
    rows += [("mean", name, *mean_figures(every)) for name, every in means.items()]
    columns = ("take", "system", *FIGURES, "minutes")
    compared = Table("Each take, by what was learnt from the others", columns, tuple(rows))
    still = Table("Motion without speech in per cent of speech's", ("take", "system", "sound", "%"), tuple(stills))
    print(f"{compared.text()}\n\n{still.text()}")
    if options.json:
        write_json(options.json, {"takes": [compared], "stillness": [still]})


def run_without(take: str, preset: str, options: argparse.Namespace) -> RunFolder:
    """A finished run of a preset on all takes but one."""
    folder = options.runs / take
    try:
        run = newest_run(folder, read_project(options.project).name, preset)
    except EmoTalkError:
        source = folder / "project.toml"
        folder.mkdir(parents=True, exist_ok=True)
        source.write_text(text_without(take, options.project), "utf-8")
        run = runs.start(preset, source, folder, threads=options.threads)
    return run


def text_without(take: str, source: Path) -> str:
    """The project file with one take for the test, the others to train on, and whole paths."""
    project = tomllib.loads(source.read_text("utf-8"))
    takes = project.pop("takes")
    lines = [f"{key} = {json.dumps(value)}" for key, value in project.items()]
    for row in takes:
        row["name"] = row.get("name", Path(row["curves"]).stem)
        row["split"] = "test" if row["name"] == take else "train"
        row |= {key: str((source.parent / row[key]).resolve()) for key in ("sound", "curves")}
        lines += ["", "[[takes]]", *(f"{key} = {json.dumps(value)}" for key, value in row.items())]
    return "\n".join(lines) + "\n"


def load(run: RunFolder, preset: str) -> FaceModel:
    """The model that a run exported."""
    return find_preset(preset).load(run.export / find_preset(preset).weights)


def minutes_of(run: RunFolder) -> float:
    """Minutes of training by the clock."""
    rows = [json.loads(line) for line in run.metrics.read_text("utf-8").splitlines()]
    return max(float(row.get("seconds", 0)) for row in rows) / 60


if __name__ == "__main__":
    main()
