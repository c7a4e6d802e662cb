"""Short takes in the same rhythm fit each other's sounds; the project as a whole tells which is whose."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.training.captures.check import check_project
from emotalk.training.captures.exchanged import strange_sounds
from emotalk.training.captures.project import read_project, read_takes
from emotalk.training.captures.sync import RATE, loudness, measure_sync, near_correlation, opening_track
from emotalk.training.captures.take import Labels, Take

_spec = importlib.util.spec_from_file_location("studio", Path(__file__).with_name("studio.py"))
studio = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(studio)

SECONDS = 6.0


@pytest.fixture(scope="module")
def alike():
    """The same sentence twice, the second time with syllables of other loudness: each fits both sounds well."""
    one, other = studio.act(5, SECONDS), studio.act(6, SECONDS)
    times = np.arange(len(one.speech.samples)) / SAMPLE_RATE
    mixed = one.speech.samples * (0.55 + 0.45 * np.sin(2 * np.pi * 0.45 * times))
    mixed = mixed + 0.3 * other.speech.samples
    gain = np.interp(one.curves.times, times, 0.55 + 0.45 * np.sin(2 * np.pi * 0.45 * times))[:, None]
    curves = one.curves.with_values(np.clip(one.curves.values * gain**0.7 + 0.3 * other.curves.values, 0, 1))
    return one, studio.Acted(Speech(mixed.astype(np.float32)), curves)


def takes_of(**acted):
    takes = {name: Take(name, each.speech, each.curves, Labels()) for name, each in acted.items()}
    return {name: (take, measure_sync(take.speech, take.curves)) for name, take in takes.items()}


def test_good_takes_keep_their_sounds(alike):
    takes = takes_of(one=alike[0], two=alike[1])
    assert all(sync.belongs for _, sync in takes.values())
    assert strange_sounds(takes) == {}


def test_the_quick_correlation_is_that_of_the_sync(alike):
    for one in alike:
        for two in (*alike, studio.act(7, SECONDS)):
            quick = near_correlation(opening_track(one.curves), loudness(two.speech, RATE))
            assert quick == pytest.approx(measure_sync(two.speech, one.curves).correlation, abs=1e-9)


def test_exchanged_sounds_are_found_although_each_fits(alike):
    one, two = alike
    takes = takes_of(one=replace(one, speech=two.speech), two=replace(two, speech=one.speech))
    assert all(sync.belongs for _, sync in takes.values())
    found = strange_sounds(takes)
    assert found.keys() == {"one", "two"}
    assert "follows the sound of take two better" in found["one"]


def test_of_two_takes_with_one_sound_the_worse_is_left_out(tmp_path, alike):
    one, two = alike
    studio.write_take(tmp_path, "one", one)
    studio.write_take(tmp_path, "two", replace(two, speech=Speech(one.speech.samples[:-800])))
    rows = studio.row("one"), studio.row("two", split="test")
    project = read_project(studio.write_project(tmp_path, *rows))
    assert [take.name for take in read_takes(project, "train").takes] == ["one"]
    assert read_takes(project, "test").left_out == (("two", "Its sound is that of take one"),)
    check = check_project(project)
    assert [take.entry.name for take in check.good] == ["one"]
    assert check.takes[1].findings[0].sentence == "Its sound is that of take one"
