"""Broken input by the hundred: a result or a sentence, never a crash, a hang, half a file or a traceback.

Everything is drawn from a seed, so that a failure can be repeated; it prints how many there were of each outcome.
"""

import json
import random
import subprocess
import sys
import textwrap
import time
from collections import Counter

import pytest
import soundfile
from emotalk.face.curve_files import read_curves
from emotalk.inference.checkpoints.safetensors_file import bundled_weights
from emotalk.inference.registry import DEFAULT_MODEL
from emotalk.inference.worker.client import WORKER, WorkerClient

pytestmark = pytest.mark.slow

SEED = 20261125
SOUNDS, REQUESTS, WEIGHTS = 320, 160, 120
PATIENCE = 30.0
"""Seconds for one input; whole lines take less than one."""

FORMATS = {
    "wav": {"format": "WAV", "subtype": "PCM_16"},
    "flac": {"format": "FLAC"},
    "ogg": {"format": "OGG", "subtype": "VORBIS"},
    "mp3": {"format": "MP3"},
    "aiff": {"format": "AIFF", "subtype": "PCM_24"},
}


def truncate(data, chance, _others):
    return data[: chance.choice((0, 1, 7, 44, chance.randrange(len(data)), len(data) - 1))]


def flip(data, chance, _others):
    broken = bytearray(data)
    # Headers are at the start, and they are where most goes wrong.
    reach = chance.choice((16, 64, 512, len(data)))
    for _ in range(chance.choice((1, 2, 8, 64))):
        broken[chance.randrange(min(reach, len(data)))] ^= 1 << chance.randrange(8)
    return bytes(broken)


def insert(data, chance, _others):
    place = chance.choice((0, 4, 16, chance.randrange(len(data))))
    return data[:place] + chance.randbytes(chance.choice((1, 3, 100, 5000))) + data[place:]


def remove(data, chance, _others):
    place = chance.randrange(len(data))
    return data[:place] + data[place + chance.choice((1, 4, 1000)) :]


def extremes(data, chance, _others):
    """Lengths, rates and counts of a header at their limits."""
    broken = bytearray(data)
    place = 4 * chance.randrange(16)
    broken[place : place + 4] = chance.choice((b"\xff" * 4, b"\0" * 4, b"\xff\xff\xff\x7f", b"\0\0\0\x80"))
    return bytes(broken)


def other_head(data, chance, others):
    """The head of one kind of file on the body of another."""
    length = chance.choice((4, 12, 44, 200))
    return chance.choice(others)[:length] + data[length:]


def noise(data, chance, _others):
    return chance.randbytes(min(len(data), 20_000))


WAYS = (truncate, flip, insert, remove, extremes, other_head, noise)


def broken_files(count, whole, folder, chance):
    """Files made from whole ones (bytes by suffix), each with its way of breaking."""
    for number in range(count):
        suffix = chance.choice(sorted(whole))
        way = chance.choice(WAYS)
        path = folder / f"{number:03}-{way.__name__}.{suffix}"
        path.write_bytes(way(whole[suffix], chance, [whole[name] for name in sorted(whole)]))
        yield path


def assert_sentence(sentence, about):
    assert sentence.strip(), about
    assert "\n" not in sentence, (about, sentence)
    assert len(sentence) < 600, (about, sentence)
    for words in ("Something went wrong inside EmoTalk", "The worker ended", "Traceback"):
        assert words not in sentence, (about, sentence)


def answer_of(client, request):
    """The last message about a request."""
    client.submit(request)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        for message in client.messages():
            if message["kind"] != "progress":
                return message
        time.sleep(0.002)
    raise AssertionError(f"no answer to {request}")


def tell(what, outcomes):
    print(f"\n{what}: " + ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items())))


def test_broken_sounds(line_wav, tmp_path):
    samples, rate = soundfile.read(line_wav, frames=24_000)
    whole = {}
    for suffix, how in FORMATS.items():
        soundfile.write(tmp_path / f"whole.{suffix}", samples, rate, **how)
        whole[suffix] = (tmp_path / f"whole.{suffix}").read_bytes()
    folder, curves = tmp_path / "broken", tmp_path / "curves"
    folder.mkdir()
    curves.mkdir()
    client = WorkerClient()
    outcomes = Counter()
    try:
        for path in broken_files(SOUNDS, whole, folder, random.Random(SEED)):
            output = curves / f"{path.name}.npz"
            message = answer_of(client, {"verb": "animate", "audio": str(path), "output": str(output)})
            outcomes[message["kind"]] += 1
            if message["kind"] == "result":
                assert read_curves(output).face.frames == message["frames"]
                output.unlink()
            else:
                assert_sentence(message["sentence"], path.name)
            assert not list(curves.iterdir()), path.name
    finally:
        client.close()
    tell("sounds", outcomes)
    assert outcomes["error"] > SOUNDS / 4
    assert outcomes["result"] > SOUNDS / 20


