"""What the last check of a project found, as ``report.py`` has written it; for whoever shows it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = "check"
"""Of the report, beside the project file."""
PAGE, FIGURES = "check.html", "check.json"
_GRADES: Final = ("error", "warning", "note")


@dataclass(frozen=True)
class LastCheck:
    """What a check found.

    Attributes:
        verdict: in words.
        errors, warnings: how many findings are such.
        findings: (grade, sentence) of the project and of its takes, whose names begin the sentences; worst first.
        page: the report.
        is_old: whether the project file has changed since.
    """

    verdict: str
    errors: int
    warnings: int
    findings: tuple[tuple[str, str], ...]
    page: Path
    is_old: bool


def read_last_check(project: Path) -> LastCheck | None:
    """What the last check of a project file found; None if there was none."""
    path = project.parent / FOLDER / FIGURES
    try:
        found = json.loads(path.read_text("utf-8"))
        is_old = path.stat().st_mtime < project.stat().st_mtime
        listed = [("", each) for each in found["findings"]]
        listed += [(f"{take['name']}: ", each) for take in found["takes"] for each in take["findings"]]
        findings = [(str(each["grade"]), start + str(each["sentence"])) for start, each in listed]
        findings.sort(key=lambda finding: _GRADES.index(finding[0]))
        verdict, errors, warnings = str(found["verdict"]), int(found["errors"]), int(found["warnings"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return LastCheck(verdict, errors, warnings, tuple(findings), path.with_name(PAGE), is_old)
