"""The way back through a character mapping: from the values of a rig's controls to the channels that moved them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from .basis import ARKIT, EYES, HEAD, Basis
from .curves import FaceCurves, Performance, ReadCurves
from .mapping import JAW_MATRIX, MAX, MEAN, MIN, SOLVE, Mapping, Row, say_missing

_STILL: Final = 1e-6
"""Less than this is float32's rounding."""
_ROUNDS: Final = 300
_EXTRA: Final = (*HEAD.channels, *EYES.channels)


@dataclass(frozen=True)
class Recovered:
    """What the values of controls say about the channels.

    Attributes:
        performance: whose mapping comes closest to the values. Channels with a control of their own are exact, also
            where they are beyond their limits; the others are within them.
        untold: channels of the face that no control tells; they are 0.
        shared: channels that move controls only together with others, so that several of their values fit. They get
            the smallest ones.
        solved: channels that visemes stand for.
    """

    performance: Performance
    untold: tuple[str, ...]
    shared: tuple[str, ...]
    solved: tuple[str, ...]

    @property
    def curves(self) -> ReadCurves:
        """The performance with sentences about what could not be recovered."""
        basis = self.performance.face.basis
        remarks = []
        if self.untold:
            remarks.append(f"Nothing tells {say_missing(self.untold, basis)}, so they are 0")
        if self.shared:
            remarks.append(f"Only together can be told: {say_missing(self.shared, basis)}")
        if self.solved:
            remarks.append("The mouth is what its visemes show; other faces may look the same")
        return ReadCurves(self.performance, tuple(remarks))


def recover(values: FaceCurves, mapping: Mapping, basis: Basis) -> Recovered:
    """The performance that a mapping turns into some values.

    Gain and offset are undone for each control. Where controls have several sources, the channels are those within
    their limits that come closest, in the sense of least squares. Shares of visemes give the sum of their poses. What a
    clamp of the mapping has cut off cannot come back, nor can FLAME's jaw from its correctives alone.

    Args:
        values: of the controls, in the order of the mapping's rows (``Mapping.basis``).
        mapping: of the character.
        basis: of the face that is wanted.
    """
    names = (*basis.channels, *_EXTRA)
    column = {name: number for number, name in enumerate(names)}
    undone = {
        row: (values.values[:, number].astype(np.float64) - row.offset) / row.gain
        for number, row in enumerate(mapping.rows)
        if row.gain and not set(JAW_MATRIX).intersection(row.channels)
    }
    rows = _that_move({row: value for row, value in undone.items() if set(row.channels) & set(column)})
    system, wanted = _equations(rows, column)
    found, used, shared = _solved(system, wanted, basis, [row for row in rows if row.combine != SOLVE])
    of_visemes = np.zeros_like(used)
    if basis is ARKIT:
        poses = [row for row in rows if row.combine == SOLVE]
        for row in poses:
            for channel, weight in row.sources:
                if weight and not used[column[channel]]:
                    of_visemes[column[channel]] = True
                    found[column[channel]] += weight * rows[row]
        low, high = _limits(basis)
        found[of_visemes] = np.clip(found[of_visemes], low[of_visemes, None], high[of_visemes, None])
    face, head, eyes = np.split(found.T.astype(np.float32), np.cumsum([len(basis), len(HEAD)]), axis=1)
    performance = Performance(
        FaceCurves(np.ascontiguousarray(face), basis, values.fps),
        FaceCurves(np.ascontiguousarray(head), HEAD, values.fps),
        FaceCurves(np.ascontiguousarray(eyes), EYES, values.fps),
        clamped=bool((face >= basis.lowest).all() and (face <= basis.highest).all()),
    )
    return Recovered(
        performance,
        _named(basis, ~(used | of_visemes)),
        _named(basis, shared),
        _named(basis, of_visemes),
    )


def _named(basis: Basis, chosen: np.ndarray) -> tuple[str, ...]:
    return tuple(name for name, is_chosen in zip(basis.channels, chosen[: len(basis)], strict=True) if is_chosen)


