"""Laughter on finished performances: bouts shown, false alarms, onsets, calls, the smile, and the residual in speech.

What a laugh adds to a face is the difference of two performances that differ in the control *laughter* alone. All are
performed as an animator's lines are, with the acting at its defaults. Onsets are those labelled by hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...face import arkit
from ...face.intervals import intervals_of
from ...inference.contract import SAMPLE_RATE, FaceModel, Speech
from ..arrays import BoolArray, FloatArray
from ..compact.spoken_line import SpokenLine
from ..laughtalk.laughing_takes import hear_laughs
from ..laughter.laughs import Laugh, Span, laugh_of, softened
from ..sounds.nonverbal import LAUGHING, SoundClip
from .acting import Studio
from .lips import Sets
from .prediction import arkit_values, samples_of
from .report import Cell, Table, left_out
from .speech_laughs import speech_laugh_tables

VISIBLE: Final = 0.2
"""Rise of the mouth corners from which a laugh counts as shown."""

_QUIET: Final = 1.0
"""Seconds of room tone before and after a laugh."""
_ROOM_DB: Final = -60.0
_SOFT_SECONDS: Final = 0.8
_SOFT_DB: Final = 25.0
_LONGEST_SPACING: Final = 0.45
"""Seconds between calls of one bout."""
_SHALLOWEST_CALL: Final = 0.03
_SMILE: Final = arkit.indices(arkit.sides("mouthSmile"))
_CHEEKS: Final = arkit.indices(arkit.sides("cheekSquint"))
_JAW: Final = arkit.INDEX["jawOpen"]


@dataclass(frozen=True)
class Shown:
    """A sound performed without laughter and with it.

    Attributes:
        without, laughing: (frames, 52) coefficients.
        fps: of both.
    """

    without: FloatArray
    laughing: FloatArray
    fps: float

    @property
    def smile(self) -> FloatArray:
        """(frames,) how far the laugh lifts the corners of the mouth."""
        rise: FloatArray = (self.laughing - self.without)[:, _SMILE].mean(axis=1)
        return np.maximum(rise, 0)

    @property
    def seen(self) -> BoolArray:
        """(frames,) where a laugh is shown."""
        return self.smile > VISIBLE

    def bouts(self) -> int:
        """How many separate laughs are shown."""
        return len(intervals_of(self.seen))

    def during(self, span: Span) -> slice:
        """The frames of a span of seconds."""
        return slice(round(span[0] * self.fps), max(round(span[1] * self.fps), round(span[0] * self.fps) + 1))


def laughter_tables(
    model: FaceModel, sets: Sets, clips: Sequence[SoundClip], spoken: Sequence[SpokenLine] = ()
) -> list[Table]:
    """All figures of laughter.

    Args:
        model: of any architecture with the control *laughter*.
        sets: speech without laughs.
        clips: sounds that are no speech.
        spoken: lines with exact phone times, to laugh in.
    """
    if "laughter" not in model.spec.controls:
        return [left_out("Laughter", "This model does not detect laughter.")]
    studio = Studio(model)
    laughs = [(clip.held_out, laugh_of(clip)) for clip in clips if clip.kind == LAUGHING]
    shown = {laugh.name: show(studio, _in_a_room(laugh)) for _, laugh in laughs}
    speech = {name: [show(studio, samples_of(line)) for line in lines] for name, lines in sets.items()}
    tables = [
        _bout_table(studio, laughs, shown),
        _alarm_table(studio, sets, speech, clips),
        _call_table(laughs, shown),
        _smile_table(laughs, shown, speech),
        _residual_table(speech),
        _detector_table(sets, clips),
    ]
    return tables + (speech_laugh_tables(studio, spoken, laughs) if spoken and laughs else [])


def show(studio: Studio, sound: FloatArray) -> Shown:
    """Perform a sound (n,) at 16 kHz without laughter and with it."""
    speech = Speech(sound.astype(np.float32))
    without, laughing = (arkit_values(studio.perform(speech, {"laughter": gain}).face) for gain in (0, 1))
    return Shown(without, laughing, studio.fps)


def onset_error(shown: Shown, onset: float) -> float:
    """Milliseconds from a laugh's labelled onset to when it shows; above 0 it is late, NaN if it never shows."""
    late = np.flatnonzero(shown.seen[round(max(onset - _QUIET, 0) * shown.fps) :])
    return 1000 * (float(late[0]) / shown.fps + max(onset - _QUIET, 0) - onset) if len(late) else float("nan")


def call_rate(times: Sequence[float]) -> float:
    """Calls a second within bouts: one over the mean time between neighbours; NaN for fewer than two calls."""
    gaps = np.diff(np.array(times))
    gaps = gaps[gaps < _LONGEST_SPACING]
    return float(1 / gaps.mean()) if len(gaps) else float("nan")


def jaw_calls(jaw: FloatArray, fps: float) -> list[float]:
    """Seconds at which the jaw is at its widest in a call."""
    found: list[float] = []
    low = high = float(jaw[0])
    peak = 0
    rising = True
    for place, value in enumerate(jaw):
        if rising:
            if value > high:
                high, peak = float(value), place
            elif high - value > _SHALLOWEST_CALL:
                found.append(peak / fps)
                rising, low = False, float(value)
        else:
            low = min(low, float(value))
            if value - low > _SHALLOWEST_CALL:
                rising, high, peak = True, float(value), place
    return found


