"""Phone times found again by a trained network, where the first alignment put them only nearly right.

The aligner's acoustic model is small and knows native adults; a network that has learnt from all of its times at once
is right where most of them are. Each line's phones keep their order; their boundaries move, pauses may open between
them, and a phone that is not to be heard may shrink to almost nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch.nn import functional

from ..face.atomic_file import replacing
from .corpus import CorpusLine, corpus_line, phone_rows, phones_of
from .network import CONTENT_RATE, CompactNetwork, PhoneHead
from .phones import PHONE_INDEX, PHONES, Phone

_REACH: Final = 0.20
"""Seconds that a phone may move."""

_PAUSE_COST: Final = 6.0
_PRIOR_SHARE: Final = 0.6


def realigned(
    lines: Sequence[CorpusLine], network: CompactNetwork, head: PhoneHead, wanted: Callable[[CorpusLine], bool]
) -> list[CorpusLine]:
    """The same lines, the wanted ones with the times that a network in training finds for their phones."""
    priors = _priors(lines)
    network.eval()
    found = [
        _retimed(line, realign(line.phones, _scores(line, network, head), priors)) if wanted(line) else line
        for line in lines
    ]
    network.train()
    return found


def write_times(path: Path, lines: Sequence[CorpusLine]) -> None:
    """Keep the phones of lines, so that a resumed run need not find them again."""
    rows = [row for line in lines for row in phone_rows(line.phones)]
    with replacing(path) as part, part.open("wb") as file:
        np.savez(file, phones=np.array(rows), lengths=np.array([len(line.phones) for line in lines]))


def read_times(path: Path, lines: Sequence[CorpusLine]) -> list[CorpusLine]:
    """The lines with the phones that ``write_times`` kept of them, in the same order.

    Raises:
        ValueError: they were written of other lines.
    """
    with np.load(path, allow_pickle=False) as file:
        rows, lengths = file["phones"], file["lengths"]
    if len(lengths) != len(lines):
        raise ValueError(f"{path.name} is of another corpus; train in another folder")
    parts = np.split(rows, np.cumsum(lengths)[:-1])
    return [_retimed(line, phones_of(part)) for line, part in zip(lines, parts, strict=True)]


def _retimed(line: CorpusLine, phones: tuple[Phone, ...]) -> CorpusLine:
    return corpus_line(line.name, line.speaker, line.mel, line.prosody_input, phones)


def _priors(lines: Iterable[CorpusLine]) -> np.ndarray:
    """(classes,) share of the time that each phone takes."""
    seconds = np.ones(len(PHONES))
    for line in lines:
        for phone in line.phones:
            seconds[PHONE_INDEX[phone.name]] += phone.end - phone.start
    return seconds / seconds.sum()


@torch.no_grad()
def _scores(line: CorpusLine, network: CompactNetwork, head: PhoneHead) -> np.ndarray:
    mel = torch.from_numpy(line.mel[: len(line.mel) // 2 * 2].astype(np.float32))
    content = network.content(mel[None])[0, :, : network.config.content_size]
    return functional.log_softmax(head.tell_phones(content), dim=1).numpy()


def realign(phones: tuple[Phone, ...], scores: np.ndarray, priors: np.ndarray) -> tuple[Phone, ...]:
    """The best path of a line's phones through a network's posteriors.

    Args:
        phones: without gaps.
        scores: (frames, classes) log-posteriors at 50 Hz, frame k centred on k / 50 s.
        priors: (classes,) how common each class is.

    Returns:
        The same phones in the same order with new times; pauses may have come between them.
    """
    spoken = [phone for phone in phones if phone.name != "SIL"]
    if not spoken or not len(scores):
        return phones
    seconds = phones[-1].end
    emitted = scores - _PRIOR_SHARE * np.log(priors)
    classes = np.full(2 * len(spoken) + 1, PHONE_INDEX["SIL"])
    classes[1::2] = [PHONE_INDEX[phone.name] for phone in spoken]
    rows = emitted[:, classes]
    times = np.arange(len(scores)) / CONTENT_RATE
    for state, phone in enumerate(spoken):
        outside = (times < phone.start - _REACH) | (times > phone.end + _REACH)
        rows[outside, 2 * state + 1] = -1e4
    path = _best_path(rows)
    return _without_holes(_spans(path, spoken), seconds)


def _best_path(rows: np.ndarray) -> np.ndarray:
    """(frames,) state of each frame: pauses at even places may be left out, phones at odd ones may not."""
    frames, states = rows.shape
    pauses = np.arange(states) % 2 == 0
    entry = np.where(pauses, -_PAUSE_COST, 0.0)
    entry[[0, -1]] = 0
    best = np.full(states, -np.inf)
    best[:2] = rows[0, :2]
    came = np.zeros((frames, states), np.int8)
    for frame in range(1, frames):
        stepped = np.concatenate([[-np.inf], best[:-1]]) + entry
        jumped = np.where(pauses, -np.inf, np.concatenate([[-np.inf, -np.inf], best[:-2]]))
        choices = np.stack([best, stepped, jumped])
        came[frame] = choices.argmax(axis=0)
        best = choices.max(axis=0) + rows[frame]
    path = np.empty(frames, int)
    path[-1] = states - 1 if best[-1] >= best[-2] else states - 2
    for frame in range(frames - 1, 0, -1):
        path[frame - 1] = path[frame] - came[frame, path[frame]]
    return path


def _spans(path: np.ndarray, spoken: list[Phone]) -> list[Phone]:
    changes = np.flatnonzero(np.diff(path)) + 1
    starts = np.concatenate([[0], changes])
    ends = np.concatenate([changes, [len(path)]])
    return [
        Phone(
            spoken[path[start] // 2].name if path[start] % 2 else "SIL",
            (start - 0.5) / CONTENT_RATE,
            (end - 0.5) / CONTENT_RATE,
        )
        for start, end in zip(starts, ends, strict=True)
    ]


def _without_holes(phones: list[Phone], seconds: float) -> tuple[Phone, ...]:
    first = [Phone(phones[0].name, 0.0, phones[0].end), *phones[1:]]
    return (*first[:-1], Phone(first[-1].name, first[-1].start, seconds))
