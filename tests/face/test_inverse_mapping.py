"""What a mapping did is undone: exactly where each channel has a control, else by what comes closest."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from emotalk.face.arkit import sides
from emotalk.face.basis import ARKIT, EYES, FLAME, HEAD
from emotalk.face.curves import FaceCurves, Performance, performance_of, still
from emotalk.face.inverse_mapping import recover
from emotalk.face.mapping import LOCATION, MAX, MEAN, PROPERTY, ROTATION, SHAPE_KEY, Mapping, Row, Target
from emotalk.face.naming_schemes import Rig, recognise
from hypothesis import given, settings
from hypothesis import strategies as st

_spec = importlib.util.spec_from_file_location("published_names", Path(__file__).parent / "published_names.py")
names = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(names)


def made(frames=30, seed=0, basis=ARKIT):
    generator = np.random.default_rng(seed)
    face = generator.uniform(0, 1, (frames, len(basis))).astype(np.float32)
    head = generator.normal(0, 10, (frames, 3)).astype(np.float32)
    eyes = still(EYES, frames, 30.0)
    return Performance(FaceCurves(face, basis, 30.0), FaceCurves(head, HEAD, 30.0), eyes)


def there_and_back(mapping, performance):
    return recover(mapping.apply(performance), mapping, performance.face.basis)


def shape(name, *sources, **settings):
    return Row(Target(SHAPE_KEY, name), sources, **settings)


@settings(deadline=None)
@given(
    seed=st.integers(0, 99),
    gains=st.lists(st.one_of(st.floats(0.05, 4), st.floats(-4, -0.05)), min_size=55, max_size=55),
    offsets=st.lists(st.floats(-2, 2), min_size=55, max_size=55),
)
def test_a_control_for_each_channel_is_exact(seed, gains, offsets):
    kinds = (SHAPE_KEY, ROTATION, LOCATION, PROPERTY)
    rows = [
        Row(Target(kinds[number % 4], name), ((name, 1.0),), gain=gain, offset=offset)
        for number, (name, gain, offset) in enumerate(
            zip((*ARKIT.channels, *HEAD.channels), gains, offsets, strict=True)
        )
    ]
    performance = made(seed=seed)
    recovered = there_and_back(Mapping(tuple(rows)), performance)
    np.testing.assert_allclose(recovered.performance.face.values, performance.face.values, atol=1e-4)
    np.testing.assert_allclose(recovered.performance.head.values, performance.head.values, atol=1e-3)
    assert recovered.curves.remarks == ()


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_the_mapping_of_what_comes_back_is_what_was_there(data):
    channels = ARKIT.channels[:10]
    rows = []
    for number in range(data.draw(st.integers(1, 8))):
        chosen = data.draw(st.lists(st.sampled_from(channels), min_size=1, max_size=4, unique=True))
        weights = data.draw(st.lists(st.floats(0.2, 2), min_size=len(chosen), max_size=len(chosen)))
        rule = data.draw(st.sampled_from(("sum", MEAN)))
        rows.append(shape(f"key {number}", *zip(chosen, weights, strict=True), combine=rule))
    mapping = Mapping(tuple(rows))
    values = mapping.apply(made(12, data.draw(st.integers(0, 99))))
    recovered = recover(values, mapping, ARKIT)
    np.testing.assert_allclose(mapping.apply(recovered.performance).values, values.values, atol=5e-3)
    face = recovered.performance.face.values
    together = {channel for row in rows if len(row.sources) > 1 for channel in row.channels}
    bounded = face[:, ARKIT.columns(together)]
    assert ((bounded >= 0) & (bounded <= 1)).all()


def test_two_channels_with_two_controls_are_told_apart():
    both = Mapping(
        (shape("sum", ("jawLeft", 1.0), ("jawRight", 1.0)), shape("difference", ("jawLeft", 1.0), ("jawRight", -1.0)))
    )
    performance = made()
    recovered = there_and_back(both, performance)
    columns = ARKIT.columns(("jawLeft", "jawRight"))
    np.testing.assert_allclose(
        recovered.performance.face.values[:, columns], performance.face.values[:, columns], atol=1e-4
    )
    assert recovered.shared == ()


def test_one_control_for_two_sides_gives_both_the_same_and_says_so():
    sources = tuple((name, 1.0) for name in sides("mouthSmile"))
    recovered = there_and_back(Mapping((shape("smile", *sources, combine=MEAN),)), performance := made())
    left, right = (recovered.performance.face.channel(name) for name in sides("mouthSmile"))
    mean = sum(performance.face.channel(name) for name in sides("mouthSmile")) / 2
    np.testing.assert_allclose(left, mean, atol=1e-6)
    np.testing.assert_allclose(right, mean, atol=1e-6)
    assert recovered.shared == sides("mouthSmile")
    assert "Only together can be told: mouthSmileLeft and mouthSmileRight" in recovered.curves.remarks
    assert "jawOpen" in recovered.untold
    assert any(remark.startswith("Nothing tells the brows, ") for remark in recovered.curves.remarks)


def test_the_larger_of_two_is_left_to_what_tells_them_apart():
    sources = tuple((name, 1.0) for name in sides("eyeBlink"))
    blink = shape("blink", *sources, combine=MAX)
    wink = shape("wink", ("eyeBlinkLeft", 1.0))
    performance = made()
    recovered = there_and_back(Mapping((blink, wink)), performance)
    np.testing.assert_allclose(
        recovered.performance.face.channel("eyeBlinkLeft"), performance.face.channel("eyeBlinkLeft"), atol=1e-6
    )
    larger = np.maximum(*(performance.face.channel(name) for name in sides("eyeBlink")))
    np.testing.assert_allclose(recovered.performance.face.channel("eyeBlinkRight"), larger, atol=1e-6)
    assert recovered.shared == ("eyeBlinkRight",)


def test_limits_hold_for_what_shares_a_control():
    mapping = Mapping(
        (shape("both", ("jawLeft", 1.0), ("jawRight", 1.0)), shape("left", ("jawLeft", 1.0), ("jawOpen", 0.1)))
    )
    values = FaceCurves(np.array([[3.0, -1.0]], np.float32), mapping.basis, 30.0)
    face = recover(values, mapping, ARKIT).performance.face
    assert face.channel("jawRight")[0] == 1
    assert 0 <= face.channel("jawLeft")[0] <= 1
    # The best of a fine grid is no better.
    grid = np.stack(np.meshgrid(*3 * [np.linspace(0, 1, 41)], indexing="ij"), axis=-1).reshape(-1, 3)
    system = np.array([[1, 1, 0], [1, 0, 0.1]]) / np.sqrt([[2], [1.01]])
    wanted = np.array([3, -1]) / np.sqrt([2, 1.01])
    errors = np.linalg.norm(grid @ system.T - wanted, axis=1)
    ours = np.array([face.channel(name)[0] for name in ("jawLeft", "jawRight", "jawOpen")])
    assert np.linalg.norm(system @ ours - wanted) <= errors.min() + 1e-6


def test_keys_beyond_the_limits_stay_as_they_are_keyed():
    mapping = Mapping((shape("jawOpen", ("jawOpen", 1.0)),))
    values = FaceCurves(np.array([[1.3], [-0.2]], np.float32), mapping.basis, 30.0)
    performance = recover(values, mapping, ARKIT).performance
    np.testing.assert_allclose(performance.face.channel("jawOpen"), [1.3, -0.2], rtol=1e-6)
    assert not performance.clamped


def test_a_control_that_nobody_keyed_does_not_halve_the_one_that_is():
    mapping = Mapping((shape("jawOpen", ("jawOpen", 1.0)), shape("JawOpen", ("jawOpen", 1.0))))
    values = FaceCurves(np.array([[0.5, 0], [0.8, 0]], np.float32), mapping.basis, 30.0)
    np.testing.assert_allclose(recover(values, mapping, ARKIT).performance.face.channel("jawOpen"), [0.5, 0.8])


@pytest.mark.parametrize("rig", ["OCULUS", "VRM_1", "PRESTON_BLAIR"])
def test_visemes_give_a_mouth_that_they_show_again(rig):
    mapping = recognise(Rig((tuple(getattr(names, rig)),))).mapping
    shown = mapping.apply(made(40))
    recovered = recover(shown, mapping, ARKIT)
    assert recovered.solved
    again = recover(mapping.apply(performance_of(recovered.performance.face)), mapping, ARKIT)
    opened = [each.performance.face.values @ ARKIT.lip_weights for each in (recovered, again)]
    assert np.abs(opened[0] - opened[1]).max() < 0.005
    assert "The mouth is what its visemes show; other faces may look the same" in recovered.curves.remarks


@pytest.mark.parametrize("rig", ["CC4_EXTENDED", "DAZ_9", "METAHUMAN", "ICT"])
def test_rigs_of_others_show_the_same_again(rig):
    mapping = recognise(Rig((tuple(getattr(names, rig)),))).mapping
    shown = mapping.apply(made(40))
    recovered = recover(shown, mapping, ARKIT)
    again = mapping.apply(recovered.performance)
    assert np.abs(again.values - shown.values).max() < 5e-3


def test_flame_comes_back():
    basis = FLAME(5)
    mapping = recognise(Rig((basis.channels,)), basis).mapping
    performance = made(basis=basis)
    recovered = there_and_back(mapping, performance)
    np.testing.assert_allclose(recovered.performance.face.values, performance.face.values, atol=1e-6)
    assert recovered.untold == ()


def test_a_minute_takes_less_than_a_second():
    import time

    mapping = recognise(Rig((tuple(names.CC4_EXTENDED),))).mapping
    values = mapping.apply(made(1800))
    start = time.process_time()
    recover(values, mapping, ARKIT)
    assert time.process_time() - start < 1
