import numpy as np
import pytest
from emotalk.face import arkit, metrics
from emotalk.face.metrics import ClipMeasures, judge, pool, roc_area
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, spearmanr

SEGMENTS = [
    (0.0, 0.4, "SIL"), (0.4, 0.5, "M"), (0.5, 0.7, "AA"), (0.7, 0.8, "T"), (0.8, 0.95, "UW"), (0.95, 1.05, "F"),
    (1.05, 1.2, "IY"), (1.2, 1.3, "B"), (1.3, 1.45, "AE"), (1.45, 1.55, "S"), (1.55, 1.7, "EH"), (1.7, 2.2, "SIL"),
]  # fmt: skip


def faces(shift=0.0, gain=1.0):
    """Curves that follow the segments; ``shift`` in seconds makes them late."""
    times = np.arange(66) / 30 - shift
    values = np.zeros((66, 52))
    opening = {"AA": 0.45, "AE": 0.4, "EH": 0.3, "IY": 0.15, "UW": 0.12, "T": 0.15, "S": 0.14}
    for start, end, phone in SEGMENTS:
        during = (times >= start - 0.01) & (times < end)
        values[during, arkit.INDEX["jawOpen"]] = opening.get(phone, 0)
        if phone in "MB":
            values[np.ix_(during, arkit.indices(arkit.sides("mouthPress")))] = 0.35
        if phone == "F":
            values[during, arkit.INDEX["mouthRollLower"]] = 0.45
        if phone == "UW":
            values[during, arkit.INDEX["mouthPucker"]] = 0.6
    return gain * values


def test_good_curves_are_judged_good():
    figures = judge([(faces(), SEGMENTS)])
    assert figures.composite > 90
    assert figures.closure_f1 == 1
    assert figures.labiodental_auc == 1
    assert figures.rounding_auc == 1
    assert figures.closures == 2


def test_figures_do_not_depend_on_gain():
    strong, weak = (judge([(faces(gain=gain), SEGMENTS)]) for gain in (1, 0.25))
    assert weak.composite == pytest.approx(strong.composite, abs=1)


@pytest.mark.parametrize("late", [-0.1, 0.05, 0.1])
def test_lag_is_found(late):
    on_time, shifted = (judge([(faces(shift), SEGMENTS)]) for shift in (0.0, late))
    assert shifted.lag_ms - on_time.lag_ms == pytest.approx(1000 * late, abs=20)
    assert shifted.opening_r < on_time.opening_r


def test_a_still_face_scores_nothing():
    assert judge([(np.zeros((66, 52)), SEGMENTS)]).composite == 0


def test_chatter_in_silence_is_seen():
    values = faces()
    values[:12, arkit.INDEX["jawOpen"]] = np.tile([0, 0.4], 6)
    figures = judge([(values, SEGMENTS)])
    assert figures.rest_open > 0.15
    assert figures.rest_motion > 0.3


def test_a_missed_closure_and_an_invented_one_lower_f1():
    values = faces()
    values[36:40] = values[17]
    assert judge([(values, SEGMENTS)]).closure_f1 < 0.8
    invented = faces()
    invented[48:50] = invented[13]
    assert judge([(invented, SEGMENTS)]).closure_f1 < 1


@given(st.lists(st.integers(0, 9), min_size=1), st.lists(st.integers(0, 9), min_size=1))
def test_roc_area_is_mann_whitneys(positives, negatives):
    expected = mannwhitneyu(positives, negatives).statistic / (len(positives) * len(negatives))
    assert roc_area(np.array(positives, float), np.array(negatives, float)) == pytest.approx(expected)


def test_rank_correlation_is_spearmans():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 6, 50).astype(float), rng.normal(size=50)
    assert metrics._rank_correlation(first, second) == pytest.approx(spearmanr(first, second)[0])


def clip(late=0, **measures):
    """A mouth that opens once a second as it should, ``late`` hundredths of a second late."""
    expected = np.zeros(1000)
    expected[50::100] = expected[51::100] = expected[52::100] = 1.0
    return ClipMeasures(static=False, expected=expected, aperture=np.roll(expected, late), **measures)


