"""The network with batches and gradients: against inference's, and teacher-forced against free-running."""

import numpy as np
import pytest
import torch
from emotalk.face.basis import ARKIT
from emotalk.face.flame.model import VERTICES
from emotalk.face.landmarks import FLAME as FLAME_LANDMARKS
from emotalk.face.sample_head import build_sample_head, posed
from emotalk.face.sample_head.landmarks import sample_landmarks
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.models import laughtalk
from emotalk.inference.models.faceformer_decoder import FaceFormerDecoder
from emotalk.training.laughtalk.face_geometry import FaceGeometry, read_model
from emotalk.training.laughtalk.losses import motion_losses, together


@pytest.fixture
def branch(talk_task, awaken):
    task = talk_task()
    awaken(task, 0.3)
    return task.network.branch.eval()


def memory(frames, items=2, width=16, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(items, frames, width)).astype(np.float32))


@pytest.mark.parametrize("frames", [1, 2, 31, 70])
def test_free_running_is_what_inference_performs(branch, frames):
    rows = memory(frames)
    arrays = {name.removeprefix("decoder."): array for name, array in branch.arrays().items()}
    decoder = FaceFormerDecoder(arrays, branch.config.heads, branch.config.period)
    with torch.no_grad():
        motion = branch.perform(rows)
    for item, performed in zip(rows, motion, strict=True):
        np.testing.assert_allclose(decoder.perform(item.numpy()), performed, atol=2e-5)
    assert motion.std() > 0.05


def test_teacher_forced_with_its_own_motion_it_performs_the_same(branch):
    rows = memory(45)
    with torch.no_grad():
        free = branch.perform(rows)
        np.testing.assert_allclose(branch.follow(rows, free), free, atol=2e-5)
        other = branch.follow(rows, torch.zeros_like(free))
    assert (other[:, 0] - free[:, 0]).abs().max() < 1e-5
    assert (other - free).abs().max() > 1e-2


def test_gradients_reach_everything_through_the_past(branch):
    branch.train()
    branch.perform(branch.hear(memory(12))).square().mean().backward()
    still = {name for name, parameter in branch.named_parameters() if parameter.grad is None}
    assert still == {"audio_encoder.masked_spec_embed"}
    assert branch.get_parameter("start").grad.abs().max() > 0


def test_before_training_nothing_moves(talk_task):
    branch = talk_task().network.branch
    assert not branch.perform(memory(5)).any()


def test_dropout_is_for_training(talk_task, awaken):
    task = talk_task(dropout=0.5)
    awaken(task)
    branch, rows = task.network.branch, memory(9)
    branch.train()
    assert (branch.perform(rows) != branch.perform(rows)).any()
    branch.eval()
    assert (branch.perform(rows) == branch.perform(rows)).all()


def test_sum_of_talk_and_residual_is_inferences_within_the_limits():
    rng = np.random.default_rng(0)
    talk = rng.uniform(0.3, 0.6, (50, 52)).astype(np.float32)
    laugh = rng.uniform(-0.3, 0.4, (50, 52)).astype(np.float32)
    expected = laughtalk.together(talk, laugh, np.ones(50, np.float32), ARKIT)
    summed = together(torch.from_numpy(talk), torch.from_numpy(laugh), ARKIT)
    np.testing.assert_allclose(summed, expected, atol=1e-6)


def test_arkits_landmarks_are_those_of_the_built_in_head():
    face, row = FaceGeometry(ARKIT, None, 10), np.zeros(52, np.float32)
    row[[ARKIT.index["jawOpen"], ARKIT.index["mouthSmileLeft"]]] = 0.6, 0.3
    skin = build_sample_head().parts["skin"]
    vertices = posed(skin, row)
    moved = face.landmarks(torch.from_numpy(row)[None, None])[0, 0]
    np.testing.assert_allclose(moved, vertices[sample_landmarks()], atol=1e-6)
    np.testing.assert_allclose(face.vertices(torch.from_numpy(row)), vertices[::10], atol=1e-6)


def test_flames_landmarks_are_among_its_vertices(laughing):
    model = laughing.ACTING["flame"]()[0]
    basis = laughing.act(0, seconds=3.0, flame=True).curves.basis
    face = FaceGeometry(basis, model, 1)
    motion = 0.3 * torch.randn(2, 4, 53)
    vertices = face.vertices(motion)
    assert vertices.shape == (2, 4, VERTICES, 3)
    torch.testing.assert_close(face.landmarks(motion), vertices[..., list(FLAME_LANDMARKS), :])


def test_other_channels_are_refused():
    from emotalk.face.basis import basis_of

    with pytest.raises(EmoTalkError, match="LaughTalk learns the 52 of ARKit, or FLAME's"):
        read_model("", basis_of(("a", "b")))
    assert read_model("", ARKIT) is None


def test_losses_are_means_over_captured_frames_in_their_units(talk_task):
    task = talk_task()
    batch = task.draw(5, np.random.default_rng(0))
    face = FaceGeometry(ARKIT, None, 50)
    terms = motion_losses(batch.motion, batch, face)
    assert set(terms) == {"coefficients", "landmarks", "velocity", "vertices"}
    assert all(term == 0 for term in terms.values())
    moved = batch.motion.clone()
    moved[..., ARKIT.index["jawOpen"]] += 0.1
    terms = motion_losses(moved, batch, face)
    assert terms["coefficients"].item() == pytest.approx(0.01 / 52, rel=1e-4)
    jaw = build_sample_head().parts["skin"].shapes["jawOpen"][sample_landmarks()]
    assert terms["landmarks"].item() == pytest.approx(1e6 * np.square(0.1 * jaw).mean(), rel=1e-3)
    assert terms["velocity"].item() == pytest.approx(0, abs=1e-9)


def test_only_three_terms_without_vertices(talk_task):
    task = talk_task()
    assert set(task.losses(task.draw(0, np.random.default_rng(0)))) == {"coefficients", "landmarks", "velocity"}