def _limits(basis: Basis) -> tuple[np.ndarray, np.ndarray]:
    parts = (basis, HEAD, EYES)
    return np.concatenate([part.lowest for part in parts]), np.concatenate([part.highest for part in parts])


def _that_move(undone: dict[Row, np.ndarray]) -> dict[Row, np.ndarray]:
    """Without controls that stay at rest while another one with the same sources moves: nobody has keyed them."""
    moving = {row for row, value in undone.items() if np.abs(value).max(initial=0) > _STILL}
    told = {(row.sources, row.combine) for row in moving}
    return {row: value for row, value in undone.items() if row in moving or (row.sources, row.combine) not in told}


def _equations(rows: dict[Row, np.ndarray], column: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """The (equations, channels) system and the (equations, frames) values of all controls that are not solved.

    The highest or lowest of several channels says what each of them may be at most; it is taken for those that nothing
    else tells.
    """
    frames = len(next(iter(rows.values()))) if rows else 0
    sums = [row for row in rows if row.combine != SOLVE and not _is_extreme(row)]
    told = {channel for row in sums for channel in row.channels}
    equations: list[tuple[list[tuple[str, float]], np.ndarray]] = []
    for row, value in rows.items():
        sources = [(channel, weight) for channel, weight in row.sources if weight and channel in column]
        if _is_extreme(row):
            equations += [([source], value) for source in sources if source[0] not in told]
        elif row in sums and sources:
            total = sum(weight for _channel, weight in row.sources) if row.combine == MEAN else 1.0
            equations.append(([(channel, weight / total) for channel, weight in sources], value))
    system = np.zeros((len(equations), len(column)))
    wanted = np.zeros((len(equations), frames))
    for number, (sources, value) in enumerate(equations):
        for channel, weight in sources:
            system[number, column[channel]] = weight
        length = float(np.linalg.norm(system[number]))
        system[number] /= length
        wanted[number] = value / length
    return system, wanted


def _is_extreme(row: Row) -> bool:
    return row.combine in (MAX, MIN) and len(row.sources) > 1


def _solved(
    system: np.ndarray, wanted: np.ndarray, basis: Basis, rows: Iterable[Row]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(channels, frames) values, (channels,) which of them are told at all, and which only together."""
    inverse = np.linalg.pinv(system, rcond=1e-9)
    found = inverse @ wanted
    used = (system != 0).any(axis=0)
    shared = used & (np.einsum("nr,rn->n", inverse, system) < 1 - _STILL)
    names = (*basis.channels, *_EXTRA)
    together = {channel for row in rows if len(row.sources) > 1 for channel in row.channels}
    extremes = {channel for row in rows if _is_extreme(row) for channel in row.channels}
    alone = {channel for row in rows if not _is_extreme(row) for channel in row.channels}
    shared |= used & np.isin(names, list(extremes - alone))
    low, high = _limits(basis)
    is_bounded = np.isin(names, list(together))
    low, high = np.where(is_bounded, low, -np.inf), np.where(is_bounded, high, np.inf)
    is_beyond = ((found < low[:, None] - _STILL) | (found > high[:, None] + _STILL)).any(axis=0)
    if is_beyond.any():
        found[:, is_beyond] = _bounded(system, wanted[:, is_beyond], found[:, is_beyond], low, high, used)
    return np.clip(found, low[:, None], high[:, None]), used, shared


def _bounded(
    system: np.ndarray, wanted: np.ndarray, start: np.ndarray, low: np.ndarray, high: np.ndarray, used: np.ndarray
) -> np.ndarray:
    """Least squares within limits by coordinate descent: each channel in turn goes where it fits best."""
    products, slopes = system.T @ system, system.T @ wanted
    found = np.clip(start, low[:, None], high[:, None])
    for _ in range(_ROUNDS):
        change = 0.0
        for channel in np.flatnonzero(used):
            step = (slopes[channel] - products[channel] @ found) / products[channel, channel]
            moved = np.clip(found[channel] + step, low[channel], high[channel])
            change = max(change, float(np.abs(moved - found[channel]).max()))
            found[channel] = moved
        if change < _STILL:
            break
    return found