def test_a_late_mouth_lowers_the_composite_by_its_lag_alone():
    late, later = (pool([clip(late)]) for late in (10, 18))
    assert (late.lag_ms, later.lag_ms) == (pytest.approx(100, abs=0.1), pytest.approx(180, abs=0.1))
    assert late.opening_r == pytest.approx(later.opening_r, abs=0.01)
    # Weights are 2 for closures, 1 for the opening, and 0.5 each for lag and rest.
    assert late.composite - later.composite == pytest.approx(100 * 0.5 * (0.5 - 0.1) / 4, abs=0.1)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({"rest_open": [False] * 4}, {"rest_open": [True] * 4}),
        (
            {"rest_motion": [0.0], "speech_motion": [1.0]},
            {"rest_motion": [1.0], "speech_motion": [1.0]},
        ),
        ({"rounded": [1.0], "unrounded": [0.0]}, {"rounded": [0.0], "unrounded": [0.0]}),
        ({"labiodentals": [1.0], "tongue_sounds": [0.0]}, {"labiodentals": [0.0], "tongue_sounds": [0.0]}),
        (
            {"heights": [0.2, 0.5, 1.0], "openings": [0.2, 0.5, 1.0]},
            {"heights": [0.2, 0.5, 1.0], "openings": [0.0] * 3},
        ),
        ({"found": [True], "rightly_closed": [True]}, {"found": [True], "rightly_closed": [True, False]}),
    ],
    ids=["rest is open", "rest moves", "rounding", "labiodental", "openness", "closures"],
)
def test_every_figure_counts_in_the_composite(good, bad):
    assert pool([clip(**good)]).composite > pool([clip(**bad)]).composite + 1


FIGURES = {
    "composite": 56.3928,
    "closure_f1": 0.8345,
    "labiodental_auc": 0.9148,
    "openness_rho": 0.8486,
    "rounding_auc": 0.9574,
    "opening_r": 0.8406,
    "lag_ms": 3.5212,
    "rest_open": 0.1717,
    "rest_motion": 0.2091,
    "closures": 49,
    "clips": 3,
}
PHONES = "AA AE AH AW B CH D EH F IY K L M N OW P S SH T UW V W Y ZH".split()


def recording(seed, follows):
    """Half a minute of phones and pauses, and a face that follows them to some degree."""
    rng = np.random.default_rng(seed)
    segments, now = [(0.0, 0.35, "SIL")], 0.35
    while now < 30:
        is_pause = rng.random() < 0.08
        end = now + (rng.uniform(0.12, 0.6) if is_pause else rng.uniform(0.03, 0.18))
        segments.append((now, end, "SIL" if is_pause else str(rng.choice(PHONES))))
        now = end
    times = np.arange(int(now * 25) + 1) / 25
    values = 0.02 * rng.random((len(times), 52))
    for start, end, phone in segments:
        during = (times >= start) & (times < end)
        heights = {**metrics._OPENNESS_OF_VOWELS, **metrics._OPENNESS_OF_OTHERS}
        values[during, arkit.INDEX["jawOpen"]] += follows * 0.5 * heights.get(phone, 0.28) + 0.12 * rng.random()
        values[during, arkit.INDEX["mouthPucker"]] += follows * 0.5 * (phone in ("UW", "OW", "W")) + 0.3 * rng.random()
        values[during, arkit.INDEX["mouthRollLower"]] += follows * 0.3 * (phone in ("F", "V")) + 0.2 * rng.random()
        values[during, arkit.INDEX["mouthSmileLeft"]] += 0.4 * rng.random()
    return values, segments


def test_the_figures_of_a_recording_are_what_they_were():
    """Published figures can only be compared as long as the same curves give the same ones."""
    recordings = [recording(1, 0.9), recording(2, 0.5), (np.zeros((66, 52)), SEGMENTS)]
    figures = judge(recordings, fps=25.0)
    assert vars(figures) == pytest.approx(FIGURES, abs=2e-4)


def test_parabolas_find_the_lag_between_two_samples():
    times = np.arange(400) / 100
    first, second = (np.exp(-0.5 * ((times - centre) / 0.08) ** 2) for centre in (2.0, 2.054))
    _, best, lag = metrics._correlation_over_lags(first, second)
    assert lag == pytest.approx(5.4, abs=0.02)
    assert best > 0.99


def test_without_one_of_the_two_kinds_there_is_no_area():
    some = np.ones(3)
    assert np.isnan(
        [roc_area(some, np.zeros(0)), roc_area(np.zeros(0), some), roc_area(np.zeros(0), np.zeros(0))]
    ).all()
