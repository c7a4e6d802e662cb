"""Forced alignment with the network in training, which corrects the phone times of the first alignment.

The aligner's acoustic model is small and was trained on native adults; the network has learned from all lines at once,
so that errors of single lines average out. Each line's phones keep their order; their boundaries move, pauses may be
inserted between them, and a phone that is missing in the sound may shrink to one frame.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ...face.phones import PHONE_INDEX, PHONES, PhoneSegment
from ...inference.contract import EmoTalkError
from ..arrays import FloatArray, IntArray
from .corpus import CorpusLine, decode_phones, encode_phones, make_line
from .network import CONTENT_RATE, CompactNetwork, PhoneHead

_REACH: Final = 0.20
"""Seconds that a boundary may move."""

_PAUSE_COST: Final = 6.0
_PRIOR_SHARE: Final = 0.6


def realign_lines(
    lines: Sequence[CorpusLine], network: CompactNetwork, head: PhoneHead, wanted: Callable[[CorpusLine], bool]
) -> list[CorpusLine]:
    """The same lines; the wanted ones have their phones aligned again by a network in training."""
    priors = _priors(lines)
    network.eval()
    found = [
        _with_phones(line, realign(line.phones, _log_posteriors(line, network, head), priors)) if wanted(line) else line
        for line in lines
    ]
    network.train()
    return found


def phone_times(lines: Sequence[CorpusLine]) -> tuple[Tensor, Tensor]:
    """The phones of lines for a checkpoint: (n, 3) float64 class, start and end, and the (lines,) number of phones."""
    rows = [row for line in lines for row in encode_phones(line.phones)]
    return torch.tensor(rows, dtype=torch.float64), torch.tensor([len(line.phones) for line in lines])


def with_phone_times(lines: Sequence[CorpusLine], rows: Tensor, lengths: Tensor) -> list[CorpusLine]:
    """The lines with phones of ``phone_times``, in the same order.

    Raises:
        EmoTalkError: they belong to other lines.
    """
    if len(lengths) != len(lines):
        raise EmoTalkError("The checkpoint belongs to another corpus; start a new run")
    parts = np.split(rows.numpy(), np.cumsum(lengths.numpy())[:-1])
    return [_with_phones(line, decode_phones(part)) for line, part in zip(lines, parts, strict=True)]


def _with_phones(line: CorpusLine, phones: tuple[PhoneSegment, ...]) -> CorpusLine:
    return make_line(line.name, line.speaker, line.mel, line.prosody_input, phones)


def _priors(lines: Iterable[CorpusLine]) -> FloatArray:
    """(classes,) share of the time of each phone."""
    seconds = np.ones(len(PHONES))
    for line in lines:
        for phone in line.phones:
            seconds[PHONE_INDEX[phone.name]] += phone.end - phone.start
    seconds /= seconds.sum()
    return seconds


def _log_posteriors(line: CorpusLine, network: CompactNetwork, head: PhoneHead) -> FloatArray:
    mel = torch.from_numpy(line.mel[: len(line.mel) // 2 * 2].astype(np.float32)).to(network.content.usual.device)
    with torch.no_grad():
        content = network.content(mel[None])[0, :, : network.config.content_size]
        posteriors: FloatArray = functional.log_softmax(head.phone_logits(content), dim=1).cpu().numpy()
    return posteriors


def realign(phones: tuple[PhoneSegment, ...], scores: FloatArray, priors: FloatArray) -> tuple[PhoneSegment, ...]:
    """Align a line's phones with a network's posteriors (Viterbi).

    Args:
        phones: without gaps.
        scores: (frames, classes) log-posteriors at 50 Hz, frame k centred on k / 50 s.
        priors: (classes,) share of the time of each phone.

    Returns:
        The same phones in the same order with new times, and inserted pauses.
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
    path = _viterbi(rows)
    return _fill_ends(_segments(path, spoken), seconds)


def _viterbi(rows: FloatArray) -> IntArray:
    """(frames,) state of each frame: even states are pauses and may be skipped, odd ones are phones and may not."""
    frames, states = rows.shape
    pauses = np.arange(states) % 2 == 0
    entry = np.where(pauses, -_PAUSE_COST, 0.0)
    entry[[0, -1]] = 0
    best = np.full(states, -np.inf)
    best[:2] = rows[0, :2]
    backpointers = np.zeros((frames, states), np.int8)
    for frame in range(1, frames):
        stepped = np.concatenate([[-np.inf], best[:-1]]) + entry
        jumped = np.where(pauses, -np.inf, np.concatenate([[-np.inf, -np.inf], best[:-2]]))
        choices = np.stack([best, stepped, jumped])
        backpointers[frame] = choices.argmax(axis=0)
        best = choices.max(axis=0) + rows[frame]
    path = np.empty(frames, int)
    path[-1] = states - 1 if best[-1] >= best[-2] else states - 2
    for frame in range(frames - 1, 0, -1):
        path[frame - 1] = path[frame] - backpointers[frame, path[frame]]
    return path


def _segments(path: IntArray, spoken: list[PhoneSegment]) -> list[PhoneSegment]:
    changes = np.flatnonzero(np.diff(path)) + 1
    starts = np.concatenate([[0], changes])
    ends = np.concatenate([changes, [len(path)]])
    return [
        PhoneSegment(
            spoken[path[start] // 2].name if path[start] % 2 else "SIL",
            (start - 0.5) / CONTENT_RATE,
            (end - 0.5) / CONTENT_RATE,
        )
        for start, end in zip(starts, ends, strict=True)
    ]


def _fill_ends(phones: list[PhoneSegment], seconds: float) -> tuple[PhoneSegment, ...]:
    first = [PhoneSegment(phones[0].name, 0.0, phones[0].end), *phones[1:]]
    return (*first[:-1], PhoneSegment(first[-1].name, first[-1].start, seconds))
