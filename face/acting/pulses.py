"""Eased events in time, from which all acting curves are made."""

import numpy as np


def eased(share: np.ndarray) -> np.ndarray:
    """A smooth step without a jump of the speed: 0 at 0 and below, 1 at 1 and above."""
    share = np.clip(share, 0, 1)
    return share * share * (3 - 2 * share)


def event(frames: int, fps: float, apex: float, rise: float, hold: float, fall: float) -> tuple[slice, np.ndarray]:
    """One rise and fall.

    Args:
        frames: of the line.
        fps: frames per second.
        apex: second at which the event reaches its height.
        rise: seconds before the apex.
        hold: seconds at the height.
        fall: seconds back to rest.

    Returns:
        The frames that it takes, and its course there, 0..1.
    """
    first = min(max(int(np.ceil((apex - rise) * fps)), 0), frames)
    last = max(min(int((apex + hold + fall) * fps) + 1, frames), first)
    since = np.arange(first, last) / fps - apex
    return slice(first, last), np.where(since < 0, eased(1 + since / rise), eased(1 - (since - hold) / fall))


def raise_to(track: np.ndarray, fps: float, apex: float, rise: float, hold: float, fall: float, height: float) -> None:
    """Raise a (frames,) track to an event of this height, in place; where events overlap, the higher one counts.

    See ``event`` for the other arguments.
    """
    where, course = event(len(track), fps, apex, rise, hold, fall)
    np.maximum(track[where], height * course, out=track[where])


def sway(frames: int, fps: float, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """(frames,) slow motion within -1..1 that takes about so many seconds from one side to the other."""
    knots = 2 * rng.random(int(frames / fps / seconds) + 3) - 1
    place = np.arange(frames) / fps / seconds + float(rng.random())
    below = place.astype(int)
    part = eased(place - below)
    return knots[below] * (1 - part) + knots[below + 1] * part


def vary(rng: np.random.Generator, low: float, high: float) -> float:
    """A uniform number between the two."""
    return low + (high - low) * float(rng.random())
