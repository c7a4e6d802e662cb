"""Downloads from a real server that disconnects, sends wrong data, redirects and refuses."""

import hashlib
import http.server
import re
import shutil
import socket
import threading
from collections import namedtuple

import numpy as np
import pytest
from emotalk.inference.checkpoints.catalogue import CatalogueEntry, catalogue, fetch, find_entry
from emotalk.inference.checkpoints.downloads import download
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.worker.failure import sentence_for

CONTENT = np.random.default_rng(0).bytes(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Serves one file, in the ways that its attributes say, and remembers what it was asked."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.tag = CONTENT, '"first"'
        self.break_after = self.location = self.chunked_break = None
        self.status = 200
        self.asked = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/weights.bin"


class Handler(http.server.BaseHTTPRequestHandler):
    """Ranges as RFC 9110 has them, one range at a time."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        server.asked.append(self.headers.get("Range"))
        if server.location:
            self.send_response(302)
            self.send_header("Location", server.location)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if server.status != 200:
            self.send_error(server.status)
            return
        if server.chunked_break:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"ffff\r\n" + server.content[:1000])
            self._hang_up()
            return
        start = 0
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if wanted and self.headers.get("If-Range") == server.tag:
            start = int(wanted[1])
            if start >= len(server.content):
                self.send_error(416)
                return
        self.send_response(206 if start else 200)
        if server.tag:
            self.send_header("ETag", server.tag)
        self.send_header("Content-Length", str(len(server.content) - start))
        self.end_headers()
        end = None if server.break_after is None else start + server.break_after
        self.wfile.write(server.content[start:end])
        if end is not None and end < len(server.content):
            self._hang_up()

    def _hang_up(self):
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "new folder" / "weights.bin"


class CancelledError(Exception):
    """What the test's progress raises to cancel."""


def cancel_after(count):
    def progress(there, _total):
        if there >= count:
            raise CancelledError

    return progress


def test_a_file_comes_whole_and_verified(server, target):
    told = []
    found = download(server.url, target, SHA256.upper(), lambda *numbers: told.append(numbers))
    assert found == SHA256
    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["weights.bin"]
    assert told[0] == (0, None)
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert told == sorted(told, key=lambda numbers: numbers[0])


def test_a_connection_that_breaks_is_made_again(server, target):
    server.break_after = 900_000
    download(server.url, target, SHA256)
    assert target.read_bytes() == CONTENT
    assert server.asked == [None, "bytes=900000-", "bytes=1800000-", "bytes=2700000-"]


def test_a_connection_that_brings_nothing_is_given_up_and_resumed_later(server, target):
    server.break_after = 900_000
    with pytest.raises(CancelledError):
        download(server.url, target, SHA256, cancel_after(900_000))
    server.break_after = 0
    with pytest.raises(EmoTalkError, match=r"127\.0\.0\.1 breaks off after 900,000 of 3,000,000 bytes; try again"):
        download(server.url, target, SHA256)
    assert not target.exists()
    server.break_after = None
    download(server.url, target, SHA256)
    assert target.read_bytes() == CONTENT
    assert server.asked[-1] == "bytes=900000-"


def test_cancelling_keeps_what_came(server, target):
    with pytest.raises(CancelledError):
        download(server.url, target, SHA256, cancel_after(1_000_000))
    assert not target.exists()
    kept = target.with_name("weights.bin.part").stat().st_size
    assert 1_000_000 <= kept < len(CONTENT)
    download(server.url, target, SHA256)
    assert server.asked == [None, f"bytes={kept}-"]
    assert target.read_bytes() == CONTENT


def test_cancelled_when_all_was_there(server, target):
    with pytest.raises(CancelledError):
        download(server.url, target, SHA256, cancel_after(len(CONTENT)))
    download(server.url, target, SHA256)
    assert target.read_bytes() == CONTENT


def test_two_versions_are_never_joined(server, target):
    server.break_after = 900_000
    with pytest.raises(CancelledError):
        download(server.url, target, SHA256, cancel_after(900_000))
    server.content, server.tag, server.break_after = CONTENT[::-1], '"second"', None
    assert download(server.url, target, None) == hashlib.sha256(CONTENT[::-1]).hexdigest()
    assert target.read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize("tag", ["", 'W/"weak"'])
def test_without_a_strong_mark_it_begins_again(server, target, tag):
    server.tag = tag
    with pytest.raises(CancelledError):
        download(server.url, target, SHA256, cancel_after(1_000_000))
    download(server.url, target, SHA256)
    assert server.asked == [None, None]
    assert target.read_bytes() == CONTENT


def test_the_wrong_file_never_appears(server, target):
    target.parent.mkdir()
    target.write_text("what was there")
    server.content = CONTENT[:-1] + b"?"
    with pytest.raises(EmoTalkError, match="is not the file that was promised"):
        download(server.url, target, SHA256)
    assert [path.name for path in target.parent.iterdir()] == ["weights.bin"]
    assert target.read_text() == "what was there"


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "is not there any more"), (403, "does not give the file to everybody"), (503, "cannot give the file now")],
)
def test_refusals_are_sentences(server, target, status, words):
    server.status = status
    with pytest.raises(EmoTalkError, match=rf"{words} \({status}\)"):
        download(server.url, target, SHA256)


