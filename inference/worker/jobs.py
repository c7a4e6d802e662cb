"""The worker's handling of requests: one JSON object in, progress and then a result or an error out.

Requests (``id`` comes back in every reply):
    ``{"id", "verb": "animate", "audio", "output", "model", "device", "precision", "windowed", "controls", "rate",
    "source", "section", "channel", "features", "features_limit"}``: ``audio`` is a sound file, or, where ``rate`` (Hz)
    is given, a .npy file of samples; ``source`` is the file that it was decoded from, for messages; ``output`` is the
    .npz to write, and without it the curves come in the result, which is quicker for lines of minutes and less;
    ``section`` is the start and the duration of the line in seconds; ``channel`` is counted from 1, and 0 mixes all of
    them; ``model``, ``device``, ``precision`` and ``windowed`` (``registry.ModelChoice``), ``controls``
    (``Controls.changed()``), ``source``, ``section`` and ``channel`` may be left out. ``features`` is a folder in which
    features are kept, up to ``features_limit`` bytes; without them they are kept in memory only. ``alignment``
    (``Alignment.to_json``) is what is said when, if somebody knows; it must last as long as the sound.
    ``{"id", "verb": "align"}`` with the fields of a line and, at will, ``text``: what is said; ``times``: a file with
    the times of words and sounds; ``pronunciations``: a table of one's own, a file. Without them, the sounds are heard.
    ``{"id", "verb": "hear_emotions", "audio", "emotion_model", "device", "rate", "source", "section", "channel"}``:
    the emotions that a network of the animator's own hears in a sound.
    ``{"id", "verb": "describe"}``, ``{"id", "verb": "ping"}`` and ``{"id", "verb": "quit"}``.
Replies:
    ``{"id", "kind": "progress", "fraction", "text"}``,
    ``{"id", "kind": "result"}`` with ``output`` or ``curves`` (``face.curve_text``), ``frames``, ``fps``, ``seconds``,
    ``device`` (in words), ``speed`` (times real time, without loading) and ``remarks`` (sentences about the sound) of
    an animated line; with ``alignment``, ``seconds`` and ``remarks`` (sentences about the text) of an aligned one; with
    ``HeardEmotions.to_message`` and ``seconds`` of heard emotions; or with the result of ``devices.describe``,
    ``{"id", "kind": "error", "sentence", "traceback"}``.
"""

import json
import queue
import time
import traceback
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...face.alignment import Alignment, AlignmentError
from ...face.controls import Controls
from ...face.curve_files import write_curves
from ...face.curve_text import to_text
from ..alignment.lines import Said, align_line
from ..alignment.pronunciation import Pronunciations, read_table
from ..contract import EmoTalkError, Speech
from ..devices import describe
from ..engine import Engine
from ..feature_cache import FeatureCache
from ..models.loading import DEFAULT_CHOICE, ModelChoice, hear_emotions
from ..sound.audio import read_speech, speech_from_samples
from .failure import sentence_for
from .process import LONGEST_REQUEST

IDLE_SECONDS: Final = 15 * 60
"""Seconds; a worker without a request for this long ends to free its memory."""

_LARGEST_NUMBER: Final = 1e12
"""Whatever a field means, a larger number is a mistake; it also excludes infinity."""
_NEEDED: Final = ("audio",)
_SAME_LENGTH: Final = 0.1
"""Seconds by which the times of a line may end before or after its sound."""
_SHOWN: Final = 80
"""Characters of unknown text in a message."""

Send = Callable[[dict[str, Any]], None]


def serve(requests: "queue.SimpleQueue[bytes]", send: Send, idle_seconds: float = IDLE_SECONDS) -> None:
    """Answer requests (lines of JSON) in order, until one is "quit" or the input ends."""
    engine = Engine()
    while True:
        try:
            line = requests.get(timeout=idle_seconds)
        except queue.Empty:
            return
        request = _parse(line)
        if request is not None and request.get("verb") == "quit":
            return
        answer(request, engine, send)


def answer(request: dict[str, Any] | None, engine: Engine, send: Send) -> None:
    """Handle a request (None if it was unreadable); any exception becomes an error reply."""
    name = request.get("id") if request else None
    if not isinstance(name, int | str):
        name = None
    try:
        result = _do(request, engine, lambda reply: send({"id": name, **reply}))
    except Exception as error:
        send({"id": name, "kind": "error", "sentence": sentence_for(error), "traceback": traceback.format_exc()})
    else:
        send({"id": name, "kind": "result", **result})


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError, MemoryError):
        return None
    return request if isinstance(request, dict) else None


def _do(request: dict[str, Any] | None, engine: Engine, send: Send) -> dict[str, Any]:
    if request is None:
        raise EmoTalkError(
            f"A request to the worker is one line with a JSON object of at most {LONGEST_REQUEST:,} bytes; this is none"
        )
    verb = request.get("verb")
    if verb == "ping":
        return {}
    if verb == "describe":
        return describe()
    if verb == "animate":
        return _animate(request, engine, send)
    if verb == "hear_emotions":
        return _hear_emotions(request, send)
    if verb == "align":
        return _align(request, engine, send)
    raise EmoTalkError(f"The worker does not know the request {str(verb)[:_SHOWN]!r}")


