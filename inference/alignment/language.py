"""Whether a text is English: by the small words that every sentence has."""

from collections.abc import Sequence
from typing import Final

_ENGLISH: Final = frozenset(
    (
        "the of and to a in is you that it he was for on are as with his they i at be this have from or had by but not "
        "what all were we when your can said there an which she do how their if will up about out them then so some "
        "her would him into has more no my than been who now did get me our us i'm it's don't that's"
    ).split()
)
_OTHERS: Final = {
    "German": "der die das und ich nicht ist ein eine zu den dem sie er wir mit auf für dass es auch sich von haben",
    "French": "le la les et est un une je ne pas vous nous que qui des du dans pour ce il elle sur avec mais c'est",
    "Spanish": "el la los las y es un una que no de en por con para como pero yo lo se del está muy su me",
    "Italian": "il lo la gli e è un una che non di per con sono ma come io ho mi ti si del della questo",
    "Portuguese": "o os as e é um uma que não de em por com para como mas eu do da no na se você",
    "Dutch": "de het een en ik niet is van dat je hij zij we met op voor maar ook zijn er naar",
}
_FOREIGN: Final = {language: frozenset(words.split()) - _ENGLISH for language, words in _OTHERS.items()}
_LEAST_WORDS: Final = 2
"""Small words of the other language, below which a name or a quotation is likelier."""


def foreign_language(words: Sequence[str]) -> str:
    """The name of the language of a text that is not English; "" if it is, or if too little tells.

    Args:
        words: of the text, as they are written.
    """
    small = [word.casefold() for word in words]
    english = sum(word in _ENGLISH for word in small)
    counts = {language: sum(word in foreign for word in small) for language, foreign in _FOREIGN.items()}
    language = max(counts, key=lambda name: counts[name])
    return language if counts[language] >= _LEAST_WORDS and counts[language] > 2 * english else ""
