"""The whole of EmoTalk learns at a small size, with and without pairs, and its file is the network."""

import json

import numpy as np
import pytest
import torch
from emotalk.face.controls import Controls
from emotalk.inference.checkpoints.safetensors_file import read_metadata
from emotalk.inference.contract import EmoTalkError, Speech
from emotalk.inference.models.wav2vec2 import zero_mean_unit_variance
from emotalk.training.batch_parts import part_of
from emotalk.training.captures.project import ReadTakes
from emotalk.training.emotalk.network import EmoTalkNetwork
from emotalk.training.emotalk.preset import NO_PAIRS, load, remark
from emotalk.training.emotalk.task import EmoTalkTask
from emotalk.training.learner import Learner
from emotalk.training.presets import find_preset
from emotalk.training.recipe import read_recipe
from emotalk.training.trainer import new_accelerator


@pytest.fixture(scope="module")
def task(four, recipe_of):
    return EmoTalkTask(recipe_of(), "Mei", four, four[:1])


def shaken(network):
    torch.manual_seed(1)
    for parameter in network.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return network.eval()


def test_the_file_in_inference_gives_what_training_saw(four, recipe_of, tmp_path):
    task = EmoTalkTask(recipe_of(), "Mei", four)
    network = shaken(task.network)
    task.export(network, tmp_path / "own.safetensors", {"trained_for": "no step"})
    assert json.loads(read_metadata(tmp_path / "own.safetensors")["takes"]) == [take.name for take in four]
    model = load(tmp_path / "own.safetensors")
    assert model.spec.styles == ("Mei",)
    samples = four[0].speech.samples[:32000]
    with torch.no_grad():
        heard = network.hear(torch.from_numpy(zero_mean_unit_variance(samples))[None], 60)
        ours = network.decode(*heard, torch.tensor([0.3]), torch.ones(1, 1))[0].numpy()
    theirs = model.decode(model.encode(Speech(samples)), Controls({"emotion_level": 0.3})).values
    assert ours.std() > 0.05
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_all_four_losses_fall(four, recipe_of):
    recipe = recipe_of(steps=40, decay_from=35, decay_to=60)
    learner = Learner(EmoTalkTask(recipe, "Mei", four), recipe, new_accelerator(recipe, cpu=True))
    terms = [learner.train_step(step) for step in range(recipe.steps)]
    for name in ("cross", "self", "classification"):
        assert np.mean([t[name] for t in terms[-5:]]) < 0.9 * np.mean([t[name] for t in terms[:2]])
    assert all(t["velocity"] > 0 for t in terms)


def test_cross_reconstruction_takes_the_emotion_of_the_other_sound(task):
    batch = task.draw(0, np.random.default_rng(0))
    assert batch.paired.all()
    assert (batch.classes[:, 0] != batch.classes[:, 1]).all()
    before = task.losses(batch)
    batch.emotion.normal_()
    after = task.losses(batch)
    assert after["cross"] != before["cross"]
    assert after["self"] == before["self"]


def test_without_pairs_the_other_three_losses_train(four, recipe_of):
    task = EmoTalkTask(recipe_of(), "Mei", four[:3])
    terms = task.losses(task.draw(0, np.random.default_rng(0)))
    assert terms["cross"] == 0
    assert min(terms[name] for name in ("self", "velocity", "classification")) > 0
    assert remark(ReadTakes(tuple(four[:3]), ())) == (NO_PAIRS,)
    assert remark(ReadTakes(tuple(four), ())) == ("4 pairs for cross-reconstruction",)


def test_the_loss_of_two_halves_is_that_of_the_whole(task):
    batch = task.draw(3, np.random.default_rng(1))
    whole = task.losses(batch)
    halves = [task.losses(part_of(batch, part, 2, torch.device("cpu"))) for part in range(2)]
    for name, term in whole.items():
        assert term.item() == pytest.approx(sum(half[name].item() for half in halves) / 2, rel=1e-4)


def test_the_temporal_convolutions_stay_frozen(task):
    trained = {id(p) for group in task.parameter_groups() for p in group.parameters}
    frozen = [name for name, p in task.network.named_parameters() if id(p) not in trained]
    assert frozen
    assert all(".feature_extractor." in name for name in frozen)


def test_validation_and_base_are_of_inference(task):
    assert set(task.validate(task.network.eval())) >= {"score", "error", "r"}
    assert task.base_figures() == {}


def test_the_published_sizes_are_those_of_the_recipe():
    preset = find_preset("emotalk")
    config = read_recipe(preset.recipe_type, preset.recipe).network.config(1)
    assert (config.encoder.num_hidden_layers, config.fused, config.channels) == (24, 832, 52)


def test_sizes_that_no_network_has_are_refused(four, recipe_of):
    with pytest.raises(EmoTalkError, match="cannot share"):
        EmoTalkTask(recipe_of(network={"hidden_size": 33}), "Mei", four)


def test_a_network_without_gradients_in_its_convolutions_is_built_alike_from_a_seed(recipe_of):
    networks = []
    for _ in range(2):
        torch.manual_seed(5)
        networks.append(EmoTalkNetwork(recipe_of().network.config(1), 2))
    for ours, theirs in zip(networks[0].parameters(), networks[1].parameters(), strict=True):
        assert torch.equal(ours, theirs)
