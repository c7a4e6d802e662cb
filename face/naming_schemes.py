"""Recognises how a rig names its controls, and makes the mapping for it."""

import re
from collections.abc import Iterable
from collections.abc import Mapping as Names
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from .basis import ARKIT, FLAME, JAW_CHANNELS, Basis, basis_of
from .eyes import BLINKS, LOOKS
from .mapping import JAW_MATRIX, PROPERTY, ROTATION, SHAPE_KEY, SOLVE, Mapping, Row, Target
from .mapping_files import read_fields, read_row
from .retarget import match_names, match_shape_keys
from .rigify_face import rigify_rows

SCHEMES: Final = Path(__file__).parent / "schemes"
_FEWEST: Final = 3
_SHORT: Final = 4
"""Names shorter than this are recognised only as they are: any word contains them."""
_SPEAKING: Final = {*ARKIT.opens_lips, *ARKIT.closes_lips, "mouthPucker"}
"""A head with more than half of these speaks by them; another one speaks by its visemes, if it has any."""
_MOUTH: Final = frozenset(channel for region in ("jaw", "lips", "tongue") for channel in ARKIT.regions[region])
_MOST_EXPRESSIONS: Final = 100
_FLAME_KEY: Final = re.compile(r"(?:exp|expression)_?([0-9]{1,3})", re.IGNORECASE)
_POSE_KEY: Final = re.compile(r"pose_?([0-9]{1,3})", re.IGNORECASE)


@dataclass(frozen=True)
class BoneRest:
    """A bone at rest in the space of its armature.

    Attributes:
        head: (3,) where it begins.
        axes: (3, 3) its own x, y and z axes as columns.
    """

    head: np.ndarray
    axes: np.ndarray


@dataclass(frozen=True)
class Rig:
    """What can be moved on a character.

    Attributes:
        shape_keys: the names on each mesh.
        bones: of its armature.
        properties: the custom properties of its armature that are numbers.
    """

    shape_keys: tuple[tuple[str, ...], ...]
    bones: Names[str, BoneRest] = field(default_factory=dict)
    properties: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[Any, ...]:
        """What a mapping is made of: equal for rigs that get the same mapping."""
        rests = ((name, rest.head.tobytes(), rest.axes.tobytes()) for name, rest in self.bones.items())
        return self.shape_keys, self.properties, tuple(rests)


@dataclass(frozen=True)
class Recognition:
    """A mapping that was made for a rig.

    Attributes:
        mapping: of what was found; its name is that of the naming schemes.
        found: how many controls of the main scheme the rig has.
        expected: how many that scheme has.
        missing: the channels of the basis that move nothing.
    """

    mapping: Mapping
    found: int
    expected: int
    missing: tuple[str, ...]

    @property
    def confidence(self) -> float:
        """The share of the scheme's controls that the rig has, 0..1."""
        return self.found / self.expected if self.expected else 0.0


@dataclass(frozen=True)
class _Entry:
    control: str
    row: Row
    is_alternative: bool


@dataclass(frozen=True)
class _Scheme:
    name: str
    entries: tuple[_Entry, ...]
    needs: tuple[str, ...]


@dataclass(frozen=True)
class _Match:
    name: str
    rows: tuple[Row, ...]
    found: int
    expected: int

    @property
    def covered(self) -> frozenset[str]:
        return frozenset(Mapping(self.rows).channels)


def recognise(rig: Rig, basis: Basis = ARKIT) -> Recognition:
    """Make a mapping for a rig by the names of its controls.

    ARKit's own names are looked for first, in the spellings of ``retarget.match_shape_keys``, then those of every
    naming scheme in ``SCHEMES``. The one that moves most channels leads, ARKit's if it moves as many; what that one
    does not move is taken from the others. The mouth of a head with visemes and few shapes for speech is solved.

    Args:
        rig: its names.
        basis: of the performance.

    Returns:
        The mapping, which has no rows if nothing was recognised.
    """
    return _recognise(_Question(rig.names, basis.channels, rig, basis))


@dataclass(frozen=True)
class _Question:
    """A rig and a basis, which are the same question as others of the same names."""

    names: tuple[Any, ...]
    channels: tuple[str, ...]
    rig: Rig = field(compare=False)
    basis: Basis = field(compare=False)