def broken_requests(count, chance):
    """Lines for the worker; the whole request names files in its current folder."""
    whole = {"id": 1, "verb": "animate", "audio": "line.wav", "output": "out.npz", "controls": {"happy": 0.5}}
    whole |= {"model": DEFAULT_MODEL, "device": "cpu", "precision": "float32", "windowed": False, "section": [0, 1]}
    whole |= {"rate": 16000, "source": "strip", "text": "I never asked", "times": "times.ctm"}
    whole |= {"alignment": '{"origin":"edited","phones":[["SIL",0,0.4],["M",0.4,1]],"words":[]}'}
    values = (None, True, -1, 0, 1e308, float("nan"), float("-inf"), 10**400, "", "\0", "x" * 9999, [], {}, [[]] * 99)
    values += ({"happy": []}, {"happy": {"a": 1}}, {"happy": ["x"] * 9}, ["a", None], [0, -1], [1e300, 1e300], "../..")
    for _ in range(count):
        request = dict(whole)
        if chance.random() < 0.8:
            request.pop("rate")
        if chance.random() < 0.3:
            request["verb"] = "align"
        if chance.random() < 0.7:
            request.pop("times")
        if chance.random() < 0.75:
            for name in chance.sample(sorted(whole), chance.choice((1, 1, 2, 4))):
                request[name] = chance.choice(values)
            if chance.random() < 0.2:
                request.pop(chance.choice(sorted(request)))
            yield json.dumps(request).encode()
            continue
        line = json.dumps(request).encode()
        yield chance.choice(
            (
                line[: chance.randrange(len(line))],
                b"[" * 50_000,
                b'{"verb":' * 50_000,
                line.replace(b"1", b"9" * 6000),
                chance.randbytes(500).replace(b"\n", b""),
                b"\xff\xfe" + line,
                line + line,
                json.dumps({**request, "padding": "x" * 1_000_000}).encode(),
            )
        )


def test_broken_requests(line_wav, tmp_path):
    samples, rate = soundfile.read(line_wav, frames=24_000)
    soundfile.write(tmp_path / "line.wav", samples, rate)
    (tmp_path / "times.ctm").write_text("line 1 0.3 0.5 hello\n", "utf-8")
    lines = list(broken_requests(REQUESTS, random.Random(SEED)))
    command = [sys.executable, "-I", WORKER]
    sent = b"".join(line + b"\n" for line in lines) + b'{"verb": "quit"}\n'
    # Standard input stays open until the worker ends: it would end at once with it.
    with subprocess.Popen(
        command, cwd=tmp_path, **dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    ) as worker:
        try:
            worker.stdin.write(sent)
            worker.stdin.flush()
            replies = [json.loads(line) for line in worker.stdout]
            status = worker.wait(PATIENCE)
        finally:
            worker.kill()
    last = [reply for reply in replies if reply["kind"] != "progress"]
    assert status == 0
    assert len(last) == len(lines)
    for reply, line in zip(last, lines, strict=True):
        if reply["kind"] == "error":
            assert_sentence(reply["sentence"], line[:300])
    assert {path.name for path in tmp_path.iterdir()} <= {"line.wav", "times.ctm", "out.npz"}
    tell("requests", Counter(reply["kind"] for reply in last))


IMPORTS = textwrap.dedent("""
    import faulthandler, json, sys, time
    faulthandler.enable()
    import numpy as np
    from emotalk.face.controls import Controls
    from emotalk.inference.checkpoints.importing import import_weights
    from emotalk.inference.checkpoints.library import remove_weights
    from emotalk.inference.contract import Speech
    from emotalk.inference.engine import Engine
    from emotalk.inference.models.loading import ModelChoice
    from emotalk.inference.worker.failure import sentence_for

    speech = Speech(np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32))
    for path in sys.stdin.read().splitlines():
        started, outcome, sentence = time.monotonic(), "imported", ""
        try:
            import_weights(path, "actor", overwrite=True)
            outcome = "performed"
            Engine().perform(speech, Controls(), ModelChoice("actor", "cpu"))
        except Exception as error:
            outcome = "refused" if outcome == "imported" else "refused to perform"
            sentence = sentence_for(error)
        print(json.dumps([path, outcome, sentence, time.monotonic() - started]), flush=True)
""")


def test_broken_weights(checkpoint_bytes, user_weights, tmp_path):
    whole = {"safetensors": bundled_weights(DEFAULT_MODEL).read_bytes(), "pth": checkpoint_bytes}
    folder = tmp_path / "broken"
    folder.mkdir()
    paths = list(broken_files(WEIGHTS, whole, folder, random.Random(SEED)))
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS],
        input="\n".join(map(str, paths)),
        capture_output=True,
        text=True,
        timeout=PATIENCE * WEIGHTS / 4,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, (paths[len(answers) : len(answers) + 1], done.stderr[-2000:])
    assert [path for path, *_ in answers] == list(map(str, paths))
    for path, outcome, sentence, seconds in answers:
        assert seconds < PATIENCE, path
        if outcome != "performed":
            assert_sentence(sentence, path)
    left = {path.name for path in user_weights.iterdir()}
    assert left <= {"actor.safetensors", "actor.sha256"}
    tell("weights", Counter(outcome for _, outcome, *_ in answers))
