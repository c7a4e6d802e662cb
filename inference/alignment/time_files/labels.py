"""Labels of other programs as phones: ARPAbet with stress, IPA, X-SAMPA's silences, visemes and mouth shapes."""

import re
import unicodedata
from typing import Final

from ....face.phones import parse_label

_SILENCES: Final = frozenset(
    ("", "sil", "sp", "spn", "nsn", "noise", "pau", "<eps>", "<sil>", "<p:>", "<p>", "_", "#", "-", "br", "silence")
)

_IPA: Final[dict[str, str]] = dict(
    pair.split("=")
    for pair in (
        "p=P b=B t=T d=D k=K ɡ=G g=G c=K ɟ=G q=K ʔ=T m=M n=N ŋ=NG ɲ=N+Y ɱ=M ɳ=N f=F v=V θ=TH ð=DH s=S z=Z ʃ=SH ʒ=ZH "
        "x=HH ç=HH χ=HH h=HH ɦ=HH ɸ=F β=V ʋ=V ɬ=L l=L ɫ=L ʎ=L+Y ɭ=L r=R ɹ=R ɻ=R ɾ=T ʁ=R ʀ=R j=Y w=W ɥ=W ʍ=W "
        "tʃ=CH dʒ=JH ts=T+S dz=D+Z pf=P+F tɕ=CH dʑ=JH ʧ=CH ʤ=JH ɕ=SH ʑ=ZH ʂ=SH ʐ=ZH "
        "i=IY ɪ=IH ɨ=IH y=UW ʏ=UH e=EY ø=ER ɛ=EH œ=ER æ=AE a=AA ɶ=AA ɑ=AA ɒ=AA ɐ=AH ʌ=AH ə=AX ɘ=AX ɵ=UH ɜ=ER ɞ=ER "
        "ɝ=ER ɚ=ER ɤ=AH o=OW ɔ=AO u=UW ʊ=UH ʉ=UW ɯ=UW aj=AY aw=AW ej=EY ow=OW ɔj=OY əw=OW "
        "aɪ=AY aʊ=AW eɪ=EY oʊ=OW əʊ=OW ɔɪ=OY ɪə=IH+AX eə=EH+AX ʊə=UH+AX ɑɹ=AA+R ɔɹ=AO+R ɪɹ=IH+R ɛɹ=EH+R ʊɹ=UH+R "
        "n̩=N l̩=L m̩=M"
    ).split()
)
_ORNAMENTS: Final = re.compile("[ˈˌːˑ'ʰʲʷˠˤ̚͡‿.ⁿˡ]|_[BIES]$|[0-9]$")
_MARKS: Final = re.compile("[\u0300-\u036f]")

AZURE_VISEMES: Final = "SIL AE AA AO EH ER IY UW OW AW OY AY HH R L S SH TH F D K P".split()
"""A sound for each of Azure's visemes 0 to 21."""

POLLY_VISEMES: Final = dict(
    pair.split("=")
    for pair in "p=P t=T S=SH T=TH f=F k=K i=IY r=R s=S u=UW @=AX a=AA e=EH E=EH o=OW O=AO sil=SIL".split()
)
"""A sound for each of Amazon Polly's visemes."""

RHUBARB_SHAPES: Final = dict(pair.split("=") for pair in "A=M B=S C=EH D=AA E=AO F=UW G=F H=L X=SIL".split())
"""A sound for each of Rhubarb's mouth shapes, whose A is closed lips and G a lip at the teeth."""

PRESTON_BLAIR: Final = dict(
    pair.split("=") for pair in "ai=AA e=EH o=OW u=UW etc=S fv=F l=L mbp=M wq=W rest=SIL".split()
)
"""A sound for each mouth shape of Papagayo and Moho."""


def phone_of(label: str) -> tuple[str, ...]:
    """The phones of a label of somebody else's.

    Args:
        label: ARPAbet with or without stress (AH0, ah_B), IPA with or without marks, or a sign for silence.

    Raises:
        ValueError: it is none of them.
    """
    text = label.strip()
    if text.lower() in _SILENCES:
        return ("SIL",)
    plain = _ORNAMENTS.sub("", _ORNAMENTS.sub("", text))
    try:
        return (parse_label(plain),)
    except KeyError:
        pass
    spread = unicodedata.normalize("NFD", plain)
    for spelling in (unicodedata.normalize("NFC", plain), spread, _MARKS.sub("", spread)):
        if spelling in _IPA:
            return tuple(_IPA[spelling].split("+"))
    raise ValueError(f"there is no sound for the label {label[:40]!r}")


def is_phone(label: str) -> bool:
    """Whether a label is a phone or silence."""
    try:
        phone_of(label)
    except ValueError:
        return False
    return True
