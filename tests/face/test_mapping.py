import time

import numpy as np
import pytest
from emotalk.face.basis import ARKIT, FLAME, HEAD
from emotalk.face.curves import FaceCurves, Performance, performance_of, still
from emotalk.face.mapping import (
    JAW_MATRIX,
    MAX,
    MEAN,
    MIN,
    PROPERTY,
    SHAPE_KEY,
    SOLVE,
    SUM,
    Mapping,
    MappingError,
    Row,
    Target,
    jaw_matrix,
    say_missing,
)
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation


def key(name):
    return Target(SHAPE_KEY, name)


def random_face(frames=40, seed=0):
    values = np.random.default_rng(seed).random((frames, len(ARKIT))).astype(np.float32)
    return performance_of(FaceCurves(values, ARKIT, 30.0))


CHANNELS = st.lists(st.sampled_from(ARKIT.channels), min_size=1, max_size=4, unique=True)
NUMBERS = st.floats(-3, 3).map(lambda value: round(value, 3))
ROWS = st.builds(
    lambda channels, weight, gain, offset, low, high, rule: Row(
        key("x"), tuple((c, weight + k) for k, c in enumerate(channels)), gain, offset, low, low + high, rule
    ),
    CHANNELS,
    st.floats(0.1, 2),
    NUMBERS,
    NUMBERS,
    st.floats(-5, 0),
    st.floats(0.1, 9),
    st.sampled_from([SUM, MEAN, MAX, MIN]),
)


@given(ROWS)
def test_a_row_is_clip_of_gain_times_combined_sources_plus_offset(row):
    performance = random_face(9)
    columns = [weight * performance.face.channel(channel).astype(float) for channel, weight in row.sources]
    combined = {
        SUM: np.sum(columns, axis=0),
        MEAN: np.sum(columns, axis=0) / sum(weight for _channel, weight in row.sources),
        MAX: np.max(columns, axis=0),
        MIN: np.min(columns, axis=0),
    }[row.combine]
    expected = np.clip(row.gain * combined + row.offset, row.lowest, row.highest)
    assert Mapping((row,)).apply(performance).channel("x") == pytest.approx(expected, abs=1e-5)


def test_head_and_eyes_are_sources_too():
    face = still(ARKIT, 3, 30)
    head = FaceCurves(np.arange(9, dtype=np.float32).reshape(3, 3), HEAD, 30)
    performance = Performance(face, head, performance_of(face).eyes)
    row = Row(Target(PROPERTY, "nod"), (("headPitch", 0.1),))
    assert Mapping((row,)).apply(performance).values[:, 0] == pytest.approx([0, 0.3, 0.6])


def test_channels_that_a_performance_lacks_count_as_nothing():
    performance = performance_of(still(FLAME(5), 4, 30))
    for rule in (SUM, MAX, SOLVE):
        row = Row(key("x"), (("jawOpen", 1.0),), offset=0.25, combine=rule)
        assert Mapping((row,)).apply(performance).values.tolist() == [[0.25]] * 4
    assert Mapping((Row(key("x"), (("jawOpen", 1.0),)),)).heard(FLAME(5)).rows == ()


def test_the_jaws_matrix_is_that_of_the_rotation():
    vectors = np.random.default_rng(0).normal(0, 0.4, (50, 3))
    vectors[0] = 0
    matrices = Rotation.from_rotvec(vectors).as_matrix() - np.eye(3)
    assert jaw_matrix(vectors) == pytest.approx(matrices.reshape(-1, 9), abs=1e-12)
    basis = FLAME(2)
    face = np.zeros((50, 5), np.float32)
    face[:, basis.columns(("jaw_x", "jaw_y", "jaw_z"))] = vectors
    mapping = Mapping(tuple(Row(key(name), ((name, 1.0),)) for name in JAW_MATRIX))
    mapped = mapping.apply(performance_of(FaceCurves(face, basis, 30)))
    assert mapped.values == pytest.approx(matrices.reshape(-1, 9), abs=1e-6)


def test_plain_rows_are_told_from_others():
    rows = (
        Row(key("a"), (("jawOpen", 1.0),)),
        Row(key("b"), (("jawOpen", 1.0),), lowest=0, highest=1),
        Row(key("c"), (("jawOpen", 1.0),), highest=0.5),
        Row(key("d"), (("jawOpen", 2.0),)),
        Row(Target(PROPERTY, "e"), (("jawOpen", 1.0),)),
        Row(key("f"), (("jawOpen", 1.0), ("jawLeft", 1.0))),
        Row(key("g"), (("jawOpen", 1.0),), combine=SOLVE),
    )
    plain, others = Mapping(rows).split(ARKIT)
    assert plain == {"jawOpen": ("a", "b")}
    assert [row.target.name for row in others.rows] == ["c", "d", "e", "f", "g"]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Target("muscle", "x"), "A target is one of"),
        (lambda: Target(SHAPE_KEY, ""), "A shape key needs a name"),
        (lambda: Target("location", "x", 3), "an axis is x, y or z"),
        (lambda: Row(key("x"), (("jawOpen", 1), ("jawOpen", 2))), "x has a source twice"),
        (lambda: Row(key("x"), (("jawOpen", float("nan")),)), "must be finite"),
        (lambda: Row(key("x"), (), lowest=1, highest=0), "lowest value must be below"),
        (lambda: Row(key("x"), (), combine="product"), "sources are combined by"),
        (lambda: Row(key("x"), (("jawOpen", -1),), combine=MEAN), "a mean needs weights above 0"),
        (lambda: Row(key("x"), (("exp000", 1),), combine=SOLVE), "a pose is made of ARKit channels"),
        (lambda: Mapping((Row(key("x"), ()), Row(key("x"), ()))), "x is a target twice"),
    ],
)
def test_what_cannot_be_is_said(make, sentence):
    with pytest.raises(MappingError, match=sentence):
        make()


def test_missing_channels_in_words():
    some = Mapping((Row(key("x"), (("jawOpen", 1.0),)),))
    missing = some.missing(ARKIT)
    assert len(missing) == 51
    assert say_missing(missing, ARKIT) == (
        "the brows, the lids, the gaze, the cheeks, the lips, the tongue, jawForward, jawLeft and jawRight"
    )
    assert say_missing(("tongueOut",), ARKIT) == "the tongue"
    assert say_missing(("mouthLeft",), ARKIT) == "mouthLeft"
    assert say_missing((), ARKIT) == ""
    assert "1 more" in say_missing([c for c in ARKIT.channels if c.startswith("mouth")][:5], ARKIT)


def test_a_minute_for_three_meshes_takes_less_than_a_tenth_of_a_second():
    rows = []
    for mesh in range(3):
        rows += [Row(key(f"{mesh} {c}"), ((c, 0.5), ("headYaw", 0.1)), highest=0.9) for c in ARKIT.channels]
    mapping, performance = Mapping(tuple(rows)), random_face(1800)
    mapping.apply(performance)
    times = []
    for _repeat in range(5):
        started = time.process_time()
        mapping.apply(performance)
        times.append(time.process_time() - started)
    assert min(times) < 0.1
