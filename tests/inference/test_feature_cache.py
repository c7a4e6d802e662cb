"""Features on disk: found again, never trusted, never in anybody's way."""

import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest
from emotalk.face.controls import Controls
from emotalk.inference.contract import Features
from emotalk.inference.engine import Engine
from emotalk.inference.feature_cache import FeatureCache, key_of
from emotalk.inference.models import loading
from emotalk.inference.sound.audio import read_speech

LINE = Path(__file__).parents[2] / "samples" / "line.wav"
LARGE = 10**9


def features(seed=0, frames=50):
    rng = np.random.default_rng(seed)
    return Features("m", frames, {"content": rng.random((frames, 8), np.float32), "x": rng.random(3, np.float32)}, 0.75)


def same(first, second):
    plain = (first.model, first.frames, first.voice) == (second.model, second.frames, second.voice)
    return plain and all(np.array_equal(first.arrays[name], second.arrays[name]) for name in first.arrays)


@pytest.fixture
def cache(tmp_path):
    return FeatureCache(tmp_path / "features", LARGE)


@pytest.fixture
def speech():
    return read_speech(LINE)


@pytest.fixture
def encoded(monkeypatch):
    """How often the built-in model encodes."""
    from emotalk.inference.models.placement import PlacedModel

    calls = []
    encode = PlacedModel.encode
    monkeypatch.setattr(PlacedModel, "encode", lambda *given: calls.append(1) or encode(*given))
    return calls


def engine_with(cache):
    engine = Engine()
    engine.cache = cache
    return engine


def test_what_is_stored_is_found_by_its_key_only(cache):
    cache.store("a", features())
    assert same(cache.load("a"), features())
    assert cache.load("b") is None
    assert key_of("m", b"1") != key_of("m", b"2") != key_of("n", b"2")


def test_a_new_process_does_not_encode_again_and_gives_the_same_bytes(cache, speech, encoded):
    first = engine_with(cache).perform(speech, Controls({"happy": 1}))
    again = engine_with(cache).perform(speech, Controls({"happy": 1}))
    assert len(encoded) == 1
    assert first.face.values.tobytes() == again.face.values.tobytes()
    assert engine_with(cache).remarks(speech) == Engine().remarks(speech)


def test_other_weights_code_or_arithmetic_encode_again(cache, speech, encoded, monkeypatch):
    engine_with(cache).perform(speech, Controls())
    monkeypatch.setattr(loading, "weights_hash", lambda weights: "others")
    engine_with(cache).perform(speech, Controls())
    monkeypatch.setattr(loading, "_code_hash", lambda: "another version")
    engine_with(cache).perform(speech, Controls())
    assert len(encoded) == 3
    louder = read_speech(LINE)
    louder.samples[0] += 0.01
    engine_with(cache).perform(louder, Controls())
    assert len(encoded) == 4


@pytest.mark.parametrize("damage", ["cut", "bit", "empty", "text", "swapped", "folder"])
def test_a_damaged_file_is_encoded_again_and_replaced(cache, speech, encoded, damage):
    engine_with(cache).perform(speech, Controls())
    (path,) = cache.folder.iterdir()
    data = bytearray(path.read_bytes())
    if damage == "cut":
        path.write_bytes(data[:-4])
    elif damage == "bit":
        data[-100] ^= 1
        path.write_bytes(data)
    elif damage == "swapped":
        cache.store("other", features())
        (cache.folder / "features-other.safetensors").replace(path)
    elif damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(b"" if damage == "empty" else b"no features at all, whatever it is")
    engine_with(cache).perform(speech, Controls())
    assert len(encoded) == 2
    if damage != "folder":
        engine_with(cache).perform(speech, Controls())
        assert len(encoded) == 2


def test_values_that_are_no_numbers_are_not_trusted(cache):
    broken = features()
    broken.arrays["x"][1] = np.nan
    cache.store("a", broken)
    assert cache.load("a") is None


def test_what_was_not_used_for_longest_goes_first(tmp_path):
    size = len(_stored(tmp_path / "one"))
    cache = FeatureCache(tmp_path / "features", int(3.5 * size))
    for age, name in ((40, "a"), (30, "b"), (20, "c")):
        cache.store(name, features())
        _make_older(cache, name, age)
    assert cache.load("a")  # which makes it the newest
    cache.store("d", features())
    assert [name for name in "abcd" if cache.load(name)] == ["a", "c", "d"]
    assert cache.size() <= cache.limit


def test_a_limit_of_0_stores_and_reads_nothing(cache, speech, encoded):
    cache.store("a", features())
    off = FeatureCache(cache.folder, 0)
    off.store("b", features())
    assert off.load("a") is None
    assert cache.load("b") is None
    engine_with(off).perform(speech, Controls())
    assert cache.load("a")


def test_what_exceeds_the_limit_alone_takes_nobody_s_place(tmp_path):
    cache = FeatureCache(tmp_path, 4000)
    cache.store("small", features(frames=10))
    cache.store("large", features(frames=1000))
    assert cache.load("small")
    assert cache.load("large") is None


def test_clearing_removes_features_and_nothing_else(cache):
    cache.store("a", features())
    (cache.folder / "notes.safetensors").write_text("mine")
    (cache.folder / "features-plan.txt").write_text("mine")
    size = cache.size()
    assert size > 1000
    assert cache.clear() == size
    assert sorted(path.name for path in cache.folder.iterdir()) == ["features-plan.txt", "notes.safetensors"]
    assert cache.size() == cache.clear() == 0


def test_no_folder_and_no_room_are_nobody_s_trouble(tmp_path, speech):
    (tmp_path / "file").write_text("in the way")
    cache = FeatureCache(tmp_path / "file" / "features", LARGE)
    assert cache.size() == cache.clear() == 0
    engine_with(cache).perform(speech, Controls())


def _write_many(folder, seed, limit):
    cache = FeatureCache(folder, limit)
    for number in range(40):
        name = str(number % 6)
        cache.store(name, features(int(name)))
        found = cache.load(str((number + seed) % 6))
        if found is not None and not same(found, features((number + seed) % 6)):
            os._exit(1)
    os._exit(0)


def test_two_programs_at_once(tmp_path):
    limit = 3 * len(_stored(tmp_path / "one"))
    context = multiprocessing.get_context("spawn")
    programs = [context.Process(target=_write_many, args=(tmp_path / "both", seed, limit)) for seed in range(2)]
    for program in programs:
        program.start()
    for program in programs:
        program.join(60)
    assert [program.exitcode for program in programs] == [0, 0]
    assert not [path for path in (tmp_path / "both").iterdir() if path.suffix == ".part"]


def _stored(folder):
    FeatureCache(folder, LARGE).store("x", features())
    return next(folder.iterdir()).read_bytes()


def _make_older(cache, name, seconds):
    path = cache.folder / f"features-{name}.safetensors"
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))
