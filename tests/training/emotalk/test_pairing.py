"""Takes that say the same are found, and brought into each other's time."""

from dataclasses import replace

import numpy as np
import pytest
from emotalk.training.emotalk.alignment import align
from emotalk.training.emotalk.pairing import find_pairs, quadruples, with_contents


def test_a_slower_take_is_aligned_moment_by_moment(take_of):
    plain, slow = take_of(1), take_of(1, slower=1.3)
    alignment = align(plain.speech, slow.speech)
    assert np.abs(alignment.second - 1.3 * alignment.first).max() < 0.25
    assert (np.diff(alignment.first) >= 0).all()
    assert (np.diff(alignment.second) >= 0).all()


def test_warped_curves_are_those_of_the_plain_take(take_of):
    plain, slow = take_of(1), take_of(1, slower=1.3)
    warped = align(plain.speech, slow.speech).warp(slow.curves.values, 30.0, plain.curves.frames)
    unwarped = slow.curves.values[: plain.curves.frames]
    error = np.abs(warped - plain.curves.values).mean()
    assert error < 0.5 * np.abs(unwarped - plain.curves.values).mean()
    assert warped.shape == plain.curves.values.shape


def test_a_sound_alone_is_aligned_with_itself(take_of):
    alignment = align(take_of(1).speech, take_of(1).speech)
    assert alignment.distance == pytest.approx(0, abs=1e-6)
    np.testing.assert_array_equal(alignment.first, alignment.second)


def test_two_contents_in_two_emotions_make_four_pairs(four):
    found = quadruples(four)
    assert len(found) == 4
    for content, emotion, target in found:
        labels = [four[number].labels for number in (content, emotion, target)]
        assert labels[0].content == labels[2].content != labels[1].content
        assert labels[1].emotion == labels[2].emotion != labels[0].emotion
    assert [(pair.content, pair.emotion, pair.target) for pair in find_pairs(four)] == found


def test_contents_are_heard_where_nobody_states_them(unstated):
    contents = [take.labels.content for take in with_contents(unstated)]
    assert contents[0] == contents[1] != ""
    assert contents[2] == contents[3] != ""
    assert contents[0] != contents[2]
    assert len(quadruples(with_contents(unstated))) == 4


def test_takes_of_one_emotion_make_no_pairs(four):
    alike = [replace(take, labels=replace(take.labels, emotion="sad", content="")) for take in four]
    assert not quadruples(with_contents(alike))
    assert not quadruples(four[:3])