@lru_cache(maxsize=64)
def _recognise(question: _Question) -> Recognition:
    """As ``recognise``; a slider that is dragged asks the same many times, and a list of characters too."""
    rig, basis = question.rig, question.basis
    matches = [_match_basis(rig, basis)]
    if basis is ARKIT:
        matches += [match for scheme in schemes() if (match := _match_scheme(rig, scheme)) is not None]
        bones = rigify_rows({name: (rest.head, rest.axes) for name, rest in rig.bones.items()})
        if bones:
            matches.append(_Match("Rigify face", bones, len(bones), len(bones)))
    elif basis.has(JAW_CHANNELS):
        matches.append(_match_flame(rig, basis))
    speaks = any(2 * len(_direct(match.rows) & _SPEAKING) > len(_SPEAKING) for match in matches)
    if speaks:
        matches = [replace(m, rows=tuple(row for row in m.rows if row.combine != SOLVE)) for m in matches]
    lead = max(matches, key=lambda match: (len(match.covered & set(basis.channels)), match is matches[0]))
    used, rows = [lead], {row.target: row for row in lead.rows}
    rest = () if lead.covered >= set(basis.channels) else matches
    for match in sorted(rest, key=lambda match: -len(match.covered)):
        added = [row for row in match.rows if row.target not in rows and _is_wanted(row, tuple(rows.values()))]
        if match is not lead and added:
            rows.update({row.target: row for row in added})
            used.append(match)
    if rows and not basis.has(BLINKS):
        rows = {row.target: row for row in _eye_rows(rig)} | rows
    if any(row.combine == SOLVE for row in rows.values()):
        rows = {target: replace(row, combine=SOLVE) if _is_of_mouth(row) else row for target, row in rows.items()}
    mapping = Mapping(tuple(rows.values()), " + ".join(match.name for match in used if match.rows))
    return Recognition(mapping, lead.found, lead.expected, mapping.missing(basis))


def flame_of(rig: Rig) -> Basis | None:
    """FLAME with as many expressions as a rig has shape keys for, without gaps; None if it has none."""
    most = FLAME(_MOST_EXPRESSIONS)
    found = [most.index[name] for name in recognise(rig, most).mapping.channels if name in most.regions["expression"]]
    return FLAME(max(found) + 1) if found else None


def _is_wanted(row: Row, there: tuple[Row, ...]) -> bool:
    """Whether a row adds something. Beside visemes a shape of the mouth does: as a pose, so that nothing adds up."""
    is_solved = any(other.combine == SOLVE for other in there)
    if row.combine == SOLVE:
        return not is_solved
    moved = set(Mapping(there).channels)
    return not moved.intersection(row.channels) or (is_solved and _is_of_mouth(row))


def _is_of_mouth(row: Row) -> bool:
    return row.target.kind == SHAPE_KEY and _MOUTH.issuperset(row.channels)


def _direct(rows: Iterable[Row]) -> set[str]:
    return {channel for row in rows if row.combine != SOLVE for channel in row.channels}


def _match_basis(rig: Rig, basis: Basis) -> _Match:
    every = {name for names in rig.shape_keys for name in names}
    found: dict[str, dict[str, None]] = {channel: {} for channel in basis.channels}
    for names in rig.shape_keys:
        for channel, name in match_shape_keys(names, basis, every).items():
            found[channel][name] = None
    rows: dict[str, Row] = {}
    for channel, names_of_channel in found.items():
        for name in names_of_channel:
            rows.setdefault(name, Row(Target(SHAPE_KEY, name), ((channel, 1.0),)))
    moved = sum(bool(names_of_channel) for names_of_channel in found.values())
    return _Match(basis.name, tuple(rows.values()), moved, len(basis))


def _eye_rows(rig: Rig) -> Iterable[Row]:
    """ARKit's shapes of blinks and gaze on a head whose face moves otherwise, such as FLAME's."""
    every = {name for names in rig.shape_keys for name in names}
    sources = {channel: (eye, 1.0) for channel, eye in BLINKS.items()} | LOOKS
    for names in rig.shape_keys:
        for channel, name in match_shape_keys(names, ARKIT, every).items():
            if channel in sources:
                eye, direction = sources[channel]
                yield Row(Target(SHAPE_KEY, name), ((eye, float(direction)),), lowest=0, highest=1)


