"""Posteriors as an imperfect ear would have them, from phones with known times."""

import numpy as np
from emotalk.face.phones import PHONE_INDEX, PHONES, PhoneSegment

_ALIKE = (
    "P T K B D G",
    "M N NG",
    "S Z SH ZH TH F V DH",
    "AA AO AH AX OW AE EH",
    "IY IH EY EH AX",
    "UW UH OW W",
    "L R W Y ER",
    "CH JH SH",
    "HH SIL",
)
_SMEAR = 0.02
"""Seconds in which one phone gives way to the next."""


def similarity():
    """(phones, phones) 1 for phones that are taken for each other."""
    alike = np.full((len(PHONES), len(PHONES)), 0.02)
    for group in _ALIKE:
        places = [PHONE_INDEX[name] for name in group.split()]
        alike[np.ix_(places, places)] = 1
    return alike


def posteriors_of(phones, seconds, rate, seed=0, mistaken=0.2):
    """(n, phones) log posteriors of an ear that takes a share of the phones for others like them.

    Args:
        phones: of the line.
        seconds: of the sound.
        rate: frames per second.
        seed: of the noise.
        mistaken: share of phones for which a similar one is the most probable.
    """
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * rate)) / rate
    alike = similarity()
    logits = rng.normal(0, 1.2, (len(times), len(PHONES)))
    for phone in phones:
        place = heard = PHONE_INDEX[phone.name]
        if phone.name != "SIL" and rng.random() < mistaken:
            heard = rng.choice(len(PHONES), p=alike[place] / alike[place].sum())
        share = np.clip(np.minimum(times - phone.start, phone.end - times) / _SMEAR + 0.5, 0, 1)
        logits += 2 * share[:, None] * alike[place]
        logits[:, heard] += 3.5 * share
        logits[:, place] += 3 * share
    highest = logits.max(1, keepdims=True)
    return (logits - highest - np.log(np.exp(logits - highest).sum(1, keepdims=True))).astype(np.float32)


def spoken(spellings, seed=0, pause=0.3, fastest=0.05, slowest=0.16):
    """Phones with times for words: pauses before, after and here and there between them.

    Args:
        spellings: the phones of each word, by name.
        seed: of the durations.
        pause: share of words with a pause before them.
        fastest: seconds of the shortest phone.
        slowest: seconds of the longest one.

    Returns:
        The phones, and the times of each word.
    """
    rng = np.random.default_rng(seed)
    phones, words, clock = [PhoneSegment("SIL", 0.0, 0.3)], [], 0.3
    for number, names in enumerate(spellings):
        if number and rng.random() < pause:
            end = clock + rng.uniform(0.1, 0.5)
            phones.append(PhoneSegment("SIL", clock, end))
            clock = end
        start = clock
        for name in names:
            end = clock + rng.uniform(fastest, slowest)
            phones.append(PhoneSegment(name, clock, end))
            clock = end
        words.append((start, clock))
    phones.append(PhoneSegment("SIL", clock, clock + 0.4))
    return tuple(phones), words
