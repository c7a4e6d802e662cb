"""The report of a check: a page that needs no other file, and the same figures as JSON."""

import html
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...face.atomic_file import replacing
from . import plots
from .check import Finding, ProjectCheck, TakeCheck
from .last_check import FIGURES, PAGE

_STYLE: Final = (
    "body{font:15px sans-serif;margin:2em;max-width:75em}table{border-collapse:collapse;width:100%}"
    "td,th{padding:.4em;border-bottom:1px solid #ccc;text-align:left;vertical-align:top}"
    ".error{color:#a4161a;font-weight:bold}.warning{color:#8a5a00}.note{color:#555}svg{background:#f6f6f6;margin:2px}"
    ".bad td{background:#fbe3e4}"
)
_TITLES: Final = (
    "Take", "Emotion", "Split", "Seconds", "fps", "r", "Lag ms", "Drift ms", "Level dB", "Noise dB", "Silence",
    "Closures", "p b m seen", "Blinks", "At rest",
)  # fmt: skip


def verdict(check: ProjectCheck) -> str:
    """The check in words."""
    seconds = sum(take.sound.seconds for take in check.good if take.sound)
    usable = f"{_count(len(check.good), 'take')}, {seconds / 60:.1f} minutes"
    left_out = len(check.takes) - len(check.good)
    if not check.good:
        return f"Not usable: none of the {_count(left_out, 'take')} can be trained on"
    if left_out:
        what = f"{left_out} of the {_count(len(check.takes), 'take')} cannot be trained on and will be left out"
        return f"Not ready: {what}; {usable} remain"
    if check.errors:
        return f"Not ready: {check.findings[0].sentence}"
    if check.warnings:
        return f"Usable: {usable}; {_count(check.warnings, 'thing')} may cost quality"
    return f"Ready: {usable}"


def write_report(folder: Path, check: ProjectCheck) -> Path:
    """Write ``check.html`` and ``check.json`` into a folder, in place of earlier ones; the path of the page.

    Raises:
        OSError: the folder cannot be made or written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in ((PAGE, _page(check)), (FIGURES, json.dumps(_figures(check), indent=1) + "\n")):
        with replacing(folder / name) as part:
            part.write_text(text, "utf-8")
    return folder / PAGE


def _figures(check: ProjectCheck) -> dict[str, Any]:
    heard = check.heard
    return {
        "verdict": verdict(check),
        "errors": check.errors,
        "warnings": check.warnings,
        "project": check.project.name,
        "actor": check.project.actor,
        "basis": check.project.basis.name,
        "findings": [asdict(finding) for finding in check.findings],
        "minutes": [{"emotion": e, "split": s, "minutes": round(m, 3)} for (e, s), m in sorted(check.minutes.items())],
        "dead_channels": list(check.dead),
        "vowel_coverage": None if heard is None else heard.coverage,
        "takes": [_take_figures(take) for take in check.takes],
    }


def _take_figures(check: TakeCheck) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "name": check.entry.name,
        "trained_on": check.is_good,
        "labels": asdict(check.entry.labels),
        "findings": [asdict(finding) for finding in check.findings],
    }
    if check.take is None or check.sync is None or check.sound is None or check.face is None:
        return figures
    sync, face = check.sync, asdict(check.face)
    channels = check.take.curves.channels
    for name in ("lowest", "highest"):
        face[name] = dict(zip(channels, np.round(face[name], 4).tolist(), strict=True))
    figures |= {
        "fps": check.take.curves.fps,
        "sync": {
            "correlation": sync.lag_correlation,
            "chance": sync.chance,
            "lag_seconds": sync.lag_seconds,
            "drift_seconds": sync.drift * check.sound.seconds,
        },
        "sound": asdict(check.sound),
        "face": face,
    }
    if check.heard:
        heard = check.heard
        figures["heard"] = {"bilabials": heard.bilabials, "seen": heard.seen, "labiodentals": heard.labiodentals}
        figures["heard"]["vowel_coverage"] = heard.coverage
    return figures


def _page(check: ProjectCheck) -> str:
    name = html.escape(check.project.name)
    heads = "".join(f"<th>{title}</th>" for title in _TITLES)
    rows = "\n".join(_row(take) for take in check.takes)
    parts = [
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Captures of {name}</title>'
        f"<style>{_STYLE}</style>\n<h1>{name}: {html.escape(verdict(check))}</h1>",
        _list(check.findings),
        f"<table><tr>{heads}</tr>\n{rows}\n</table>",
        *_overview(check),
        *(_take_section(take) for take in check.takes),
        "</html>\n",
    ]
    return "\n".join(parts)


def _overview(check: ProjectCheck) -> Iterable[str]:
    if not check.good:
        return
    yield f"<h2>Minutes</h2>{plots.minutes(check.minutes)}"
    faces = [take.face for take in check.good if take.face]
    lowest = np.min([face.lowest for face in faces], axis=0)
    highest = np.max([face.highest for face in faces], axis=0)
    moving = [column for column, name in enumerate(check.project.basis.channels) if name not in check.dead]
    names = [check.project.basis.channels[column] for column in moving]
    yield f"<h2>Range of the channels</h2>{plots.ranges(names, lowest[moving], highest[moving])}"
    if check.dead:
        yield f"<p>These never move: {html.escape(', '.join(check.dead))}</p>"
    if heard := check.heard:
        seen = "" if heard.seen is None else f", of which the captured lips close in {heard.seen}"
        yield (
            f"<h2>Sounds</h2><p>The built-in model hears {heard.bilabials} p, b, m{seen}, and "
            f"{heard.labiodentals} f, v. Vowels by jaw (down) and rounding (to the right), in seconds; "
            f"{heard.coverage:.0%} of the cells that usual speech has (framed) are covered.</p>{plots.vowels(heard)}"
        )


def _take_section(check: TakeCheck) -> str:
    title = f"<h2>{html.escape(check.entry.name)}</h2>{_list(check.findings)}"
    if check.take is None or check.sync is None:
        return title
    seconds = check.take.speech.seconds
    return f"{title}{plots.excerpt(check.take)}<br>{plots.correlogram(check.sync)}{plots.drift(check.sync, seconds)}"


def _row(check: TakeCheck) -> str:
    entry, take, sync, sound, face, heard = (
        check.entry, check.take, check.sync, check.sound, check.face, check.heard
    )  # fmt: skip
    cells = [entry.name, entry.labels.emotion, entry.labels.split]
    if take and sync and sound and face:
        seen = f"{heard.seen} of {heard.bilabials}" if heard and heard.seen is not None else "–"
        cells += [
            f"{sound.seconds:.1f}",
            f"{take.curves.fps:g}",
            f"{sync.lag_correlation:.2f}",
            f"{round(1000 * sync.lag_seconds):+d}",
            f"{round(1000 * sync.drift * sound.seconds):+d}",
            f"{sound.level:.0f}",
            f"{sound.noise_floor:.0f}",
            f"{sound.silence:.0%}",
            "–" if face.closures is None else str(face.closures),
            seen,
            "–" if face.blinks is None else str(face.blinks),
            f"{face.rest:.0%}",
        ]
    else:
        cells += ["–"] * (len(_TITLES) - len(cells))
    kind = "" if check.is_good else ' class="bad"'
    return f"<tr{kind}>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>"


def _list(findings: Iterable[Finding]) -> str:
    items = "".join(
        f'<li class="{finding.grade}">{finding.grade}: {html.escape(finding.sentence)}</li>' for finding in findings
    )
    return f"<ul>{items}</ul>"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