def _match_scheme(rig: Rig, scheme: _Scheme) -> _Match | None:
    controls = tuple(entry.control for entry in scheme.entries)
    in_keys: dict[str, dict[str, None]] = {}
    every = {name for names in rig.shape_keys for name in names}
    for names in rig.shape_keys:
        for control, name in _find(controls, names, every).items():
            in_keys.setdefault(control, {})[name] = None
    in_properties = _find(controls, rig.properties, ())
    if not all(control in in_keys or control in in_properties for control in scheme.needs):
        return None
    rows: dict[Target, Row] = {}
    for entry in scheme.entries:
        if entry.is_alternative and set(entry.row.channels) <= _direct(rows.values()):
            continue
        if entry.control in in_properties:  # it drives the shape keys of the same name
            targets = [Target(PROPERTY, in_properties[entry.control])]
        else:
            targets = [Target(SHAPE_KEY, name) for name in in_keys.get(entry.control, ())]
        rows.update({target: replace(entry.row, target=target) for target in targets})
    found = len({*in_keys, *in_properties})
    return _Match(scheme.name, tuple(rows.values()), found, len(controls)) if found >= _FEWEST else None


def _find(controls: tuple[str, ...], names: Iterable[str], relatives: Iterable[str]) -> dict[str, str]:
    names = tuple(names)
    if not names:
        return {}
    if min(map(len, controls)) < _SHORT:
        return match_names(names, controls)
    return match_shape_keys(names, basis_of(controls), relatives)


def _match_flame(rig: Rig, basis: Basis) -> _Match:
    """FLAME heads that others made: Exp1 and on, or Exp000 and on, the jaw as a bone, correctives Pose1 or Pose000."""
    rows: dict[Target, Row] = {}
    numbers = _numbered(rig, _FLAME_KEY)
    if numbers:
        first = min(numbers)
        for number, names in numbers.items():
            channel = f"exp{number - (first == 1):03}"
            if channel in basis.index:
                rows.update({Target(SHAPE_KEY, n): Row(Target(SHAPE_KEY, n), ((channel, 1.0),)) for n in names})
    jaw = next((bone for bone in rig.bones if bone.lower() == "jaw"), None)
    if jaw is not None:
        for axis, row in enumerate(_in_bone(rig, jaw)):
            sources = tuple(
                (name, float(part)) for name, part in zip(JAW_CHANNELS, row, strict=True) if abs(part) > 1e-6
            )
            rows[Target(ROTATION, jaw, axis)] = Row(Target(ROTATION, jaw, axis), sources)
    correctives = _numbered(rig, _POSE_KEY)
    first = 0 if 0 in correctives else 1
    for place, entry in enumerate(JAW_MATRIX):
        for name in correctives.get(first + _JAW_CORRECTIVE + place, ()):
            rows[Target(SHAPE_KEY, name)] = Row(Target(SHAPE_KEY, name), ((entry, 1.0),))
    return _Match("FLAME", tuple(rows.values()), len(rows), len(basis))


_JAW_CORRECTIVE: Final = 9
"""The correctives of the neck come before those of the jaw."""


def _numbered(rig: Rig, pattern: re.Pattern[str]) -> dict[int, list[str]]:
    numbers: dict[int, list[str]] = {}
    for name in dict.fromkeys(name for names in rig.shape_keys for name in names):
        match = pattern.fullmatch(name)
        if match is not None:
            numbers.setdefault(int(match[1]), []).append(name)
    return numbers


def _in_bone(rig: Rig, bone: str) -> np.ndarray:
    """(3, 3) FLAME's axes (x to the actor's left, y up, z forward) in the axes of a bone at rest.

    The rig stands with Y up, as FLAME itself, or with Z up and looks along -Y, whichever is closer to its neck.
    """
    spine = next((rig.bones[name] for name in ("neck", "head", "root", "global") if name in rig.bones), None)
    stands_up_z = spine is None or abs(spine.axes[2, 1]) >= abs(spine.axes[1, 1])
    flame = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], float) if stands_up_z else np.eye(3)
    return np.asarray(rig.bones[bone].axes.T @ flame)


@cache
def schemes() -> tuple[_Scheme, ...]:
    """The naming schemes that come with EmoTalk, by file name. Raises MappingError if a file is damaged."""
    found = []
    for path in sorted(SCHEMES.glob("*.json")):
        fields = read_fields(path.read_text(encoding="utf-8"))
        entries = tuple(_entry(row, f"{path.name}, row {number}") for number, row in enumerate(fields["rows"], 1))
        found.append(_Scheme(fields["name"], entries, tuple(fields.get("needs", ()))))
    return tuple(found)


def _entry(fields: Any, place: str) -> _Entry:
    fields = dict(fields)
    control, is_alternative = fields.pop("control"), bool(fields.pop("alternative", False))
    return _Entry(control, read_row({SHAPE_KEY: control, **fields}, place), is_alternative)
