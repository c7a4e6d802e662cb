"""Emotion mining: which of the learnt emotion vectors make good presets.

Each candidate is seen on the same sounds: closed lips in speech, silence, and wide open vowels of the takes. Those that
keep the mouth open in a closure, move in silence, or hardly open it in vowels are dropped, as are those that another
one beats in everything; the rest is clustered by what it looks like. The animator names the presets.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import torch
from torch import Tensor

from ...face.basis import Basis
from ...inference.models.karras import WINDOW, autocorrelation
from ..arrays import BoolArray, FloatArray, IntArray
from .network import KarrasNetwork
from .prepared_takes import PHASES, PreparedTake, is_quiet, window_starts

_CANDIDATES: Final = 240
_PROBES: Final = 24
"""Moments of each kind; those of silence are pairs of neighbours."""
_NEIGHBOUR: Final = 0.032
_AT_ONCE: Final = 20
_ROUNDS: Final = 30
_LEAST_SPEED: Final = 1e-3
_LEAST_OPEN: Final = 0.05
_MORE_MOTION: Final = 3.0
_LEAST_RANGE: Final = 0.6
"""What a preset may do worse than no emotion: the lips in a closure, motion in silence, the range of the vowels."""


@dataclass(frozen=True)
class Preset:
    """A mined emotion.

    Attributes:
        name: until the animator gives it another one.
        vector: (E,).
        pose: (channels,) mean face over the vowels: its thumbnail.
    """

    name: str
    vector: FloatArray
    pose: FloatArray


@dataclass(frozen=True)
class Sounds:
    """What the network hears around some moments.

    Attributes:
        spectra: (n, 64, 145) power spectra.
        content: (n, 64, K) content features; K may be 0.
    """

    spectra: FloatArray
    content: FloatArray


@dataclass(frozen=True)
class Scores:
    """How good candidates are, each (n,).

    Attributes:
        closure: opening where the lips were captured closed; low is good.
        rest: motion in silence; low is good.
        range: spread of the opening over vowels; high is good.
        distinctness: distance of the mean face over vowels from the neutral one; high is good.
    """

    closure: FloatArray
    rest: FloatArray
    range: FloatArray
    distinctness: FloatArray

    def of(self, candidates: IntArray) -> "Scores":
        """The scores of some candidates."""
        return Scores(*(getattr(self, each.name)[candidates] for each in fields(self)))

    def usable(self, neutral: int) -> BoolArray:
        """(n,) whether a candidate closes the lips, rests and opens the mouth about as well as the neutral one."""
        return np.asarray(
            (self.closure <= self.closure[neutral] + _LEAST_OPEN)
            & (self.rest <= _MORE_MOTION * self.rest[neutral])
            & (self.range >= _LEAST_RANGE * self.range[neutral])
        )

    def pareto(self) -> BoolArray:
        """(n,) whether no other candidate is at least as good in everything and better in something."""
        good = np.stack([-self.closure, -self.rest, self.range, self.distinctness], axis=1)
        no_worse = (good[:, None] >= good[None]).all(axis=2)
        better = (good[:, None] > good[None]).any(axis=2)
        return np.asarray(~(no_worse & better).any(axis=0))


def mine_presets(
    network: KarrasNetwork,
    table: FloatArray,
    neutral: FloatArray,
    takes: Sequence[PreparedTake],
    basis: Basis,
    most: int,
    rng: np.random.Generator,
) -> list[Preset]:
    """The best distinct emotions among the learnt vectors.

    Args:
        network: in evaluation mode.
        table: (frames, E) the learnt vectors.
        neutral: (E,) the vector of no emotion.
        takes: those that were trained on.
        basis: of the poses.
        most: presets at most.
        rng: of the clustering.

    Returns:
        Presets named ``Mood 1`` and on, the most distinct one first.
    """
    picks = np.unique(np.linspace(0, len(table) - 1, _CANDIDATES).astype(int))
    candidates = np.concatenate([neutral[None], table[picks]])
    sounds, ends = probes(takes, basis)
    faces = _faces(network, sounds, candidates)
    in_vowels = faces[:, ends[0] : ends[1]].mean(axis=1)
    scores = score(faces, in_vowels[0], ends, basis)
    usable = 1 + np.flatnonzero(scores.usable(neutral=0)[1:])
    usable = usable if len(usable) else np.arange(1, len(candidates))
    kept = usable[scores.of(usable).pareto()]
    chosen = [kept[place] for place in _cluster(in_vowels[kept], most, rng)]
    chosen.sort(key=lambda place: -scores.distinctness[place])
    return [
        Preset(f"Mood {number}", candidates[place], in_vowels[place]) for number, place in enumerate(chosen, start=1)
    ]


def score(faces: FloatArray, neutral: FloatArray, ends: IntArray, basis: Basis) -> Scores:
    """The scores of candidates.

    Args:
        faces: (n, probes, channels) of each candidate: closures, vowels, then silences in pairs of neighbours.
        neutral: (channels,) mean face over the vowels without emotion.
        ends: (3,) where the closures, the vowels and the silences end.
        basis: of the channels.
    """
    closed, vowels, silent = np.split(faces, ends[:2], axis=1)
    speed = np.abs(silent[:, 1::2] - silent[:, ::2]).mean(axis=(1, 2)) if silent.size else np.zeros(len(faces))
    openings = opening(vowels, basis)
    return Scores(
        closure=opening(closed, basis).mean(axis=1) if closed.size else np.zeros(len(faces)),
        rest=np.maximum(speed, _LEAST_SPEED),
        range=openings.std(axis=1),
        distinctness=np.linalg.norm(vowels.mean(axis=1) - neutral, axis=1),
    )


def opening(values: FloatArray, basis: Basis) -> FloatArray:
    """The opening between the lips of (..., channels); where the basis cannot tell, how far the face is from zero."""
    if basis.lip_terms:
        return np.asarray(np.maximum(values @ basis.lip_weights, 0))
    return np.asarray(np.linalg.norm(values, axis=-1))


def probes(takes: Sequence[PreparedTake], basis: Basis) -> tuple[Sounds, IntArray]:
    """Sounds of closed lips in speech, of vowels, and of silence in pairs; and (3,) where each kind of them ends."""
    closures: list[Sounds] = []
    vowels: list[Sounds] = []
    silences: list[Sounds] = []
    for take in takes:
        times = np.arange(0, take.seconds - _NEIGHBOUR, 1 / take.fps)
        opened = opening(take.values[: len(times)], basis)
        quiet = is_quiet(take, times)
        speaks = ~quiet
        if not speaks.any():
            continue
        low, high = np.quantile(opened[speaks], (0.1, 0.9))
        share = -(-_PROBES // len(takes))
        closures.append(_windows(take, _spread(times[speaks & (opened <= low)], share)))
        vowels.append(_windows(take, _spread(times[speaks & (opened >= high)], share)))
        calm = _spread(times[quiet], share)
        silences.append(_windows(take, np.stack([calm, calm + _NEIGHBOUR], axis=1).ravel()))
    ends = np.cumsum([sum(len(each.spectra) for each in kind) for kind in (closures, vowels, silences)])
    every = [*closures, *vowels, *silences]
    spectra, content = (np.concatenate([getattr(each, name.name) for each in every]) for name in fields(Sounds))
    return Sounds(spectra, content), ends


def _windows(take: PreparedTake, moments: FloatArray) -> Sounds:
    phases, starts, _ = window_starts(moments)
    rows = np.arange(WINDOW)
    return Sounds(
        take.spectra[phases[:, None], starts[:, None] + rows], take.content_of(starts + phases / PHASES, rows)
    )


def _spread(times: FloatArray, count: int) -> FloatArray:
    return times[np.unique(np.linspace(0, len(times) - 1, count).astype(int))] if len(times) else times


@torch.no_grad()
def _faces(network: KarrasNetwork, sounds: Sounds, vectors: FloatArray) -> FloatArray:
    """(vectors, sounds, channels) the face of every vector at every sound."""
    frames = autocorrelation(sounds.spectra, network.config.compression)
    device = next(network.parameters()).device
    windows = network.formants(torch.from_numpy(frames).to(device), torch.from_numpy(sounds.content).to(device))
    parts: list[Tensor] = []
    for some in torch.from_numpy(vectors.astype(np.float32)).to(device).chunk(-(-len(vectors) // _AT_ONCE)):
        poses = network.poses(windows.repeat(len(some), 1, 1), some.repeat_interleave(len(windows), dim=0))
        parts.append(poses.view(len(some), len(windows), -1))
    return torch.cat(parts).cpu().numpy()


def _cluster(looks: FloatArray, most: int, rng: np.random.Generator) -> list[int]:
    """Indices of the candidates nearest to the centres of at most so many clusters (k-means, spread seeds)."""
    count = min(most, len(np.unique(looks.round(4), axis=0)))
    centres = looks[rng.integers(len(looks))][None]
    while len(centres) < count:
        gaps = np.linalg.norm(looks[:, None] - centres, axis=2).min(axis=1)
        centres = np.concatenate([centres, looks[np.argmax(gaps)][None]])
    for _ in range(_ROUNDS):
        nearest = np.linalg.norm(looks[:, None] - centres, axis=2).argmin(axis=1)
        centres = np.stack(
            [looks[nearest == i].mean(axis=0) if (nearest == i).any() else centres[i] for i in range(count)]
        )
    gaps = np.linalg.norm(looks[:, None] - centres, axis=2)
    return list(dict.fromkeys(int(place) for place in gaps.argmin(axis=0)))
