"""Parses pip's output during an installation to a progress and a short text."""

import re
from typing import Final

_DOWNLOADED: Final = 0.7
"""Progress when everything is downloaded; the rest is unpacking."""

_SIZE: Final = re.compile(r"\(([\d.]+) (bytes|[kMG]B)\)")
_RAW: Final = re.compile(r"Progress (\d+) of (\d+)")
_UNITS: Final = {"bytes": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}
_NO_NETWORK: Final = re.compile(
    r"connection broken|NewConnectionError|NameResolutionError|ConnectTimeout|Network is unreachable|Read timed out"
)
_NO_SPACE: Final = re.compile(r"No space left on device|not enough space", re.IGNORECASE)


class PipProgress:
    """Follows one ``pip install``.

    Args:
        expected_bytes: approximate size of the download; 0 if nothing needs to be downloaded.
    """

    def __init__(self, expected_bytes: float) -> None:
        self._expected = expected_bytes
        self._finished = self._current = 0.0
        self._size = 0.0
        self._is_offline = self._is_full = False
        self._last_error = ""
        self.fraction = 0.0
        self.text = "Looking for packages"

    def hear(self, line: str) -> None:
        """Parse a line of pip's output."""
        line = line.strip()
        if raw := _RAW.fullmatch(line):
            self._current, self._size = float(raw[1]), float(raw[2])
        elif line.startswith(("Downloading ", "Using cached ", "Processing ")):
            self._begin(line)
        elif line.startswith("Collecting "):
            self._end_download()
            self.text = f"Looking for {_package(line)}"
        elif line.startswith("Installing collected packages"):
            self._end_download()
            self.fraction, self.text = _DOWNLOADED, "Unpacking (this takes a few minutes)"
            return
        elif line.startswith("Successfully installed"):
            self.fraction, self.text = 1.0, "Installed"
            return
        else:
            self._note_trouble(line)
        self._count()

    def failure(self) -> str:
        """Why pip failed, as a sentence."""
        if self._is_full:
            return "The disk is full; make room and press Repair"
        if self._is_offline:
            return "The packages could not be downloaded; check the network, or use a folder of wheels"
        return f"pip could not install it: {self._last_error or 'it gave no reason'}; see the log"

    def _begin(self, line: str) -> None:
        self._end_download()
        size = _SIZE.search(line)
        self._size = float(size[1]) * _UNITS[size[2]] if size else 0.0
        name = _package(line)
        self.text = f"Downloading {name} {size[0]}" if size and line.startswith("Downloading") else f"Preparing {name}"

    def _end_download(self) -> None:
        self._finished += self._size
        self._current = self._size = 0.0

    def _count(self) -> None:
        if self._expected:
            done = min((self._finished + self._current) / self._expected, 1) * _DOWNLOADED
            self.fraction = max(self.fraction, done)

    def _note_trouble(self, line: str) -> None:
        self._is_offline |= bool(_NO_NETWORK.search(line))
        self._is_full |= bool(_NO_SPACE.search(line))
        if line.startswith("ERROR: "):
            self._last_error = line.removeprefix("ERROR: ")


def _package(line: str) -> str:
    """The name in "Collecting torch==2.13.0" or "Downloading …/torch-2.13.0-cp311-….whl (90 MB)"."""
    word = line.split()[2 if line.startswith("Using cached") else 1]
    return re.split(r"[=<>!~;\[]|-\d", word.replace("\\", "/").rpartition("/")[2])[0]
