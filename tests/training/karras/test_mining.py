import numpy as np
import pytest
import torch
from emotalk.face.basis import ARKIT, FLAME
from emotalk.training.karras.mining import Scores, mine_presets, opening, probes, score
from emotalk.training.karras.prepared_takes import prepare_takes

JAW = ARKIT.index["jawOpen"]


def faces_of(*jaws):
    """(candidates, probes, 52) of the jaw at each probe."""
    faces = np.zeros((len(jaws), len(jaws[0]), len(ARKIT)))
    faces[:, :, JAW] = jaws
    return faces


def test_scores_by_hand():
    # Two closures, two vowels, a pair of silence.
    faces = faces_of([0.0, 0.2, 0.4, 0.8, 0.1, 0.15], [0.3, 0.3, 0.5, 0.5, 0.1, 0.1])
    neutral = np.zeros(len(ARKIT))
    neutral[JAW] = 0.5
    scores = score(faces, neutral, np.array([2, 4, 6]), ARKIT)
    np.testing.assert_allclose(scores.closure, [0.1, 0.3])
    np.testing.assert_allclose(scores.range, [0.2, 0])
    np.testing.assert_allclose(scores.rest, [max(0.05 / len(ARKIT), 1e-3), 1e-3])
    np.testing.assert_allclose(scores.distinctness, [0.1, 0], atol=1e-9)


def test_candidates_that_are_beaten_in_everything_are_dropped():
    scores = Scores(
        closure=np.array([0.1, 0.2, 0.0]),
        rest=np.array([0.1, 0.1, 0.3]),
        range=np.array([0.3, 0.2, 0.1]),
        distinctness=np.array([0.5, 0.5, 0.1]),
    )
    assert scores.pareto().tolist() == [True, False, True]
    equal = Scores(*(np.ones(2) for _ in range(4)))
    assert equal.pareto().all()


def test_the_opening_of_a_face_without_lips_is_its_distance_from_zero():
    values = np.array([[3.0, 0, 4, 0]])
    assert opening(values, FLAME(1)).tolist() == [5]


def test_probes_are_closed_lips_in_speech_vowels_and_silence_in_pairs(take_of):
    takes = prepare_takes([take_of("one", 12.0)])
    sounds, ends = probes(takes, ARKIT)
    closures, vowels, silences = np.split(sounds.spectra, ends[:2])
    assert ends[2] == len(sounds.spectra) == len(sounds.content)
    middle = slice(30, 34)
    assert vowels[:, middle].mean() > 2 * closures[:, middle].mean() > 0
    assert silences[:, middle].max() < 1e-3
    assert len(silences) % 2 == 0


class Moody(torch.nn.Module):
    """A network whose jaw follows the energy, and whose smile is the first number of the emotion vector."""

    class config:  # noqa: N801
        compression = 1.0

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def formants(self, frames, content):
        return frames

    def poses(self, windows, emotions):
        poses = torch.zeros(len(windows), len(ARKIT))
        poses[:, JAW] = windows[:, 30:34, 0].mean(dim=1) * (1 - emotions[:, 1])
        poses[:, ARKIT.columns(("mouthSmileLeft", "mouthSmileRight"))] = emotions[:, :1]
        return poses


def test_distinct_moods_are_found_and_lame_ones_are_not(take_of):
    takes = prepare_takes([take_of("one", 8.0)])
    rng = np.random.default_rng(0)
    smile = np.repeat([0.0, 0.3, 0.6], 80)
    # The second number takes the jaw's range away.
    lame = np.tile([0.0, 0.9], 120)
    table = np.stack([smile, lame], axis=1)
    table = table[rng.permutation(len(table))]
    presets = mine_presets(Moody(), table, np.zeros(2), takes, ARKIT, 12, rng)
    vectors = np.array([preset.vector for preset in presets])
    assert [preset.name for preset in presets] == [f"Mood {number}" for number in range(1, len(presets) + 1)]
    assert vectors.tolist() == [[0.6, 0.0]]
    assert presets[0].pose[ARKIT.index["mouthSmileLeft"]] == pytest.approx(0.6)


def test_no_more_presets_than_wanted(monkeypatch, take_of):
    monkeypatch.setattr(Scores, "pareto", lambda scores: np.ones(len(scores.rest), bool))
    takes = prepare_takes([take_of("one", 8.0)])
    table = np.stack([np.linspace(0, 1, 200), np.zeros(200)], axis=1)
    presets = mine_presets(Moody(), table, np.zeros(2), takes, ARKIT, 5, np.random.default_rng(0))
    smiles = [preset.vector[0] for preset in presets]
    assert len(presets) == 5
    assert smiles == sorted(smiles, reverse=True)
    assert min(np.abs(np.diff(smiles))) > 0.1
