"""Times between frames at which one phone gives way to the next."""

import numpy as np


def boundary_time(posteriors: np.ndarray, rate: float, frame: int, before: int, after: int) -> float:
    """The time (s) of a boundary between two phones.

    Args:
        posteriors: (n, 41) log posteriors; frame i is centred at i / rate s.
        rate: frames per second.
        frame: the first frame of the second phone.
        before: index of the first phone.
        after: index of the second.

    Returns:
        Where the second becomes more probable than the first, by a straight line between the two frames; halfway
        between them if they do not cross there.
    """
    if not 0 < frame < len(posteriors):
        return max(frame - 0.5, 0.0) / rate
    margin_before = float(posteriors[frame - 1, before] - posteriors[frame - 1, after])
    margin_after = float(posteriors[frame, after] - posteriors[frame, before])
    share = 0.5
    if margin_before > 0 and margin_after > 0:
        share = margin_before / (margin_before + margin_after)
    return (frame - 1 + share) / rate
