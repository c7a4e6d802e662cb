"""Batches that exchange emotions, and the terms that judge them."""

import sys
import types

import numpy as np
import pytest
import torch
from emotalk.face.emotions import EMOTIONS
from emotalk.inference.contract import EmoTalkError
from emotalk.training.captures.take import Labels
from emotalk.training.emote.batches import derangement, draw_batch, draw_motion, exchange
from emotalk.training.emote.disentanglement import compare_closures
from emotalk.training.emote.emotion_classifier import EmotionClassifier, EmotionDistance
from emotalk.training.emote.flame_vertices import FlameVertices
from emotalk.training.emote.lip_geometry import LipGeometry
from emotalk.training.emote.perception import Performed, load_perception
from emotalk.training.emote.prepared_takes import PreparedTake, emotion_of
from hypothesis import given
from hypothesis import strategies as st


def take(number, frames=40):
    """A take whose every row says which take and which frame it is."""
    rows = 1000.0 * (number + 1) + np.arange(frames, dtype=np.float32)[:, None]
    motion, features = np.tile(rows, (1, 5)), np.tile(rows, (1, 3))
    return PreparedTake(f"take {number}", motion, features, number % len(EMOTIONS), number % 3, number % 2)


@given(st.integers(2, 12), st.integers(0, 1000))
def test_everything_finds_another_place(count, seed):
    order = derangement(count, np.random.default_rng(seed))
    assert sorted(order) == list(range(count))
    assert all(order != np.arange(count))