def _in_a_room(laugh: Laugh) -> FloatArray:
    quiet = np.zeros(int(_QUIET * SAMPLE_RATE), np.float32)
    samples = np.concatenate([quiet, laugh.samples, quiet])
    noise = np.random.default_rng(0).normal(0, 10 ** (_ROOM_DB / 20), len(samples))
    return (samples + noise).astype(np.float32)


def _bout_table(studio: Studio, laughs: Sequence[tuple[bool, Laugh]], shown: Mapping[str, Shown]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for held_out, laugh in laughs:
        whole = shown[laugh.name]
        found = [whole.seen[whole.during((start + _QUIET, end + _QUIET))] for start, end in laugh.bouts]
        onset = laugh.bouts[0][0] + _QUIET if laugh.bouts else float("nan")
        soft = show(studio, _in_a_room(softened(laugh, _SOFT_SECONDS, _SOFT_DB)))
        rows.append(
            (
                laugh.name,
                held_out,
                len(found),
                sum(bool(bout.any()) for bout in found),
                100 * float(np.concatenate(found).mean()),
                onset_error(whole, onset),
                onset_error(soft, onset),
            )
        )
    columns = ("clip", "held out", "bouts", "shown", "of their time %", "onset ms", "onset ms, softened")
    return Table(f"Laughs shown (aim 6 of 7 clips, {_SOFT_DB:g} dB softer onsets within 150 ms)", columns, tuple(rows))


def _alarm_table(
    studio: Studio, sets: Sets, speech: Mapping[str, Sequence[Shown]], clips: Sequence[SoundClip]
) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (name, *_alarms([samples_of(line) for line in sets[name]], lines)) for name, lines in speech.items()
    ]
    for kind in sorted({clip.kind for clip in clips} - {LAUGHING}):
        sounds = [clip.samples for clip in clips if clip.kind == kind]
        rows.append((kind, *_alarms(sounds, [show(studio, sound) for sound in sounds])))
    return Table("False alarms of laughter (aim 0.2 a minute)", ("set", "minutes", "bouts", "a minute"), tuple(rows))


def _alarms(sounds: Sequence[FloatArray], lines: Sequence[Shown]) -> tuple[float, int, float]:
    minutes = sum(map(len, sounds)) / SAMPLE_RATE / 60
    bouts = sum(line.bouts() for line in lines)
    return minutes, bouts, bouts / minutes


def _call_table(laughs: Sequence[tuple[bool, Laugh]], shown: Mapping[str, Shown]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for _, laugh in laughs:
        whole = shown[laugh.name]
        heard = call_rate([time for time, _ in laugh.calls])
        jaw = whole.laughing[:, _JAW]
        spans = [whole.during((start + _QUIET, end + _QUIET)) for start, end in laugh.bouts]
        seen = call_rate(
            [time + 100 * turn for turn, span in enumerate(spans) for time in jaw_calls(jaw[span], whole.fps)]
        )
        widest = max(float(jaw[span].max()) for span in spans)
        rows.append((laugh.name, heard, seen, abs(seen - heard), widest))
    return Table("Calls a second (people 4.7)", ("clip", "sound", "jaw", "error", "jaw widest"), tuple(rows))


def _smile_table(
    laughs: Sequence[tuple[bool, Laugh]], shown: Mapping[str, Shown], speech: Mapping[str, Sequence[Shown]]
) -> Table:
    during = []
    for _, laugh in laughs:
        whole = shown[laugh.name]
        during += [whole.laughing[whole.during((start + _QUIET, end + _QUIET))] for start, end in laugh.bouts]
    rows: list[tuple[Cell, ...]] = [("in laughs", *_units(during))] if during else []
    rows += [(name, *_units([line.laughing for line in lines])) for name, lines in speech.items()]
    return Table("Smile (AU 12) and raised cheeks (AU 6), means", ("where", "AU 12", "AU 6"), tuple(rows))


def _units(parts: Sequence[FloatArray]) -> tuple[float, float]:
    values = np.concatenate(parts)
    return float(values[:, _SMILE].mean()), float(values[:, _CHEEKS].mean())


def _residual_table(speech: Mapping[str, Sequence[Shown]]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, lines in speech.items():
        added = sum(float(np.square(line.laughing - line.without).sum()) for line in lines)
        moved = sum(float(np.square(line.without - line.without.mean(axis=0)).sum()) for line in lines)
        rows.append((name, 100 * added / max(moved, 1e-9)))
    return Table("Energy of the residual in plain speech, of the talk's (aim 3 %)", ("set", "%"), tuple(rows))


def _detector_table(sets: Sets, clips: Sequence[SoundClip]) -> Table:
    """The detector that prepares captures; it is the same for every model."""
    sounds = {name: [samples_of(line) for line in lines] for name, lines in sets.items()}
    for kind in sorted({clip.kind for clip in clips}):
        sounds[kind] = [clip.samples for clip in clips if clip.kind == kind]
    rows: list[tuple[Cell, ...]] = []
    for name, some in sounds.items():
        found = [len(hear_laughs(Speech(sound.astype(np.float32)))) for sound in some]
        minutes = sum(map(len, some)) / SAMPLE_RATE / 60
        rows.append((name, len(some), sum(map(bool, found)), minutes, sum(found) / minutes))
    title = "Sections found by the detector for captures (aim 6 of 7 laughs, 0.2 a minute elsewhere)"
    return Table(title, ("sounds", "count", "with a section", "minutes", "sections a minute"), tuple(rows))