def test_no_network_is_a_sentence(target):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/weights.bin"
    with pytest.raises(EmoTalkError, match=r"127\.0\.0\.1 cannot be reached \(.*refused\); check the connection"):
        download(url, target, SHA256)
    with pytest.raises(EmoTalkError, match=r"nowhere\.invalid cannot be reached"):
        download("https://nowhere.invalid/weights.bin", target, SHA256)


def test_a_server_that_hangs_up_at_once(target):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=lambda: listener.accept()[0].close(), daemon=True).start()
        with pytest.raises(EmoTalkError, match="cannot be reached"):
            download(f"http://127.0.0.1:{listener.getsockname()[1]}/", target, SHA256)


def test_a_break_is_noticed_though_the_length_is_unknown(server, target):
    server.chunked_break = True
    with pytest.raises(EmoTalkError, match="The connection broke off"):
        download(server.url, target, None)
    assert not target.exists()


def test_no_more_than_expected_is_fetched(server, target):
    with pytest.raises(EmoTalkError, match="has 3,000,000 bytes, where at most 1,000,000 are expected"):
        download(server.url, target, SHA256, largest=1_000_000)
    assert list(target.parent.iterdir()) == []


def test_a_disk_without_room_is_told_before_anything_comes(server, target, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**7, 10**7 - 1000, 1000))
    with pytest.raises(EmoTalkError, match="room for 1,000 bytes, but 3,000,000 are to come"):
        download(server.url, target, SHA256)


def test_a_folder_that_is_none(server, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file") as raised:
        download(server.url, tmp_path / "file" / "weights.bin", SHA256)
    assert str(tmp_path / "file") in sentence_for(raised.value)


@pytest.mark.parametrize("url", ["http://example.org/a", "file:///etc/passwd", "ftp://localhost/a", "weights.bin"])
def test_only_safe_addresses_are_fetched(target, url):
    with pytest.raises(EmoTalkError, match="only addresses that begin with https://"):
        download(url, target, SHA256)
    assert not target.parent.exists()


def test_redirects_lead_to_safe_addresses_only(server, target):
    server.location = "http://example.org/weights.bin"
    with pytest.raises(EmoTalkError, match=r"http://example\.org/weights\.bin is not fetched"):
        download(server.url, target, SHA256)
    other = Server()
    thread = threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.location = other.url
    download(server.url, target, SHA256)
    other.shutdown()
    other.server_close()
    thread.join()
    assert target.read_bytes() == CONTENT


def entry_for(server, **fields):
    usual = {"sha256": SHA256, "bytes": None, "url": server.url, "licence": "MIT", "page": "https://example.org"}
    return CatalogueEntry(name="Some", architecture="wav2vec2", sentence="For tests", **{**usual, **fields})


def test_an_entry_is_fetched_once(server, user_weights):
    path = fetch(entry_for(server))
    assert path == user_weights / "downloads" / "Some" / "weights.bin"
    assert fetch(entry_for(server)) == path
    assert len(server.asked) == 1


def test_the_hash_may_come_from_the_user(server, user_weights):
    with pytest.raises(EmoTalkError, match="not the file that was promised"):
        fetch(entry_for(server, sha256=None), sha256="0" * 64)
    assert fetch(entry_for(server, sha256=None), sha256=SHA256).exists()


def test_a_size_in_the_catalogue_is_a_limit(server, user_weights):
    with pytest.raises(EmoTalkError, match="at most 100 are expected"):
        fetch(entry_for(server, bytes=100))


def test_what_has_no_address_says_what_to_do(user_weights):
    with pytest.raises(EmoTalkError, match=r"download it there by hand, then run: emotalk weights import EmoTalk.pth"):
        fetch(find_entry("emotalk"))
    with pytest.raises(EmoTalkError, match="The catalogue has no 'nothing'; it has: emotalk"):
        find_entry("nothing")


def test_the_catalogue_is_complete():
    entries = catalogue()
    assert len({entry.name for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.licence
        assert entry.sentence
        assert entry.page.startswith("https://")
        assert entry.url is None or entry.url.startswith("https://")
        assert entry.sha256 is None or re.fullmatch("[0-9a-f]{64}", entry.sha256)
        assert entry.architecture in ("emotalk", "wav2vec2")
