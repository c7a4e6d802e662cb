"""Looks at every take of a project before an afternoon is spent on training: ``emotalk captures check``."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import add
from typing import Final

import numpy as np

from ...face.errors import EmoTalkError
from ...inference.contract import FaceModel, Progress
from ...inference.sound.checks import check_sound
from .channel_mapping import mixed_channels, read_mapping
from .exchanged import strange_sounds
from .face_figures import FaceFigures, dead_channels, face_figures
from .faults import faults
from .heard import Heard, built_in_model, listen
from .project import Project, TakeEntry, assemble, duplicates, table_of
from .sound_figures import USUAL_LEVELS, SoundFigures, sound_figures
from .sound_track import read_sound_track
from .sync import Sync, measure_sync
from .take import SPLITS, Take

ERROR, WARNING, NOTE = "error", "warning", "note"
LATE: Final = 0.05
"""Seconds; the eye forgives as much, a network learns it."""
DRIFT: Final = 0.04
"""Seconds over the take."""
_LEAST_MINUTES: Final = 3.0
_LEAST_TAKES: Final = 3
"""Of each emotion, so that one can be held out."""
_OPEN_AT_REST: Final = 0.25
_RESTLESS: Final = 0.25
_FEW_CLOSURES: Final = 0.5
"""Of the heard p, b, m."""
_COVERAGE: Final = 0.8
_LEVEL_SPREAD: Final = 6.0
"""dB between the takes."""
_OUTSIDE: Final = 0.001
_FROZEN: Final = 0.5
"""Seconds."""


@dataclass(frozen=True)
class Finding:
    """One thing to know.

    Attributes:
        grade: ``ERROR``: the take is left out. ``WARNING``: it will cost quality. ``NOTE``: good to know.
        sentence: for people.
    """

    grade: str
    sentence: str


@dataclass(frozen=True)
class TakeCheck:
    """What was found in one take.

    Attributes:
        entry: of the project.
        findings: worst first.
        take: as it was read; None if it could not be. Likewise the figures.
        sync: see ``measure_sync``.
        sound: see ``sound_figures``.
        face: see ``face_figures``.
        heard: see ``listen``; None for takes with errors.
    """

    entry: TakeEntry
    findings: tuple[Finding, ...]
    take: Take | None = None
    sync: Sync | None = None
    sound: SoundFigures | None = None
    face: FaceFigures | None = None
    heard: Heard | None = None

    @property
    def is_good(self) -> bool:
        """Whether it will be trained on."""
        return all(finding.grade != ERROR for finding in self.findings)


@dataclass(frozen=True)
class ProjectCheck:
    """What was found in a project.

    Attributes:
        project: as it was read.
        takes: every one, in the order of the file.
        findings: about the project as a whole.
    """

    project: Project
    takes: tuple[TakeCheck, ...]
    findings: tuple[Finding, ...]

    @cached_property
    def good(self) -> tuple[TakeCheck, ...]:
        """The takes that will be trained on."""
        return tuple(take for take in self.takes if take.is_good)

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return self._count(ERROR)

    @property
    def warnings(self) -> int:
        """How many are warnings."""
        return self._count(WARNING)

    @property
    def heard(self) -> Heard | None:
        """What was heard in all good takes; None if there are none."""
        return reduce(add, [take.heard for take in self.good if take.heard]) if self.good else None

    @property
    def dead(self) -> tuple[str, ...]:
        """Channels that move in no good take."""
        figures = [take.face for take in self.good if take.face]
        if not figures:
            return ()
        lowest, highest = (
            np.min([face.lowest for face in figures], axis=0),
            np.max([face.highest for face in figures], axis=0),
        )
        return dead_channels(self.project.basis, lowest, highest)

    @property
    def minutes(self) -> dict[tuple[str, str], float]:
        """(emotion, split) -> minutes of good takes."""
        minutes: dict[tuple[str, str], float] = {}
        for take in self.good:
            key = (take.entry.labels.emotion, take.entry.labels.split)
            minutes[key] = minutes.get(key, 0.0) + (take.sound.seconds if take.sound else 0.0) / 60
        return minutes

    def _count(self, grade: str) -> int:
        every = [*self.findings, *(finding for take in self.takes for finding in take.findings)]
        return sum(finding.grade == grade for finding in every)


def check_project(project: Project, progress: Progress | None = None) -> ProjectCheck:
    """Look at every take; reading and listening takes about a second for each minute of capture."""
    model = built_in_model()
    same = duplicates(project)
    takes = []
    for number, entry in enumerate(project.entries):
        takes.append(_check_take(project, entry, model, same.get(entry.name, "")))
        if progress is not None:
            progress((number + 1) / len(project.entries))
    good = {take.entry.name: (take.take, take.sync) for take in takes if take.is_good and take.take and take.sync}
    strange = strange_sounds(good)
    checked = ProjectCheck(project, tuple(_with_error(take, strange.get(take.entry.name, "")) for take in takes), ())
    return ProjectCheck(project, checked.takes, tuple(_project_findings(checked)))


def _check_take(project: Project, entry: TakeEntry, model: FaceModel, twin: str) -> TakeCheck:
    try:
        table, speech = table_of(entry), read_sound_track(entry.sound)
        take = assemble(project, entry, speech, table)
        mapping = read_mapping(entry.mapping, project.folder) if entry.mapping else None
        raw = mixed_channels(table, project.basis, mapping)[-take.curves.frames :]
    except EmoTalkError as error:
        return TakeCheck(entry, (Finding(ERROR, str(error)),))
    sync = measure_sync(take.speech, take.curves)
    errors = [Finding(ERROR, sentence) for sentence in ([twin] if twin else []) + list(faults(take, sync))]
    sound, face = sound_figures(take.speech), face_figures(take, raw, table.dropped)
    heard = None if errors else listen(model, take.speech, take.curves)
    others = [] if errors else [*_sync_findings(take, sync), *_face_findings(face), *_heard_findings(heard)]
    remarks = [Finding(WARNING, sentence) for sentence in (*take.speech.remarks, *check_sound(take.speech))]
    findings = sorted([*errors, *others, *remarks], key=lambda finding: (ERROR, WARNING, NOTE).index(finding.grade))
    return TakeCheck(entry, tuple(findings), take, sync, sound, face, heard)


def _with_error(check: TakeCheck, sentence: str) -> TakeCheck:
    if not sentence:
        return check
    return replace(check, findings=(Finding(ERROR, sentence), *check.findings))


def _sync_findings(take: Take, sync: Sync) -> Iterator[Finding]:
    if abs(sync.lag_seconds) >= LATE:
        late = "late" if sync.lag_seconds > 0 else "early"
        yield Finding(WARNING, f"The mouth is {1000 * abs(sync.lag_seconds):.0f} ms {late}; --fix sets offset_seconds")
    drift = sync.drift * take.speech.seconds
    if abs(drift) >= DRIFT:
        yield Finding(WARNING, f"Sound and curves drift apart by {1000 * abs(drift):.0f} ms; --fix sets fps")


def _face_findings(face: FaceFigures) -> Iterator[Finding]:
    if face.dropped:
        yield Finding(
            WARNING, f"{face.dropped} of {face.frames} frames were dropped; they are filled by straight lines"
        )
    if face.frozen >= _FROZEN:
        yield Finding(WARNING, f"The face stands still in {face.frozen:.1f} s of the speech")
    if face.outside > _OUTSIDE:
        yield Finding(WARNING, f"{face.outside:.1%} of the values lie outside the limits and are cut off")
    if face.uneven:
        yield Finding(WARNING, f"Left and right do not fit: {'; '.join(face.uneven)}")
    if face.is_symmetric:
        yield Finding(NOTE, "Left and right are the same throughout, as some solvers make them")
    if face.rest > _OPEN_AT_REST:
        yield Finding(WARNING, f"In silence the mouth is open by {face.rest:.0%} of its opening in speech")
    if face.rest_motion > _RESTLESS:
        yield Finding(WARNING, f"In silence the mouth moves {face.rest_motion:.0%} as fast as in speech")
    if face.blinks == 0:
        yield Finding(NOTE, "Nobody blinks")


def _heard_findings(heard: Heard | None) -> Iterator[Finding]:
    if heard and heard.seen is not None and heard.bilabials and heard.seen < _FEW_CLOSURES * heard.bilabials:
        yield Finding(
            WARNING, f"The lips close in {heard.seen} of {heard.bilabials} p, b, m that the built-in model hears"
        )


def _project_findings(check: ProjectCheck) -> Iterator[Finding]:
    if not check.good:
        yield Finding(ERROR, "No take can be trained on")
        return
    minutes = check.minutes
    total = {split: sum(m for (_, s), m in minutes.items() if s == split) for split in SPLITS}
    if total["train"] == 0:
        yield Finding(ERROR, 'No good take has the split "train"')
    elif total["train"] < _LEAST_MINUTES:
        yield Finding(WARNING, f"{total['train']:.1f} minutes to train on; {_LEAST_MINUTES:g} and more are usual")
    if total["validation"] == 0:
        yield Finding(WARNING, 'No take has the split "validation": training cannot tell when to stop')
    if total["test"] == 0:
        yield Finding(NOTE, 'No take has the split "test": figures will be those of the validation')
    for emotion in sorted({emotion for emotion, _ in minutes}):
        takes = sum(take.entry.labels.emotion == emotion for take in check.good)
        if takes < _LEAST_TAKES:
            yield Finding(WARNING, f"Only {takes} of the takes are {emotion}; {_LEAST_TAKES} let one be held out")
    levels = [take.sound.level for take in check.good if take.sound]
    if max(levels) - min(levels) > _LEVEL_SPREAD:
        yield Finding(WARNING, f"The takes differ by {max(levels) - min(levels):.0f} dB; record at one gain")
    if not USUAL_LEVELS[0] <= np.median(levels) <= USUAL_LEVELS[1]:
        yield Finding(
            NOTE,
            f"The voice is at {np.median(levels):.0f} dB; the built-in model learnt from "
            f"{USUAL_LEVELS[0]:g} to {USUAL_LEVELS[1]:g} dB",
        )
    if check.dead:
        yield Finding(
            NOTE, f"{len(check.dead)} of {len(check.project.basis)} channels never move; they will stay still"
        )
    heard = check.heard
    if heard and heard.coverage < _COVERAGE:
        yield Finding(WARNING, f"The takes have {heard.coverage:.0%} of the usual vowels; add sentences with the rest")
    if heard and not heard.labiodentals:
        yield Finding(WARNING, "The built-in model hears no f or v in any take")