@given(st.integers(0, 1000))
def test_emotion_and_intensity_are_exchanged_but_not_the_person(seed):
    rng = np.random.default_rng(seed)
    takes = [take(number) for number in range(6)]
    batch = exchange(draw_batch(takes, 2, 5, 16, rng), rng)
    by_motion = {1000.0 * (number + 1): each for number, each in enumerate(takes)}
    for item in range(5):
        own = by_motion[float(batch.motion[item, 0, 0] // 1000 * 1000)]
        other = by_motion[float(batch.other_motion[item, 0, 0] // 1000 * 1000)]
        assert torch.equal(batch.features[item, :, 0], batch.motion[item, :, 0])
        np.testing.assert_array_equal(batch.condition[item], own.condition(2))
        np.testing.assert_array_equal(batch.exchanged[item, :11], other.condition(2)[:11])
        np.testing.assert_array_equal(batch.exchanged[item, 11:], own.condition(2)[11:])


def test_short_takes_are_filled_up_and_do_not_count_there():
    batch = draw_batch([take(0, 10)], 1, 2, 16, np.random.default_rng(0))
    assert batch.valid.sum(dim=1).tolist() == [10, 10]
    assert not batch.motion[:, 10:].any()
    assert not batch.features[:, 10:].any()
    assert draw_motion([take(0, 10).motion], 3, 16, np.random.default_rng(0)).shape == (3, 16, 5)


@pytest.mark.parametrize(
    ("emotion", "level", "expected"),
    [
        ("happy", 1.0, ("happy", 2)),
        ("angry", 0.5, ("anger", 1)),
        ("neutral", 1.0, ("neutral", 0)),
        ("sad", 0, ("sad", 0)),
    ],
)
def test_labels_become_classes(emotion, level, expected):
    labelled = types.SimpleNamespace(name="a", labels=Labels(emotion=emotion, level=level))
    number, found = emotion_of(labelled)
    assert (EMOTIONS[number], found) == expected


def test_an_emotion_that_is_none_of_the_eight_is_named():
    with pytest.raises(EmoTalkError, match="The emotion of take a is 'bored'; EMOTE knows neutral"):
        emotion_of(types.SimpleNamespace(name="a", labels=Labels(emotion="bored")))


@pytest.fixture(scope="module")
def lips(flame):
    poses = np.random.default_rng(0).normal(size=(3, 20, 3))
    return LipGeometry(flame, 50, poses), FlameVertices(flame, 50)


def performed(lips, motion):
    return Performed(motion, lips[1])


def test_lips_are_compared_where_they_are_closed_first(lips):
    geometry, _ = lips
    closed = torch.zeros(1, 8, 53)
    opened = closed.clone()
    opened[..., 50] = 0.3
    a_little = torch.zeros(1, 8, 53)
    a_little[..., 50] = 0.02
    valid = torch.ones(1, 8)
    assert (geometry.gaps(geometry.mouth(opened)) > geometry.gaps(geometry.mouth(closed)) + 2).all()
    at_closure = geometry.distance(performed(lips, closed + a_little), performed(lips, closed), valid)
    wide_open = geometry.distance(performed(lips, opened + a_little), performed(lips, opened), valid)
    assert at_closure > 3 * wide_open > 0
    assert geometry.distance(performed(lips, opened), performed(lips, opened), valid).item() == 0


def test_a_pose_that_is_held_does_not_change_the_visemes(lips):
    geometry, _ = lips
    generator = torch.Generator().manual_seed(0)
    speech = torch.randn(1, 12, 20, 3, generator=generator)
    valid = torch.ones(1, 12)
    smile = torch.randn(1, 1, 20, 3, generator=generator)
    torch.testing.assert_close(geometry.visemes(speech + smile, valid), geometry.visemes(speech, valid))
    assert not torch.allclose(geometry.visemes(2 * speech, valid), geometry.visemes(speech, valid))


def test_frames_that_were_not_captured_do_not_count(lips):
    geometry, _ = lips
    shown, wanted = torch.zeros(1, 8, 53), torch.zeros(1, 8, 53)
    shown[:, 5:, 50] = 0.5
    valid = torch.ones(1, 8)
    valid[:, 5:] = 0
    assert geometry.distance(performed(lips, shown), performed(lips, wanted), valid).item() == 0


def test_the_classifier_judges_and_does_not_learn(flame):
    torch.manual_seed(0)
    classifier = EmotionClassifier(np.zeros(53, np.float32), np.eye(53, dtype=np.float32), 16)
    head, valid = FlameVertices(flame, 50), torch.ones(2, 8)
    shown = torch.randn(2, 8, 53, requires_grad=True)
    wanted = torch.randn(2, 8, 53)
    distance = EmotionDistance(classifier).distance(Performed(shown, head), Performed(wanted, head), valid)
    distance.sum().backward()
    assert shown.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in classifier.parameters())
    same = EmotionDistance(classifier).distance(Performed(wanted, head), Performed(wanted, head), valid)
    torch.testing.assert_close(same, torch.zeros(2), atol=1e-5, rtol=0)
    longer = torch.cat([wanted, torch.zeros(2, 4, 53)], dim=1), torch.cat([valid, torch.zeros(2, 4)], dim=1)
    assert classifier(*longer).shape == (2, 16)


def test_networks_of_ones_own_judge_vertices(flame, monkeypatch, lips):
    class Heights(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(()))

        def forward(self, vertices):
            return self.scale * vertices[..., :8, 1]

    made = []
    module = types.SimpleNamespace(reading=lambda model: made.append(model) or Heights(), wrong=lambda _: 3)
    monkeypatch.setitem(sys.modules, "studio_networks", module)
    perception = load_perception("studio_networks:reading", flame)
    assert made == [flame]
    shown = torch.randn(2, 8, 53, requires_grad=True)
    valid = torch.ones(2, 8)
    distance = perception.distance(performed(lips, shown), performed(lips, torch.zeros(2, 8, 53)), valid)
    assert distance.shape == (2,)
    distance.sum().backward()
    assert shown.grad.abs().sum() > 0
    for name, sentence in (("studio", "write module:function"), ("studio_networks:gone", "cannot be made")):
        with pytest.raises(EmoTalkError, match=sentence):
            load_perception(name, flame)
    with pytest.raises(EmoTalkError, match="returns a int"):
        load_perception("studio_networks:wrong", flame)


def test_closures_that_are_lost_and_added_are_counted():
    gaps = np.full(40, 10.0)
    gaps[[8, 9, 20, 21, 30]] = 0.0
    gaps[:3] = 0.0
    later = gaps.copy()
    later[[8, 9, 20, 21, 30]] = 10.0
    later[[9, 10, 21, 22]] = 0.0
    later[14] = 0.0
    compared = compare_closures(gaps, later, 25.0)
    assert (compared.count, compared.lost, compared.added) == (3, 1, 1)
    assert compared.moved == pytest.approx(2 / 3)
    assert (compared + compared).moved == pytest.approx(2 / 3)
    same = compare_closures(gaps, gaps, 25.0)
    assert (same.moved, same.shift) == (0.0, 0.0)


def test_a_mouth_at_rest_that_wavers_has_no_closures():
    gaps = np.full(60, 10.0)
    gaps[[8, 9]] = 0.0
    gaps[20:45] = 2.0 + 0.5 * np.sin(np.arange(25))  # about the threshold of a closure, never clearly open
    compared = compare_closures(gaps, gaps, 25.0)
    assert compared.count == 1
    still = np.where(gaps < 5, 0.0, gaps)
    assert (compare_closures(still, gaps, 25.0).moved, compare_closures(gaps, still, 25.0).moved) == (0.0, 0.0)
