"""What the worker does with a request: one JSON object in, progress and then a result or an error out.

Requests (``id`` comes back in every reply):
    ``{"id", "verb": "animate", "audio", "output", "model", "controls", "rate", "source", "section"}``: ``audio`` is a
    sound file, or, where ``rate`` (Hz) is given, a .npy file of samples from ``source``; ``output`` is the .npz to
    write; ``section`` is the first second of the line and how many belong to it; ``model``, ``controls``
    (``Controls.changed()``) and ``section`` may be left out.
    ``{"id", "verb": "ping"}`` and ``{"id", "verb": "quit"}``.
Replies:
    ``{"id", "kind": "progress", "fraction", "text"}``,
    ``{"id", "kind": "result", "output", "frames", "fps", "seconds"}`` (of a ping: only ``id`` and ``kind``),
    ``{"id", "kind": "error", "sentence", "traceback"}``.
"""

import json
import queue
import traceback
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ..face.controls import Controls
from ..face.curve_files import write_curves
from .audio import read_speech, speech_from_samples
from .contract import EmoTalkError, Speech
from .engine import Engine
from .failure import sentence_for
from .registry import DEFAULT_MODEL

IDLE_SECONDS: Final = 15 * 60
"""A worker that was asked nothing for so long gives its memory back by ending."""

Send = Callable[[dict[str, Any]], None]


def serve(requests: "queue.SimpleQueue[bytes]", send: Send, idle_seconds: float = IDLE_SECONDS) -> None:
    """Answer requests, lines of JSON, in their order until one says quit or none comes any more."""
    engine = Engine()
    while True:
        try:
            line = requests.get(timeout=idle_seconds)
        except queue.Empty:
            return
        request = _parse(line)
        if request.get("verb") == "quit":
            return
        answer(request, engine, send)


def answer(request: dict[str, Any], engine: Engine, send: Send) -> None:
    """Do what a request asks for; whatever goes wrong becomes an error reply."""
    name = request.get("id")
    try:
        if request.get("verb") == "ping":
            result: dict[str, Any] = {}
        elif request.get("verb") == "animate":
            result = _animate(request, engine, lambda reply: send({"id": name, **reply}))
        else:
            raise EmoTalkError(f"The worker does not know the request {request.get('verb')!r}")
    except Exception as error:
        send({"id": name, "kind": "error", "sentence": sentence_for(error), "traceback": traceback.format_exc()})
    else:
        send({"id": name, "kind": "result", **result})


def _parse(line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line)
    except ValueError:
        return {}
    return request if isinstance(request, dict) else {}


def _animate(request: dict[str, Any], engine: Engine, send: Send) -> dict[str, Any]:
    controls = Controls(request.get("controls"))
    speech = _speech(request)

    def report(fraction: float, text: str) -> None:
        send({"kind": "progress", "fraction": fraction, "text": text})

    performance = engine.perform(speech, controls, request.get("model", DEFAULT_MODEL), report)
    write_curves(request["output"], performance)
    return {
        "output": request["output"],
        "frames": performance.face.frames,
        "fps": performance.face.fps,
        "seconds": speech.seconds,
    }


def _speech(request: dict[str, Any]) -> Speech:
    audio, section = request["audio"], request.get("section")
    if "rate" not in request:
        return read_speech(audio, section)
    try:
        samples = np.load(audio, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise EmoTalkError(f"The samples in {audio} cannot be read: {error}") from None
    return speech_from_samples(samples, request["rate"], request.get("source", ""), section)
