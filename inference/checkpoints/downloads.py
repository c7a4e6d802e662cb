"""Downloads one large file: only on request, resumed after an interruption, and verified before it appears.

Partial data is stored beside the target as ``NAME.part``, with the server's entity tag in ``NAME.part.tag``, so that an
interrupted or cancelled download can be resumed and two versions are never joined.
"""

import hashlib
import http.client
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit

from ...face.atomic_file import publish
from ...face.credentials import without_credentials
from ..contract import EmoTalkError

ByteProgress = Callable[[int, int | None], None]
"""Called with the bytes so far and the total, if known. An exception from it cancels the download."""

LARGEST: Final = 16 * 1024**3
"""Bytes; an upper limit for any weights."""

_BLOCK: Final = 1024 * 1024
_PATIENCE_SECONDS: Final = 30.0
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_RANGE_NOT_SATISFIABLE: Final = 416


def download(
    url: str, target: Path, sha256: str | None, progress: ByteProgress | None = None, largest: int = LARGEST
) -> str:
    """Download a file.

    Args:
        url: its address: https, or http on this machine.
        target: the path to write; its folder is created. The file appears only when it is complete and verified.
        sha256: its expected SHA-256; None skips the check.
        progress: called with the bytes so far.
        largest: the maximum number of bytes, whatever the server announces.

    Returns:
        The file's SHA-256.

    Raises:
        EmoTalkError: the download fails, the hash differs, or the disk is too full; the message says why.
        OSError: the folder cannot be written to.
    """
    _check_address(url)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = _Part(target)
    _fetch_all(url, part, largest, progress or _ignore)
    found = part.sha256()
    if sha256 is not None and found != sha256.lower():
        part.delete()
        raise EmoTalkError(f"What came from {_shown(url)} is not the file that was promised (its SHA-256 is {found})")
    part.finish()
    return found


class _Part:
    """The partial download."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self.path = target.with_name(f"{target.name}.part")
        self._tag = target.with_name(f"{target.name}.part.tag")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def tag(self) -> str:
        """The entity tag of the partial download; "" if it cannot be resumed."""
        return self._tag.read_text("utf-8") if self._tag.exists() and self.size else ""

    def begin(self, tag: str) -> None:
        """Delete the partial data before the first or another version is downloaded."""
        self.delete()
        if tag:
            self._tag.write_text(tag, "utf-8")

    def sha256(self) -> str:
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def finish(self) -> None:
        publish(self.path, self._target)
        self._tag.unlink(missing_ok=True)

    def delete(self) -> None:
        self.path.unlink(missing_ok=True)
        self._tag.unlink(missing_ok=True)


def _fetch_all(url: str, part: _Part, largest: int, progress: ByteProgress) -> None:
    """Download until complete; reconnect after an interruption as long as every connection adds some bytes."""
    while True:
        before = part.size
        total = _fetch(url, part, largest, progress)
        if total is None or part.size >= total:
            return
        if part.size <= before:
            raise EmoTalkError(
                f"The connection to {_host(url)} breaks off after {part.size:,} of {total:,} bytes; "
                "try again to go on from there"
            )


def _fetch(url: str, part: _Part, largest: int, progress: ByteProgress) -> int | None:
    """One connection: appends its data to the part and returns the total size, if known."""
    progress(part.size, None)
    try:
        answer = _open(url, part)
    except urllib.error.HTTPError as error:
        return _explain_status(url, error, part)
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise EmoTalkError(f"{_host(url)} cannot be reached ({reason}); check the connection and try again") from None
    with answer:
        start = part.size if answer.status == http.client.PARTIAL_CONTENT else 0
        total = _total(answer, start)
        _check_room(part, total, start, largest)
        if start == 0:
            part.begin(_tag_of(answer))
        with part.path.open("ab") as file:
            _copy(answer, file, total, largest, progress)
    return total


def _open(url: str, part: _Part) -> http.client.HTTPResponse:
    headers = {"User-Agent": "EmoTalk", "Accept-Encoding": "identity"}
    if tag := part.tag:
        headers |= {"Range": f"bytes={part.size}-", "If-Range": tag}
    opener = urllib.request.build_opener(_SafeRedirects)
    request = urllib.request.Request(url, headers=headers)
    answer: http.client.HTTPResponse = opener.open(request, timeout=_PATIENCE_SECONDS)
    return answer


def _copy(
    answer: http.client.HTTPResponse, file: IO[bytes], total: int | None, largest: int, progress: ByteProgress
) -> None:
    while block := _read(answer, total):
        if file.tell() + len(block) > largest:
            raise EmoTalkError(f"The file has more than the {largest:,} bytes that are expected; it was not fetched")
        file.write(block)
        progress(file.tell(), total)


def _read(answer: http.client.HTTPResponse, total: int | None) -> bytes:
    try:
        return answer.read(_BLOCK)
    except (OSError, http.client.HTTPException) as error:
        if total is None:
            raise EmoTalkError(f"The connection broke off ({type(error).__name__}); try again") from None
        return b""  # the caller compares with the total size


def _total(answer: http.client.HTTPResponse, start: int) -> int | None:
    length = answer.headers.get("Content-Length", "")
    return start + int(length) if length.isdigit() else None


def _tag_of(answer: http.client.HTTPResponse) -> str:
    """The strong entity tag of a version; a weak one does not guarantee the same bytes."""
    tag = answer.headers.get("ETag", "")
    return "" if tag.startswith("W/") else tag


def _check_room(part: _Part, total: int | None, start: int, largest: int) -> None:
    if total is None:
        return
    if total > largest:
        raise EmoTalkError(f"The file has {total:,} bytes, where at most {largest:,} are expected; it was not fetched")
    free = shutil.disk_usage(part.path.parent).free
    if free < total - start:
        raise EmoTalkError(
            f"The disk has room for {free:,} bytes, but {total - start:,} are to come; make room and try again"
        )


def _explain_status(url: str, error: urllib.error.HTTPError, part: _Part) -> int | None:
    with error:
        status = error.code
    if status == _RANGE_NOT_SATISFIABLE and part.size:
        return part.size  # complete; the hash is checked later
    if status in (http.client.NOT_FOUND, http.client.GONE):
        raise EmoTalkError(f"{_shown(url)} is not there any more ({status}); look for the file on its page") from None
    if status in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
        raise EmoTalkError(f"{_host(url)} does not give the file to everybody ({status}); fetch it by hand") from None
    raise EmoTalkError(f"{_host(url)} cannot give the file now ({status}); try again later") from None


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects only to addresses that a download may start from."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Refuse addresses that are not safe."""
        _check_address(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise EmoTalkError(f"{_shown(url)} is not fetched: only addresses that begin with https:// are")


def _host(url: str) -> str:
    return urlsplit(url).hostname or _shown(url)


def _shown(url: str) -> str:
    return without_credentials(url)


def _ignore(_there: int, _total: int | None) -> None:
    pass