def _animate(request: dict[str, Any], engine: Engine, send: Send) -> dict[str, Any]:
    _check_fields(request)
    speech = _speech(request)

    def report(fraction: float, text: str) -> None:
        send({"kind": "progress", "fraction": fraction, "text": text})

    choice = _choice(request)
    _use_cache(request, engine)
    alignment = _alignment(request, speech)
    report(0.0, "Loading the model")
    model = engine.model(choice)
    controls = Controls(request.get("controls"), model.spec.emotions)
    started = time.perf_counter()
    performance = engine.perform(speech, controls, choice, report, alignment)
    elapsed = time.perf_counter() - started
    if "output" in request:
        write_curves(request["output"], performance)
        curves = {"output": request["output"]}
    else:
        curves = {"curves": to_text(performance)}
    return {
        **curves,
        "frames": performance.face.frames,
        "fps": performance.face.fps,
        "seconds": speech.seconds,
        "device": model.runs_on,
        "speed": round(speech.seconds / elapsed, 2),
        "remarks": list(engine.remarks(speech, choice)),
    }


def _hear_emotions(request: dict[str, Any], send: Send) -> dict[str, Any]:
    _check_fields(request, (*_NEEDED, "emotion_model"))
    speech = _speech(request)
    device = str(request.get("device", DEFAULT_CHOICE.device))

    def report(fraction: float) -> None:
        send({"kind": "progress", "fraction": fraction, "text": "Hearing emotions"})

    heard = hear_emotions(speech, request["emotion_model"], device, report)
    return {**heard.to_message(), "seconds": speech.seconds}


def _align(request: dict[str, Any], engine: Engine, send: Send) -> dict[str, Any]:
    _check_fields(request)
    speech, choice = _speech(request), _choice(request)
    _use_cache(request, engine)
    send({"kind": "progress", "fraction": 0.0, "text": "Listening"})
    times, table = request.get("times"), request.get("pronunciations")
    own = Pronunciations(read_table(table)) if table else Pronunciations()
    said = Said(request.get("text", ""), Path(times) if times else None, own)
    line = align_line(engine, speech, said, choice)
    return {"alignment": line.alignment.to_json(), "seconds": speech.seconds, "remarks": list(line.remarks)}


def _use_cache(request: dict[str, Any], engine: Engine) -> None:
    folder, limit = request.get("features"), int(request.get("features_limit", 0))
    engine.cache = FeatureCache(Path(folder), limit) if folder and limit else None


def _alignment(request: dict[str, Any], speech: Speech) -> Alignment | None:
    """What is said when, if the request knows. Raises AlignmentError if it is damaged or of another sound."""
    if not request.get("alignment"):
        return None
    alignment = Alignment.from_json(request["alignment"])
    if abs(alignment.seconds - speech.seconds) > _SAME_LENGTH:
        raise AlignmentError(
            f"The times of this line are those of a sound of {alignment.seconds:.2f} s, but it lasts "
            f"{speech.seconds:.2f} s; align the line again"
        )
    return alignment


def _check_fields(request: dict[str, Any], needed: Collection[str] = _NEEDED) -> None:
    for name, (fits, what) in _FIELDS.items():
        if not fits(request[name]) if name in request else name in needed:
            raise EmoTalkError(f"The field {name!r} of a request to the worker must be {what}")


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value != "" and "\0" not in value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST_NUMBER


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_PATH: Final = (_is_path, "a path")
_TEXT: Final = (_is_text, "a text")
_FIELDS: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "audio": _PATH,
    "output": _PATH,
    "model": _TEXT,
    "emotion_model": _TEXT,
    "device": _TEXT,
    "precision": _TEXT,
    "source": _TEXT,
    "features": _PATH,
    "features_limit": (lambda value: type(value) is int and value >= 0, "a whole number of bytes"),
    "alignment": _TEXT,
    "text": _TEXT,
    "times": _PATH,
    "pronunciations": _PATH,
    "windowed": (lambda value: isinstance(value, bool), "true or false"),
    "controls": (lambda value: value is None or isinstance(value, dict), "an object"),
    "rate": (lambda value: _is_number(value) and value > 0, "a positive number"),
    "channel": (lambda value: type(value) is int and value >= 0, "a whole number from 0 on"),
    "section": (
        lambda value: value is None or (isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))),
        "a start and a duration in seconds",
    ),
}


def _choice(request: dict[str, Any]) -> ModelChoice:
    return ModelChoice(
        str(request.get("model", DEFAULT_CHOICE.model_id)),
        str(request.get("device", DEFAULT_CHOICE.device)),
        str(request.get("precision", DEFAULT_CHOICE.precision)),
        bool(request.get("windowed", DEFAULT_CHOICE.windowed)),
    )


def _speech(request: dict[str, Any]) -> Speech:
    """The line's sound; the last one is remembered while its file is unchanged."""
    section = request.get("section")
    try:
        status = Path(request["audio"]).stat()
    except (OSError, ValueError):
        return _read_speech(request)  # which says what is wrong
    asked = tuple(request.get(name) for name in ("audio", "rate", "source", "channel"))
    key = (*asked, tuple(section) if section else None, status.st_mtime_ns, status.st_size, status.st_ino)
    if key not in _last_speech:
        speech = _read_speech(request)
        _last_speech.clear()
        _last_speech[key] = speech
    return _last_speech[key]


_last_speech: Final[dict[tuple[Any, ...], Speech]] = {}


def _read_speech(request: dict[str, Any]) -> Speech:
    audio, section = request["audio"], request.get("section")
    source, channel = str(request.get("source", "")), int(request.get("channel", 0))
    if "rate" not in request:
        return read_speech(audio, section, channel, source)
    try:
        samples = np.load(audio, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise EmoTalkError(f"The samples in {audio} cannot be read: {error}") from None
    if not isinstance(samples, np.ndarray):
        raise EmoTalkError(f"The samples in {audio} cannot be read: they are several arrays")
    return speech_from_samples(samples, request["rate"], source, section, channel)
