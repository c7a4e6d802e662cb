"""The numbers of a run while it trains: ``metrics.jsonl``, and TensorBoard's events beside it."""

import json
from pathlib import Path
from typing import Any

from ..face.atomic_file import replacing


class MetricsLog:
    """Rows of numbers by step.

    A run that was killed goes on from its last checkpoint: what it logged after that is dropped, so that every step
    stands there once.

    Args:
        metrics: the file with one JSON object in each line.
        events: folder of TensorBoard's files.
        first: steps done already.
    """

    def __init__(self, metrics: Path, events: Path, first: int) -> None:
        from torch.utils.tensorboard import SummaryWriter  # not at the head: Blender's own Python reads metrics

        self._metrics = metrics
        rows = [row for row in read_metrics(metrics) if row["step"] <= first]
        with replacing(metrics) as part:
            part.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        self._writer = SummaryWriter(str(events), purge_step=first + 1)

    def write(self, step: int, row: dict[str, Any]) -> None:
        """Add a row: numbers, or tables of numbers, by name."""
        with self._metrics.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **_rounded(row)}) + "\n")
        for name, value in row.items():
            for inner, number in value.items() if isinstance(value, dict) else [("", value)]:
                self._writer.add_scalar(f"{name}/{inner}" if inner else name, number, step)

    def close(self) -> None:
        """Finish TensorBoard's file."""
        self._writer.close()


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The rows of a ``metrics.jsonl``, which a process may be writing; none if there is no file.

    Rows with "losses" are of training: "seconds" since its beginning, "learning_rate", "total" and each weighted term,
    means over the steps since the row before. Rows with "figures" are of a validation.
    """
    rows = []
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        try:
            row = json.loads(line)
        except ValueError:  # half a line: the process was killed while it wrote, or writes now
            continue
        if isinstance(row, dict) and "step" in row:
            rows.append(row)
    return rows


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return float(f"{value:.6g}") if isinstance(value, float) else value
